"""What is known of when the packets of one track file arrived, and what follows for its ticks."""

from collections import deque
from dataclasses import dataclass, field, replace
from statistics import median_low

from reelroom.takes.events import ArrivalsStepped, Kind, PacketTimed
from reelroom.takes.mending import Mending, Stretch

QUIET = 60_000  # µs by which arrivals move on a quiet line
STEADY = 30_000  # by which windows are off what a clock that counts says
SAME = 30_000  # by which reports of a clock that runs with time differ
COUNTED = 6  # windows of arrivals in which a clock that counts moves away steadily
_KEPT = 40  # windows that are looked through for where a clock began to count, once that it does is known
_REFERENCE = 7  # windows
_DOUBTFUL = 500_000  # a report from so shortly before a step may be of what came after it, too


@dataclass
class Assumed:
    """A step that is not certain yet; its stretch is the last one."""

    by: int
    agreed: bool = False  # one window of arrivals with it


@dataclass
class Suspected:
    """A step that a line may have made; nothing has followed from it yet."""

    step: ArrivalsStepped
    windows: list[PacketTimed] = field(default_factory=list)  # of packets that came after it


@dataclass
class TimedFile:
    """What is known of one file; *origins* are arrivals less what mended ticks say: µs of room time."""

    participant: str
    kind: Kind
    steps_noted: bool
    mending: Mending
    opened: int
    origins: deque[int] = field(default_factory=lambda: deque(maxlen=_REFERENCE))
    windows: deque[PacketTimed] = field(default_factory=lambda: deque(maxlen=_KEPT))
    seen: int = 0  # windows
    least: int = 0  # the earliest origin from before the last of them
    timed: tuple[PacketTimed, ...] = ()  # the last two windows
    last_before: tuple[PacketTimed, ...] = ()  # those before `elsewhere`
    assumed: Assumed | None = None
    suspected: Suspected | None = None
    elsewhere: list[PacketTimed] = field(default_factory=list)  # windows that may come after a step nobody noted
    counts_about: int | None = None  # where a clock that counts is kept
    # The last reports: when they came, and the origin on the sender's clock by ticks as they came.
    reports: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=4))
    reported_before_step: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        self.origins.append(self.opened)
        self.least = self.opened

    @property
    def reference(self) -> int:
        return median_low(self.origins)

    def origin(self, event: PacketTimed | ArrivalsStepped) -> int:
        return event.arrived - self.mending.worth_us(event.ticks, self.mending.at(event.arrived))

    def withdraw_since(self, at: int) -> None:
        """None of the steps after `at` was one."""
        kept = tuple(stretch for stretch in self.mending.stretches if stretch.since <= at)
        self.mending, self.assumed = replace(self.mending, stretches=kept), None
        self.origins.clear()
        self.origins.append(self.origin(self.timed[-1]) if self.timed else self.opened)

    def comes_too_early(self, origin: int) -> bool:
        """Whether a packet came earlier than the way here takes at the least: no line and no encoder does that."""
        return origin < min(self.least, *self.origins) - QUIET

    def step(self, ticks: int, since: int, by: int, before: int) -> None:
        """From `ticks` on, all is `by` later than the stretch so far says; `before` are the last ticks."""
        last = self.mending.at(since)
        shift = self.mending.worth_us(ticks, last) - self.mending.said_us(ticks) + by
        slope = 0.0 if last is None else last.slope
        self.add(Stretch(ticks, since, shift, slope, goes_back=ticks < before))
        self.assumed = Assumed(by)
        reports = [each for each in self.reports if each[0] < since - _DOUBTFUL]
        self.reported_before_step = reports[-1] if reports else None

    def add(self, stretch: Stretch) -> None:
        before = tuple(each for each in self.mending.stretches if each.since < stretch.since)
        self.mending = replace(self.mending, stretches=(*before, stretch))

    def withdraw(self) -> None:
        """The last step was none."""
        self.mending = replace(self.mending, stretches=self.mending.stretches[:-1])
        self.assumed = None

    def shift_last(self, by: int) -> None:
        *before, last = self.mending.stretches
        self.mending = replace(self.mending, stretches=(*before, replace(last, shift=last.shift + by)))

    def accept(self, event: PacketTimed) -> None:
        if len(self.windows) > COUNTED:
            self.least = min(self.least, self.origin(self.windows[-COUNTED - 1]))
        self.origins.append(self.origin(event))
        self.windows.append(event)
        self.seen += 1
