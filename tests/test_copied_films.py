"""Films whose pictures are copied from a camera where it alone fills the frame: what is in them, to the last bit."""

import json
import random
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reelroom.composer.__main__ import resume
from reelroom.composer.compose import SLACK, Pace, Report, compose, compose_in_time
from reelroom.composer.pieces import Encoding
from reelroom.composer.side_by_side import compose_side_by_side
from reelroom.cutting.plan import LayoutChoice, LayoutFrom, Plan, Planned, Range
from reelroom.layouts.names import LayoutType, Size
from reelroom.takes.folder import Take
from reelroom.takes.matroska import TrackFile
from tests.beats import beats_of
from tests.flashing_takes import FPS, HEIGHT, WIDTH, FlashingTake, Person
from tests.h264_tracks import BASELINE, NO_B_FRAMES, H264Track, copied_pictures, decoded, decoded_track, h264_track
from tests.senders import SECOND, START, Sender
from tests.takes import TakeMaker, at, coloured

PLAN = Plan(width=320, height=180, splice="auto", has_audio=False)


def screen_take(folder: Path, track: H264Track) -> Take:
    """Somebody shares a screen: no name lies over it, so all of it may be copied."""
    maker = TakeMaker(folder)
    maker.joins(0, "ann")
    maker.publishes(0, "ann", "screen_share", track.frames, private=track.private)
    return maker.write()


def film_of(take: Take, output: Path, begin: float, end: float, plan: Plan = PLAN) -> Report:
    pace = Pace(plan.rules.look_ahead, at(end))
    return compose(take, output, pace, start=at(begin), planned=Planned(plan))


def test_a_screen_is_copied_to_the_last_bit_in_its_own_time(tmp_path: Path) -> None:
    track = h264_track(fps=25)  # of a film of 30 pictures a second
    report = film_of(screen_take(tmp_path / "take", track), tmp_path / "film.mp4", 1, 9)
    sums, times, complaints = decoded(tmp_path / "film.mp4")
    copies = copied_pictures(tmp_path / "film.mp4", track)
    assert complaints == ""
    assert report.copied == len(copies)
    assert len(sums) == report.pictures
    assert [number for _, _, number in copies] == list(range(45, 225)), "from the first keyframe on"
    source = decoded_track(track, tmp_path)
    assert [sums[number] for number, _, _ in copies] == [source[number] for _, _, number in copies]
    assert [times[number] for number, _, _ in copies] == pytest.approx(
        [track.frames[number].ms / 1000 - 1 for _, _, number in copies], abs=0.0001
    )
    with av.open(str(tmp_path / "film.mp4")) as film:
        assert film.streams.video[0].codec_tag == "avc3"
        assert float(film.duration or 0) / av.time_base == pytest.approx(8, abs=0.05)


def test_a_camera_is_copied_once_its_name_is_gone(tmp_path: Path) -> None:
    maker, track = TakeMaker(tmp_path / "take"), h264_track()
    maker.joins(0, "ann")
    maker.publishes(0, "ann", "camera", track.frames, private=track.private)
    # A microphone that is muted has a badge, which would stay.
    maker.event(0, "track_published", participant="ann", track="M", kind="audio", source="microphone", muted=False)
    report = film_of(maker.write(), tmp_path / "film.mp4", 0, 10)
    copies = copied_pictures(tmp_path / "film.mp4", track)
    assert [number for _, _, number in copies] == list(range(135, 300)), "the name is gone after 4.5 s"
    assert report.copied == 165
    assert decoded(tmp_path / "film.mp4")[2] == ""


def test_what_is_lost_is_not_copied_and_neither_is_what_needs_it(tmp_path: Path) -> None:
    track = h264_track()
    frames = track.frames[:150] + track.frames[152:]  # two pictures after that of second 5
    report = film_of(screen_take(tmp_path / "take", replace(track, frames=frames)), tmp_path / "film.mp4", 0, 10)
    numbers = [number for _, _, number in copied_pictures(tmp_path / "film.mp4", track)]
    assert numbers == [*range(45, 150), *range(180, 300)]
    assert report.copied == len(numbers)
    assert decoded(tmp_path / "film.mp4")[2] == ""


