"""A transcript made from a take: each participant's speech is heard once, whatever films are cut of it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np

from reelroom.composer.words import RATE, Mono
from reelroom.cutting.kept import Kept, kept
from reelroom.cutting.plan import Plan
from reelroom.cutting.ranges import Span
from reelroom.cutting.turns import Turn
from reelroom.takes.folder import Take
from reelroom.transcribing.speech import Voices, quietest, turns_of
from reelroom.transcripts.heard import By, add_heard, read_heard
from reelroom.transcripts.spans import LONGEST, Together, spans_of, together, unheard
from reelroom.transcripts.words import Transcript, Utterance, Word, transcript

_SEARCHED = 8_000_000  # µs before the longest, in which a long turn is divided


class Hears(Protocol):
    """What turns sound into words."""

    @property
    def name(self) -> str:
        """What the model goes by."""

    def language_of(self, sound: Mono) -> str:
        """In which language somebody speaks."""

    def words(self, sound: Mono, language: str) -> Sequence[Word]:
        """What is said in a sound (mono, 16 kHz, 30 s at most), in µs from its start."""


def transcribe(
    take: Take,
    plan: Plan,
    start: int,
    end: int,
    hears: Hears,
    language: str = "",
    progress: Callable[[float], None] = lambda done: None,
) -> Transcript:
    """What is said in a film of [start, end), µs, or of its plan's ranges, in `language`.

    Where nobody says which, it is whatever each participant speaks.
    `progress` is told how much is done, 0 to 1. What was heard is kept in the take as soon as it is: whoever comes
    after an end at any moment goes on there. Raises OSError, TakeError.
    """
    film = kept(plan, start, end)
    turns = turns_of(take, plan, film.start, film.end)
    by = By(hears.name, language)
    heard = read_heard(take.folder, by)
    missing = {who: _unheard(heard, turns, who, film) for who in sorted({turn.participant for turn in turns})}
    whole = sum(until - since for spans in missing.values() for since, until in spans) or 1
    done = 0
    with Voices(take, film.start) as voices:
        for who, spans in missing.items():
            spoken = next((each.language for each in reversed(heard) if each.participant == who), language)
            for sound, pieces in _sounds(voices, who, spans):
                spoken = spoken or hears.language_of(sound)
                placed = pieces.placed(hears.words(sound, spoken))
                found = [
                    Utterance(who, *span, spoken, words) for span, words in zip(pieces.spans, placed, strict=True)
                ]
                add_heard(take.folder, by, found)
                heard += found
                done += sum(until - since for since, until in pieces.spans)
                progress(done / whole)
    return transcript(heard, turns, film)


def _unheard(heard: Sequence[Utterance], turns: Sequence[Turn], who: str, film: Kept) -> list[Span]:
    known = [(each.start, each.end) for each in heard if each.participant == who]
    spoken = [span for kept_range in film.ranges for span in spans_of(turns, who, *kept_range)]
    return unheard(spoken, known)


def _sounds(voices: Voices, who: str, spans: Sequence[Span]) -> Iterator[tuple[Mono, Together]]:
    """What is to be heard of somebody, in order, in pieces that a model takes at once."""
    loaded: dict[Span, Mono] = {}

    def parts() -> Iterator[Span]:
        for part, sound in _parts(voices, who, spans):
            loaded[part] = sound
            yield part

    for pieces in together(parts()):
        whole = np.zeros(_samples(pieces.length), dtype=np.float32)
        for span, offset in zip(pieces.spans, pieces.offsets, strict=True):
            piece, first = loaded.pop(span), _samples(offset)
            whole[first : first + len(piece)] = piece[: len(whole) - first]
        yield whole, pieces


def _parts(voices: Voices, who: str, spans: Sequence[Span]) -> Iterator[tuple[Span, Mono]]:
    """The spans with their sounds; a long one is divided where it is quietest, and never in memory whole."""
    for start, end in spans:
        at = read = start
        sound = np.zeros(0, dtype=np.float32)
        while at < end:
            until = min(end, at + LONGEST)
            sound = np.concatenate([sound, voices.sound(who, (read, until))])
            read, cut = until, until
            if until < end:
                searched = _samples(LONGEST - _SEARCHED)
                cut = at + (searched + quietest(sound[searched:])) * 1_000_000 // RATE
            yield (at, cut), sound[: _samples(cut - at)]
            sound, at = sound[_samples(cut - at) :], cut


def _samples(us: int) -> int:
    return us * RATE // 1_000_000
