"""The tap takes a 720p30 track for a fraction of what the Python SDK spends on receiving it.

Both subscribe to the very same track in one room at the same time, each in a process of its own. Neither the
engine nor the process that publishes counts. The tap writes its take to the disk meanwhile; the SDK's
subscriber only counts the frames that it is handed.
"""

import asyncio
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import psutil
from tests.e2e.running import free_port

from bench.camera import FPS, HEIGHT, TOKEN_VARIABLE, WIDTH
from bench.meter import Measurement, Ratio, cpu_seconds
from reelroom.cli import binaries
from reelroom.config import Settings
from reelroom.engine.livekit import Engine, Grant
from reelroom.engine.local import LocalEngine
from reelroom.keys import load_keys
from reelroom.processes.child import Child, Message, Program
from reelroom.recorder.taps import Taps
from reelroom.takes.events import FileOpened, KeyframeWritten
from reelroom.takes.folder import EventLog, Take, TakeInfo
from reelroom.takes.matroska import TrackFile

CLAIM = "The tap beside the Python SDK, receiving one 720p30 VP8 track"
SECONDS = 70.0  # the bound of the whole measurement
_WINDOWS, _WINDOW = 4, 5.0
_SETTLING = 12.0  # the longest time for bandwidth estimation to let all frames through
_ENOUGH = 0.9 * FPS
_ROOM = "bench"


@dataclass(frozen=True)
class _Reading:
    """All counters at one moment (s)."""

    at: float
    tap_cpu: float
    viewer_cpu: float
    tap_frames: int
    viewer_frames: int
    written: int  # bytes


