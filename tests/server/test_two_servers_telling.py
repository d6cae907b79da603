"""Two servers share a database: each says the same of rooms, films and broadcasts, and tells of it once."""

import asyncio
import json
from pathlib import Path

from livekit.api import WebhookEvent

from reelroom.archives.calls import ArchiveOrder
from reelroom.broadcasts.answer import Outputs
from reelroom.broadcasts.calls import BroadcastWish
from reelroom.processes.capacity import Capacity
from reelroom.roles.everything import Server
from reelroom.store.values import Archive, Callback
from tests.server.conftest import TOLD, caller
from tests.server.sharing import Servers, a_session, project
from tests.server.waiting import eventually


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
