"""Room time: what the tap's facts say of when something was seen and heard."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reelroom.takes.clock import RoomClock
from reelroom.takes.events import Event, FileOpened, Kind, PacketTimed, SenderReported, TakeOpened
from tests.senders import RATES, SECOND, START, Sender

AUDIO, VIDEO = "tracks/audio.mkv", "tracks/video.mkv"
MS = 1000


def opened(file: str, at: int, participant: str = "ann") -> Event:
    kind: Kind = "audio" if file == AUDIO else "video"
    codec = "opus" if file == AUDIO else "vp8"
    return FileOpened(
        at=at, file=file, participant=participant, track=file, kind=kind, codec=codec, clock_rate=RATES[kind]
    )


def timed(file: str, ticks: int, arrived: int) -> Event:
    return PacketTimed(at=arrived, file=file, ticks=ticks, arrived=arrived)


def reported(file: str, ticks: int, ntp: int, at: int = START) -> Event:
    return SenderReported(at=at, file=file, ticks=ticks, ntp=ntp)


def clock_after(*events: Event) -> RoomClock:
    clock = RoomClock()
    for event in events:
        clock.foresee(event)
        clock.feed(event)
    return clock


def places(sender: Sender, seconds: float) -> Iterator[tuple[int, dict[Kind, float]]]:
    """Each half second: the moment, and by how much (µs) what is captured then is placed late."""
    clock, due = RoomClock(), START + 2 * SECOND
    events = sender.events(seconds)
    for event in events:
        clock.foresee(event)
    for event in events:
        clock.packets_last("audio", sender.packet)
        while due <= event.at - SECOND:  # as the composer does, a second behind
            at = due - START
            late: dict[Kind, float] = {}
            for kind in RATES:
                origin = clock.start_us(kind)
                assert origin is not None
                mending, ticks = clock.mending(kind), sender.ticks_at(kind, at)
                assert mending is not None
                said = mending.worth_us(round(ticks), mending.at(due + sender.delay))
                late[kind] = origin + said - due
            yield at, late
            due += SECOND // 2
        clock.feed(event)


def apart(late: dict[Kind, float]) -> float:
    return late["audio"] - late["video"]


def test_nothing_is_known_of_a_file_that_was_not_opened() -> None:
    assert RoomClock().start_us(AUDIO) is None
    facts = clock_after(
        TakeOpened(at=START, run=1, take="t", version=1), timed(AUDIO, 0, START), reported(AUDIO, 0, 1)
    )
    assert facts.start_us(AUDIO) is None
    assert facts.mending(AUDIO) is None


def test_a_picture_was_seen_when_its_first_packet_arrived_and_a_sound_somewhat_earlier() -> None:
    """The first sample of a packet waits for its last."""
    assert clock_after(opened(VIDEO, START)).start_us(VIDEO) == START
    assert clock_after(opened(AUDIO, START)).start_us(AUDIO) == START - 10 * MS


def test_without_sender_reports_the_usual_arrival_counts() -> None:
    late, early = START + 400 * MS, START - 60 * MS
    arrivals = [START + 30 * MS, START + 31 * MS, late, START + 30 * MS, early]
    clock = clock_after(opened(VIDEO, START + 80 * MS))
    for second, arrived in enumerate(arrivals):
        clock.feed(timed(VIDEO, second * RATES["video"] // 20, arrived + second * SECOND // 20))
    assert clock.start_us(VIDEO) == START + 30 * MS


@pytest.mark.parametrize("skew", [0, -3600 * SECOND, 86_400 * 365 * SECOND])
def test_sender_reports_align_sound_and_picture_whatever_the_senders_clock_says(skew: int) -> None:
    """Sound and picture were captured together; the picture's packets come 300 ms late, and always do."""
    sender = Sender(skew=skew, encoding=lambda at: 300 * MS)
    assert max(abs(apart(late)) for at, late in places(sender, 60) if at > 15 * SECOND) < 30 * MS


def test_a_track_that_starts_later_is_placed_later() -> None:
    facts = clock_after(
        opened(VIDEO, START),
        reported(VIDEO, 0, START),
        opened(AUDIO, START + 5 * SECOND),
    )
    assert facts.start_us(AUDIO) == START + 5 * SECOND - 10 * MS


def test_people_do_not_share_their_delays() -> None:
    facts = clock_after(
        opened(AUDIO, START, "ann"),
        reported(AUDIO, 0, START),
        opened(VIDEO, START + 250 * MS, "bob"),
        reported(VIDEO, 0, START),
    )
    assert facts.start_us(VIDEO) == START + 250 * MS


@given(st.integers(0, 1 << 40), st.sampled_from([AUDIO, VIDEO]))
def test_ticks_do_not_wrap_or_lose_precision(ticks: int, file: str) -> None:
    """Far beyond the 32 bits of an RTP timestamp (13 hours of video) tick 0 stays where it was."""
    rate = RATES["audio" if file == AUDIO else "video"]
    moment = START + ticks * SECOND // rate
    clock = clock_after(opened(file, START + 500 * MS), timed(file, ticks, moment), timed(file, ticks, moment))
    at = clock.start_us(file)
    assert at is not None
    assert abs(at - START) <= 500 * MS


@settings(max_examples=40)
@given(
    seed=st.integers(0, 1 << 30),
    skew=st.integers(-(10**12), 10**12),
    audio_ppm=st.floats(-100, 100),
    video_ppm=st.floats(-100, 100),
    jitter=st.integers(0, 15 * MS),
    delay=st.integers(0, 400 * MS),
    encoding=st.integers(0, 25 * MS),
)
def test_sound_and_picture_stay_together(
    seed: int, skew: int, audio_ppm: float, video_ppm: float, jitter: int, delay: int, encoding: int
) -> None:
    ppm: dict[Kind, float] = {"audio": audio_ppm, "video": video_ppm}
    sender = Sender(seed, skew, ppm, jitter, delay, lambda at: encoding)
    for at, late in places(sender, 60):
        assert abs(apart(late)) < 23 * MS, at  # half a picture of the film more makes 40
        assert delay - 30 * MS < late["audio"] < delay + 50 * MS


