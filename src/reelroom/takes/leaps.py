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

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median_low

from reelroom.takes.counting import count
from reelroom.takes.events import (
    ArrivalsStepped,
    Event,
    FileClosed,
    FileOpened,
    PacketTimed,
    SenderReported,
    TakeOpened,
)
from reelroom.takes.mending import MICROSECONDS, Mending
from reelroom.takes.timed_file import QUIET, SAME, STEADY, Suspected, TimedFile

_STEPS_SINCE = 2  # the version of the format from which on the tap notes every step (docs/formats.md)
_WINDOW = 600_000  # of `packet_timed`, where packets come; a little more than it is
# Where the tap does not note steps: what differs by so much from one window to the next, on a line that was quiet.
_STEP = 200_000
_KNOWN, _WELL_KNOWN = 3, 6  # windows; the first packets of a track come late, so what comes earlier needs more
_LATER = 15_000  # by which a packet may come later than the least delayed one of its window
_AGREE = 40_000  # a queue that fills or empties moves arrivals by more from one window to the next
_MOST_OFF = 150_000  # by which the first window after a step may differ from what one packet promised
_OF_STEP = 0.3
_CERTAIN = 4  # windows that agree with each other show a step that nobody noted
_BORNE_OUT = 3  # windows that agree with each other bear out a step that is suspected
_BORNE_OUT_BEFORE_NEXT = {"audio": 2, "video": 3}  # if another comes: a squeezed line paces pictures for a second
_NO_LINE = 3_000_000  # nor lets one packet come so much later than the one before
_FRESH = 3 * MICROSECONDS  # so long after a step a camera's report is of what came after it


@dataclass
class Leaps:
    """Takes events in order, as soon as they are known; `mending` is what follows from them."""

    _steps_noted: bool = False
    _files: dict[str, TimedFile] = field(default_factory=dict)
    _open: dict[str, dict[str, TimedFile]] = field(default_factory=dict)  # participant -> file

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
                opened = TimedFile(event.participant, event.kind, self._steps_noted, mending, event.at)
                self._files[event.file] = opened
                self._open.setdefault(event.participant, {})[event.file] = opened
            case FileClosed() if file := self._files.get(event.file):
                self._open[file.participant].pop(event.file, None)
            case PacketTimed() | SenderReported() | ArrivalsStepped() if file := self._files.get(event.file):
                before = file.mending
                match event:
                    case PacketTimed():
                        _time(file, event)
                        others = [other for other in self._open[file.participant].values() if other is not file]
                        count(file, event, others)
                    case ArrivalsStepped():
                        _note(file, event)
                    case SenderReported():
                        _report(file, event)
                return event.file if file.mending is not before else None
        return None


def _note(file: TimedFile, event: ArrivalsStepped) -> None:
    """Assume or suspect what one packet seems to say."""
    if file.assumed is not None and not file.assumed.agreed:
        file.withdraw()  # nothing came after it
    if 0 < event.by < _NO_LINE:
        _decide(file, _BORNE_OUT_BEFORE_NEXT[file.kind])
        if abs(file.origin(event) - file.reference - event.by) < QUIET:  # else a queue was filling before it
            file.suspected = Suspected(event)
    elif event.by > 0 or file.comes_too_early(file.origin(event)):
        by = event.by
        if not _decide(file, _BORNE_OUT_BEFORE_NEXT[file.kind]):
            by = file.origin(event) - file.reference
        file.step(event.ticks, event.arrived, by, event.before)


def _suspect(file: TimedFile, event: PacketTimed) -> None:
    """Look whether a window of arrivals agrees with the step that is suspected."""
    suspected = file.suspected
    assert suspected is not None
    if event.arrived <= suspected.step.arrived:
        return  # it is of that very packet, or of one from before it
    first = suspected.windows[0] if suspected.windows else suspected.step
    allowed = _AGREE if suspected.windows else min(_MOST_OFF, suspected.step.by * _OF_STEP + STEADY)
    suspected.windows.append(event)
    if abs(file.origin(event) - file.origin(first)) > allowed:
        _decide(file, len(suspected.windows) + 1)
    elif len(suspected.windows) >= _BORNE_OUT:
        _decide(file, _BORNE_OUT)


def _decide(file: TimedFile, windows: int) -> bool:
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


def _time(file: TimedFile, event: PacketTimed) -> None:
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


def _look_for_a_step(file: TimedFile, event: PacketTimed) -> None:
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


def _bear_out(file: TimedFile, event: PacketTimed) -> None:
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
    elif abs(off) <= min(_MOST_OFF, abs(assumed.by) * _OF_STEP + STEADY):
        assumed.agreed = True
        file.shift_last(off)  # a window of arrivals is nearer to the truth than one packet
    else:
        file.withdraw()


def _stepped(file: TimedFile, event: PacketTimed) -> bool:
    """Whether arrivals are others all of a sudden."""
    off, last = file.origin(event) - file.reference, file.origins[-1] - file.reference
    if abs(off) < _STEP or abs(last) > QUIET:
        return False
    return file.seen >= _KNOWN if off > 0 else file.seen >= _WELL_KNOWN and file.comes_too_early(file.origin(event))


def _step_between(file: TimedFile, before: Sequence[PacketTimed], after: Sequence[PacketTimed]) -> None:
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


def _report(file: TimedFile, event: SenderReported) -> None:
    origin = event.ntp - file.mending.said_us(event.ticks)
    last = file.mending.stretches[-1] if file.mending.stretches else None
    fresh = last is not None and event.at - last.since > _FRESH and file.suspected is None  # else it is of two steps
    if last is not None and fresh and file.reported_before_step is not None:
        since, before = file.reported_before_step
        then = file.mending.at(since)
        moved = last.shift - (then.shift if then else 0)
        if file.kind == "video" and last.leaps and abs(origin - before) <= SAME and abs(moved) > QUIET:
            file.withdraw_since(since)  # the clock ran on: it was the pictures that came late
        file.reported_before_step = None
    file.reports.append((event.at, origin))
