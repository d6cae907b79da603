"""Frames of people who encrypt end to end, opened with the key that an application hands over."""

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from reelroom.api.opentok.archive_shapes import StartArchive
from reelroom.composer.compose import Pace, Report, compose
from reelroom.composer.decoding import Decoding
from reelroom.composer.side_by_side import compose_side_by_side
from reelroom.cutting.plan import LayoutChoice, Plan, Planned
from reelroom.cutting.recut import RecutOrder
from reelroom.takes.folder import Take, extent
from reelroom.takes.unsealing import Unsealing, is_made_up
from tests.encrypting import Sender, escaped
from tests.flashing_takes import avc, numbered
from tests.matroska_files import Frame
from tests.takes import BLUE, TakeMaker, coloured, spoken

CASE = Path(__file__).parent / "cases" / "take-e2ee"
CASE_KEY = "0123456789abcdef0123456789abcdef"
KEY = "correct horse"
OPENED = Unsealing(KEY)


@pytest.mark.slow
@settings(deadline=None)
@given(st.binary(min_size=10, max_size=200), st.booleans(), st.sampled_from(["opus", "vp8", "vp9"]))
def test_frames_are_opened_with_their_key_alone(frame: bytes, keyframe: bool, codec: str) -> None:
    sealed = Sender(KEY).encrypted(codec, frame, keyframe=keyframe)
    assert OPENED.opened(codec, sealed, keyframe=keyframe) == frame
    foreign = Sender("another").encrypted(codec, frame, keyframe=keyframe)
    assert OPENED.opened(codec, foreign, keyframe=keyframe) is None
    damaged = bytes([*sealed[:-20], sealed[-20] ^ 1, *sealed[-19:]])
    assert OPENED.opened(codec, damaged, keyframe=keyframe) is None


@given(st.binary(max_size=100))
def test_what_nobody_encrypted_is_never_opened(frame: bytes) -> None:
    for codec in ("opus", "vp8", "vp9", "h264", "av1"):
        assert OPENED.opened(codec, frame, keyframe=True, codec_private=frame) is None


@pytest.mark.parametrize("sets_in_file", [True, False], ids=["taken out", "left in"])
def test_h264_is_opened_unit_by_unit(sets_in_file: bool) -> None:
    sender, opened = Sender(KEY), []
    units = [
        unit.replace(b"\0\0\0\1", b"\0\0\1").replace(b"\0\0\1", b"\0\0\0\1") for unit in numbered("libx264")[:20]
    ]
    private = b""
    for number, unit in enumerate(units):
        record, plain = avc(unit)
        private = private or record
        sealed = sender.encrypted_h264(unit)
        kept = b"".join(
            len(each).to_bytes(4) + each
            for each in sealed.split(b"\0\0\0\1")[1:]
            if not sets_in_file or each[0] & 31 not in (7, 8)
        )
        assert not is_made_up("h264", kept)
        found = OPENED.opened("h264", kept, keyframe=number == 0, codec_private=private if sets_in_file else b"")
        assert found is not None
        assert found.endswith(plain)
        opened.append(found)
    assert len(opened) == len(units)


@given(st.binary(max_size=60).map(lambda data: bytes(byte % 5 for byte in data)))
def test_what_is_escaped_has_no_start_code(data: bytes) -> None:
    assert b"\0\0\1" not in escaped(data)


def sealed(codec: str, frames: tuple[Frame, ...], passphrase: str) -> tuple[Frame, ...]:
    sender = Sender(passphrase)
    return tuple(
        replace(frame, payload=sender.encrypted(codec, frame.payload, keyframe=frame.keyframe)) for frame in frames
    )


def recorded(folder: Path, passphrase: str) -> Take:
    """Ann is blue, and speaks; all of it is encrypted, and the engine ends both tracks with frames of its own."""
    maker = TakeMaker(folder)
    maker.joins(0, "ann")
    camera, voice = coloured(BLUE, 6), spoken(440, 6)
    blank = Frame(camera[-1].ms + 60, coloured((0, 0, 0), 1, 16, 16)[0].payload, True)
    made_up = tuple(Frame(voice[-1].ms + 20 * number, b"\xf8\xff\xfe", True) for number in (1, 2, 3))
    maker.publishes(0, "ann", "camera", (*sealed("vp8", camera, passphrase), blank))
    maker.publishes(0, "ann", "microphone", (*sealed("opus", voice, passphrase), *made_up))
    lines = maker._lines
    for line in lines:
        if line["event"] in ("file_opened", "track_published"):
            line["encrypted"] = True
    return maker.write()


