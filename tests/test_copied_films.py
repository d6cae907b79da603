"""Films whose pictures are copied from a camera where it alone fills the frame: what is in them, to the last bit."""

import hashlib
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest

from reelroom.composer.__main__ import resume
from reelroom.composer.compose import Pace, Report, compose
from reelroom.composer.pieces import Encoding
from reelroom.composer.side_by_side import compose_side_by_side
from reelroom.cutting.plan import LayoutChoice, LayoutFrom, Plan, Planned, Range
from reelroom.takes.folder import Take
from tests.h264_tracks import BASELINE, H264Track, decoded, h264_track
from tests.matroska_files import written
from tests.takes import TakeMaker, at, coloured

PLAN = Plan(width=320, height=180, splice="auto", has_audio=False)
SLICES = (1, 5)


def slices(packet: bytes) -> bytes:
    """What of a sample is the picture itself."""
    found, begin = b"", 0
    while begin < len(packet):
        size = int.from_bytes(packet[begin : begin + 4])
        unit = packet[begin + 4 : begin + 4 + size]
        found += unit if unit[0] & 31 in SLICES else b""
        begin += 4 + size
    return found


def copied_pictures(film: Path, *tracks: H264Track) -> list[tuple[int, int, int]]:
    """(number in the film, track, number in that track) of each picture of a film that is a camera's own."""
    own = {slices(frame.payload): (t, n) for t, track in enumerate(tracks) for n, frame in enumerate(track.frames)}
    with av.open(str(film)) as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    return [(number, *own[key]) for number, each in enumerate(packets) if (key := slices(each)) in own]


def decoded_track(track: H264Track, folder: Path) -> list[str]:
    """The MD5 of each picture of a track, by FFmpeg."""
    path = folder / f"{hashlib.md5(track.private + track.frames[-1].payload).hexdigest()}.mkv"
    path.write_bytes(written("h264", track.frames, track.private).data)
    return decoded(path)[0]


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
NO_B_FRAMES = (("profile", "high"), ("preset", "veryfast"), ("tune", "zerolatency"))


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
