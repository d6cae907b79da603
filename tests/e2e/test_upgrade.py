"""An upgrade ends nobody's meeting: the server stops and starts, and a recording hardly notices."""

import asyncio
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from reelroom.cli.binaries import engine_binary, page_dir
from reelroom.engine.local import surviving_engines, surviving_guards
from tests.e2e.films import watch
from tests.e2e.running import RunningServer, wait_until
from tests.e2e.test_crashes import start_recording, stop_recording
from tests.e2e.test_many_kills import silences

CHECKOUT = Path(__file__).parents[2]
FIRST_VERSION = "dbdfaca"  # that leaves meetings to the next server


def reelroom(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "reelroom", *arguments], capture_output=True, text=True, check=False, timeout=90
    )


@pytest.mark.slow
async def test_a_meeting_and_its_recording_go_on(own_server: RunningServer, tmp_path: Path) -> None:
    server = own_server
    person, render, archive_id = await start_recording(server, "upgrade")
    began = time.monotonic()
    await asyncio.sleep(4)
    (engine,) = surviving_engines(server.data_dir)
    (tap,) = server.taps()
    assert await asyncio.to_thread(server.leave) == 0
    assert server.survivors() == [engine, tap]
    await asyncio.to_thread(server.start)
    assert surviving_engines(server.data_dir) == [engine]
    await asyncio.to_thread(wait_until, lambda: server.taps() not in ([], [tap]), "a new tap takes over")
    assert (await asyncio.to_thread(server.record, "upgrade"))["id"] == render["id"]
    await asyncio.sleep(4)
    recorded = time.monotonic() - began
    path = await stop_recording(server, archive_id, render["sessionId"], tmp_path)
    film = watch(path)
    assert film.seconds == pytest.approx(recorded, abs=1.5)
    assert max(silences(path, person.tone), default=0) <= 1.0
    for second in range(1, int(film.seconds)):
        assert film.shows(person.colour, second), second
    await person.leave()  # who was there all the time, with one and the same connection


@pytest.fixture
def first_version(tmp_path: Path) -> dict[str, str]:
    """The environment in which a server is of the first version that leaves meetings to the next one, tap and all."""
    folder = tmp_path / "first version"
    folder.mkdir()
    archive = ["git", "-C", str(CHECKOUT), "archive", FIRST_VERSION, "src", "tap"]
    packed = subprocess.run(archive, capture_output=True, check=False)
    if packed.returncode:
        pytest.skip("this checkout does not have the history")
    subprocess.run(["tar", "x", "-C", str(folder)], input=packed.stdout, check=True)
    go = shutil.which("go") or str(CHECKOUT / ".build/go/bin/go")
    build = [go, "build", "-o", str(folder / "tap-program"), "."]
    subprocess.run(build, cwd=folder / "tap", env={**os.environ, "CGO_ENABLED": "0"}, check=True, timeout=280)
    engine, page = engine_binary(), page_dir()
    assert engine and page
    return {
        "PYTHONPATH": str(folder / "src"),
        "REELROOM_TAP_BINARY": str(folder / "tap-program"),
        "REELROOM_ENGINE_BINARY": str(engine),
        "REELROOM_PAGE_DIR": str(page),
    }


@pytest.mark.slow
async def test_a_meeting_goes_on_from_the_first_version_to_this_one(
    first_version: dict[str, str], tmp_path: Path
) -> None:
    server = RunningServer(tmp_path / "data", settings=first_version)
    try:
        await asyncio.to_thread(server.start)
        person, render, archive_id = await start_recording(server, "upgrade")
        room = await asyncio.to_thread(server.open_room, "upgrade")
        await asyncio.to_thread(server.record_for, room["sessionId"], 4)
        (engine,) = surviving_engines(server.data_dir)
        (tap,) = server.taps()
        assert Path(f"/proc/{tap}/exe").readlink().name == "tap-program"
        assert not revision(server) > "0007"
        assert await asyncio.to_thread(server.leave) == 0
        assert server.survivors() == [engine, tap]
        server.settings = {}
        await asyncio.to_thread(server.start)
        assert revision(server) > "0007"
        assert surviving_engines(server.data_dir) == [engine]
        await asyncio.to_thread(wait_until, lambda: server.taps() not in ([], [tap]), "a new tap takes over")
        assert (await asyncio.to_thread(server.record, "upgrade"))["id"] == render["id"]
        await asyncio.sleep(4)
        path = await stop_recording(server, archive_id, render["sessionId"], tmp_path)
        film = watch(path)
        assert film.seconds > 8
        assert max(silences(path, person.tone), default=0) <= 1.0
        for second in range(1, int(film.seconds)):
            assert film.shows(person.colour, second), second
        await person.leave()
    finally:
        server.close()


def revision(server: RunningServer) -> str:
    """The schema of its database."""
    with closing(sqlite3.connect(server.data_dir / "reelroom.db")) as database:
        return str(database.execute("select version_num from alembic_version").fetchone()[0])


@pytest.mark.slow
async def test_what_nobody_takes_over_ends_by_itself_and_becomes_a_film(tmp_path: Path) -> None:
    server = RunningServer(tmp_path / "data", settings={"REELROOM_ORPHAN_SECONDS": "5"})
    try:
        await asyncio.to_thread(server.start)
        person, render, _ = await start_recording(server, "nobody-comes")
        await asyncio.sleep(3)
        assert await asyncio.to_thread(server.leave) == 0
        assert len(server.survivors()) == 2
        await asyncio.to_thread(wait_until, lambda: not server.survivors(), "engine and tap end")
        await asyncio.to_thread(wait_until, lambda: not surviving_guards(server.data_dir), "the guard ends")
        await person.leave()
        await asyncio.sleep(5)  # one that was left only just before is gone on with
        await asyncio.to_thread(server.start)
        archive = await asyncio.to_thread(server.wait_for_archive, render["sessionId"], "available", 90)
        path = await asyncio.to_thread(server.download, archive, tmp_path)
        assert watch(path).seconds > 2.5
    finally:
        server.close()


@pytest.mark.slow
def test_a_guard_that_is_killed_comes_back_and_an_old_one_gives_way(own_server: RunningServer) -> None:
    server = own_server
    (guard,) = wait_until(lambda: surviving_guards(server.data_dir), "a guard")
    os.kill(guard, signal.SIGKILL)
    wait_until(lambda: surviving_guards(server.data_dir) not in ([], [guard]), "another guard")
    server.kill()
    server.start()
    wait_until(lambda: len(surviving_guards(server.data_dir)) == 1, "one guard")


def test_the_command_line_stops_a_server(own_server: RunningServer) -> None:
    server, data = own_server, ["--data-dir", str(own_server.data_dir)]
    assert server.process is not None
    left = reelroom("stop", *data)
    assert (left.returncode, left.stdout) == (0, "Meetings and recordings go on for 60 s: start it again by then.\n")
    assert server.process.wait(5) == 0
    (engine,) = server.survivors()
    assert psutil.pid_exists(engine)
    assert "No server works in" in reelroom("stop", *data).stderr
    assert reelroom("stop", "--end-recordings", *data).returncode == 0  # what it left
    assert not server.survivors()
    server.start()
    children = server.children("")
    assert reelroom("stop", "--end-recordings", *data).returncode == 0
    assert server.process.wait(5) == 0
    assert not server.survivors()
    assert not [child for child in children if child.is_running() and child.status() != "zombie"]
