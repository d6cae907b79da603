"""What the server remembers: the schema, who is first, and which states may follow which."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text

from reelroom.store.database import AlreadyThere, CannotWrite, Database
from reelroom.store.states import ARCHIVE_MOVES, RENDER_MOVES
from reelroom.store.store import Store
from reelroom.store.values import Archive, Broadcast, KeptTake, Render, Room, Session


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """A store with a room, its session, a take, and a session for a render."""
    store = Store(url)
    await store.add(Session(id="room", created_at=1), Room(name="demo", session_id="room", created_at=1))
    await store.add(Session(id="rendered", created_at=1), KeptTake(id="take", session_id="room", created_at=1))
    yield store
    await store.close()


def a_render(**changes: Any) -> Render:
    fields = {
        "id": "render",
        "room_name": "demo",
        "room_session_id": "room",
        "session_id": "rendered",
        "take_id": "take",
        "url": "http://x/room/recorder/demo",
        "callback_url": "http://x/render/status",
        "resolution": "1280x720",
        "status": "starting",
        "running_in": "demo",
        "created_at": 1,
        "updated_at": 1,
    }
    return Render(**(fields | changes))


def an_archive(**changes: Any) -> Archive:
    fields = {
        "id": "archive",
        "session_id": "rendered",
        "take_id": "take",
        "status": "started",
        "resolution": "1280x720",
        "start_us": 1,
        "created_at": 1,
        "updated_at": 1,
        "tag": changes.get("id", ""),  # of one tag only one records
    }
    return Archive(**(fields | changes))


def a_broadcast(**changes: Any) -> Broadcast:
    fields = {
        "id": "broadcast",
        "session_id": "room",
        "take_id": "take",
        "status": "started",
        "resolution": "640x480",
        "max_duration": 60,
        "created_at": 1,
        "updated_at": 1,
    }
    return Broadcast(**(fields | changes))


async def test_what_reads_cannot_write(store: Store, url: str) -> None:
    database = Database(url)
    try:
        if url.startswith("sqlite"):
            with pytest.raises(CannotWrite):
                await database.read(lambda connection: connection.execute(text("delete from rooms")))
        else:
            await database.read(lambda connection: connection.execute(text("delete from rooms")))
        assert await store.rooms.get("demo")
    finally:
        await database.close()


async def test_a_read_sees_what_was_just_written_(store: Store, url: str) -> None:
    database = Database(url)
    try:
        for number in range(50):
            await store.archives.add(an_archive(id=f"{number}"))
            counted = await database.read(lambda connection: connection.scalar(text("select count(*) from archives")))
            assert counted == number + 1
    finally:
        await database.close()


async def test_what_was_added_is_found(store: Store) -> None:
    await store.add(a_render())
    await store.add(an_archive(render_id="render"))
    for found, key in (
        (await store.sessions.get("room"), "room"),
        (await store.takes.get("take"), "take"),
        (await store.renders.get("render"), "render"),
        (await store.renders.running_in("demo"), "render"),
        (await store.archives.get("archive"), "archive"),
        (await store.archives.of_render("render"), "archive"),
    ):
        assert found is not None
        assert found.id == key
    room = await store.rooms.get("demo")
    assert room is not None
    assert room.session_id == "room"


async def test_what_is_not_there_is_none(store: Store) -> None:
    assert await store.rooms.get("Demo") is None
    assert await store.sessions.get("demo") is None
    assert await store.renders.get("x") is None
    assert await store.archives.get("x") is None
    assert await store.renders.running_in("demo") is None


async def test_a_second_room_of_that_name_is_refused_whole(store: Store) -> None:
    with pytest.raises(AlreadyThere):
        await store.add(Session(id="other", created_at=2), Room(name="demo", session_id="other", created_at=2))
    assert await store.sessions.get("other") is None


async def test_of_many_who_make_a_room_at_once_one_is_first(store: Store) -> None:
    async def make(number: int) -> bool:
        session = Session(id=f"session {number}", created_at=1)
        try:
            await store.add(session, Room(name="new", session_id=session.id, created_at=1))
        except AlreadyThere:
            return False
        return True

    made = await asyncio.gather(*(make(number) for number in range(8)))
    assert sum(made) == 1
    room = await store.rooms.get("new")
    assert room is not None
    assert room.session_id == f"session {made.index(True)}"


async def test_one_render_runs_in_a_room(store: Store) -> None:
    await store.add(a_render(), Session(id="second", created_at=1))
    second = {"id": "second", "session_id": "second"}
    with pytest.raises(AlreadyThere):
        await store.add(a_render(**second))
    assert await store.renders.move("render", "stopped")
    assert await store.renders.running_in("demo") is None
    await store.add(a_render(**second))
    running = await store.renders.running_in("demo")
    assert running is not None
    assert running.id == "second"


async def test_a_failed_render_makes_room_for_another(store: Store) -> None:
    await store.add(a_render())
    assert await store.renders.move("render", "failed", reason="no tap")
    assert await store.renders.running_in("demo") is None


async def test_a_render_has_one_archive(store: Store) -> None:
    await store.add(a_render(), an_archive(render_id="render"))
    with pytest.raises(AlreadyThere):
        await store.add(an_archive(id="second", render_id="render"))
    await store.add(an_archive(id="without 1"), an_archive(id="without 2"))


RENDER_STATES = {"starting", "started", "stopped", "failed"}
ARCHIVE_STATES = {"started", "paused", "stopped", "uploaded", "available", "failed", "deleted"}


def test_the_moves_name_every_state() -> None:
    assert {*RENDER_MOVES, *(before for after in RENDER_MOVES.values() for before in after)} == RENDER_STATES
    assert {*ARCHIVE_MOVES, *(b for after in ARCHIVE_MOVES.values() for b in after)} == ARCHIVE_STATES


async def test_renders_go_only_where_they_may(store: Store) -> None:
    running = ("starting", "started")  # a render may be started again, after the server was killed
    allowed = {(a, "started") for a in running} | {(a, b) for a in running for b in ("stopped", "failed")}
    for before in sorted(RENDER_STATES):
        for after in sorted(RENDER_MOVES):
            key = f"{before} {after}"
            await store.add(Session(id=key, created_at=1))
            await store.add(a_render(id=key, session_id=key, status=before, running_in=key, reason="before"))
            moved = await store.renders.move(key, after, reason="after")
            assert (moved is not None) == ((before, after) in allowed), key
            render = await store.renders.get(key)
            assert render is not None
            expected = (after, "after") if moved else (before, "before")
            assert (render.status, render.reason) == expected
            assert (render.updated_at > 1) == bool(moved)
            assert (render.running_in is None) == (moved is not None and after in {"stopped", "failed"})


async def test_archives_go_only_where_they_may(store: Store) -> None:
    allowed = {
        ("started", "paused"),
        ("paused", "started"),
        *((before, "stopped") for before in ("started", "paused")),
        ("stopped", "available"),
        *((before, "uploaded") for before in ("stopped", "available")),
        *((before, "failed") for before in ("started", "paused", "stopped")),
        *((before, "deleted") for before in ("stopped", "available", "uploaded", "failed")),
    }
    for before in sorted(ARCHIVE_STATES):
        for after in sorted(ARCHIVE_MOVES):
            key = f"{before} {after}"
            await store.add(an_archive(id=key, status=before, tag=key))
            moved = await store.archives.move(key, after, size=17)
            assert (moved is not None) == ((before, after) in allowed), key
            archive = await store.archives.get(key)
            assert archive is not None
            assert (archive.status, archive.size) == ((after, 17) if moved else (before, 0))


async def test_what_does_not_exist_does_not_move(store: Store) -> None:
    assert not await store.renders.move("x", "stopped")
    assert not await store.archives.move("x", "stopped")


async def test_of_many_who_stop_an_archive_at_once_one_does(store: Store) -> None:
    await store.add(an_archive())
    stops = (store.archives.move("archive", "stopped", end_us=number) for number in range(8))
    moved = await asyncio.gather(*stops)
    assert sum(each is not None for each in moved) == 1
    archive = await store.archives.get("archive")
    assert archive is not None
    assert [archive] == [each for each in moved if each is not None]


async def test_a_rooms_session_lists_the_archives_of_its_renders_newest_first(store: Store) -> None:
    await store.add(Session(id="elsewhere", created_at=1), a_render())
    await store.add(
        an_archive(id="old", created_at=1),
        an_archive(id="new", created_at=3),
        an_archive(id="middle", created_at=2, session_id="room"),
        an_archive(id="foreign", created_at=4, session_id="elsewhere"),
    )
    assert [archive.id for archive in await store.archives.of_session("room")] == ["new", "middle", "old"]
    assert [archive.id for archive in await store.archives.of_session("rendered")] == ["new", "old"]
    assert await store.archives.of_session("nowhere") == []


async def test_what_an_interrupted_server_left_is_found(store: Store) -> None:
    await store.add(a_render(status="started"), an_archive(), an_archive(id="paused", status="paused"))
    await store.add(an_archive(id="done", status="available"))
    assert [render.id for render in await store.renders.running()] == ["render"]
    assert sorted(archive.id for archive in await store.archives.in_states("started", "paused")) == [
        "archive",
        "paused",
    ]
    assert [take.id for take in await store.takes.running()] == ["take"]
    await store.takes.stop("take")
    assert await store.takes.running() == []


async def test_a_take_is_stopped_once(store: Store) -> None:
    await store.add(KeptTake(id="stopped", session_id="room", created_at=1, stopped_at=5))
    await store.takes.stop("stopped")
    take = await store.takes.get("stopped")
    assert take is not None
    assert take.stopped_at == 5


async def test_duration(store: Store) -> None:
    await store.add(an_archive())
    await store.archives.note_duration("archive", 61_500)
    archive = await store.archives.get("archive")
    assert archive is not None
    assert archive.duration_ms == 61_500


async def test_the_only_copy_of_a_meeting_is_never_removed(store: Store) -> None:
    await store.takes.stop("take")
    for status in sorted(ARCHIVE_STATES):
        await store.add(KeptTake(id=status, session_id="room", created_at=1, stopped_at=5))
        await store.add(an_archive(id=f"of {status}", take_id=status, status=status))
    await store.add(KeptTake(id="young", session_id="room", created_at=1, stopped_at=50))
    await store.add(KeptTake(id="running", session_id="room", created_at=1))
    await store.add(KeptTake(id="two", session_id="room", created_at=1, stopped_at=5))
    await store.add(an_archive(id="made", take_id="two", status="available"))
    await store.add(an_archive(id="failed", take_id="two", status="failed"))
    assert {take.id for take in await store.takes.that_may_go(before=10)} == {"available", "deleted", "uploaded"}
    await store.takes.mark_removed("deleted")
    assert {take.id for take in await store.takes.that_may_go(before=10)} == {"available", "uploaded"}
    assert await store.takes.removed(["available", "deleted", "elsewhere"]) == ["deleted"]


async def test_one_take_of_a_session_runs(store: Store) -> None:
    with pytest.raises(AlreadyThere):
        await store.add(KeptTake(id="second", session_id="room", created_at=1))
    running = await store.takes.running_in("room")
    assert running is not None
    assert running.id == "take"
    await store.takes.stop("take")
    await store.add(KeptTake(id="second", session_id="room", created_at=1))
    assert await store.takes.running_in("rendered") is None


async def test_a_take_ends_with_the_last_who_needs_it(store: Store) -> None:
    await store.add(a_render(), an_archive(), a_broadcast())
    assert sorted(await store.takes.holders("take")) == ["archive", "broadcast", "render"]
    for end in (
        store.renders.move("render", "stopped"),
        store.archives.move("archive", "stopped"),
        store.broadcasts.end("broadcast", "stopped", ""),
    ):
        assert not await store.takes.stop_unless_held("take")
        assert await end is not None
    assert await store.takes.stop_unless_held("take")
    take = await store.takes.get("take")
    assert take is not None
    assert take.stopped_at is not None


async def test_one_archive_of_a_session_and_tag_records(store: Store) -> None:
    await store.add(an_archive(tag="a"), an_archive(id="other", tag="b"))
    await store.add(an_archive(id="done", tag="a", status="stopped"))
    for status in ("started", "paused"):
        with pytest.raises(AlreadyThere):
            await store.add(an_archive(id="second", tag="a", status=status))
    await store.archives.move("archive", "stopped")
    await store.add(an_archive(id="second", tag="a"))


async def test_one_broadcast_of_a_session_and_tag_runs(store: Store) -> None:
    await store.add(a_broadcast(tag="a"), a_broadcast(id="other", tag="b"))
    with pytest.raises(AlreadyThere):
        await store.add(a_broadcast(id="second", tag="a"))
    ended = await store.broadcasts.end("broadcast", "failed", "no machine")
    assert ended is not None
    assert (ended.status, ended.reason) == ("failed", "no machine")
    assert await store.broadcasts.end("broadcast", "stopped", "again") is None
    await store.add(a_broadcast(id="second", tag="a"))


async def test_who_is_cancelled_while_writing_leaves_nothing_behind(store: Store) -> None:
    async def write(number: int) -> None:
        async with store.transaction() as tx:
            await tx.sessions.add(Session(id=f"{number}", created_at=1))
            await tx.leases.acquire("take", f"{number}", "a", 0, 100)

    moments = 120
    for number in range(moments):
        writing = asyncio.create_task(write(number))
        await asyncio.sleep(number * 0.0001)
        writing.cancel()
        if number % 2:
            await asyncio.gather(writing, return_exceptions=True)
        async with asyncio.timeout(4):  # a connection that was left with its transaction would lock it for longer
            assert await store.leases.acquire("render", f"{number}", "a", 0, 100) is not None
        await asyncio.gather(writing, return_exceptions=True)
        both = await store.sessions.get(f"{number}"), await store.leases.last("take", f"{number}")
        assert (both[0] is None) == (both[1] is None)


async def test_a_transaction_that_fails_has_done_nothing(store: Store) -> None:
    async def try_it() -> None:
        async with store.transaction() as tx:
            await tx.sessions.set_muted("room", True)
            await tx.archives.add(an_archive())
            assert await tx.archives.get("archive") is not None
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await try_it()
    assert await store.archives.get("archive") is None
    session = await store.sessions.get("room")
    assert session is not None
    assert not session.muted


async def test_what_failed_for_a_passing_reason_is_made_again(store: Store) -> None:
    await store.add(an_archive(status="stopped"), an_archive(id="spoilt", status="stopped"))
    assert await store.archives.move("archive", "failed", reason="killed", passing=True)
    assert await store.archives.move("spoilt", "failed", reason="nothing there")
    assert await store.archives.retry("spoilt") is None
    again = await store.archives.retry("archive")
    assert again is not None
    assert (again.status, again.passing) == ("stopped", False)
    assert await store.archives.retry("archive") is None
