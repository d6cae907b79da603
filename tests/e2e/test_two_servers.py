"""Two servers of one database, engine and set of recordings: what one was doing the other takes over."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
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
from tests.s3_server import ACCESS_KEY, SECRET_KEY, s3_server

pytestmark = pytest.mark.slow


@dataclass
class Pair:
    """Each has a data directory of its own, in which `takes` and `archives` are the same folders, or are shipped."""

    one: RunningServer
    two: RunningServer


@contextmanager
def engine_apart(server: RunningServer, told: list[str]) -> Iterator[None]:
    """An engine that is nobody's, as `reelroom engine-config` says; it makes the keys, too. `told` are addresses."""
    command = [sys.executable, "-m", "reelroom", "engine-config", "--data-dir", str(server.data_dir)]
    for each in told:
        command += ["--tell", each]
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
    with two_servers(tmp_path, postgres, {}) as pair:
        yield pair


@pytest.fixture
def machines(tmp_path: Path, postgres: Cluster) -> Iterator[Pair]:
    with s3_server(tmp_path / "s3") as s3:
        s3.make_bucket("takes")
        depot = {"REELROOM_DEPOT": "s3://takes", "REELROOM_DEPOT_ENDPOINT": s3.url}
        depot |= {"REELROOM_DEPOT_ACCESS_KEY": ACCESS_KEY, "REELROOM_DEPOT_SECRET_KEY": SECRET_KEY}
        with two_servers(tmp_path, postgres, depot) as pair:
            yield pair


@contextmanager
def two_servers(
    tmp_path: Path,
    postgres: Cluster,
    depot: dict[str, str],
    change: Callable[[RunningServer, RunningServer], None] = lambda _one, _two: None,
) -> Iterator[Pair]:
    """Two that share what is not shipped; `change` alters them before they start."""
    one, two = RunningServer(tmp_path / "one"), RunningServer(tmp_path / "two")
    settings = {"REELROOM_DATABASE_URL": postgres.url(postgres.database())}
    settings |= {"REELROOM_ENGINE_AT": f"ws://127.0.0.1:{one.engine_port}"}
    settings |= {**depot, "REELROOM_LEASE_SECONDS": "4"} if depot else {}
    one.settings, two.settings = settings, settings
    change(one, two)
    with engine_apart(one, [one.url, two.url]):
        two.data_dir.mkdir()
        shutil.copy(one.data_dir / "keys.json", two.data_dir)
        for shared in () if depot else ("takes", "archives"):
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


async def test_a_recording_survives_its_machine(machines: Pair, tmp_path: Path) -> None:
    """The server, its programs and all they wrote are gone at once: the film has what was shipped, and what follows.

    Nobody but the depot has the beginning; the engine is elsewhere, and so are the people.
    """
    one, two = machines.one, machines.two
    person, render, archive_id = await start_recording(one, "shipped")
    began = time.monotonic()
    await asyncio.sleep(8)
    assert one.process is not None
    everything = [psutil.Process(one.process.pid), *psutil.Process(one.process.pid).children(recursive=True)]
    for each in everything:
        each.kill()
    one.process.wait()
    shutil.rmtree(one.data_dir / "takes")
    gone = time.monotonic() - began
    await asyncio.to_thread(wait_until, lambda: "take brought from the depot" in two.log(), "the take is brought", 90)
    await asyncio.to_thread(
        wait_until, lambda: two.children("reelroom.composer") != [], "the other makes the film", 60
    )
    await asyncio.to_thread(wait_until, lambda: "render started" in two.log(), "the other shows the room", 60)
    back = time.monotonic() - began
    await asyncio.sleep(5)
    recorded = time.monotonic() - began
    path = await stop_recording(two, archive_id, render["sessionId"], tmp_path)
    film = watch(path)
    assert film.seconds == pytest.approx(recorded, abs=2)
    (archive,) = await asyncio.to_thread(two.archives, render["sessionId"])
    assert "interrupted" in archive["reason"], archive["reason"]
    for second in [1, 3, gone - 4, back + 1, back + 3]:
        assert film.shows(person.colour, second), (second, gone, back, film.colour_at(second))
    assert audible_seconds(path, person.tone) > recorded - (back - gone) - 4
    await person.leave()


async def test_a_server_that_is_drained_hands_its_recording_on_at_once(machines: Pair, tmp_path: Path) -> None:
    """`reelroom drain` with no time to wait: the other records and shows the room before any lease is over."""
    one, two = machines.one, machines.two
    person, render, archive_id = await start_recording(one, "drained")
    began = time.monotonic()
    await asyncio.sleep(6)
    assert one.process is not None
    environment = {**os.environ, **one.settings}
    command = [sys.executable, "-m", "reelroom", "drain", "--seconds", "0", "--data-dir", str(one.data_dir)]
    drained = await asyncio.to_thread(subprocess.run, command, env=environment, check=True, capture_output=True)
    assert b"has left it to others" in drained.stdout
    await asyncio.to_thread(one.process.wait)
    gone = time.monotonic() - began
    await asyncio.to_thread(wait_until, lambda: "render started" in two.log(), "the other shows the room", 60)
    back = time.monotonic() - began
    await asyncio.sleep(4)
    recorded = time.monotonic() - began
    path = await stop_recording(two, archive_id, render["sessionId"], tmp_path)
    film = watch(path)
    assert film.seconds == pytest.approx(recorded, abs=2)
    for second in [1, 3, back + 2]:
        assert film.shows(person.colour, second), (second, gone, back, film.colour_at(second))
    assert audible_seconds(path, person.tone) > recorded - (back - gone) - 5
    await person.leave()
