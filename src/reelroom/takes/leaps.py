"""Clocks that do not run with time: where the ticks of a track file stop, leap or count, as arrivals show.

An RTP clock belongs to the sender. It may stand still while nothing is captured, leap by an hour where a device is
taken away, or count pictures instead of time. The tap writes ticks as they came; what they are worth
is concluded here.

What the network does must not be taken for a clock. It delays suddenly, too, but then packets come in a burst, and
arrivals return to where they were, or move on step by step; a clock that stood still or leapt goes on at its old pace
from its new place at once. So a step counts when windows of arrivals (half a second each) agree about it. Until then
one that no line makes (of seconds, or earlier than the way here takes) is assumed, as otherwise all would go astray;
a smaller one is suspected and changes nothing. A clock that counts moves away steadily: below the shortest
delay ever seen, which no network does, or above it while the sender's other track does not.

A camera's sender reports have the last word: where they go on as before, its pictures came late, its clock is right.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import linear_regression, median_low

from reelroom.takes.events import (
    ArrivalsStepped,
    Event,
    FileClosed,
    FileOpened,
    Kind,
    PacketTimed,
    SenderReported,
    TakeOpened,
)
from reelroom.takes.mending import MICROSECONDS, Mending, Stretch

_STEPS_SINCE = 2  # the version of the format from which on the tap notes every step (docs/formats.md)
_WINDOW = 600_000  # of `packet_timed`, where packets come; a little more than it is
# Where the tap does not note steps: what differs by so much from one window to the next, on a line that was quiet.
_STEP, _QUIET = 200_000, 60_000
_KNOWN, _WELL_KNOWN = 3, 6  # windows; the first packets of a track come late, so what comes earlier needs more
_LATER = 15_000  # by which a packet may come later than the least delayed one of its window
_AGREE = 40_000  # a queue that fills or empties moves arrivals by more from one window to the next
_MOST_OFF = 150_000  # by which the first window after a step may differ from what one packet promised
_OF_STEP = 0.3
_CERTAIN = 4  # windows that agree with each other show a step that nobody noted
_BORNE_OUT = 3  # windows that agree with each other bear out a step that is suspected
_BORNE_OUT_BEFORE_NEXT = {"audio": 2, "video": 3}  # if another comes: a squeezed line paces pictures for a second
_REFERENCE = 7  # windows
_COUNTED = 6  # windows in which a clock that counts moves away steadily
_PACE, _STEADY, _AWAY = 0.03, 30_000, 150_000  # of time: a crystal is wrong by a three-hundredth of that
_FAR_AWAY = 1_000_000  # no queue of a line on which people can talk is as long for seconds
_NO_LINE = 3_000_000  # nor lets one packet come so much later than the one before
_RECENT = 4  # windows that tell the pace it goes on at
_SLOWEST, _FASTEST = -0.95, 20.0
_RETURNS = 1.0  # s in which what a clock that counts is off by is made good
_FRESH = 3 * MICROSECONDS  # so long after a step a camera's report is of what came after it
_DOUBTFUL = 500_000  # a report from so shortly before may be of what came after it, too
_SAME = 30_000


@dataclass
class _Assumed:
    """A step that is not certain yet; its stretch is the last one."""

    by: int
    agreed: bool = False  # one window of arrivals with it


@dataclass
class _Suspected:
    """A step that a line may have made; nothing has followed from it yet."""

    step: ArrivalsStepped
    windows: list[PacketTimed] = field(default_factory=list)  # of packets that came after it


@dataclass
class _File:
    """What is known of one file; *origins* are arrivals less what mended ticks say: µs of room time."""

    participant: str
    kind: Kind
    steps_noted: bool
    mending: Mending
    opened: int
    origins: deque[int] = field(default_factory=lambda: deque(maxlen=_REFERENCE))
    windows: deque[PacketTimed] = field(default_factory=lambda: deque(maxlen=_COUNTED + 1))
    seen: int = 0  # windows
    least: int = 0  # the earliest origin from before `windows`
    timed: tuple[PacketTimed, ...] = ()  # the last two windows
    last_before: tuple[PacketTimed, ...] = ()  # those before `elsewhere`
    assumed: _Assumed | None = None
    suspected: _Suspected | None = None
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
        return origin < min(self.least, *self.origins) - _QUIET

    def step(self, ticks: int, since: int, by: int, before: int) -> None:
        """From `ticks` on, all is `by` later than the stretch so far says; `before` are the last ticks."""
        last = self.mending.at(since)
        shift = self.mending.worth_us(ticks, last) - self.mending.said_us(ticks) + by
        slope = 0.0 if last is None else last.slope
        self.add(Stretch(ticks, since, shift, slope, goes_back=ticks < before))
        self.assumed = _Assumed(by)
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
        if len(self.windows) > _COUNTED:
            self.least = min(self.least, self.origin(self.windows[0]))
        self.origins.append(self.origin(event))
        self.windows.append(event)
        self.seen += 1


@dataclass
class Leaps:
    """Takes events in order, as soon as they are known; `mending` is what follows from them."""

    _steps_noted: bool = False
    _files: dict[str, _File] = field(default_factory=dict)
    _open: dict[str, dict[str, _File]] = field(default_factory=dict)  # participant -> file

    def mending(self, file: str) -> Mending | None:
        """What is known of a file's ticks; None of one that was not opened."""
        known = self._files.get(file)
        return None if known is None else known.mending

    def feed(self, event: Event) -> str | None:
        """Learn from one event; returns the file of which another mending is known now, if there is one."""
        match event:
            case TakeOpened():
                self._steps_noted = event.version >= _STEPS_SINCE
            case FileOpened():
                mending = Mending(event.clock_rate)
                opened = _File(event.participant, event.kind, self._steps_noted, mending, event.at)
                self._files[event.file] = opened
                self._open.setdefault(event.participant, {})[event.file] = opened
            case FileClosed() if file := self._files.get(event.file):
                self._open[file.participant].pop(event.file, None)
            case PacketTimed() | SenderReported() | ArrivalsStepped() if file := self._files.get(event.file):
                before = file.mending
                match event:
                    case PacketTimed():
                        _time(file, event)
                        self._count(file, event)
                    case ArrivalsStepped():
                        _note(file, event)
                    case SenderReported():
                        _report(file, event)
                return event.file if file.mending is not before else None
        return None

    def _count(self, file: _File, event: PacketTimed) -> None:
        """See whether a clock counts, and keep one that does where it belongs."""
        if file.assumed is not None or file.suspected is not None or file.elsewhere:
            return
        if file.counts_about is None:
            others = [other for other in self._open[file.participant].values() if other is not file]
            if not _counts(file, others):
                return
            file.counts_about = file.origin(file.windows[0])
            for first, second in pairwise(tuple(file.windows)):
                _go_on(file, first, _pace(file, first, second))
        _go_on(file, event, _pace(file, list(file.windows)[-_RECENT], event))


