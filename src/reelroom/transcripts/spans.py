"""Which sound is listened to for words: speech alone, in pieces that a model takes at once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reelroom.cutting.ranges import Span, joined_ranges, without
from reelroom.cutting.turns import Turn
from reelroom.transcripts.words import Word

LONGEST = 28_000_000  # µs; Whisper hears 30 s at once (https://arxiv.org/abs/2212.04356, 2.2)
_AROUND = 200_000  # µs kept before and after a turn: the first sound of a word is soft
_WORTH_HEARING = 300_000  # µs; what is left of a turn that was heard before is an edge, not a word
_GAP = 500_000  # µs of silence between pieces that are heard together


def spans_of(turns: Iterable[Turn], participant: str, start: int, end: int) -> list[Span]:
    """When a participant speaks within [start, end), µs, with a little around it; in order, none touching another."""
    own = [(turn.start - _AROUND, turn.end + _AROUND) for turn in turns if turn.participant == participant]
    return list(joined_ranges((max(start, begin), min(end, over)) for begin, over in own))


def unheard(spans: Iterable[Span], heard: Iterable[Span]) -> list[Span]:
    """What of `spans` is in none of `heard`, where there may be a word in it."""
    return [(start, end) for start, end in without(spans, heard) if end - start >= _WORTH_HEARING]


@dataclass(frozen=True)
class Together:
    """Spans that are heard as one sound, with silence between them."""

    spans: tuple[Span, ...]

    @property
    def offsets(self) -> tuple[int, ...]:
        """Where (µs) each begins in that sound."""
        at, offsets = 0, []
        for start, end in self.spans:
            offsets.append(at)
            at += end - start + _GAP
        return tuple(offsets)

    @property
    def length(self) -> int:
        """µs"""
        return self.offsets[-1] + self.spans[-1][1] - self.spans[-1][0]

    def placed(self, words: Iterable[Word]) -> list[tuple[Word, ...]]:
        """For each span what was said in it, in its own time, where `words` have that of the sound."""
        found: list[list[Word]] = [[] for _ in self.spans]
        for word in words:
            middle = (word.start + word.end) // 2
            number = max(
                (index for index, offset in enumerate(self.offsets) if offset - _GAP // 2 <= middle), default=0
            )
            (start, end), offset = self.spans[number], self.offsets[number]
            since = min(max(start, start + word.start - offset), end)
            until = min(max(since, start + word.end - offset), end)
            found[number].append(Word(since, until, word.text, word.confidence))
        return [tuple(words) for words in found]


def together(spans: Iterable[Span]) -> Iterator[Together]:
    """The spans in as few sounds as order allows: a model takes as long for a second as for LONGEST."""
    sound: Together | None = None
    for span in spans:
        more = Together((*sound.spans, span)) if sound else Together((span,))
        if sound and more.length > LONGEST:
            yield sound
            more = Together((span,))
        sound = more
    if sound:
        yield sound
