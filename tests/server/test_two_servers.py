"""Two servers share a database: each acts on its own, and what one that is gone left is taken up once."""

import asyncio
from importlib.metadata import version

import pytest

from reelroom.archives.calls import ArchiveOrder
from reelroom.recorder.taps import TapFailed
from reelroom.roles import taking_up
from reelroom.roles.everything import Server
from reelroom.store.database import now_ms
from reelroom.store.node import LEASE_MS, LeaseLost
from reelroom.store.node_roles import Kind
from reelroom.store.nodes import nodes_of
from reelroom.store.values import Archive, Broadcast, KeptTake, Lease, Render
from tests.server.sharing import Servers, a_session, looks, project, running
from tests.server.waiting import eventually

LONG_AGO = 1_000_000


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


async def test_a_recording_whose_server_stays_away_ends_and_is_made_when_it_is_back(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = servers.add("one")
    render, archive = await servers.recording(one)
    two = servers.add("two")
    servers.time_passes()
    with monkeypatch.context() as long_after:
        later = now_ms() + two.settings.orphan_seconds * 1000 + 1
        long_after.setattr(taking_up, "now_ms", lambda: later)
        await looks(two)
    assert (await two.renders.get(render.id)).status == "stopped"
    left = await two.archives.get(archive.id)
    assert (left.status, left.reason) == ("stopped", "the server that recorded is gone")
    assert left.end_us is not None and left.start_us <= left.end_us < now_ms() * 1000
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


async def test_an_end_that_comes_while_its_composer_starts_ends_the_film(servers: Servers) -> None:
    """What the composer is started with is the archive as it is by then: nothing is left to be told of later."""
    one = servers.add("one")
    session_id = await a_session(one)
    await servers.engine.join(session_id, "ann")
    hold = one.node.hold

    async def stopped_first(kind: Kind, thing: str) -> Lease | None:
        if kind == "archive":  # another server stops it as this one begins to make it
            known = await one.archives.get(thing)
            await one.store.archives.move(thing, "stopped", end_us=known.start_us + 1)
        return await hold(kind, thing)

    one.node.hold = stopped_first  # type: ignore[method-assign]
    archive = await one.session_archives.start(project(one), session_id, ArchiveOrder())

    async def is_made() -> bool:
        return archive.id not in one.archives.made_here()

    await eventually(is_made)
    assert (await one.archives.get(archive.id)).status in {"available", "failed"}


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


async def test_each_server_tells_how_it_stands_and_who_is_gone_is_silent(servers: Servers) -> None:
    one, two = servers.add("one"), servers.add("two")
    for each in (one, two):
        await each.node.be_known()
    await servers.recording(one)
    await one.node.renew()
    told = {each.name: each for each in nodes_of(await two.store.leases.everything(), servers.now_ms)}
    assert dict(told[one.node.name].holds) == {"archive": 1, "render": 1, "take": 1}
    assert told[one.node.name].said["version"] == version("reelroom")
    assert dict(told[two.node.name].holds) == {}
    servers.time_passes()
    await two.node.be_known()
    told = {each.name: each for each in nodes_of(await two.store.leases.everything(), servers.now_ms)}
    assert (told[one.node.name].lives, told[one.node.name].silent_ms) == (False, 1)
