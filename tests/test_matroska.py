"""Track files: whole, growing, cut off at any byte, and broken."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reelroom.takes.matroska import TrackFile
from tests.matroska_files import Frame, WrittenFile, block, cluster, element, head, written

_frames = st.lists(
    st.builds(
        lambda step, payload, keyframe: (step, payload, keyframe),
        st.integers(0, 3000),
        st.binary(max_size=300),
        st.booleans(),
    ),
    max_size=25,
)
same_folder = settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])


def at_growing_times(steps: list[tuple[int, bytes, bool]]) -> list[Frame]:
    ms, frames = 0, []
    for step, payload, keyframe in steps:
        ms += step
        frames.append(Frame(ms, payload, keyframe))
    return frames


def read(file: TrackFile) -> list[Frame]:
    return [Frame(file.times[index], file.payload(index), file.is_keyframe(index)) for index in range(len(file))]


@same_folder
@given(steps=_frames, codec=st.sampled_from(["vp8", "opus"]))
def test_every_block_of_a_whole_file_is_read(
    tmp_path: Path, steps: list[tuple[int, bytes, bool]], codec: str
) -> None:
    frames = at_growing_times(steps)
    path = tmp_path / "track.mkv"
    path.write_bytes(written(codec, frames).data)
    with TrackFile(path) as file:
        assert file.poll() == len(frames)
        assert read(file) == frames
        assert file.corrupt == ""


@same_folder
@given(steps=_frames, cuts=st.lists(st.integers(0, 10_000), max_size=30))
def test_a_file_read_while_it_grows_is_the_same_as_read_at_once(
    tmp_path: Path, steps: list[tuple[int, bytes, bool]], cuts: list[int]
) -> None:
    frames = at_growing_times(steps)
    data = written("vp8", frames, codec_private=b"private").data
    path = tmp_path / "track.mkv"
    path.write_bytes(b"")
    with TrackFile(path) as file:
        found = 0
        for begin, end in pairwise([0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]):
            with path.open("ab") as growing:
                growing.write(data[begin:end])
            found += file.poll()
        assert found == len(frames)
        assert read(file) == frames
        assert file.codec_private == b"private"


def test_a_file_that_grows_byte_by_byte(tmp_path: Path) -> None:
    frames = [Frame(0, b"key"), Frame(33, b"delta", keyframe=False), Frame(6000, b""), Frame(6033, b"last")]
    path = tmp_path / "track.mkv"
    path.write_bytes(b"")
    with TrackFile(path) as file, path.open("ab", buffering=0) as growing:
        for byte in written("vp8", frames).data:
            growing.write(bytes([byte]))
            file.poll()
        assert read(file) == frames


@pytest.fixture(scope="module")
def five_frames() -> tuple[list[Frame], WrittenFile]:
    frames = [Frame(40 * index, bytes([index + 1]) * 20, index % 2 == 0) for index in range(5)]
    return frames, written("vp8", frames)


def test_a_file_cut_off_at_any_byte_is_readable_up_to_its_last_whole_block(
    tmp_path: Path, five_frames: tuple[list[Frame], WrittenFile]
) -> None:
    frames, whole = five_frames
    ends = [whole.data.index(frame.payload) + len(frame.payload) for frame in frames]
    path = tmp_path / "track.mkv"
    for size in range(len(whole.data) + 1):
        path.write_bytes(whole.data[:size])
        with TrackFile(path) as file:
            file.poll()
            assert read(file) == frames[: sum(end <= size for end in ends)]
            assert file.corrupt == ""


def test_what_comes_before_a_corrupt_element_stays_readable(
    tmp_path: Path, five_frames: tuple[list[Frame], WrittenFile]
) -> None:
    frames, whole = five_frames
    third = whole.clusters[2]
    path = tmp_path / "track.mkv"
    path.write_bytes(whole.data[:third] + b"\0" * 40 + whole.data[third + 40 :])
    with TrackFile(path) as file:
        file.poll()
        assert read(file) == frames[:2]
        assert "more than 8 bytes" in file.corrupt
        assert file.poll() == 0


@pytest.mark.parametrize(
    ("rubbish", "why"),
    [
        (bytes.fromhex("a3") + b"\x01" + b"\xff" * 7, "impossible size"),
        (bytes.fromhex("a3") + (1 << 40 | 1 << 56).to_bytes(8), "impossible size"),
        (element("a3", b"\x81\0"), "too short"),
        (element("a3", b""), "too short"),
        (cluster(1 << 63) + block(0, b"late", keyframe=True), "impossible time"),
    ],
)
def test_impossible_blocks_are_corrupt(tmp_path: Path, rubbish: bytes, why: str) -> None:
    path = tmp_path / "track.mkv"
    path.write_bytes(head("vp8") + cluster(0) + block(0, b"good", keyframe=True) + rubbish)
    with TrackFile(path) as file:
        file.poll()
        assert [frame.payload for frame in read(file)] == [b"good"]
        assert why in file.corrupt


@same_folder
@given(data=st.binary(max_size=400), at=st.integers(0, 400))
def test_no_bytes_whatever_break_the_reader(
    tmp_path: Path, five_frames: tuple[list[Frame], WrittenFile], data: bytes, at: int
) -> None:
    whole = five_frames[1].data
    path = tmp_path / "track.mkv"
    path.write_bytes(whole[:at] + data + whole[at + len(data) :])
    with TrackFile(path) as file:
        file.poll()
        assert all(len(file.payload(index)) <= len(whole) + len(data) for index in range(len(file)))


def test_a_frame_bigger_than_what_is_read_at_once(tmp_path: Path) -> None:
    frames = [Frame(0, b"x" * 3_000_000), Frame(33, b"small", keyframe=False)]
    path = tmp_path / "track.mkv"
    data = written("vp8", frames).data
    path.write_bytes(data[:2_000_000])
    with TrackFile(path) as file:
        assert file.poll() == 0
        path.write_bytes(data)
        assert file.poll() == 2
        assert read(file) == frames


def test_where_to_enter(tmp_path: Path) -> None:
    frames = [Frame(100 * index, bytes([index]), index in {1, 4}) for index in range(6)]
    path = tmp_path / "track.mkv"
    path.write_bytes(written("vp8", frames).data)
    with TrackFile(path) as file:
        file.poll()
        assert [file.last_at(ms) for ms in (-1, 0, 99, 100, 450, 9000)] == [-1, 0, 0, 1, 4, 5]
        assert [file.keyframe_at(index) for index in range(6)] == [-1, 1, 1, 1, 4, 4]
        assert [file.is_keyframe(index) for index in range(6)] == [False, True, False, False, True, False]


def test_times_may_lie_before_their_cluster(tmp_path: Path) -> None:
    path = tmp_path / "track.mkv"
    path.write_bytes(head("opus") + cluster(5000) + block(-20, b"late", keyframe=True))
    with TrackFile(path) as file:
        file.poll()
        assert list(file.times) == [4980]


def test_a_file_of_another_writer_reads_as_ffmpeg_reads_it(tmp_path: Path) -> None:
    """Clusters of known size, cues, tags: whatever FFmpeg's own muxer puts into a file."""
    path = tmp_path / "track.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libvpx", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.options = {"deadline": "realtime", "cpu-used": "8", "g": "10"}
        for index in range(40):
            frame = av.VideoFrame.from_ndarray(np.full((72, 64), 5 * index, dtype=np.uint8), format="yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, 30)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with av.open(str(path)) as container:
        expected = [
            Frame(round(packet.pts * packet.time_base * 1000), bytes(packet), packet.is_keyframe)
            for packet in container.demux(video=0)
            if packet.size
        ]
    with TrackFile(path) as file:
        file.poll()
        assert len(file) == 40
        assert sum(frame.keyframe for frame in expected) > 1
        assert read(file) == expected


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        TrackFile(tmp_path / "absent.mkv")