def test_a_loss_that_the_tap_noted_counts_too(tmp_path: Path) -> None:
    """A picture that no other refers to leaves no gap in the numbers; nor do sixteen, by where they come round."""
    maker, track = TakeMaker(tmp_path / "take"), h264_track()
    maker.joins(0, "ann")
    path = maker.publishes(0, "ann", "screen_share", track.frames, private=track.private)
    file = f"tracks/{path.name}"
    maker.event(5, "packets_lost", file=file, ticks=150 * 3000, count=1)
    film_of(maker.write(), tmp_path / "film.mp4", 0, 10)
    numbers = [number for _, _, number in copied_pictures(tmp_path / "film.mp4", track)]
    assert numbers == [*range(45, 150), *range(180, 300)]


B_FRAMES = (("profile", "high"), ("preset", "veryfast"), ("bf", "2"))


@pytest.mark.parametrize(
    ("sent", "copies"),
    [
        ({"options": NO_B_FRAMES}, True),
        ({"options": B_FRAMES}, False),
        ({"width": 180, "height": 320}, False),
        ({"width": 640, "height": 360}, False),
        ({"full_range": True}, False),
        ({"options": (*BASELINE, ("x264-params", "colormatrix=bt709"))}, False),
        ({"options": (*BASELINE, ("x264-params", "sps-id=31"))}, True),
        ({"options": (*BASELINE, ("x264-params", "slices=4:ref=3"))}, True),
        ({"options": (*BASELINE, ("x264-params", "intra-refresh=1:keyint=infinite"))}, False),
    ],
    ids=["high", "B-frames", "upright", "larger", "full range", "other colours", "our number", "slices", "no IDR"],
)
def test_what_cannot_stand_in_the_film_as_it_came_is_made(tmp_path: Path, sent: dict[str, Any], copies: bool) -> None:
    track = h264_track(seconds=6, **sent)
    report = film_of(screen_take(tmp_path / "take", track), tmp_path / "film.mp4", 0, 6)
    assert (report.copied > 80) == copies
    assert copies or report.copied == 0
    sums, _, complaints = decoded(tmp_path / "film.mp4")
    assert complaints == ""
    assert len(sums) == report.pictures


def test_vp8_is_made(tmp_path: Path) -> None:
    maker = TakeMaker(tmp_path / "take")
    maker.joins(0, "ann")
    maker.publishes(0, "ann", "screen_share", coloured((30, 170, 30), 4))
    assert film_of(maker.write(), tmp_path / "film.mp4", 0, 4).copied == 0


def test_a_camera_that_changes_its_size_and_parameter_sets_of_one_number(tmp_path: Path) -> None:
    """The tap begins a file with each; all have SPS and PPS 0, and the third is coded otherwise than the first."""
    maker = TakeMaker(tmp_path / "take")
    first = h264_track(seconds=4)
    larger = h264_track(seconds=4, width=640, height=360)
    third = h264_track(seconds=4, shade=120, options=NO_B_FRAMES)
    maker.joins(0, "ann")
    maker.publishes(0, "ann", "screen_share", first.frames, private=first.private)
    maker.publishes(4, "ann", "screen_share", larger.frames, private=larger.private, goes_on="T1")
    maker.publishes(8, "ann", "screen_share", third.frames, private=third.private, goes_on="T1")
    report = film_of(maker.write(), tmp_path / "film.mp4", 0, 12)
    sums, _, complaints = decoded(tmp_path / "film.mp4")
    assert complaints == ""
    assert len(sums) == report.pictures
    copies = copied_pictures(tmp_path / "film.mp4", first, third)
    assert [(track, number) for _, track, number in copies] == [
        *((0, number) for number in range(45, 120)),
        *((1, number) for number in range(120)),
    ]
    sources = [decoded_track(track, tmp_path) for track in (first, third)]
    assert [sums[film] for film, _, _ in copies] == [sources[track][number] for _, track, number in copies]


