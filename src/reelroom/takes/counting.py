"""Clocks that count: where an RTP clock runs at a pace of its own, and what its ticks are worth then."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import linear_regression

from reelroom.takes.events import PacketTimed
from reelroom.takes.mending import MICROSECONDS, Stretch
from reelroom.takes.timed_file import COUNTED, SAME, STEADY, TimedFile

_PACE, _AWAY = 0.03, 150_000  # of time: a crystal is wrong by a three-hundredth of that
_FAR_AWAY = 1_000_000  # no queue of a line on which people can talk is as long for seconds
_RECENT = 4  # windows that tell the pace it goes on at
_SLOWEST, _FASTEST = -0.95, 20.0
_RETURNS = 1.0  # s in which what a clock that counts is off by is made good


def count(file: TimedFile, event: PacketTimed, others: Sequence[TimedFile]) -> None:
    """See whether the clock of a file counts, and keep one that does where it belongs.

    `event` is its last window of arrivals, `others` are the other open files of its participant.
    """
    if file.assumed is not None or file.suspected is not None or file.elsewhere:
        return
    if file.counts_about is None:
        if not _counts(file, others):
            return
        _began(file)
    _go_on(file, event, _pace(file, list(file.windows)[-_RECENT], event))


def _counts(file: TimedFile, others: Sequence[TimedFile]) -> bool:
    """Whether a clock has moved away from time steadily, and not because packets waited in a queue."""
    if len(file.windows) < COUNTED:
        return False
    windows = list(file.windows)[-COUNTED:]
    first = windows[0]
    times = [(event.arrived - first.arrived) / MICROSECONDS for event in windows]
    origins = [file.origin(event) for event in windows]
    moved = origins[-1] - origins[0]
    if abs(moved) < _AWAY or times[-1] <= 0:
        return False
    line = linear_regression(times, origins)
    off = (abs(origin - line.intercept - line.slope * at) for at, origin in zip(times, origins, strict=True))
    if abs(line.slope) < _PACE * MICROSECONDS or max(off) > STEADY:
        return False
    if file.kind == "video" and file.reports and not _reports_moved(file, first.at, moved):
        return False
    if moved < 0:
        return origins[-1] < file.least - _AWAY
    alone = bool(others) and all(other.origins[-1] - other.origins[0] < moved // 2 for other in others)
    return alone or origins[-1] > file.least + _FAR_AWAY


def _began(file: TimedFile) -> None:
    """Mend a clock that counts from where it began to: before that is known, seconds have passed."""
    windows = list(file.windows)
    said = [file.mending.said_us(event.ticks) for event in windows]
    arrived = [event.arrived - file.opened for event in windows]
    slope, due = linear_regression(said[-COUNTED:], arrived[-COUNTED:])
    first = len(windows) - COUNTED
    while first and abs(arrived[first - 1] - due - slope * said[first - 1]) <= STEADY:
        first -= 1
    if first <= 1 and file.seen == len(windows) and not file.mending.stretches:
        # From its first packet on, then. The first ones of a track may come late: the line says when that was due.
        file.counts_about = file.opened + round(due)
        file.add(Stretch(0, file.opened, 0, slope - 1, leaps=False))
        first = len(windows) - COUNTED
    else:
        _left(file, max(0, first - 1), first, slope, due)
    for one, following in pairwise(windows[first:]):
        _go_on(file, one, _pace(file, one, following))


def _left(file: TimedFile, right: int, first: int, slope: float, due: float) -> None:
    """A clock was right up to a window of arrivals, and ran on a line by another: it counts from where that left.

    The line says when ticks arrive, in µs since the file was opened, by what they say.
    """
    before, after = file.windows[right], file.windows[first]
    file.counts_about = file.origin(before)
    said = file.mending.said_us(before.ticks)
    shift = file.mending.worth_us(before.ticks, file.mending.at(before.arrived)) - said
    left = (file.counts_about + shift - file.opened - due) / (slope - 1)
    left = max(said + 1, min(left, file.mending.said_us(after.ticks)))
    since = max(before.arrived + 1, min(file.opened + round(due + slope * left), after.arrived))
    file.add(Stretch(round(left * file.mending.rate / MICROSECONDS), since, shift, slope - 1, leaps=False))


def _reports_moved(file: TimedFile, since: int, moved: int) -> bool:
    """Whether a camera's reports say, too, that its clock moves away from time."""
    before = [origin for at, origin in file.reports if at <= since]
    after = [origin for at, origin in file.reports if at > since]
    return (
        bool(before) and bool(after) and (after[-1] - before[-1]) * moved > 0 and abs(after[-1] - before[-1]) > SAME
    )


def _pace(file: TimedFile, first: PacketTimed, second: PacketTimed) -> float:
    """By how much of what it says a clock was slow from one window to a later one."""
    said = file.mending.said_us(second.ticks) - file.mending.said_us(first.ticks)
    return (second.arrived - first.arrived) / said - 1 if said > 0 else 0.0


def _go_on(file: TimedFile, event: PacketTimed, pace: float) -> None:
    """From here on, place a clock that counts by its pace, so that it nears where it belongs."""
    assert file.counts_about is not None
    off = file.origin(event) - file.counts_about
    slope = max(_SLOWEST, min(_FASTEST, pace + off / MICROSECONDS / _RETURNS))
    shift = file.mending.worth_us(event.ticks, file.mending.at(event.arrived)) - file.mending.said_us(event.ticks)
    file.add(Stretch(event.ticks, event.arrived, shift, slope, leaps=False))
