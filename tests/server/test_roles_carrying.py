"""What a server without taps begins goes to one that can carry it, and is kept within its limits there."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from reelroom.archives.calls import ArchiveOrder
from reelroom.archives.limits import TOO_LONG
from reelroom.archives.transcript_order import TranscriptOrder
from reelroom.roles import taking_up
from reelroom.roles.everything import Server
from reelroom.store.database import now_ms
from reelroom.store.values import Archive
from tests.server.sharing import Servers, a_server, a_session, looks, project, running
from tests.server.waiting import eventually


def full(server: Server, *, is_full: bool) -> None:
    machine: Any = server.machine
    machine.capacity = replace(machine.capacity, memory_mb=1 if is_full else 64_000)


@contextmanager
def looking(*servers: Server) -> Iterator[None]:
    async def look() -> None:
        while True:
            await asyncio.gather(*(looks(each) for each in servers))
            await asyncio.sleep(0.05)

    watch = asyncio.create_task(look())
    try:
        yield
    finally:
        watch.cancel()


async def archived(front: Server, **order: Any) -> Archive:
    """A session in which somebody is, archived from now on."""
    session = await a_session(front)
    await front.engine.join(session, "ada", "Ada")  # type: ignore[attr-defined]
    return await front.session_archives.start(project(front), session, ArchiveOrder(**order))


@pytest.mark.parametrize("of_room", [False, True], ids=["an archive", "a recording of a room"])
async def test_who_cannot_carry_one_more_leaves_it_to_another(servers: Servers, of_room: bool) -> None:
    front = await a_server(servers, "front", "api,keep")
    one, other = await a_server(servers, "one", "record"), await a_server(servers, "other", "record")
    full(one, is_full=True)
    asked = asyncio.create_task(front.rooms.record("demo") if of_room else archived(front))  # type: ignore[arg-type]
    left = await eventually(front.store.takes.running)
    for _ in range(3):
        await looks(one)
    await asyncio.sleep(0)
    assert not await front.store.leases.held("take", [left[0].id], front.node.clock())
    with looking(one, other):
        await asked
        await eventually(lambda: _records(other))
    assert running(one) == (set(), [])
    assert (await front.store.takes.running())[0].node == other.node.name


async def _records(server: Server) -> bool:
    return bool(running(server)[0])


async def test_what_nobody_has_room_for_begins_when_somebody_has(servers: Servers) -> None:
    front, recorder = await a_server(servers, "front", "api"), await a_server(servers, "recorder", "record")
    full(recorder, is_full=True)
    render, _ = await front.rooms.record("demo")
    await looks(recorder)
    assert running(recorder)[0] == set()
    full(recorder, is_full=False)
    with looking(recorder):
        await eventually(lambda: _records(recorder))
    assert running(recorder)[1] == [render.id]


async def test_what_nobody_has_room_for_ends_and_the_room_is_told_why(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    front, recorder = await a_server(servers, "front", "api"), await a_server(servers, "recorder", "record")
    full(recorder, is_full=True)
    render, _ = await front.rooms.record("demo")
    await servers.engine.join(render.room_session_id or "", "ada", "Ada")
    await looks(recorder)
    assert (await front.renders.get(render.id)).status == "starting"
    later = now_ms() + recorder.settings.orphan_seconds * 1000 + 1
    monkeypatch.setattr(taking_up, "now_ms", lambda: later)
    with looking(recorder):
        await eventually(lambda: _is_over(front, render.id))
    ended = await front.renders.get(render.id)
    assert (ended.status, ended.reason) == ("failed", "no server that records had room for it")
    told = servers.engine.metadata[render.room_session_id or ""]
    assert (told["recording"], told["notice"]) == (None, ended.reason)


async def _is_over(server: Server, render_id: str) -> bool:
    """A render has ended, and so has its take."""
    ended = (await server.renders.get(render_id)).status not in {"starting", "started"}
    return ended and not await server.store.takes.running()


async def test_limits_end_a_recording_whose_film_others_make(servers: Servers) -> None:
    front = await a_server(servers, "front", "api")
    recorder = await a_server(servers, "recorder", "record", longest_seconds=1)
    films = await a_server(servers, "films", "compose", longest_seconds=1)
    with looking(recorder, films):
        archive = await archived(front)
        recorder.limits.start()

        async def is_over() -> bool:
            kept = await front.archives.get(archive.id)
            return (kept.status, kept.reason) == ("stopped", TOO_LONG)

        await eventually(is_over)


async def test_a_recorder_that_is_stopped_ends_its_recordings_and_a_composer_none(servers: Servers) -> None:
    front, recorder = await a_server(servers, "front", "api"), await a_server(servers, "recorder", "record")
    films = await a_server(servers, "films", "compose")
    with looking(recorder, films):
        archive = await archived(front)
    await servers.stop(films)
    assert (await front.archives.get(archive.id)).status == "started"
    await servers.stop(recorder)
    kept = await front.archives.get(archive.id)
    assert (kept.status, kept.reason) == ("stopped", "the server was stopped")


async def test_a_transcript_is_made_where_the_film_was(servers: Servers) -> None:
    front, recorder = await a_server(servers, "front", "api"), await a_server(servers, "recorder", "record")
    films = await a_server(servers, "films", "compose")
    with looking(recorder):
        archive = await archived(front, transcript=TranscriptOrder())
    await front.session_archives.stop(project(front), archive.id)
    assert await films.node.hold("archive", archive.id)
    (films.storage.folder).mkdir()
    (films.storage.folder / f"{archive.id}.mp4").write_bytes(b"a film")
    assert await films.archives.changes.finish(archive.id, by=films.node, size=6, sha256sum="aaaa", reason="")
    due = [await each.store.transcripts.due(each.node.name, now_ms(), 9) for each in (front, recorder, films)]
    assert [[each.archive_id for each in some] for some in due] == [[], [], [archive.id]]
    await films.store.transcripts.move(archive.id, "available", next_at=None)
    await films.store.transcripts.lies_at(archive.id, "another")
    kept = await films.store.transcripts.get(archive.id)
    assert kept is not None and kept.node == films.node.name, "its words are there"