def two_screens(folder: Path) -> tuple[Take, tuple[H264Track, H264Track], Plan]:
    """The second takes the frame from second 20 to 45, and there is a grid of both from 50 to 52."""
    maker = TakeMaker(folder)
    tracks = h264_track(seconds=70, fps=15), h264_track(seconds=25, fps=15, shade=150)
    maker.joins(0, "ann")
    maker.publishes(0, "ann", "screen_share", tracks[0].frames, private=tracks[0].private)
    maker.joins(0, "bob")
    maker.publishes(20, "bob", "screen_share", tracks[1].frames, private=tracks[1].private)
    maker.event(45, "track_unpublished", participant="bob", track="T2")
    layouts = (
        LayoutFrom(at=at(50), layout=LayoutChoice(type="bestFit")),
        LayoutFrom(at=at(52), layout=LayoutChoice(type="active-speaker")),
    )
    return maker.write(), tracks, PLAN.model_copy(update={"layouts": layouts})


def test_pieces_side_by_side_and_after_a_kill_make_the_same_film(tmp_path: Path) -> None:
    take, tracks, plan = two_screens(tmp_path / "take")
    whole = film_of(take, tmp_path / "whole.mp4", 0, 70, plan)
    assert whole.copied == len(copied_pictures(tmp_path / "whole.mp4", *tracks)) > 800
    assert decoded(tmp_path / "whole.mp4")[2] == ""

    together = compose_side_by_side(take, tmp_path / "together.mp4", start=at(0), end=at(70), plan=plan, jobs=2)
    assert (tmp_path / "together.mp4").read_bytes() == (tmp_path / "whole.mp4").read_bytes()
    assert together.copied == whole.copied

    class Killed(Exception):
        pass

    def kill(moment: int, behind: int) -> None:
        if moment >= at(66):
            raise Killed

    again, pace = tmp_path / "again.mp4", Pace(plan.rules.look_ahead, at(70))
    with pytest.raises(Killed):
        compose(take, again, pace, start=at(0), planned=Planned(plan), progress=kill)
    torn = resume(again, Encoding.of(plan))
    assert torn is not None
    assert torn.pieces == 2
    compose(take, again, pace, start=at(0), planned=Planned(plan), made=torn.packets())
    assert again.read_bytes() == (tmp_path / "whole.mp4").read_bytes()


def test_sound_and_picture_are_together_through_cuts_and_drift(tmp_path: Path) -> None:
    """The camera's clock runs slow and the microphone's fast; copied pictures stand at the times that are mended."""
    sender = Sender(skew=-(10**12), ppm={"audio": 100, "video": -100}, jitter=8000)
    take = FlashingTake(tmp_path / "take", [Person(sender, codec="h264")], 64)
    take.write()
    spans = [(0, 12.3), (15.9, 30.05), (31, 33.3), (35.72, 62)]
    ranges = tuple(Range(start=START + int(begin * SECOND), end=START + int(end * SECOND)) for begin, end in spans)
    plan = Plan(width=WIDTH, height=HEIGHT, splice="auto", ranges=ranges, laid=True)
    report = take.film(tmp_path / "film.mp4", plan)
    assert report.copied > 380, "of ten pictures a second"
    beats = beats_of(tmp_path / "film.mp4", FPS)
    assert len(beats) >= 44
    apart = [round(beat.apart_ms) for beat in beats]
    assert max(map(abs, apart)) <= 40, apart
    assert decoded(tmp_path / "film.mp4")[2] == ""