def _note(file: _File, event: ArrivalsStepped) -> None:
    """Assume or suspect what one packet seems to say."""
    if file.assumed is not None and not file.assumed.agreed:
        file.withdraw()  # nothing came after it
    if 0 < event.by < _NO_LINE:
        _decide(file, _BORNE_OUT_BEFORE_NEXT[file.kind])
        if abs(file.origin(event) - file.reference - event.by) < _QUIET:  # else a queue was filling before it
            file.suspected = _Suspected(event)
    elif event.by > 0 or file.comes_too_early(file.origin(event)):
        by = event.by
        if not _decide(file, _BORNE_OUT_BEFORE_NEXT[file.kind]):
            by = file.origin(event) - file.reference
        file.step(event.ticks, event.arrived, by, event.before)


def _suspect(file: _File, event: PacketTimed) -> None:
    """Look whether a window of arrivals agrees with the step that is suspected."""
    suspected = file.suspected
    assert suspected is not None
    if event.arrived <= suspected.step.arrived:
        return  # it is of that very packet, or of one from before it
    first = suspected.windows[0] if suspected.windows else suspected.step
    allowed = _AGREE if suspected.windows else min(_MOST_OFF, suspected.step.by * _OF_STEP + _STEADY)
    suspected.windows.append(event)
    if abs(file.origin(event) - file.origin(first)) > allowed:
        _decide(file, len(suspected.windows) + 1)
    elif len(suspected.windows) >= _BORNE_OUT:
        _decide(file, _BORNE_OUT)


def _decide(file: _File, windows: int) -> bool:
    """End a suspicion: it was a step if so many windows agree; returns False when it was the line."""
    suspected, file.suspected = file.suspected, None
    if suspected is None:
        return True
    certain = len(suspected.windows) >= windows
    if certain:
        by = median_low(file.origin(event) for event in suspected.windows) - file.reference
        file.step(suspected.step.ticks, suspected.step.arrived, by, suspected.step.before)
        file.assumed = None
    for each in suspected.windows:
        file.accept(each)
    return certain


def _time(file: _File, event: PacketTimed) -> None:
    """Look at a window of arrivals: whether it bears a step out, or shows one."""
    if file.assumed is not None and event.arrived > file.mending.stretches[-1].since:
        _bear_out(file, event)
    if file.suspected is not None:
        _suspect(file, event)
    elif file.assumed is None:
        if file.steps_noted:
            file.accept(event)
        else:
            _look_for_a_step(file, event)
    before = file.timed[-1] if file.timed else None
    file.timed = (*((before,) if before else ()), event)


def _look_for_a_step(file: _File, event: PacketTimed) -> None:
    """Accept a window of arrivals, or hold it back while it may come after a step."""
    if not file.elsewhere and not _stepped(file, event):
        file.accept(event)
        return
    if not file.elsewhere:
        file.last_before = file.timed
    file.elsewhere.append(event)
    off = file.origin(event) - file.origin(file.elsewhere[0])
    if abs(off) <= _AGREE and len(file.elsewhere) < _CERTAIN:
        return
    if abs(off) <= _AGREE:
        _step_between(file, file.last_before, file.elsewhere)
    for each in file.elsewhere:
        file.accept(each)
    file.elsewhere.clear()


