"""The machine has nothing left for six seconds of a recording: it goes on by itself, and the film has the gap."""

import asyncio
import contextlib
import os
import resource
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psutil
import pytest

from tests.disks import fill, small_disk, use_up_inodes
from tests.e2e.films import watch
from tests.e2e.running import RunningServer, wait_until
from tests.e2e.test_crashes import audible_seconds, start_recording, stop_recording
from tests.e2e.test_many_kills import silences

AWAY = 6.0  # s
BACK = 2.0  # s in which a tap is back once it can be

Exhaustion = Callable[[RunningServer], AbstractContextManager[None]]


@contextmanager
def no_disk(server: RunningServer) -> Iterator[None]:
    filler = fill(server.data_dir)
    yield
    filler.unlink()


@contextmanager
def no_inodes(server: RunningServer) -> Iterator[None]:
    crowd = use_up_inodes(server.data_dir)
    yield
    shutil.rmtree(crowd)


@contextmanager
def no_descriptors(server: RunningServer) -> Iterator[None]:
    assert server.process is not None
    pid = server.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (psutil.Process(pid).num_fds() // 2, before[1]))
    yield
    resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


@pytest.fixture
def small_server(tmp_path: Path) -> Iterator[RunningServer]:
    with small_disk(tmp_path / "data", 300, inodes=3000) as disk:
        server = RunningServer(disk, settings={"REELROOM_MIN_FREE_MB": "0"})
        try:
            yield server.start()
        finally:
            server.close()


@pytest.mark.parametrize(
    "exhaustion",
    [no_disk, *(pytest.param(each, marks=pytest.mark.slow) for each in (no_inodes, no_descriptors))],
)
@pytest.mark.slow
async def test_a_recording_outlives_it(small_server: RunningServer, tmp_path: Path, exhaustion: Exhaustion) -> None:
    server = small_server
    person, render, archive_id = await start_recording(server, "exhausted")
    began = time.monotonic()
    await asyncio.sleep(4)
    (tap,) = server.taps()
    exhausted = time.monotonic()
    with exhaustion(server):
        for victim in (tap, *(each.pid for each in server.children("reelroom.composer"))):
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        await asyncio.sleep(AWAY)
    away = time.monotonic() - exhausted  # a busy machine takes longer to make room again
    await asyncio.to_thread(wait_until, lambda: server.taps() not in ([], [tap]), "a new tap")
    session = (await asyncio.to_thread(server.open_room, "exhausted"))["sessionId"]
    second = '"run":2,'
    await asyncio.to_thread(
        wait_until,
        lambda: '"keyframe_written"' in server.events(session).partition(second)[2],
        "it has a picture",
    )
    await asyncio.sleep(3)
    recorded = time.monotonic() - began
    path = await stop_recording(server, archive_id, render["sessionId"], tmp_path)
    film = watch(path)
    assert film.seconds == pytest.approx(recorded, abs=1.5)
    assert max(silences(path, person.tone)) < away + BACK
    assert audible_seconds(path, person.tone) > recorded - away - BACK - 1
    assert film.shows(person.colour, film.seconds - 0.5)
    await person.leave()
    metadata = await asyncio.to_thread(lambda: server.http.get(f"/render/stop/{render['id']}").json())
    assert metadata["status"] == "stopped"


@pytest.mark.slow
async def test_an_engine_that_is_killed_while_the_disk_is_full_comes_back_each_time(
    small_server: RunningServer,
) -> None:
    server = small_server
    with no_disk(server):
        for _ in range(3):
            (engine,) = server.children("livekit-server")
            engine.kill()
            await asyncio.to_thread(
                wait_until, lambda engine=engine: server.children("livekit-server") not in ([], [engine]), "a new one"
            )
    (engine,) = server.children("livekit-server")
    engine.kill()
    await asyncio.to_thread(wait_until, lambda: server.children("livekit-server") not in ([], [engine]), "a new one")
    assert await asyncio.to_thread(server.stop) == 0
