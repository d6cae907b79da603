"""Cutting by words: which ranges of a film are left when words, fillers and long silences are taken out of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from reelroom.cutting.ranges import Span, joined_ranges, without

_LEAD = 300_000  # µs of a pause that stay beside a word that stays
_SHORTEST = 150_000  # µs; less is not taken out: there would be a cut that nobody gains by
_LEFT = 300_000  # µs; what would be left and is shorter holds no word
# What people say while they look for words: in any language, and where it is no word of another.
_ANYWHERE = frozenset({"uhm", "uhh", "umm", "hm", "hmm", "mm", "mmm", "ähm", "öhm", "ehm", "euh", "eeh", "ääh"})
_IN = {
    "en": frozenset({"um", "uh", "er", "erm", "ah"}),
    "de": frozenset({"äh", "öh", "eh"}),
    "fr": frozenset({"heu", "hum"}),
    "es": frozenset({"eh", "em"}),
    "it": frozenset({"eh", "mh"}),
    "nl": frozenset({"eh", "uh", "ehm"}),
}


@dataclass(frozen=True)
class Spoken:
    """A word of a film: [start, end) in µs from its start; `language` is ISO 639's code."""

    start: int
    end: int
    text: str
    language: str = ""


@dataclass(frozen=True)
class Cutting:
    """What is taken out: the words of these numbers, fillers, and silences of more than `longest_pause` µs."""

    words: frozenset[int] = frozenset()
    fillers: bool = False
    longest_pause: int | None = None


def left_of(spoken: Sequence[Spoken], speech: Iterable[Span], length: int, cutting: Cutting) -> tuple[Span, ...]:
    """The ranges of a film of `length` µs that are left, in order; none where nothing is.

    `spoken` are its words, in any order; `speech` is when somebody speaks, whether it was understood or not: that is
    no silence. Nothing is taken out while a word is said that stays.
    """
    dropped = set(cutting.words) | (_fillers(spoken) if cutting.fillers else set())
    stays = [(word.start, word.end) for number, word in enumerate(spoken) if number not in dropped]
    out = _out(stays, [(spoken[number].start, spoken[number].end) for number in dropped], length)
    if cutting.longest_pause is not None:
        out += _silences([*stays, *without(speech, out)], length, cutting.longest_pause)
    gone = joined_ranges([span for span in out if span[1] - span[0] >= _SHORTEST])
    return tuple(span for span in without([(0, length)], gone) if span[1] - span[0] >= _LEFT or not gone)


def _fillers(spoken: Sequence[Spoken]) -> set[int]:
    return {number for number, word in enumerate(spoken) if is_filler(word.text, word.language)}


def is_filler(text: str, language: str) -> bool:
    """Whether a word is what people of that language (ISO 639) say while they look for one."""
    return text.strip(" .,!?…-–—").lower() in _ANYWHERE | _IN.get(language, frozenset())


def _out(stays: Sequence[Span], goes: Iterable[Span], length: int) -> list[Span]:
    """What goes: from the word that stays before to the one after, but for a moment of the pauses beside these."""
    whole = joined_ranges(stays)
    gone = joined_ranges(goes)
    edges = [(0, 0), *whole, (length, length)]
    found: list[Span] = []
    for before, after in pairwise(edges):
        inside = [span for span in gone if span[0] < after[0] and span[1] > before[1]]
        if not inside:
            continue
        first, last = max(inside[0][0], before[1]), min(inside[-1][1], after[0])
        begin = before[1] + min(_LEAD, (first - before[1]) // 2) if before[1] else 0
        end = after[0] - min(_LEAD, (after[0] - last) // 2) if after[0] < length else length
        found.append((begin, end))
    return found


def _silences(heard: Iterable[Span], length: int, longest: int) -> list[Span]:
    """The middles of silences of more than `longest` µs, of which a moment stays on either side."""
    edges = [(0, 0), *joined_ranges(heard), (length, length)]
    lead = min(_LEAD, longest // 2)
    return [
        (before[1] + (lead if before[1] else 0), after[0] - (lead if after[0] < length else 0))
        for before, after in pairwise(edges)
        if after[0] - before[1] > longest
    ]