def _bear_out(file: _File, event: PacketTimed) -> None:
    """Whether arrivals say what is assumed; the second time, it is certain."""
    assumed = file.assumed
    assert assumed is not None
    off = file.origin(event) - file.reference
    if assumed.by < 0 and not file.comes_too_early(file.origin(event) + assumed.by):
        file.withdraw()
    elif assumed.agreed:
        if abs(off) <= _AGREE:
            file.assumed = None
        else:
            file.withdraw()
    elif abs(off) <= min(_MOST_OFF, abs(assumed.by) * _OF_STEP + _STEADY):
        assumed.agreed = True
        file.shift_last(off)  # a window of arrivals is nearer to the truth than one packet
    else:
        file.withdraw()


def _stepped(file: _File, event: PacketTimed) -> bool:
    """Whether arrivals are others all of a sudden."""
    off, last = file.origin(event) - file.reference, file.origins[-1] - file.reference
    if abs(off) < _STEP or abs(last) > _QUIET:
        return False
    return file.seen >= _KNOWN if off > 0 else file.seen >= _WELL_KNOWN and file.comes_too_early(file.origin(event))


def _step_between(file: _File, before: Sequence[PacketTimed], after: Sequence[PacketTimed]) -> None:
    """A step after the least delayed packet of the last window before it, which tells nothing of where."""
    last, first = before[-1], after[0]
    by = median_low(file.origin(event) for event in after) - file.reference
    since = last.at  # the first packet after that window's end closed it
    if by < 0:
        since += 1  # it would have been the least delayed one, had the clock leapt before
    elif last.at - (before[0].at if len(before) > 1 else file.opened) < _WINDOW:
        # No pause outlasted the window: it stood still within it, between that packet and the end.
        since = (last.arrived + by + max(last.arrived + by, last.at)) // 2
    ticks = first.ticks - (first.arrived - since + _LATER) * file.mending.rate // MICROSECONDS
    if last.ticks < first.ticks:
        ticks = max(last.ticks + 1, min(ticks, first.ticks))
    file.step(ticks, since, by, last.ticks)
    file.assumed = None


def _report(file: _File, event: SenderReported) -> None:
    origin = event.ntp - file.mending.said_us(event.ticks)
    last = file.mending.stretches[-1] if file.mending.stretches else None
    if last is not None and file.reported_before_step is not None and event.at - last.since > _FRESH:
        since, before = file.reported_before_step
        then = file.mending.at(since)
        moved = last.shift - (then.shift if then else 0)
        if file.kind == "video" and last.leaps and abs(origin - before) <= _SAME and abs(moved) > _QUIET:
            file.withdraw_since(since)  # the clock ran on: it was the pictures that came late
        file.reported_before_step = None
    file.reports.append((event.at, origin))


def _counts(file: _File, others: Sequence[_File]) -> bool:
    """Whether a clock has moved away from time steadily, and not because packets waited in a queue."""
    if len(file.windows) < _COUNTED:
        return False
    windows = list(file.windows)[-_COUNTED:]
    first = windows[0]
    times = [(event.arrived - first.arrived) / MICROSECONDS for event in windows]
    origins = [file.origin(event) for event in windows]
    moved = origins[-1] - origins[0]
    if abs(moved) < _AWAY or times[-1] <= 0:
        return False
    line = linear_regression(times, origins)
    off = (abs(origin - line.intercept - line.slope * at) for at, origin in zip(times, origins, strict=True))
    if abs(line.slope) < _PACE * MICROSECONDS or max(off) > _STEADY:
        return False
    if file.kind == "video" and file.reports and not _reports_moved(file, first.at, moved):
        return False
    if moved < 0:
        return origins[-1] < file.least - _AWAY
    alone = bool(others) and all(other.origins[-1] - other.origins[0] < moved // 2 for other in others)
    return alone or origins[-1] > file.least + _FAR_AWAY


def _reports_moved(file: _File, since: int, moved: int) -> bool:
    """Whether a camera's reports say, too, that its clock moves away from time."""
    before = [origin for at, origin in file.reports if at <= since]
    after = [origin for at, origin in file.reports if at > since]
    return (
        bool(before) and bool(after) and (after[-1] - before[-1]) * moved > 0 and abs(after[-1] - before[-1]) > _SAME
    )


def _pace(file: _File, first: PacketTimed, second: PacketTimed) -> float:
    """By how much of what it says a clock was slow from one window to a later one."""
    said = file.mending.said_us(second.ticks) - file.mending.said_us(first.ticks)
    return (second.arrived - first.arrived) / said - 1 if said > 0 else 0.0


def _go_on(file: _File, event: PacketTimed, pace: float) -> None:
    """From here on, place a clock that counts by its pace, so that it nears where it belongs."""
    assert file.counts_about is not None
    off = file.origin(event) - file.counts_about
    slope = max(_SLOWEST, min(_FASTEST, pace + off / MICROSECONDS / _RETURNS))
    shift = file.mending.worth_us(event.ticks, file.mending.at(event.arrived)) - file.mending.said_us(event.ticks)
    file.add(Stretch(event.ticks, event.arrived, shift, slope, leaps=False))
