"""A broadcast's outputs: units through a pipe, segments in a folder, and sinks that fail or stall."""

import io
import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from reelroom.composer.muxer import PLAYLIST, hls_muxer
from reelroom.composer.outputs import Output
from reelroom.composer.units import CLOCK, BroadcastEncoder, BroadcastLook, Unit, read_units, write_unit
from tests.e2e.running import wait_until

LOOK = BroadcastLook(160, 120, 300_000)
SECOND = 30  # pictures


def picture(at: int, *, keyframe: bool = False) -> Unit:
    return Unit(True, keyframe, at, b"picture")


def encoded(seconds: int, look: BroadcastLook = LOOK) -> list[Unit]:
    """Grey pictures with a keyframe a second, and silence."""
    encoder = BroadcastEncoder(look)
    units = []
    for number in range(seconds * SECOND):
        planes = np.full((LOOK.height * 3 // 2, LOOK.width), 128, dtype=np.uint8)
        picture = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        units += encoder.picture(picture, number, keyframe=number % SECOND == 0)
        units += encoder.sound(np.zeros((2, 1600), dtype=np.float32))
    return units


def test_units_pass_through_a_pipe_until_it_is_torn() -> None:
    pipe = io.BytesIO()
    units = [Unit(True, True, 0, b"first"), Unit(False, False, -1920, b""), Unit(True, False, 1 << 40, b"last")]
    for unit in units:
        write_unit(pipe, unit)
    whole = pipe.getvalue()
    assert list(read_units(io.BytesIO(whole))) == units
    assert list(read_units(io.BytesIO(whole[:-1]))) == units[:2]
    assert list(read_units(io.BytesIO(whole[:3]))) == []


def test_keyframes_come_when_asked_for_and_pictures_at_once() -> None:
    pictures = [unit for unit in encoded(3) if unit.is_picture]
    assert [unit.at for unit in pictures] == [number * CLOCK // SECOND for number in range(3 * SECOND)]
    assert [unit.at for unit in pictures if unit.keyframe] == [0, CLOCK, 2 * CLOCK]


@pytest.mark.parametrize("keep_all", [False, True])
def test_a_playlist_goes_on_after_a_crash(tmp_path: Path, keep_all: bool) -> None:
    units = encoded(9)
    for _ in range(2):
        muxer = hls_muxer(LOOK, tmp_path, 2, keep_all=keep_all)
        for unit in units:
            if unit.at >= 0:
                muxer.write(unit)
        muxer.close()
    playlist = (tmp_path / PLAYLIST).read_text()
    named = [line for line in playlist.splitlines() if line.endswith(".ts")]
    assert named == [f"{number:06d}.ts" for number in range(0 if keep_all else 4, 10)]
    assert "#EXT-X-DISCONTINUITY" in playlist
    assert "#EXT-X-TARGETDURATION:2" in playlist
    assert (tmp_path / "000000.ts").exists() == keep_all
    for name in named:
        with av.open(str(tmp_path / name)) as segment:
            assert next(segment.decode(video=0)).key_frame


@pytest.mark.parametrize(("has_audio", "has_video"), [(True, False), (False, True)])
def test_a_playlist_of_sound_or_of_pictures_alone(tmp_path: Path, has_audio: bool, has_video: bool) -> None:
    look = replace(LOOK, has_audio=has_audio, has_video=has_video)
    muxer = hls_muxer(look, tmp_path, 2, keep_all=True)
    for unit in encoded(7, look):
        if unit.at >= 0 and (has_video if unit.is_picture else has_audio):
            assert unit.is_picture or unit.keyframe
            muxer.write(unit)
    muxer.close()
    named = [line for line in (tmp_path / PLAYLIST).read_text().splitlines() if line.endswith(".ts")]
    assert named == [f"{number:06d}.ts" for number in range(4)]
    for name in named:
        with av.open(str(tmp_path / name)) as segment:
            (stream,) = segment.streams
            assert stream.type == ("video" if has_video else "audio")


class FakeSink:
    """Keeps what it is given; `fails` at the number of a write, `gate` lets writes through."""

    def __init__(self, fails: int | None = None, gate: threading.Event | None = None) -> None:
        self.units: list[Unit] = []
        self.closed = False
        self.busy = threading.Event()
        self._fails, self._gate = fails, gate

    def write(self, unit: Unit) -> None:
        self.busy.set()
        if self._gate is not None:
            self._gate.wait(10)
        if len(self.units) == self._fails:
            raise BrokenPipeError(32, "Broken pipe")
        self.units.append(unit)

    def status(self) -> str:
        return "live"

    def close(self) -> None:
        self.closed = True


def running(open_sink: Callable[[], FakeSink]) -> tuple[Output, list[str]]:
    statuses: list[str] = []
    output = Output("test", open_sink, statuses.append)
    output.start()
    return output, statuses


def test_it_begins_at_a_keyframe_and_at_zero() -> None:
    sink = FakeSink()
    output, statuses = running(lambda: sink)
    sound_before = Unit(False, False, 90, b"sound")
    for unit in (picture(0), picture(100, keyframe=True), sound_before, Unit(False, False, 110, b"sound")):
        output.put(unit)
    output.end()
    output.join(5)
    assert [unit.at for unit in sink.units] == [0, 10]
    assert (statuses, sink.closed) == (["live"], True)


def test_it_connects_again_and_tells_what_happened() -> None:
    sinks: list[FakeSink] = []

    def open_sink() -> FakeSink:
        if not sinks:
            sinks.append(FakeSink())
            raise ConnectionRefusedError(111, "Connection refused")
        sinks.append(FakeSink(fails=1 if len(sinks) == 1 else None))
        return sinks[-1]

    output, statuses = running(open_sink)
    moment = 0

    def is_live_again() -> bool:
        nonlocal moment
        moment += 100
        output.put(picture(moment, keyframe=True))
        return statuses == ["error", "live", "offline", "live"]

    wait_until(is_live_again, "live again")
    output.end()
    output.join(5)
    assert sinks[1].closed
    assert sinks[2].units[0].at == 0


def test_a_sink_that_stalls_holds_up_nobody() -> None:
    gate = threading.Event()
    sink = FakeSink(gate=gate)
    output, _ = running(lambda: sink)
    output.put(picture(0, keyframe=True))
    assert sink.busy.wait(5)
    for second in range(60):
        output.put(picture(second * SECOND, keyframe=True))
        for number in range(1, SECOND):
            output.put(picture(second * SECOND + number))
    gate.set()
    output.end()
    output.join(5)
    times = [unit.at for unit in sink.units]
    assert len(times) < 600
    assert times[-1] == 60 * SECOND - 1  # the newest is there
    after_gaps = [unit for before, unit in pairwise(sink.units) if unit.at > before.at + 1]
    assert [unit.keyframe for unit in after_gaps] == [True]
