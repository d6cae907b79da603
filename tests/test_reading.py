"""Pictures of every codec, with and without loss: the right one, or what a decoder makes of what came."""

import resource
from pathlib import Path
from typing import get_args

import av
import numpy as np
import pytest

from reelroom.composer.reading import VideoReader
from reelroom.composer.sizes import vp9_too_large
from reelroom.takes.events import Codec
from tests.beats import read_number
from tests.flashing_takes import FPS, avc, reordered, second_of
from tests.matroska_files import Frame, written

VIDEO = [codec for codec in get_args(Codec) if codec != "opus"]
STEP = 1000 // FPS


def frames_of(codec: Codec, seconds: int = 2) -> tuple[list[Frame], bytes]:
    """Numbered pictures, a keyframe a second, and the CodecPrivate."""
    loop, private = second_of(codec)
    frames = [Frame(index * STEP, loop[index % FPS], index % FPS == 0) for index in range(seconds * FPS)]
    return frames, private


def reader_of(folder: Path, codec: Codec, frames: list[Frame], private: bytes) -> VideoReader:
    path = folder / "track.mkv"
    path.write_bytes(written(codec, frames, private).data)
    reader = VideoReader(path, codec)
    reader.file.poll()
    return reader


def number_of(picture: av.VideoFrame | None) -> int | None:
    assert picture is not None
    return read_number(picture.to_ndarray(format="gray"))


@pytest.mark.parametrize("codec", VIDEO)
def test_each_moment_has_its_own_picture(tmp_path: Path, codec: Codec) -> None:
    """No decoder holds a picture back until the next one."""
    reader = reader_of(tmp_path, codec, *frames_of(codec))
    for index in range(2 * FPS):
        assert number_of(reader.picture_at(index * STEP + 1)) == index % FPS
    assert (reader.errors, reader.frozen) == (0, 0)


@pytest.mark.parametrize("every", [1, 3, 7])
@pytest.mark.parametrize("entered", [0, 17])
def test_pictures_sent_in_another_order_are_shown_in_their_own(tmp_path: Path, every: int, entered: int) -> None:
    """B-frames; of the file's last pictures a decoder keeps two back, as nobody tells it that it is over."""
    sent = [(at, avc(unit)) for at, unit in reordered(3)]
    frames = [Frame(at * STEP, sample, at % FPS == 0) for at, (_, sample) in sent]
    reader = reader_of(tmp_path, "h264", frames, sent[0][1][0])
    for index in range(entered, 3 * FPS - 2, every):
        assert number_of(reader.picture_at(index * STEP + 1)) == index % FPS
        assert reader.picture_ms == index * STEP
    assert (reader.errors, reader.frozen) == (0, 0)


def test_a_growing_file_with_pictures_in_another_order(tmp_path: Path) -> None:
    """Read a second behind, as a film that follows is made."""
    sent = [(at, avc(unit)) for at, unit in reordered(4)]
    frames = [Frame(at * STEP, sample, at % FPS == 0) for at, (_, sample) in sent]
    path = tmp_path / "track.mkv"
    path.touch()
    reader = VideoReader(path, "h264")
    for index in range(3 * FPS):
        path.write_bytes(written("h264", frames[: index + FPS], sent[0][1][0]).data)
        reader.file.poll()
        assert number_of(reader.picture_at(index * STEP + 1)) == index % FPS
    assert (reader.errors, reader.frozen, reader.punctuality.late) == (0, 0, None)


@pytest.mark.parametrize("codec", VIDEO)
def test_after_a_loss_the_decoder_goes_on_where_it_can(tmp_path: Path, codec: Codec) -> None:
    """VP9's and AV1's coders build upon what was in the lost frames: the picture stands until the next keyframe."""
    frames, private = frames_of(codec, 3)
    lost = (13, 14)
    reader = reader_of(tmp_path, codec, [f for i, f in enumerate(frames) if i not in lost], private)
    pictures = []
    for index in range(3 * FPS):
        picture = reader.picture_at(index * STEP + 1)
        assert picture is not None
        pictures.append(picture.to_ndarray(format="gray"))
        if not 13 <= index < 20:
            assert number_of(picture) == index % FPS
    moved = sum(not np.array_equal(pictures[index], pictures[index - 1]) for index in range(15, 20))
    assert (reader.frozen, moved) == ((5, 0) if codec in ("vp9", "av1") else (0, 5))


@pytest.mark.parametrize("codec", VIDEO)
def test_a_lost_keyframe_is_made_good_by_the_next_one(tmp_path: Path, codec: Codec) -> None:
    frames, private = frames_of(codec, 3)
    reader = reader_of(tmp_path, codec, [f for i, f in enumerate(frames) if i != 10], private)
    for index in range(3 * FPS):
        picture = reader.picture_at(index * STEP + 1)
        assert picture is not None
        if not 10 <= index < 20:
            assert number_of(picture) == index % FPS


@pytest.mark.parametrize("codec", VIDEO)
@pytest.mark.parametrize("kept", [0, 1, 7])
def test_a_frame_that_cannot_be_decoded_is_as_good_as_lost(tmp_path: Path, codec: Codec, kept: int) -> None:
    frames, private = frames_of(codec, 3)
    frames[13] = Frame(frames[13].ms, frames[13].payload[:kept] + b"\xff" * 9, False)
    reader = reader_of(tmp_path, codec, frames, private)
    for index in range(3 * FPS):
        picture = reader.picture_at(index * STEP + 1)
        if not 13 <= index < 20:
            assert number_of(picture) == index % FPS
    assert reader.picture_at(3 * FPS * STEP) is not None


def claiming(codec: Codec, payload: bytes, side: int) -> bytes:
    """A keyframe that says it is `side` pixels wide and high."""
    if codec == "vp8":  # RFC 6386, 9.1
        return payload[:6] + side.to_bytes(2, "little") * 2 + payload[10:]
    begins, bits = 36, 8 * len(payload)  # VP9 specification, 6.2, profile 0
    shift = bits - begins - 32
    value = int.from_bytes(payload) & ~(0xFFFFFFFF << shift) | ((side - 1) * 0x10001) << shift
    return value.to_bytes(len(payload))


@pytest.mark.parametrize("codec", ["vp8", "vp9"])
def test_a_picture_that_claims_to_be_huge_is_not_decoded(tmp_path: Path, codec: Codec) -> None:
    frames, private = frames_of(codec, 3)
    frames[10] = Frame(frames[10].ms, claiming(codec, frames[10].payload, 16000), True)
    reader = reader_of(tmp_path, codec, frames, private)
    for index in range(10):
        reader.picture_at(index * STEP + 1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    picture = reader.picture_at(10 * STEP + 1)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kB; such a picture has 384 MB
    assert reader.errors == 1
    assert number_of(picture) == 9
    for index in range(20, 30):
        assert number_of(reader.picture_at(index * STEP + 1)) == index % FPS


@pytest.mark.parametrize("tail", [b"", b"\xc1\xff", b"\xdf" * 9, b"\x00" * 40])
def test_any_bytes_may_stand_for_a_frame_of_vp9(tail: bytes) -> None:
    for head in (b"", b"\x82", b"\x82\x49\x83\x42", b"\x86\x00\xff\xff\xff\xff\xff\xff\xff\xff"):
        assert isinstance(vp9_too_large(head + tail), bool)