class GrowingTake(Pace):
    """Hands a composer what was on disk by then: of the take's files, no more than a tap has written."""

    def __init__(self, take: Take, folder: Path, look_ahead: int, end: int) -> None:
        super().__init__(look_ahead, None)
        self.folder, self._ends, self._look = folder, end, look_ahead
        (folder / "tracks").mkdir(parents=True)
        (folder / "take.json").write_bytes((take.folder / "take.json").read_bytes())
        self._lines = [(json.loads(line)["at"], line) for line in take.events_path.read_text().splitlines()]
        self._files = sorted((take.folder / "tracks").iterdir())
        self._grow(0)

    def _grow(self, until: int) -> None:
        events = "".join(line + "\n" for at_, line in self._lines if at_ <= until)
        (self.folder / "events.jsonl").write_text(events)
        opened = {line["file"]: line["at"] for line in map(json.loads, events.splitlines()) if "codec" in line}
        for path in self._files:
            began = opened.get(f"tracks/{path.name}")
            if began is None:
                continue
            with TrackFile(path) as file:
                file.poll()
                last = file.last_at((until - began) // 1000)
                end = file._offsets[last] + file._sizes[last] if last >= 0 else 0
            with (self.folder / "tracks" / path.name).open("ab") as grown:
                grown.write(path.read_bytes()[grown.tell() : end])

    def wait_for(self, moment: int) -> bool:
        until = moment + self._look + SLACK
        self._grow(until)
        if until >= self._ends:
            self.finish(self._ends)
        return moment < self._ends


def test_a_film_that_follows_its_room_is_the_one_that_is_made_later(tmp_path: Path) -> None:
    maker = TakeMaker(tmp_path / "take")
    tracks = h264_track(), h264_track(seconds=4, shade=150)
    maker.joins(0, "ann")
    maker.publishes(0, "ann", "screen_share", tracks[0].frames, private=tracks[0].private)
    maker.joins(0, "bob")
    maker.publishes(4, "bob", "screen_share", tracks[1].frames, private=tracks[1].private)
    maker.event(8, "track_unpublished", participant="bob", track="T2")
    take = maker.write()
    pace = GrowingTake(take, tmp_path / "growing", PLAN.rules.look_ahead, at(10))
    followed = compose_in_time(
        *(Take.open(tmp_path / "growing"), tmp_path / "followed.mp4", pace), start=at(0), planned=Planned(PLAN)
    )
    later = film_of(take, tmp_path / "later.mp4", 0, 10)
    assert followed.late_from is None
    assert followed.copied == later.copied > 100
    assert (tmp_path / "followed.mp4").read_bytes() == (tmp_path / "later.mp4").read_bytes()


def test_what_came_late_is_copied_all_the_same(tmp_path: Path) -> None:
    take, track = screen_take(tmp_path / "take", h264_track()), h264_track()
    path = next((take.folder / "tracks").iterdir())
    whole = path.read_bytes()
    with TrackFile(path) as file:
        file.poll()
        held_back = file._offsets[file.last_at(4500)] - 20
    path.write_bytes(whole[:held_back])

    def come_late(moment: int, _behind: int) -> None:
        if moment > at(6):
            path.write_bytes(whole)

    pace = Pace(PLAN.rules.look_ahead, at(10))
    report = compose_in_time(
        take, tmp_path / "film.mp4", pace, start=at(0), planned=Planned(PLAN), progress=come_late
    )
    assert report.late_from is not None
    assert report.copied == 255
    assert [number for _, _, number in copied_pictures(tmp_path / "film.mp4", track)] == list(range(45, 300))


def cut_list(seed: int, size: Size) -> Plan:
    """Ranges of the first 12 s, and layouts, anywhere in them."""
    chance = random.Random(seed)
    ends = sorted(chance.sample(range(200), 2 * chance.randrange(1, 5)))
    ranges = [
        Range(start=at(begin * 0.06), end=at(end * 0.06)) for begin, end in zip(ends[::2], ends[1::2], strict=True)
    ]
    moments = sorted(chance.sample(range(120), 3))
    types: list[LayoutType] = ["bestFit", "active-speaker", "verticalPresentation", "pip"]
    layouts = [LayoutFrom(at=at(each / 10), layout=LayoutChoice(type=chance.choice(types))) for each in moments]
    more = {"ranges": tuple(ranges), "laid": True, "layouts": tuple(layouts), "rate": chance.choice([25, 30, 60])}
    return Plan(width=size.width, height=size.height, splice="auto", has_audio=False).model_copy(update=more)


@pytest.fixture(scope="module")
def meetings(tmp_path_factory: pytest.TempPathFactory) -> dict[Size, tuple[Take, tuple[H264Track, ...]]]:
    """Of two sizes: a screen at 15 pictures a second; a camera at 30; for a while a second screen, at 24."""
    made = {}
    for size in (Size(640, 360), Size(1280, 720)):
        maker = TakeMaker(tmp_path_factory.mktemp(str(size)) / "take")
        shape = size.width, size.height
        tracks = (
            h264_track(*shape, seconds=12, fps=15, key_every=20),
            h264_track(*shape, seconds=12, fps=30, key_every=61, shade=110),
            h264_track(*shape, seconds=3, fps=24, key_every=24, shade=160, options=NO_B_FRAMES),
        )
        for who, source, track, begins in (
            ("ann", "screen_share", tracks[0], 2),
            ("bob", "camera", tracks[1], 0),
            ("cem", "screen_share", tracks[2], 6),
        ):
            maker.joins(0, who)
            maker.publishes(begins, who, source, track.frames, private=track.private)
        maker.event(9, "track_unpublished", participant="cem", track="T3")
        made[size] = maker.write(), tracks
    return made


def check_cut_list(seed: int, meetings: dict[Size, tuple[Take, tuple[H264Track, ...]]], folder: Path) -> int:
    """A film of it: decoded whole without a word, and all that is copied is what was sent."""
    size = random.Random(seed).choice([Size(640, 360), Size(640, 360), Size(1280, 720)])
    take, tracks = meetings[size]
    report = film_of(take, film := folder / f"{seed}.mp4", 0, 12, cut_list(seed, size))
    sums, times, complaints = decoded(film)
    assert complaints == "", seed
    assert len(sums) == report.pictures, seed
    assert all(before < after for before, after in pairwise(times)), seed
    sources = [decoded_track(track, folder) for track in tracks]
    copies = copied_pictures(film, *tracks)
    assert [sums[number] for number, _, _ in copies] == [sources[track][number] for _, track, number in copies], seed
    assert len(copies) == report.copied, seed
    film.unlink()
    return report.copied


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1 << 30))
@pytest.mark.slow
def test_cut_lists_as_they_come(
    seed: int, meetings: dict[Size, tuple[Take, tuple[H264Track, ...]]], tmp_path: Path
) -> None:
    check_cut_list(seed, meetings, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_two_hundred_cut_lists(meetings: dict[Size, tuple[Take, tuple[H264Track, ...]]], tmp_path: Path) -> None:
    assert sum(check_cut_list(seed, meetings, tmp_path) > 0 for seed in range(200)) > 50


def test_ranges_are_cut_at_any_picture(tmp_path: Path) -> None:
    take, tracks, plan = two_screens(tmp_path / "take")
    spans = [(3.1, 7.77), (8.2, 8.9), (19, 24), (44, 47.3)]
    ranges = tuple(Range(start=at(begin), end=at(end)) for begin, end in spans)
    plan = plan.model_copy(update={"ranges": ranges, "laid": True})
    report = film_of(take, tmp_path / "film.mp4", 0, 70, plan)
    sums, times, complaints = decoded(tmp_path / "film.mp4")
    assert complaints == ""
    assert len(sums) == report.pictures
    assert report.copied == len(copied_pictures(tmp_path / "film.mp4", *tracks)) > 0
    assert all(before < after for before, after in pairwise(times))
    source = [decoded_track(track, tmp_path) for track in tracks]
    for film, track, number in copied_pictures(tmp_path / "film.mp4", *tracks):
        assert sums[film] == source[track][number]
        room = tracks[track].frames[number].ms / 1000 + 20 * track
        past = sum(end - begin for begin, end in spans if end <= room)
        begin = next(begin for begin, end in spans if begin - 0.017 <= room < end + 0.017)
        assert times[film] == pytest.approx(past + room - begin, abs=0.034)
