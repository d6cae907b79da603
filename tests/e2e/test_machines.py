"""Machines of their own (network namespaces on a bridge), each with a role: whatever dies, an archive is one film.

Two answer calls, one records, one makes films; what they share is PostgreSQL, an S3 server and the media engine,
which are at the test's own address.
"""

import asyncio
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest

from reelroom.config import OPEN_WORDS
from tests.e2e.bridge import Bridge, Machine
from tests.e2e.films import watch
from tests.e2e.link import NoNamespaces
from tests.e2e.running import RunningServer, wait_until
from tests.e2e.test_crashes import audible_seconds, start_recording, stop_recording
from tests.e2e.test_two_servers import engine_apart
from tests.postgres import cluster
from tests.s3_server import ACCESS_KEY, SECRET_KEY, s3_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]  # four servers' programs on two cores

AWAY = 8.0  # s for which a machine is frozen or cut off: twice as long as a lease lasts
LEASE = 4
BACK = 12.0  # s within which a recording goes on once its machine is there again


@dataclass(kw_only=True)
class Apart(RunningServer):
    """A server on a machine of its own."""

    machine: Machine

    @property
    def url(self) -> str:
        return f"http://{self.machine.address}:{self.port}"

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"the server ended: {self.log()[-3000:]}"
        with suppress(httpx.TransportError):
            return self.http.get("/healthz").status_code == 200
        return False


@dataclass
class Site:
    """All of it; `database` is what tells of leases."""

    one: Apart
    two: Apart
    recorder: Apart
    composer: Apart
    database: str

    def held(self) -> list[tuple[str, str]]:
        """What some node holds now, but for its own name."""
        with psycopg.connect(self.database) as connection:
            query = "select kind, id from leases where kind <> 'node' and until > %s"
            return connection.execute(query, (int(time.time() * 1000),)).fetchall()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with ExitStack() as stack:
        try:
            bridge = stack.enter_context(Bridge())
            machines = [bridge.add() for _ in range(4)]
        except NoNamespaces as why:
            pytest.skip(f"network namespaces are not permitted here ({why})")
        postgres = stack.enter_context(cluster(bridge.here, bridge.network))
        s3 = stack.enter_context(s3_server(tmp_path / "s3", host=bridge.here))
        s3.make_bucket("recordings")
        name = postgres.database()
        engine = RunningServer(tmp_path / "engine", settings={"REELROOM_ENGINE_ADDRESSES": bridge.here})
        media = f"ws://{bridge.here}:{engine.engine_port}"
        shared = {
            "REELROOM_DATABASE_URL": postgres.url_at(bridge.here, name),
            "REELROOM_DEPOT": "s3://recordings",
            "REELROOM_DEPOT_ENDPOINT": s3.url,
            "REELROOM_DEPOT_ACCESS_KEY": ACCESS_KEY,
            "REELROOM_DEPOT_SECRET_KEY": SECRET_KEY,
            "REELROOM_ENGINE_AT": media,
            "REELROOM_ENGINE_URL": media,
            "REELROOM_LEASE_SECONDS": str(LEASE),
            "REELROOM_OPEN_TO_ALL": OPEN_WORDS,
        }
        servers = [
            Apart(
                tmp_path / role.replace(",", "-") / str(number),
                machine=machine,
                under=machine.command(),
                settings={**shared, "REELROOM_HOST": machine.address, "REELROOM_ROLES": role},
            )
            for number, (machine, role) in enumerate(
                zip(machines, ("api", "api", "record", "compose,keep"), strict=True)
            )
        ]
        stack.enter_context(engine_apart(engine, [server.url for server in servers]))
        for server in servers:
            server.data_dir.mkdir(parents=True)
            shutil.copy(engine.data_dir / "keys.json", server.data_dir)
        try:
            for server in servers:
                server.start()
            yield Site(*servers, postgres.url(name))
        finally:
            for server in servers:
                server.machine.send(signal.SIGCONT)
                server.machine.plug_in()
            for server in servers:
                server.close()
        for machine in machines:
            assert machine.processes() == [], "a process is left over"


async def strike(server: Apart, how: str) -> None:
    """Returns when the machine is there again."""
    machine = server.machine
    match how:
        case "killed":
            machine.send(signal.SIGKILL)
            assert server.process is not None
            await asyncio.to_thread(server.process.wait)
            await asyncio.to_thread(server.start)
        case "frozen":
            machine.send(signal.SIGSTOP)
            await asyncio.sleep(AWAY)
            machine.send(signal.SIGCONT)
        case "cut off":
            machine.unplug()
            await asyncio.sleep(AWAY)
            machine.plug_in()


@pytest.mark.parametrize(
    ("victim", "how"),
    [
        ("recorder", "killed"),
        ("recorder", "frozen"),
        ("recorder", "cut off"),
        ("composer", "killed"),
        ("composer", "cut off"),
        ("one", "killed"),
    ],
)
async def test_whatever_happens_to_a_machine(site: Site, tmp_path: Path, victim: str, how: str) -> None:
    person, render, archive_id = await start_recording(site.one, "machines")
    began = time.monotonic()
    await asyncio.to_thread(wait_until, site.recorder.taps, "the recorder records")
    assert [site.one.taps(), site.two.taps(), site.composer.taps()] == [[], [], []]
    await asyncio.sleep(5)
    struck = time.monotonic()
    await strike(getattr(site, victim), how)
    away = time.monotonic() - struck
    await asyncio.to_thread(wait_until, site.recorder.taps, "it records again")
    await asyncio.sleep(BACK)
    recorded = time.monotonic() - began
    path = await stop_recording(site.two, archive_id, render["sessionId"], tmp_path)
    film = watch(path)
    assert film.seconds == pytest.approx(recorded, abs=2.5)
    lost = away + BACK - 4 if victim == "recorder" else 0.0
    assert audible_seconds(path, person.tone) > recorded - lost - 3
    for second in [1, 3, recorded - 2]:
        assert film.shows(person.colour, second), (second, film.colour_at(second))
    assert len(await asyncio.to_thread(site.two.archives, render["sessionId"])) == 1
    await asyncio.to_thread(site.two.http.get, f"/render/stop/{render['id']}")
    await asyncio.to_thread(wait_until, lambda: site.held() == [], "nobody holds anything any more", 90)
    await person.leave()