class _Room:
    """An engine, a camera, a viewer and a tap, each in a process of its own."""

    def __init__(self, folder: Path) -> None:
        engine, tap = binaries.engine_binary(), binaries.tap_binary()
        if engine is None or tap is None:
            raise FileNotFoundError("the engine or the tap is missing: `make setup` builds them")
        settings = Settings(
            host="127.0.0.1",
            data_dir=folder,
            engine_port=free_port(),
            rtc_port=free_port(socket.SOCK_DGRAM),
        )
        self._folder = folder
        self._url = settings.engine_own_url
        keys = load_keys(folder)
        self._engine = Engine(settings, keys)
        self._local_engine = LocalEngine(settings, keys, engine, self._engine)
        self._taps = Taps(settings, self._engine, tap)
        self._children: dict[str, Child] = {}
        self._running: list[asyncio.Task[None]] = []
        self._counts: asyncio.Queue[Message] = asyncio.Queue()
        self._file: TrackFile | None = None
        self._number = 0
        self.codec = ""
        self.sizes: dict[str, tuple[int, int]] = {"tap": (0, 0), "viewer": (0, 0)}

    async def open(self) -> None:
        """Returns when the track is published and both subscribers are on their way to it."""
        await self._local_engine.start()
        published: asyncio.Queue[Message] = asyncio.Queue()
        self._start("camera", Grant(publish=True), published.put_nowait)
        await self._answer("camera", published)
        info = TakeInfo(id=_ROOM, session_id=_ROOM, room_name=_ROOM, created_at=time.time_ns() // 1_000_000)
        self._take = Take.create(self._taps.folder(_ROOM), info)
        self._log = EventLog(self._take.events_path)
        self._start("viewer", Grant(), self._counts.put_nowait)
        await self._taps.start(self._take, lambda: None)

    def _start(self, name: str, grant: Grant, on_message: Callable[[Message], None]) -> None:
        program = Program(
            [sys.executable, "-m", f"bench.{name}", "--url", self._url],
            log=self._folder / f"{name}.log",
            environment={TOKEN_VARIABLE: self._engine.access_token(_ROOM, name, name, grant, timedelta(hours=1))},
        )
        self._children[name] = Child(name, lambda: program, on_message=on_message, most_failures=1)
        self._running.append(asyncio.create_task(self._children[name].run(), name=name))

    async def _answer(self, name: str, messages: asyncio.Queue[Message]) -> Message:
        """The next message of a child. Raises RuntimeError, with its last words, when none comes."""
        try:
            return await asyncio.wait_for(messages.get(), 15)
        except TimeoutError:
            words = (self._folder / f"{name}.log").read_text().strip().splitlines()[-1:]
            raise RuntimeError(f"the {name} does not answer: {' '.join(words)}") from None

    async def read(self) -> _Reading:
        """All counters, now."""
        self._number += 1
        self._children["viewer"].tell({"number": self._number})
        while (counts := await self._answer("viewer", self._counts))["number"] != self._number:
            pass
        self.sizes["viewer"] = counts["size"][0], counts["size"][1]
        frames, written = self._taken()
        tap_pid, viewer_pid = self._taps.pid(_ROOM), self._children["viewer"].pid
        return _Reading(
            time.monotonic(),
            cpu_seconds(psutil.Process(tap_pid)),
            cpu_seconds(psutil.Process(viewer_pid)),
            frames,
            counts["frames"],
            written,
        )

    def _taken(self) -> tuple[int, int]:
        for event in self._log.poll():
            if isinstance(event, FileOpened) and self._file is None:
                self._file, self.codec = TrackFile(self._take.folder / event.file), event.codec
            elif isinstance(event, KeyframeWritten):
                self.sizes["tap"] = event.width, event.height
        if self._file is None:
            return 0, 0
        self._file.poll()
        return len(self._file), self._file.path.stat().st_size

    def memory(self) -> tuple[int, int]:
        """Resident bytes of tap and viewer."""
        pids = self._taps.pid(_ROOM), self._children["viewer"].pid
        return psutil.Process(pids[0]).memory_info().rss, psutil.Process(pids[1]).memory_info().rss

    async def close(self) -> None:
        """End all processes."""
        if self._file is not None:
            self._file.close()
        children = [child.stop(2.0) for child in self._children.values()]
        await asyncio.gather(self._taps.stop_all(), *children, return_exceptions=True)
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._local_engine.stop()


async def _settle(room: _Room) -> None:
    """Wait until both are given all frames at full size, as long as the machine lets that happen at all."""
    deadline = time.monotonic() + _SETTLING
    before = await room.read()
    while time.monotonic() < deadline:
        await asyncio.sleep(1.5)
        now = await room.read()
        enough = _ENOUGH * (now.at - before.at)
        frames = min(now.tap_frames - before.tap_frames, now.viewer_frames - before.viewer_frames)
        if frames >= enough and set(room.sizes.values()) == {(WIDTH, HEIGHT)}:
            return
        before = now


async def measure() -> Measurement:
    """CPU seconds of both over the same 20 s, the ratio's spread over windows of 5 s."""
    with tempfile.TemporaryDirectory(prefix="reelroom-bench-") as folder:
        room = _Room(Path(folder))
        try:
            await room.open()
            await _settle(room)
            readings = [await room.read()]
            for _ in range(_WINDOWS):
                await asyncio.sleep(_WINDOW)
                readings.append(await room.read())
            memory = room.memory()
        finally:
            await room.close()
    return _conclude(readings, memory, room)


def _conclude(readings: list[_Reading], memory: tuple[int, int], room: _Room) -> Measurement:
    first, last = readings[0], readings[-1]
    seconds = last.at - first.at
    tap_cpu, viewer_cpu = last.tap_cpu - first.tap_cpu, last.viewer_cpu - first.viewer_cpu
    tap_fps = (last.tap_frames - first.tap_frames) / seconds
    viewer_fps = (last.viewer_frames - first.viewer_frames) / seconds
    kbits = (last.written - first.written) * 8 / seconds / 1000
    windows = [
        ((b.tap_cpu - a.tap_cpu) / (b.at - a.at) * 100, (b.viewer_cpu - a.viewer_cpu) / (b.at - a.at) * 100)
        for a, b in pairwise(readings)
    ]
    doubts = []
    if min(tap_fps, viewer_fps) < _ENOUGH:
        doubts.append(f"the machine was too busy for {FPS} frames a second")
    if set(room.sizes.values()) != {(WIDTH, HEIGHT)} or room.codec != "vp8":
        doubts.append(f"the track was not 720p VP8: {room.codec} {room.sizes}")
    return Measurement(
        CLAIM,
        [
            Ratio("CPU of a core", tap_cpu / seconds * 100, viewer_cpu / seconds * 100, "%", windows),
            Ratio("memory", memory[0] / 2**20, memory[1] / 2**20, "MiB"),
        ],
        [
            f"one window of {seconds:.1f} s, both at once: {tap_cpu:.2f} s and {viewer_cpu:.2f} s of CPU",
            f"frames a second: {tap_fps:.1f} written by the tap, {viewer_fps:.1f} handed out by the SDK",
            f"the track: {WIDTH}x{HEIGHT} {room.codec}, {kbits:.0f} kbit/s",
        ],
        doubts,
    )
