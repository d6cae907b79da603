"""Two servers share a database: each acts on its own, and what one that is gone left is taken up once."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from livekit.api import WebhookEvent

from reelroom.archives.calls import ArchiveOrder
from reelroom.broadcasts.calls import BroadcastWish, Outputs
from reelroom.config import Settings
from reelroom.opentok.tokens import new_session_id
from reelroom.processes.capacity import Capacity
from reelroom.projects.projects import Project
from reelroom.recorder.taps import TapFailed
from reelroom.roles.everything import Server
from reelroom.store.database import now_ms
from reelroom.store.node import LEASE_MS, LeaseLost
from reelroom.store.values import Archive, Broadcast, Callback, KeptTake, Render, Session
from reelroom.testing import MemoryEngine, memory_server
from tests.server.conftest import TOLD, caller, eventually

LONG_AGO = 1_000_000


class Servers:
    """Servers of one database and one engine, which see the same takes only where `shared` says so.

    None looks after anything by itself: one that a test leaves alone is as good as frozen, or dead.
    """

    def __init__(self, folder: Path, database: bytes) -> None:
        self.folder = folder
        self.engine = MemoryEngine()
        self.late_ms = 0
        self._all: list[Server] = []
        (folder / "all.db").write_bytes(database)

    def add(self, name: str, *, shared: bool = False, **settings: Any) -> Server:
        data = self.folder / name
        data.mkdir(exist_ok=True)
        first = self._all[0].settings.data_dir if self._all else data
        if first != data:
            shutil.copy(first / "keys.json", data)
            if shared:
                (first / "takes").mkdir(exist_ok=True)
                (data / "takes").symlink_to(first / "takes")
        database = f"sqlite:///{self.folder / 'all.db'}"
        server = memory_server(Settings(data_dir=data, database_url=database, **settings), self.engine)
        server.node.clock = lambda: now_ms() + self.late_ms
        self._all.append(server)
        return server

    def time_passes(self, ms: int = LEASE_MS + 1) -> None:
        self.late_ms += ms

    async def recording(self, server: Server, room: str = "demo") -> tuple[Render, Archive]:
        """A recording that runs on a server."""
        render, _ = await server.rooms.record(room)
        archive = await eventually(lambda: server.store.archives.of_render(render.id))
        await eventually(lambda: self.makes(server, archive))
        return await server.renders.get(render.id), archive

    async def makes(self, server: Server, archive: Archive) -> bool:
        return server.node.holds("archive", archive.id)

    async def shows(self, server: Server, render: Render) -> bool:
        return server.node.holds("render", render.id) and server.taps.joined(render.take_id or "")

    async def stop(self, server: Server) -> None:
        self._all.remove(server)
        await server.stop()

    async def close(self) -> None:
        for server in reversed(self._all):
            await server.stop()


@pytest.fixture
async def servers(tmp_path: Path, empty_database: bytes) -> AsyncIterator[Servers]:
    servers = Servers(tmp_path, empty_database)
    yield servers
    await servers.close()


async def a_session(server: Server, number: int = 1) -> str:
    await server.projects.ensure_own_project()
    session_id = new_session_id(server.keys.api_key, number, "a" * 24)
    await server.store.add(Session(id=session_id, created_at=number))
    return session_id


def project(server: Server) -> Project:
    return Project(server.keys.api_key, "this server", server.keys.api_secret, "", 1, True, True)


async def looks(server: Server) -> None:
    """It does what it does each second; what was just written counts, too."""
    await server.taking_up.look(at_start=True)


def running(server: Server) -> tuple[set[str], list[str]]:
    return set(server.taps.running_takes()), list(server.renders.running())


async def test_a_server_that_starts_and_stops_touches_nothing_of_another(servers: Servers) -> None:
    one = servers.add("one")
    render, archive = await servers.recording(one)
    two = servers.add("two", shared=True)
    await two.taking_up.begin()
    await looks(two)
    await two.limits._look()
    await two.retention.look()
    assert running(two) == (set(), [])
    await servers.stop(two)
    assert running(one) == ({render.take_id}, [render.id])
    assert (await one.renders.get(render.id)).status == "started"
    assert (await one.archives.get(archive.id)).status == "started"


async def test_what_a_dead_server_left_is_taken_up_once_when_its_leases_are_over(servers: Servers) -> None:
    one = servers.add("one")
    render, archive = await servers.recording(one)
    others = [servers.add("two", shared=True), servers.add("three", shared=True)]
    await asyncio.gather(*(looks(each) for each in others))
    assert [running(each) for each in others] == [(set(), [])] * 2
    servers.time_passes()
    for _ in range(3):
        await asyncio.gather(*(looks(each) for each in others))

    async def goes_on() -> bool:
        return sum(len(running(each)[1]) for each in others) == 1 and (
            sum(each.node.holds("archive", archive.id) for each in others) == 1
        )

    await eventually(goes_on)
    (heir,) = [each for each in others if running(each)[1]]
    await eventually(lambda: servers.shows(heir, render))
    assert [len(each.taps.started) for each in others if each is not heir] == [0]  # type: ignore[attr-defined]
    assert heir.taps.started == [render.take_id]  # type: ignore[attr-defined]
    assert await one.store.archives.in_states("started") == [await one.archives.get(archive.id)]
    assert (await one.renders.get(render.id)).status == "started"


async def test_who_was_frozen_writes_nothing_and_ends_what_another_has_taken_up(servers: Servers) -> None:
    one = servers.add("one")
    render, archive = await servers.recording(one)
    two = servers.add("two", shared=True)
    servers.time_passes()
    assert not one.node.holds("archive", archive.id)
    await looks(two)
    await eventually(lambda: servers.makes(two, archive))
    await eventually(lambda: servers.shows(two, render))
    await one.limits._look()
    with pytest.raises(LeaseLost):
        await one.archives.changes.move(archive.id, "failed", by=one.node, reason="of one that was frozen")
    with pytest.raises(LeaseLost):
        await one.renders._move(render, "failed", ours=True, reason="of one that was frozen")
    await one.node.renew()
    assert running(one) == (set(), [])
    assert running(two) == ({render.take_id}, [render.id])
    assert (await two.archives.get(archive.id)).status == "started"
    assert (await two.renders.get(render.id)).status == "started"


async def test_who_was_frozen_for_long_and_missed_by_nobody_goes_on(servers: Servers) -> None:
    one = servers.add("one")
    render, archive = await servers.recording(one)
    servers.time_passes(10 * LEASE_MS)
    await one.node.renew()
    assert one.node.holds("archive", archive.id)
    assert running(one) == ({render.take_id}, [render.id])


async def test_who_was_frozen_until_another_was_done_does_not_begin_anew(servers: Servers) -> None:
    one, two = servers.add("one"), servers.add("two")
    assert await one.node.hold("archive", "film") is not None
    servers.time_passes()
    assert await two.node.hold("archive", "film") is not None
    await two.node.let_go("archive", "film")
    await one.node.renew()
    assert not one.node.holds("archive", "film")


async def test_a_recording_that_lies_elsewhere_waits_for_its_server(servers: Servers) -> None:
    one = servers.add("one")
    render, archive = await servers.recording(one)
    two = servers.add("two")
    servers.time_passes()
    await looks(two)
    assert running(two) == (set(), [])
    assert (await two.renders.get(render.id)).status == "started"  # it may be back any moment
    again = servers.add("one")  # it comes back
    await again.taking_up.begin()
    await eventually(lambda: servers.makes(again, archive))
    await eventually(lambda: servers.shows(again, render))


async def test_a_recording_whose_server_stays_away_ends_and_is_made_when_it_is_back(servers: Servers) -> None:
    one = servers.add("one")
    render, archive = await servers.recording(one)
    two = servers.add("two", orphan_seconds=1)

    async def is_long_ago() -> bool:
        lease = await two.store.leases.last("take", render.take_id or "")
        assert lease is not None
        return max(lease.until - LEASE_MS, archive.start_us // 1000) < now_ms() - 1000

    servers.time_passes()
    await eventually(is_long_ago)
    await looks(two)
    assert (await two.renders.get(render.id)).status == "stopped"
    left = await two.archives.get(archive.id)
    assert (left.status, left.reason) == ("stopped", "the server that recorded is gone")
    assert left.end_us is not None and left.start_us <= left.end_us < (now_ms() - 1000) * 1000
    assert await two.store.takes.running() == []
    await looks(two)
    assert not two.archives.is_in_use(archive.take_id)  # its film is made where the take lies
    again = servers.add("one")
    await again.taking_up.begin()
    assert again.archives.is_in_use(archive.take_id)


async def test_whoever_has_the_take_does_what_another_was_asked_for(servers: Servers) -> None:
    one, two = servers.add("one"), servers.add("two")
    session_id = await a_session(one)
    await servers.engine.join(session_id, "ann")
    first = await one.session_archives.start(project(one), session_id, ArchiveOrder(tag="first"))
    second = await two.session_archives.start(project(two), session_id, ArchiveOrder(tag="second"))
    assert second.take_id == first.take_id
    assert running(two) == (set(), [])
    await looks(two)
    await looks(one)
    await eventually(lambda: servers.makes(one, second))
    await two.session_archives.stop(project(two), first.id)
    await two.session_archives.stop(project(two), second.id)
    await two.session_archives.close()
    assert running(one) == ({first.take_id}, [])  # it has not looked yet
    await looks(one)
    assert running(one) == (set(), [])
    kept = [await one.archives.get(each.id) for each in (first, second)]
    assert [each.status for each in kept] == ["stopped", "stopped"]
    await eventually(lambda: _is_told_of_its_end(one, kept))


async def test_a_take_whose_last_archive_another_server_stopped_as_it_died_ends(servers: Servers) -> None:
    one = servers.add("one")
    session_id = await a_session(one)
    await servers.engine.join(session_id, "ann")
    archive = await one.session_archives.start(project(one), session_id, ArchiveOrder())
    await one.store.archives.move(archive.id, "stopped", end_us=archive.start_us + 1)  # and nothing after that
    await looks(one)
    assert running(one) == (set(), [])
    assert await one.store.takes.running() == []


async def test_an_archive_begins_on_no_take_that_another_server_has_just_ended(servers: Servers) -> None:
    one, two = servers.add("one"), servers.add("two")
    session_id = await a_session(one)
    await servers.engine.join(session_id, "ann")
    begin = two.archives.begin

    async def too_late(archive: Archive, *more: object) -> None:
        assert await one.store.takes.stop_unless_held(archive.take_id)
        await begin(archive)

    two.archives.begin = too_late  # type: ignore[method-assign]
    with pytest.raises(TapFailed):
        await two.session_archives.start(project(two), session_id, ArchiveOrder())
    assert await one.session_archives.running(session_id) == []


async def _is_told_of_its_end(server: Server, archives: list[Archive]) -> bool:
    return all(server.archives.made_here()[each.id].progress is not None for each in archives)


async def test_a_render_that_another_server_stops_ends_where_it_runs(servers: Servers) -> None:
    one, two = servers.add("one"), servers.add("two")
    render, archive = await servers.recording(one)
    await two.rooms.stop_render(render.id, "user initiated")
    await looks(one)
    await eventually(lambda: _ended(one, render))
    assert (await one.archives.get(archive.id)).reason == "user initiated"
    assert await one.store.takes.running() == []


async def _ended(server: Server, render: Render) -> bool:
    return running(server) == (set(), []) and not server.node.holds("render", render.id)


async def test_a_broadcast_is_ended_by_another_server_only_when_its_own_is_gone(servers: Servers) -> None:
    one, two = servers.add("one"), servers.add("two")
    session_id = await a_session(one)
    take = KeptTake(id="take", session_id=session_id, created_at=1, node=one.node.name)
    broadcast = Broadcast(
        id="broadcast",
        session_id=session_id,
        take_id="take",
        status="started",
        resolution="640x480",
        max_duration=60,
        created_at=1,
        updated_at=1,
    )
    await one.store.add(take, broadcast)
    assert await one.node.hold("take", "take") and await one.node.hold("broadcast", "broadcast")
    await looks(two)
    assert [each.id for each in await two.store.broadcasts.running()] == ["broadcast"]
    servers.time_passes()
    await looks(two)
    ended = await two.store.broadcasts.get("broadcast")
    assert ended is not None and (ended.status, ended.reason) == ("stopped", "the server was restarted")


async def test_each_removes_only_the_old_takes_that_lie_with_it(servers: Servers) -> None:
    one, two = servers.add("one"), servers.add("two")
    session_id = await a_session(one)
    await one.store.add(KeptTake(id="old", session_id=session_id, created_at=1, stopped_at=LONG_AGO))
    (one.archives.folder("old")).mkdir(parents=True)
    await two.retention.look()
    assert (await one.store.takes.get("old")).removed_at is None  # type: ignore[union-attr]
    await one.retention.look()
    assert (await one.store.takes.get("old")).removed_at is not None  # type: ignore[union-attr]
    assert not one.archives.folder("old").exists()


async def test_two_servers_say_the_same_of_a_room(servers: Servers) -> None:
    one, two = servers.add("one"), servers.add("two")
    session_id = await a_session(one)
    await servers.engine.join(session_id, "ann")
    await two.sessions._metadata.tell(session_id, {"mute": {"active": True, "at": 1}})
    archive = await one.session_archives.start(project(one), session_id, ArchiveOrder(name="film"))
    await one.session_archives._announce(session_id)
    told = servers.engine.metadata[session_id]
    assert told["archives"] == [{"id": archive.id, "name": "film"}]
    assert told["mute"] == {"active": True, "at": 1}
    steps = (
        (server.sessions._metadata.tell(session_id, {"mute": {"active": False, "at": number}}))
        for number, server in enumerate([one, two] * 10)
    )
    await asyncio.gather(*steps)
    kept = await one.store.announcements.get(session_id)
    assert kept is not None and servers.engine.metadata[session_id] == kept.facts


async def test_another_server_says_how_far_a_film_is_and_what_is_in_its_way(servers: Servers, tmp_path: Path) -> None:
    one, two = servers.add("one"), servers.add("two")
    _, first = await servers.recording(one, "first")
    await eventually(lambda: _composes(one, first))
    one.machine.capacity = Capacity(cores=2, memory_mb=300, descriptors=1000, busy=0)  # type: ignore[attr-defined]
    _, archive = await servers.recording(one)
    await eventually(lambda: _waits(one, archive))
    assert await two.archives.now([archive]) == {}
    await one.node.renew()
    said = (await two.archives.now([archive]))[archive.id]
    assert said == one.archives.made_here()[archive.id]
    assert said.obstacle.startswith("waits: the machine has too little memory left for another film")
    async with caller(two, tmp_path) as client:
        (answer,) = (await client.get(f"/archive/{archive.session_id}")).json()
        assert (answer["status"], answer["reason"]) == ("started", said.obstacle)
        gauges = (await client.get("/metrics")).text
        assert "reelroom_films_waiting 0.0" in gauges  # it is another's to tell of
    async with caller(one, tmp_path) as client:
        assert "reelroom_films_waiting 1.0" in (await client.get("/metrics")).text
    servers.time_passes()
    assert await two.archives.now([archive]) == {}  # nobody knows any more


async def _composes(server: Server, archive: Archive) -> bool:
    return server.archives.made_here()[archive.id].composes


async def _waits(server: Server, archive: Archive) -> bool:
    return server.archives.made_here()[archive.id].obstacle != ""


async def test_another_server_says_how_the_outputs_of_a_broadcast_stand(servers: Servers) -> None:
    one, two = servers.add("one"), servers.add("two")
    session_id = await a_session(one)
    await servers.engine.join(session_id, "ann")
    broadcast = await one.session_broadcasts.start(project(one), session_id, BroadcastWish(hls={}))
    begins = (await two.session_broadcasts.outputs([broadcast]))[broadcast.id]
    assert begins == Outputs("connecting", [])

    async def is_live() -> bool:
        await one.node.renew()
        return (await two.session_broadcasts.outputs([broadcast]))[broadcast.id].hls == "live"

    await eventually(is_live)


async def test_two_servers_that_hear_the_same_of_a_room_tell_it_once(servers: Servers) -> None:
    one, two = servers.add("one"), servers.add("two")
    session_id = await a_session(one)
    for group, event in (("connection", "created"), ("connection", "destroyed"), ("stream", "created")):
        told = Callback(id=group + event, project=one.keys.api_key, group=group, event=event, url=TOLD, created_at=1)
        await one.store.add(told)

    async def both(event: WebhookEvent) -> None:
        await asyncio.gather(one.monitoring.take(event), two.monitoring.take(event))

    servers.engine.listener = both
    await servers.engine.join(session_id, "ann")
    await servers.engine.publish(session_id, "ann", "TR_1")
    await eventually(lambda: _has_told(one, "streamCreated"))
    await servers.engine.leave(session_id, "ann")
    await asyncio.gather(*one.monitoring._under_way, *two.monitoring._under_way)
    assert await _told(one) == ["connectionCreated", "streamCreated", "connectionDestroyed"]


async def _told(server: Server) -> list[str]:
    return [json.loads(each.body)["event"] for each in reversed(await server.store.outbox.newest(100))]


async def _has_told(server: Server, event: str) -> bool:
    return event in await _told(server)