def pictures_and_loudest(film: Path) -> tuple[list[NDArray[np.uint8]], float]:
    pictures, loudest = [], 0.0
    with av.open(str(film)) as container:
        for frame in container.decode(container.streams.video[0], container.streams.audio[0]):
            if isinstance(frame, av.VideoFrame):
                pictures.append(frame.to_ndarray(format="rgb24"))
            elif isinstance(frame, av.AudioFrame):
                loudest = max(loudest, float(np.abs(frame.to_ndarray()).max()))
    return pictures, loudest


def film_of(take: Take, film: Path, key: str | None, jobs: int = 1) -> tuple[Report, float, float]:
    """Its report, how blue its middle is, and how loud it is at most."""
    start, end = extent(take)
    plan = Plan(width=320, height=180)
    decoding = Decoding(key=Unsealing(key) if key else None)
    if jobs == 1:
        pace = Pace(plan.rules.look_ahead, end)
        report = compose(take, film, pace, start=start, planned=Planned(plan), decoding=decoding)
    else:
        report = compose_side_by_side(
            take, film, start=start, end=end, plan=plan, jobs=jobs, decoding=decoding, key=key
        )
    pictures, loudest = pictures_and_loudest(film)
    red, _, blue = pictures[len(pictures) // 2][90, 160].astype(float)
    return report, blue - red, loudest


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_film_with_the_key_has_picture_and_sound(tmp_path: Path, jobs: int) -> None:
    report, blue, loudest = film_of(recorded(tmp_path / "take", KEY), tmp_path / "film.mp4", KEY, jobs)
    assert blue > 100
    assert loudest > 0.05
    assert report.encrypted_files == []
    assert report.summary == ""
    assert report.damage.damaged_video == report.damage.damaged_audio == 0


@pytest.mark.parametrize(("key", "jobs"), [(None, 1), ("wrong", 1), ("wrong", 2)])
def test_a_film_without_the_right_key_has_a_card_and_silence(tmp_path: Path, key: str | None, jobs: int) -> None:
    report, blue, loudest = film_of(recorded(tmp_path / "take", KEY), tmp_path / "film.mp4", key, jobs)
    assert blue < 60
    assert loudest < 0.001
    assert len(report.encrypted_files) == 2
    assert "encrypted end to end" in report.summary


def test_what_a_real_client_encrypted_is_opened(tmp_path: Path) -> None:
    """Published by livekit.rtc, whose frames libwebrtc encrypts: VP8 and Opus. Bob is blue."""
    take, plan = Take.open(CASE), Plan(width=640, height=360).with_layout(0, LayoutChoice(type="bestFit"))
    start, end = extent(take)
    film, pace, decoding = tmp_path / "film.mp4", Pace(plan.rules.look_ahead, end), Decoding(key=Unsealing(CASE_KEY))
    report = compose(take, film, pace, start=start, planned=Planned(plan), decoding=decoding)
    pictures, loudest = pictures_and_loudest(film)
    middle = pictures[len(pictures) // 2].astype(float)
    assert middle[90, 500, 2] - middle[90, 500, 0] > 100
    assert loudest > 0.3
    assert report.encrypted_files == []
    assert report.summary == ""


def test_a_key_is_shown_by_nothing() -> None:
    asked = StartArchive.model_validate({"sessionId": "1_MX4", "encryptionKey": KEY})
    assert asked.wish().key == KEY
    for holds in (OPENED, vars(OPENED), asked, asked.wish(), RecutOrder(key=KEY)):
        assert KEY not in repr(holds)


@pytest.mark.parametrize("beside", [{"outputMode": "individual"}, {"hasTranscription": True}])
def test_a_key_is_for_films_alone(beside: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"encryptionKey|hasTranscription"):
        StartArchive.model_validate({"sessionId": "1_MX4", "encryptionKey": KEY, **beside})
