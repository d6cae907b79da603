"""An hour of a tap: its memory at the end beside its memory after five minutes, and whether anything was lost.

Only on request, `make bench ARGS=hour`: it takes the hour. (The composer's memory over an hour of film is in
`stop_time`.)
"""

import asyncio
import socket
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import psutil
from tests.e2e.running import free_port

from bench import crowd
from bench.camera import FPS
from bench.meter import Measurement, Ratio, cpu_seconds
from reelroom.cli import binaries
from reelroom.config import Settings
from reelroom.engine.livekit import Engine, Grant
from reelroom.engine.local import LocalEngine
from reelroom.keys import load_keys
from reelroom.recorder.taps import Taps
from reelroom.takes.events import FileOpened, PacketsLost
from reelroom.takes.folder import EventLog, Take, TakeInfo
from reelroom.takes.matroska import TrackFile

CLAIM = "The tap's memory after an hour of one 720p30 camera, beside after five minutes"
SECONDS = 3800.0  # the bound of the whole measurement
_HOUR, _EARLY = 3600.0, 300.0  # s
_ROOM = "hour"


async def measure() -> Measurement:
    """One room, one tap, one hour."""
    engine_binary, tap_binary = binaries.engine_binary(), binaries.tap_binary()
    if engine_binary is None or tap_binary is None:
        raise FileNotFoundError("the engine or the tap is missing: `make setup` builds them")
    with tempfile.TemporaryDirectory(prefix="reelroom-bench-") as name:
        folder = Path(name)
        settings = Settings(
            host="127.0.0.1", data_dir=folder, engine_port=free_port(), rtc_port=free_port(socket.SOCK_DGRAM)
        )
        keys = load_keys(folder)
        engine = Engine(settings, keys)
        local_engine = LocalEngine(settings, keys, engine_binary, engine)
        taps = Taps(settings, engine, tap_binary)
        people = await crowd.Crowd.start(await crowd.build(folder))
        await local_engine.start()
        try:
            token = engine.access_token(_ROOM, "ann", "Ann", Grant(publish=True), timedelta(hours=2))
            await people.join(settings.engine_own_url, [token])
            info = TakeInfo(id=_ROOM, session_id=_ROOM, room_name=_ROOM, created_at=time.time_ns() // 1_000_000)
            take = Take.create(taps.folder(_ROOM), info)
            await taps.start(take, lambda: None)
            tap, began = psutil.Process(taps.pid(_ROOM)), time.monotonic()
            await asyncio.sleep(_EARLY)
            early = tap.memory_info().rss
            await asyncio.sleep(_HOUR - _EARLY)
            late, cpu, seconds = tap.memory_info().rss, cpu_seconds(tap), time.monotonic() - began
        finally:
            await people.leave()
            await taps.stop_all()
            await local_engine.stop()
        lost, pictures, size = _written(take)
    return Measurement(
        CLAIM,
        [Ratio("memory", late / 2**20, early / 2**20, "MiB"), Ratio("CPU of a core", cpu / seconds * 100, 100, "%")],
        [f"{pictures} pictures of {seconds * FPS:.0f} on disk, {size / 2**20:.0f} MiB; {lost} packets lost"],
        [f"{lost} packets were lost"] if lost else [],
    )


def _written(take: Take) -> tuple[int, int, int]:
    """Lost packets, pictures, and bytes of the picture's files."""
    lost = pictures = size = 0
    for event in EventLog(take.events_path).poll():
        if isinstance(event, PacketsLost):
            lost += event.count
        elif isinstance(event, FileOpened) and event.kind == "video":
            with TrackFile(take.folder / event.file) as file:
                file.poll()
                pictures += len(file)
                size += file.path.stat().st_size
    return lost, pictures, size
