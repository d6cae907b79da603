"""Servers with roles: each takes up what is its own to do, and leaves the rest to others at once."""

import asyncio

import pytest

from reelroom.archives.calls import ArchiveOrder
from reelroom.config import ROLES, WrongSettings, read_roles, read_settings
from reelroom.errors import Overloaded
from reelroom.roles.everything import Server
from reelroom.store.node_roles import ROLE_OF
from reelroom.store.values import Archive
from tests.server.conftest import caller
from tests.server.sharing import Servers, a_server, a_session, looks, project, running
from tests.server.waiting import eventually


async def joined(server: Server, archive: Archive) -> bool:
    return server.taps.joined(archive.take_id)


async def looking(*servers: Server) -> None:
    while True:
        await asyncio.gather(*(looks(each) for each in servers))
        await asyncio.sleep(0.05)


def test_roles_are_read_and_wrong_ones_are_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_roles("") == set(ROLES)
    assert read_roles(" Record, api ") == {"api", "record"}
    assert set(ROLE_OF.values()) < set(ROLES)
    monkeypatch.setenv("REELROOM_ROLES", "api,recorder")
    with pytest.raises(
        WrongSettings, match="names 'recorder', which is no role: they are api, record, compose, keep"
    ):
        read_settings()
    monkeypatch.setenv("REELROOM_ROLES", "api")
    with pytest.raises(WrongSettings, match="set REELROOM_DATABASE_URL, too"):
        read_settings()


async def test_what_one_is_asked_for_another_records_and_a_third_films(servers: Servers) -> None:
    front = await a_server(servers, "front", "api,keep")
    recorder = await a_server(servers, "recorder", "record")
    films = await a_server(servers, "films", "compose")
    watch = asyncio.create_task(looking(recorder, films))
    try:
        session = await a_session(front)
        await servers.engine.join(session, "ada", "Ada")
        archive = await front.session_archives.start(project(front), session, ArchiveOrder())
        take = await eventually(lambda: front.store.takes.get(archive.take_id))
        assert take.node == recorder.node.name
        await eventually(lambda: joined(recorder, archive))
        assert running(front) == running(films) == (set(), [])
        assert not any(each.archives.is_in_use(archive.take_id) for each in (front, recorder, films))
        with (recorder.archives.folder(archive.take_id) / "events.jsonl").open("a") as file:
            file.write('{"event": "time_passed", "at": 1}\n')
        await front.session_archives.stop(project(front), archive.id)

        async def is_filmed() -> bool:
            assert recorder.shipping is not None
            await recorder.shipping.look()
            return films.archives.is_in_use(archive.take_id)

        await eventually(is_filmed)
        assert not recorder.archives.is_in_use(archive.take_id)
    finally:
        watch.cancel()


async def test_a_recording_of_a_room_begins_elsewhere(servers: Servers) -> None:
    front, recorder = await a_server(servers, "front", "api,keep"), await a_server(servers, "one", "record,compose")
    watch = asyncio.create_task(looking(recorder))
    try:
        render, _ = await front.rooms.record("demo")
        archive = await eventually(lambda: front.store.archives.of_render(render.id))
        assert isinstance(archive, Archive)
        assert running(recorder)[1] == [render.id]
        assert running(front) == (set(), [])
        assert (await front.renders.get(render.id)).status == "started"
    finally:
        watch.cancel()


async def test_nobody_records_where_no_server_has_the_role(servers: Servers) -> None:
    front = await a_server(servers, "front", "api")
    with pytest.raises(Overloaded, match="No server takes recordings"):
        await front.rooms.record("demo")
    assert await front.nodes_with_role() == {"api": 1, "record": 0, "compose": 0, "keep": 0}
    async with caller(front, servers.folder) as client:
        told = (await client.get("/metrics")).text
    assert 'reelroom_nodes{role="record"} 0.0' in told
    assert 'reelroom_nodes{role="api"} 1.0' in told


async def test_who_answers_nobody_says_so(servers: Servers) -> None:
    recorder = await a_server(servers, "recorder", "record")
    async with caller(recorder, servers.folder) as client:
        refused = await client.get("/session/demo")
        assert (refused.status_code, refused.json()["message"]) == (
            503,
            "This server has no role 'api' (REELROOM_ROLES): call one that has",
        )
        assert (await client.get("/healthz")).status_code == 200


async def test_a_server_that_drains_takes_nothing_new_and_is_done_when_its_recordings_are(servers: Servers) -> None:
    one = await a_server(servers, "one", "")
    assert one.shipping is not None and one.depositing is not None
    one.shipping.start()
    one.depositing.start()
    render, archive = await servers.recording(one)
    two = await a_server(servers, "two", "")
    draining = asyncio.create_task(one.drain())
    await asyncio.sleep(0)
    async with caller(one, servers.folder) as client:
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["message"]) == (503, "The server drains")

    async def is_known() -> bool:
        return (await two.nodes_with_role())["record"] == 1

    await eventually(is_known)
    watch = asyncio.create_task(looking(one, two))
    try:
        other, _ = await one.rooms.record("other")
        await eventually(lambda: one.store.archives.of_render(other.id))
        assert running(two)[1] == [other.id]
        assert running(one)[1] == [render.id]
        assert not draining.done()
        await two.renders.stop(render.id)
        await two.archives.stop(archive.id, "stopped")
        await two.archives.delete(archive.id)  # else its film would be made first
        await asyncio.wait_for(draining, 60)
        assert running(two)[1] == [other.id]
    finally:
        watch.cancel()


async def test_what_a_draining_server_still_has_at_the_end_goes_on_elsewhere_at_once(servers: Servers) -> None:
    one = await a_server(servers, "one", "")
    render, archive = await servers.recording(one)
    with (one.archives.folder(archive.take_id) / "events.jsonl").open("a") as file:
        file.write('{"event": "time_passed", "at": 1}\n')
    two = await a_server(servers, "two", "")
    one.node.draining = True
    servers._all.remove(one)
    await one.leave()

    async def goes_on() -> bool:
        await looks(two)
        return await servers.shows(two, render)

    await eventually(goes_on)  # no time has passed, by the clock of leases
    assert (await two.renders.get(render.id)).status in {"starting", "started"}
