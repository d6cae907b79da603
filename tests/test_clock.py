"""Room time: what the tap's facts say of when something was seen and heard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelroom.clock import RoomClock
from reelroom.events import Event, FileOpened, PacketTimed, SenderReported, TakeOpened

SECOND = 1_000_000
START = 1_764_000_000 * SECOND
AUDIO, VIDEO = "tracks/audio.mkv", "tracks/video.mkv"
RATES = {AUDIO: 48_000, VIDEO: 90_000}


def opened(file: str, at: int, participant: str = "ann") -> Event:
    kind = "audio" if file == AUDIO else "video"
    codec = "opus" if file == AUDIO else "vp8"
    return FileOpened(
        at=at, file=file, participant=participant, track=file, kind=kind, codec=codec, clock_rate=RATES[file]
    )


def timed(file: str, ticks: int, arrived: int) -> Event:
    return PacketTimed(at=arrived, file=file, ticks=ticks, arrived=arrived)


def reported(file: str, ticks: int, ntp: int) -> Event:
    return SenderReported(at=START, file=file, ticks=ticks, ntp=ntp)


def clock_after(*events: Event) -> RoomClock:
    clock = RoomClock()
    for event in events:
        clock.feed(event)
    return clock


def test_nothing_is_known_of_a_file_that_was_not_opened() -> None:
    assert RoomClock().start_us(AUDIO) is None
    facts = clock_after(
        TakeOpened(at=START, run=1, take="t", version=1), timed(AUDIO, 0, START), reported(AUDIO, 0, 1)
    )
    assert facts.start_us(AUDIO) is None


def test_a_file_starts_when_its_first_packet_arrives() -> None:
    assert clock_after(opened(AUDIO, START)).start_us(AUDIO) == START


def test_without_sender_reports_the_least_delayed_packet_counts() -> None:
    facts = [opened(AUDIO, START + 80_000), timed(AUDIO, 48_000, START + SECOND + 30_000)]
    assert clock_after(*facts).start_us(AUDIO) == START + 30_000
    later_but_slower = timed(AUDIO, 96_000, START + 2 * SECOND + 200_000)
    assert clock_after(*facts, later_but_slower).start_us(AUDIO) == START + 30_000


@pytest.mark.parametrize("skew", [0, -3600 * SECOND, 86_400 * 365 * SECOND])
def test_sender_reports_align_sound_and_picture_whatever_the_senders_clock_says(skew: int) -> None:
    """Sound and picture were captured together; the picture's packets came 300 ms late, and always do."""
    facts = clock_after(
        opened(AUDIO, START + 20_000),
        opened(VIDEO, START + 320_000),
        timed(AUDIO, 48_000, START + SECOND + 20_000),
        timed(VIDEO, 90_000, START + SECOND + 320_000),
        reported(AUDIO, 48_000, START + SECOND + skew),
        reported(VIDEO, 90_000, START + SECOND + skew),
    )
    assert facts.start_us(AUDIO) == facts.start_us(VIDEO) == START + 20_000


def test_a_track_that_starts_later_is_placed_later() -> None:
    facts = clock_after(
        opened(AUDIO, START),
        reported(AUDIO, 0, START),
        opened(VIDEO, START + 5 * SECOND + 700_000),
        reported(VIDEO, -90_000, START + 4 * SECOND),
    )
    assert facts.start_us(VIDEO) == START + 5 * SECOND


def test_a_report_before_the_first_packet_counts_backwards() -> None:
    facts = clock_after(opened(AUDIO, START), reported(AUDIO, -24_000, START - 500_000))
    assert facts.start_us(AUDIO) == START


def test_people_do_not_share_their_delays() -> None:
    facts = clock_after(
        opened(AUDIO, START, "ann"),
        reported(AUDIO, 0, START),
        opened(VIDEO, START + 250_000, "bob"),
        reported(VIDEO, 0, START),
    )
    assert facts.start_us(VIDEO) == START + 250_000


def test_the_order_of_reports_and_arrivals_does_not_matter() -> None:
    files = [opened(AUDIO, START + 90_000), opened(VIDEO, START + 90_000)]
    arrivals = [timed(AUDIO, 0, START + 40_000), timed(VIDEO, 0, START + 70_000)]
    reports = [reported(AUDIO, 0, START), reported(VIDEO, 0, START)]
    one, other = clock_after(*files, *arrivals, *reports), clock_after(*files, *reports, *arrivals)
    assert one.start_us(VIDEO) == other.start_us(VIDEO) == START + 40_000
    assert one.start_us(AUDIO) == other.start_us(AUDIO) == START + 40_000


@given(st.integers(0, 1 << 40), st.sampled_from([AUDIO, VIDEO]))
def test_ticks_do_not_wrap_or_lose_precision(ticks: int, file: str) -> None:
    """Far beyond the 32 bits of an RTP timestamp (13 hours of video) tick 0 stays where it was."""
    rate = RATES[file]
    moment = START + ticks * SECOND // rate
    facts = clock_after(opened(file, START + 500_000), reported(file, ticks, moment), timed(file, ticks, moment + 9))
    at = facts.start_us(file)
    assert at is not None
    assert abs(at - (START + 9)) <= 1


@given(st.lists(st.tuples(st.integers(0, 1 << 33), st.integers(0, 400_000)), min_size=1, max_size=30))
def test_sound_and_picture_stay_together_through_any_jitter(jitter: list[tuple[int, int]]) -> None:
    clock = clock_after(opened(AUDIO, START + 500_000), opened(VIDEO, START + 500_000))
    for us, delay in jitter:
        for file, late in ((AUDIO, delay), (VIDEO, 400_000 - delay)):
            ticks = us * RATES[file] // SECOND
            clock.feed(timed(file, ticks, START + us + late))
            clock.feed(reported(file, ticks, START + us))
        audio, video = clock.start_us(AUDIO), clock.start_us(VIDEO)
        assert audio is not None
        assert video is not None
        assert abs(audio - video) <= 50  # roundings of ticks to µs


@pytest.mark.parametrize("parts_per_million", [-100, 100])
def test_a_track_whose_clock_drifts_stays_where_it_was_captured(parts_per_million: int) -> None:
    """A microphone whose clock is off by 100 ppm is 720 ms off after two hours; its reports tell."""
    clock = clock_after(opened(AUDIO, START + 20_000))
    for second in range(0, 7200, 5):
        captured = START + second * SECOND
        ticks = second * (48_000 * 1_000_000 + 48_000 * parts_per_million) // 1_000_000
        clock.feed(reported(AUDIO, ticks, captured))
        clock.feed(timed(AUDIO, ticks, captured + 20_000))
        at = clock.start_us(AUDIO)
        assert at is not None
        assert abs(at + ticks * SECOND // 48_000 - (captured + 20_000)) <= 5 * abs(parts_per_million) + 2
