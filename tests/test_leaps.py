"""Clocks that stop, leap or count: sound and picture stay together, live and afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reelroom.takes.clock import RoomClock
from reelroom.takes.events import Event, FileOpened, Kind, parse_lines
from tests.broken_clocks import BrokenSender
from tests.senders import RATES, SECOND, START

MS = 1000
MOST = 45 * MS
HOUR = 3600 * SECOND
LOOK_AHEAD, SLACK = SECOND, 700 * MS
SQUEEZED = Path(__file__).parent / "cases" / "squeezed"
KINDS: tuple[Kind, ...] = ("audio", "video")


def places(sender: BrokenSender, seconds: int, *, live: bool) -> Iterator[tuple[int, dict[Kind, float]]]:
    """Each captured packet that is due about a moment: by how much (µs) its place is late.

    `live`: events are known 1.7 s after a moment; else all of them.
    """
    clock, events = RoomClock(), sender.events(seconds)
    known = fed = 0
    packets = {kind: list(sender.whole_packets(kind, seconds)) for kind in KINDS}
    index = dict.fromkeys(KINDS, 0)
    for at in range(SECOND, (seconds - 2) * SECOND, SECOND // 10):
        while known < len(events) and (not live or events[known].at <= START + at + LOOK_AHEAD + SLACK):
            clock.foresee(events[known])
            known += 1
        while fed < len(events) and events[fed].at <= START + at + LOOK_AHEAD:
            clock.feed(events[fed])
            fed += 1
        late: dict[Kind, float] = {}
        for kind in KINDS:
            while index[kind] + 1 < len(packets[kind]) and packets[kind][index[kind] + 1].captured <= at:
                index[kind] += 1
            packet, mending, origin = packets[kind][index[kind]], clock.mending(kind), clock.start_us(kind)
            assert mending is not None
            assert origin is not None
            if at - packet.captured < SECOND // 10:
                worth = mending.mended(packet.ticks, START + packet.arrived) * SECOND // RATES[kind]
                late[kind] = origin + worth - START - packet.captured
        yield at, late


def worst(sender: BrokenSender, seconds: int, event: int, *, live: bool, lasts: int = SECOND) -> tuple[float, int]:
    """How far apart sound and picture are at most, outside the second after an event; and when."""
    found, when = 0.0, 0
    for at, late in places(sender, seconds, live=live):
        if len(late) == 2 and not event <= at < event + lasts:
            apart = abs(late["audio"] - late["video"])
            if apart > found:
                found, when = apart, at
    return found, when


@pytest.mark.parametrize("live", [True, False], ids=["live", "afterwards"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("by", [300 * MS, -300 * MS, 5 * SECOND, -5 * SECOND, HOUR, -HOUR])
@pytest.mark.parametrize("event", [5 * SECOND, 12 * SECOND])
def test_a_clock_leaps(kind: Kind, by: int, event: int, live: bool) -> None:
    sender = BrokenSender(leaps=[(kind, event, by)])
    found, when = worst(sender, 32, event, live=live)
    assert found < MOST, when / SECOND


@pytest.mark.parametrize("noted", [True, False], ids=["noted", "old"])
@pytest.mark.parametrize("live", [True, False], ids=["live", "afterwards"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("length", [300 * MS, 700 * MS, 5 * SECOND, 60 * SECOND])
def test_a_clock_stops_while_nothing_comes(kind: Kind, length: int, live: bool, noted: bool) -> None:
    event = 9 * SECOND
    sender = BrokenSender(stops=[(kind, event, length)], steps_noted=noted)
    for at, late in places(sender, 30 + length // SECOND, live=live):
        if len(late) == 2 and not event <= at < event + length + SECOND and (noted or not live or at < event):
            assert abs(late["audio"] - late["video"]) < MOST, at / SECOND


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("by", [-5 * SECOND, HOUR, 400 * MS])
def test_old_takes_do_not_say_where_a_clock_leapt(kind: Kind, by: int) -> None:
    sender = BrokenSender(leaps=[(kind, 12 * SECOND, by)], steps_noted=False)
    found, when = worst(sender, 32, 12 * SECOND - 600 * MS, live=False)
    assert found < MOST, when / SECOND


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 1 << 30),
    kind=st.sampled_from(KINDS),
    leaps=st.lists(st.tuples(st.integers(1600, 6000), st.integers(-60_000, 60_000)), min_size=2, max_size=8),
)
def test_a_clock_leaps_again_and_again(seed: int, kind: Kind, leaps: list[tuple[int, int]]) -> None:
    events: list[tuple[int, int]] = []
    at = 4 * SECOND
    for after, by in leaps:
        # What a line may have done is believed after a while only: were there another leap by then, it never would.
        suspected = events and -3 * SECOND < events[-1][1] < 0
        at += max(after, 2800 if suspected else 0) * MS
        events.append((at, (by + (300 if by >= 0 else -300)) * MS))
    sender = BrokenSender(seed, leaps=[(kind, when, by) for when, by in events])
    for live in (True, False):
        for moment, late in places(sender, at // SECOND + 20, live=live):
            if len(late) == 2 and not any(when <= moment < when + SECOND for when, _ in events):
                assert abs(late["audio"] - late["video"]) < MOST, (moment, live, kind, events, seed)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pace", [0.5, 0.8, 0.93, 1.1, 2.0])
@pytest.mark.parametrize("since", [0, 10 * SECOND])
def test_a_clock_counts(kind: Kind, pace: float, since: int) -> None:
    sender = BrokenSender(counts=[(kind, since, pace)])
    found, when = worst(sender, 40, max(0, since - 600 * MS), live=False, lasts=1600 * MS)
    assert found < MOST, when / SECOND


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 1 << 30),
    length=st.integers(100, 4000),
    drains=st.integers(50, 6000),
    noted=st.booleans(),
)
def test_a_line_that_holds_all_back_is_no_clock(seed: int, length: int, drains: int, noted: bool) -> None:
    """Both tracks wait in one queue, then come in a burst, while the queue empties."""
    held = [(10 * SECOND, 10 * SECOND + length * MS, drains * MS)]
    sender = BrokenSender(seed, late=held, steps_noted=noted)
    for at, late in places(sender, 32, live=False):
        if len(late) == 2 and not 10 * SECOND <= at < 11 * SECOND + length * MS:
            assert abs(late["audio"] - late["video"]) < MOST, at / SECOND


def known_after(events: list[Event]) -> RoomClock:
    clock = RoomClock()
    for event in events:
        clock.foresee(event)
    return clock


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1 << 30), jitter=st.integers(0, 60 * MS), noted=st.booleans())
def test_a_clock_that_runs_with_time_is_left_alone(seed: int, jitter: int, noted: bool) -> None:
    clock = known_after(BrokenSender(seed, jitter=jitter, steps_noted=noted).events(60))
    for kind in KINDS:
        mending = clock.mending(kind)
        assert mending is not None
        assert mending.stretches == ()


@pytest.mark.parametrize("file", sorted(SQUEEZED.iterdir()), ids=lambda file: file.stem)
def test_a_squeezed_line_is_no_clock(file: Path) -> None:
    """Noted by a tap while a line was narrowed to 250 kbit/s twice: queues filled, stood full and emptied."""
    clock, files = RoomClock(), set()
    for event in parse_lines(file.read_bytes()):
        clock.foresee(event)
        if isinstance(event, FileOpened):
            files.add(event.file)
        for each in files:
            mending = clock.mending(each)
            assert mending is not None
            assert mending.stretches == (), event
    assert len(files) == 4
