"""Cutting an archive by what is said in it: its transcript and its timeline say which ranges are left."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reelroom.archives.film_files import FilmFiles
from reelroom.cutting.ranges import Span
from reelroom.errors import BadRequest, Conflict
from reelroom.store.values import Archive
from reelroom.transcripts.editing import Cutting, Spoken, left_of

_MICROSECONDS = 1_000_000
_LONGEST_PAUSE = 3600.0  # s


@dataclass(frozen=True)
class WordsOrder:
    """What to leave out: words by their numbers in the transcript, first and last of each run, or all but those kept.

    `fillers`: and what people say while they look for words; `pauses`: and silences of more s.
    """

    keep: tuple[tuple[int, int], ...] | None = None
    drop: tuple[tuple[int, int], ...] | None = None
    fillers: bool = False
    pauses: float | None = None

    def cutting(self, count: int) -> Cutting:
        """For a transcript of so many words. Raises BadRequest."""
        if self.keep is not None and self.drop is not None:
            raise BadRequest("words: either keep or drop")
        if self.pauses is not None and not 0.3 <= self.pauses <= _LONGEST_PAUSE:
            raise BadRequest(f"pauses: from 0.3 to {_LONGEST_PAUSE:.0f} s are long")
        dropped = frozenset[int]()
        if self.keep is not None:
            dropped = frozenset(range(count)) - _numbers(self.keep, count)
        elif self.drop is not None:
            dropped = _numbers(self.drop, count)
        longest = None if self.pauses is None else round(self.pauses * _MICROSECONDS)
        return Cutting(dropped, self.fillers, longest)


def _numbers(runs: Sequence[tuple[int, int]], count: int) -> frozenset[int]:
    for first, last in runs:
        if not 0 <= first <= last < count:
            raise BadRequest(
                f"words: {first} to {last} are none of the transcript's {count} words, which count from 0"
            )
    return frozenset(number for first, last in runs for number in range(first, last + 1))


@dataclass(frozen=True)
class Left:
    """The ranges that are left of a film of `length` s, in s from its start."""

    ranges: tuple[tuple[float, float], ...]
    length: float

    @property
    def duration(self) -> float:
        """How long the new film is."""
        return sum(end - start for start, end in self.ranges)


async def left_by_words(films: FilmFiles, archive: Archive, order: WordsOrder) -> Left:
    """What is left of an archive's film. Raises BadRequest, and Conflict where there is no transcript."""
    words, timeline = await films.read(archive, ".transcript.json"), await films.read(archive, ".timeline.json")
    return await asyncio.to_thread(_left, words, timeline, order)


def _left(words: bytes | None, timeline: bytes | None, order: WordsOrder) -> Left:
    spoken = None if words is None else _spoken(words)
    if spoken is None and (order.fillers or order.keep is not None or order.drop is not None):
        raise Conflict(
            "The archive has no transcript to be cut by: have one made first (POST /archive/:id/transcript)"
        )
    speech, length = _speech(timeline)
    ranges = left_of(spoken or (), speech, length, order.cutting(len(spoken or ())))
    if not ranges:
        raise BadRequest("words: nothing would be left of the film")
    return Left(tuple((start / _MICROSECONDS, end / _MICROSECONDS) for start, end in ranges), length / _MICROSECONDS)


def _spoken(words: bytes) -> list[Spoken]:
    """The words of its transcript in their order."""
    found = json.loads(words)
    return [
        Spoken(_us(word["from"]), _us(word["to"]), str(word["text"]), str(passage["language"]))
        for passage in found["passages"]
        for word in passage["words"]
    ]


def _speech(timeline: bytes | None) -> tuple[list[Span], int]:
    """When somebody speaks in its film, and how long that is, in µs. Raises Conflict."""
    if timeline is None:
        raise Conflict("The archive has no film to be cut by its words")
    found: dict[str, Any] = json.loads(timeline)
    start = int(found["start"])
    return [(turn["start"] - start, turn["end"] - start) for turn in found["turns"]], int(found["end"]) - start


def _us(seconds: float) -> int:
    return round(seconds * _MICROSECONDS)