@settings(max_examples=40)
@given(seed=st.integers(0, 1 << 30), wanders=st.integers(100 * MS, 400 * MS))
def test_nothing_jumps(seed: int, wanders: int) -> None:
    """An overloaded camera, a mute with made-up frames, silence with its wild reports."""
    sender = Sender(
        seed,
        encoding=lambda at: 5 * MS + at * 7919 % wanders if 20 * SECOND < at < 40 * SECOND else 5 * MS,
        muted=[(45 * SECOND, 50 * SECOND)],
        dtx=[(55 * SECOND, 85 * SECOND)],
    )
    before: dict[Kind, float] | None = None
    for at, late in places(sender, 120):
        resumed = 49 * SECOND < at < 52 * SECOND
        if before is not None and not resumed:
            assert abs(late["audio"] - before["audio"]) <= 3 * MS
            assert abs(late["video"] - before["video"]) <= 28 * MS
        before = late
        assert abs(apart(late)) < 28 * MS, at


def test_silence_in_the_beginning_does_not_part_sound_and_picture_for_long() -> None:
    """A microphone's reports are hundreds of ms wrong while nothing is said."""
    for seed in range(20):
        sender = Sender(seed, dtx=[(0, 20 * SECOND)])
        assert max(abs(apart(late)) for at, late in places(sender, 60) if at > 28 * SECOND) < 23 * MS


@pytest.mark.parametrize("stall", [60 * MS, 130 * MS, 2 * SECOND])
def test_a_microphone_that_stood_still_is_put_right(stall: int) -> None:
    sender = Sender(stalls=[(30 * SECOND, stall)])
    after = [late for at, late in places(sender, 90) if at > 45 * SECOND]
    assert max(abs(apart(late)) for late in after) < 25 * MS


@pytest.mark.parametrize("by", [-123 * MS, 123 * MS])
def test_reports_that_move_after_a_mute_count_by_what_arrivals_confirm(by: int) -> None:
    """Measured: after a mute, what the engine reports of a simulcast camera moved, what it sends did not."""
    sender = Sender(muted=[(30 * SECOND, 40 * SECOND)], misreported=[(35 * SECOND, by)])
    assert max(abs(apart(late)) for at, late in places(sender, 90) if at > 41 * SECOND) < 23 * MS


@pytest.mark.parametrize("by", [-5 * SECOND, -SECOND // 4, 5 * SECOND])
def test_a_wall_clock_that_is_set_does_not_part_sound_and_picture(by: int) -> None:
    sender = Sender(clock_set=[(30 * SECOND, by)])
    assert max(abs(apart(late)) for _, late in places(sender, 90)) < 25 * MS


@pytest.mark.parametrize("parts_per_million", [-100, 100])
def test_two_hours_of_clocks_that_drift(parts_per_million: int) -> None:
    """A microphone whose clock is off by 100 ppm is 720 ms off after two hours; a mute does not hide that."""
    muted = [(3000 * SECOND, 3600 * SECOND)]
    sender = Sender(ppm={"audio": parts_per_million, "video": -parts_per_million / 2}, muted=muted)
    for at, late in places(sender, 7200):
        if not 3000 * SECOND < at < 3604 * SECOND:
            assert abs(apart(late)) < 23 * MS, at
            assert 5 * MS < late["audio"] < 75 * MS


@pytest.mark.parametrize("packet", [2500, 5 * MS, 10 * MS, 20 * MS, 40 * MS, 60 * MS, 80 * MS, 120 * MS])
@pytest.mark.parametrize("reports_after", [3 * SECOND, 1000 * SECOND])
def test_packets_of_any_length_are_in_sync(packet: int, reports_after: int) -> None:
    """A packet leaves when it is full; its timestamp is that of its first sample."""
    sender = Sender(packet=packet, reports_after=reports_after)
    assert max(abs(apart(late)) for _, late in places(sender, 40)) < 25 * MS


def test_reports_from_before_a_long_silence_do_not_count() -> None:
    """The microphone drifts meanwhile: what its reports said a minute ago would hold it back by 25 ms."""
    off = []
    for seed in range(10):
        sender = Sender(seed, ppm={"audio": -350}, muted=[(20 * SECOND, 90 * SECOND)], jitter=0)
        off += [apart(late) for at, late in places(sender, 110) if 98 * SECOND < at < 106 * SECOND]
    assert abs(sum(off) / len(off)) < 10 * MS


def test_a_clock_does_not_jump_away_from_what_arrives() -> None:
    """A microphone's report that is wrong by 2 s would take the pictures along, to before they were captured."""
    clock = clock_after(opened(VIDEO, START), opened(AUDIO, START))
    for half in range(1, 15):
        at = START + half * SECOND // 2
        for file in (AUDIO, VIDEO):
            clock.feed(timed(file, half * RATES["audio" if file == AUDIO else "video"] // 2, at))
        if half in (6, 12):
            for file, wrong in ((AUDIO, 2 * SECOND if half == 12 else 0), (VIDEO, 0)):
                ticks = half * RATES["audio" if file == AUDIO else "video"] // 2
                clock.feed(reported(file, ticks, at + wrong, at))
    origin = clock.start_us(VIDEO)
    assert origin is not None
    assert abs(origin - START) < 100 * MS
