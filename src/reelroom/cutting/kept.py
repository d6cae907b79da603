"""Which ranges of a take a film keeps: its time, and that of the room."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from reelroom.cutting.plan import Plan, Range
from reelroom.cutting.ranges import Span
from reelroom.cutting.timeline import Timeline
from reelroom.cutting.turns import Turn
from reelroom.takes.chat import ChatMessage
from reelroom.takes.missing import Missing

_MICROSECONDS = 1_000_000
_NOISE = 250_000  # µs; what is left of a turn and shorter is none


@dataclass(frozen=True)
class Step:
    """One step of a film that is made: `at` in µs of room time.

    What is not `shown` is gone through alone, since what comes next follows from it. `joins`: the first of a range
    that is not the film's first.
    """

    at: int
    shown: bool = True
    joins: bool = False


@dataclass(frozen=True)
class Kept:
    """The ranges of a film, at least one: [start, end) in µs of room time, in order, none touching another."""

    ranges: tuple[Span, ...]

    @property
    def start(self) -> int:
        """Room time of the film's first moment."""
        return self.ranges[0][0]

    @property
    def end(self) -> int:
        """Room time of the moment after its last."""
        return self.ranges[-1][1]

    @property
    def length(self) -> int:
        """How long the film is, in µs."""
        return sum(end - start for start, end in self.ranges)

    def pictures(self, rate: int) -> int:
        """How many a film has at so many a second."""
        return sum(_pictures(span, rate) for span in self.ranges)

    def steps(self, rate: int) -> Iterator[Step]:
        """A step for each picture, and for each that would be shown if what lies between the ranges were kept."""
        before: int | None = None
        for span in self.ranges:
            if before is not None:
                for number in range(_pictures((before, span[0]), rate)):
                    yield Step(before + number * _MICROSECONDS // rate, shown=False)
            for number in range(_pictures(span, rate)):
                yield Step(span[0] + number * _MICROSECONDS // rate, joins=number == 0 and before is not None)
            before = span[1]

    def joined(self, at: int) -> int:
        """When a moment of the room is in a film whose ranges lie side by side from its start on.

        What is not kept is where it was cut out.
        """
        return self.start + sum(min(max(at - start, 0), end - start) for start, end in self.ranges)

    def in_room(self, at: int) -> int:
        """When in the room a moment of such a film was: what `joined` gives back."""
        left = at - self.start
        for start, end in self.ranges:
            if left < end - start:
                return start + left
            left -= end - start
        return self.end

    def has(self, at: int) -> bool:
        """Whether that moment is in the film."""
        return any(start <= at < end for start, end in self.ranges)

    def part(self, begin: int, end: int, extent: Span) -> "Kept | None":
        """What [begin, end) of the film shows, µs from its start; before it and after it, what `extent` has.

        None where nothing was recorded then.
        """
        found: list[Span] = []
        offset = 0
        for number, (since, until) in enumerate(self.ranges):
            first = min(extent[0], since) if number == 0 else since
            last = max(extent[1], until) if number == len(self.ranges) - 1 else until
            span = max(first, since + begin - offset), min(last, since + end - offset)
            if span[0] < span[1]:
                found.append(span)
            offset += until - since
        return Kept(tuple(found)) if found else None

    # What was decided or heard in the room, in the film's own time, which begins at `start`:

    def timeline(self, whole: Timeline) -> Timeline:
        """The shots that are left; they tile the film."""
        moved = [
            replace(shot, start=start, end=end)
            for shot in whole.shots
            if (start := self.joined(shot.start)) < (end := self.joined(shot.end))
        ]
        return Timeline(self.start, self.joined(whole.end), tuple(moved))

    def turns(self, whole: Iterable[Turn]) -> tuple[Turn, ...]:
        """The turns that are left; one goes on where a part of it was cut out."""
        moved = (replace(turn, start=self.joined(turn.start), end=self.joined(turn.end)) for turn in whole)
        return tuple(turn for turn in moved if turn.end - turn.start >= _NOISE)

    def chat(self, whole: Iterable[ChatMessage]) -> list[ChatMessage]:
        """The messages that were written meanwhile."""
        return [replace(line, at=self.joined(line.at * 1000) // 1000) for line in whole if self.has(line.at * 1000)]

    def missing(self, whole: Iterable[Missing]) -> list[Missing]:
        """What the film does not have of what it keeps."""
        moved = (replace(each, start=self.joined(each.start), end=self.joined(each.end)) for each in whole)
        return [each for each in moved if each.start < each.end]

    def as_ranges(self) -> tuple[Range, ...]:
        """As a plan has them."""
        return tuple(Range(start=start, end=end) for start, end in self.ranges)


def kept(plan: Plan, start: int, end: int) -> Kept:
    """What a film of [start, end), µs, keeps by its plan: the plan's ranges, or else all of it."""
    return Kept(tuple((each.start, each.end) for each in plan.ranges) or ((start, end),))


def _pictures(span: Span, rate: int) -> int:
    return max(0, -(-(span[1] - span[0]) * rate // _MICROSECONDS))
