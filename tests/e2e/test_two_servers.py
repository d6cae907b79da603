"""Two servers of one database, engine and set of recordings: what one was doing the other takes over."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from reelroom.cli.binaries import engine_binary
from tests.e2e.films import watch
from tests.e2e.running import RunningServer, wait_until
from tests.e2e.test_crashes import audible_seconds, start_recording, stop_recording
from tests.postgres import Cluster

pytestmark = pytest.mark.slow


@dataclass
class Pair:
    """Each has a data directory of its own, in which `takes` and `archives` are the same folders."""

    one: RunningServer
    two: RunningServer


@contextmanager
def _engine(server: RunningServer, others: list[RunningServer]) -> Iterator[None]:
    """An engine that is neither's, as `reelroom engine-config` says; it makes the keys, too."""
    command = [sys.executable, "-m", "reelroom", "engine-config", "--data-dir", str(server.data_dir)]
    for each in (server, *others):
        command += ["--tell", each.url]
    ports = {"REELROOM_ENGINE_PORT": str(server.engine_port), "REELROOM_RTC_PORT": str(server.rtc_port)}
    server.data_dir.mkdir(parents=True)
    printed = subprocess.run(command, env={**os.environ, **ports, **server.settings}, check=True, capture_output=True)
    config = server.data_dir / "apart.yaml"
    config.write_bytes(printed.stdout)
    with (server.data_dir / "apart.log").open("ab") as log:
        engine = subprocess.Popen([str(engine_binary()), "--config", str(config)], stdout=log, stderr=log)
    try:
        yield
    finally:
        engine.kill()
        engine.wait()


@pytest.fixture
def pair(tmp_path: Path, postgres: Cluster) -> Iterator[Pair]:
    one, two = RunningServer(tmp_path / "one"), RunningServer(tmp_path / "two")
    settings = {"REELROOM_DATABASE_URL": postgres.url(postgres.database())}
    settings |= {"REELROOM_ENGINE_AT": f"ws://127.0.0.1:{one.engine_port}"}
    one.settings, two.settings = settings, settings
    with _engine(one, [two]):
        two.data_dir.mkdir()
        shutil.copy(one.data_dir / "keys.json", two.data_dir)
        for shared in ("takes", "archives"):
            (one.data_dir / shared).mkdir()
            (two.data_dir / shared).symlink_to(one.data_dir / shared)
        try:
            one.start()
            two.start()
            yield Pair(one, two)
        finally:
            for server in (one, two):
                if server.process is not None:
                    server.process.send_signal(signal.SIGCONT)
                server.close()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
async def test_the_other_takes_a_recording_over(pair: Pair, tmp_path: Path, how: signal.Signals) -> None:
    one, two = pair.one, pair.two
    person, render, archive_id = await start_recording(one, "shared")
    began = time.monotonic()
    await asyncio.sleep(5)
    (film,) = await asyncio.to_thread(two.archives, render["sessionId"])
    assert (film["id"], film["status"], film["progress"]) == (archive_id, "started", None)
    assert one.process is not None
    (composer,), (old,) = one.children("reelroom.composer"), one.taps()
    one.process.send_signal(how)
    await asyncio.to_thread(wait_until, lambda: two.children("reelroom.composer"), "the other makes the film", 60)
    assert not _runs(composer)  # which a frozen server's would not have noticed
    await asyncio.to_thread(wait_until, lambda: two.taps() not in ([], [old]), "the other records")
    await asyncio.to_thread(wait_until, lambda: "render started" in two.log(), "the other shows the room")
    (tap,) = two.taps()
    if how is signal.SIGSTOP:
        began_before = one.log().count('"event": "started"')
        one.process.send_signal(signal.SIGCONT)
        await asyncio.to_thread(
            wait_until, lambda: one.log().count("taken up by another server") >= 3, "it finds out"
        )
        assert one.children("reelroom.composer") == []
        assert one.log().count('"event": "started"') == began_before, "it disturbs nobody"
    await asyncio.sleep(3)
    assert two.taps() == [tap]
    recorded = time.monotonic() - began
    path = await stop_recording(two, archive_id, render["sessionId"], tmp_path)
    assert watch(path).seconds == pytest.approx(recorded, abs=1.5)
    assert audible_seconds(path, person.tone) > recorded - 2.5
    for second in range(1, int(watch(path).seconds)):
        assert watch(path).shows(person.colour, second), second
    if how is signal.SIGSTOP:  # it serves what the other has made, and said nothing of its own meanwhile
        (film,) = await asyncio.to_thread(one.archives, render["sessionId"])
        assert film["status"] == "available"
        assert film["reason"].startswith("user initiated")  # and tells of the moment between two taps
        (tmp_path / "again").mkdir()
        again = await asyncio.to_thread(one.download, film, tmp_path / "again")
        assert again.read_bytes() == path.read_bytes()
    await person.leave()


def _runs(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
