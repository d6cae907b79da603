"""What the server remembers: the schema, who is first, and which states may follow which."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

import reelroom.roles.everything  # noqa: F401  # brings every module that keeps a table
from reelroom.store.database import AlreadyThere, Archive, Base, Render, Room, Session, Store, Take
from reelroom.store.schema import database_url, migrate
from reelroom.store.states import ARCHIVE_MOVES, RENDER_MOVES


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A migrated database, made once."""
    folder = tmp_path_factory.mktemp("database")
    migrate(database_url(folder))
    with sqlite3.connect(folder / "reelroom.db") as connection:
        return connection.serialize()


@pytest.fixture
async def store(tmp_path: Path, empty_database: bytes) -> AsyncIterator[Store]:
    """A store with a room, its session, a take, and a session for a render."""
    (tmp_path / "reelroom.db").write_bytes(empty_database)
    store = Store(database_url(tmp_path))
    await store.add(Session(id="room", created_at=1), Room(name="demo", session_id="room", created_at=1))
    await store.add(Session(id="rendered", created_at=1), Take(id="take", session_id="room", created_at=1))
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
    }
    return Archive(**(fields | changes))


def test_the_migrations_make_what_the_models_say(tmp_path: Path) -> None:
    migrate(database_url(tmp_path))
    engine = create_engine(f"sqlite:///{tmp_path / 'reelroom.db'}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_migrating_twice_keeps_what_is_there(tmp_path: Path) -> None:
    url = database_url(tmp_path)
    migrate(url)
    with sqlite3.connect(tmp_path / "reelroom.db") as connection:
        connection.execute("insert into sessions (id, created_at) values ('kept', 1)")
    migrate(url)
    with sqlite3.connect(tmp_path / "reelroom.db") as connection:
        assert connection.execute("select id from sessions").fetchall() == [("kept",)]


def test_what_archives_were_asked_to_have_is_kept(tmp_path: Path) -> None:
    url = database_url(tmp_path)
    migrate(url, "0005")
    with sqlite3.connect(tmp_path / "reelroom.db") as connection:
        connection.execute("insert into sessions (id, created_at) values ('room', 1)")
        connection.execute("insert into takes (id, session_id, created_at) values ('take', 'room', 1)")
        for name in ("asked", "other"):
            columns = (
                "id, session_id, take_id, name, status, reason, resolution, start_us, duration_ms, size, sha256sum"
            )
            values = f"'{name}', 'room', 'take', '', 'available', '', '640x480', 1, 1, 1, ''"
            connection.execute(f"insert into archives ({columns}, created_at, updated_at) values ({values}, 1, 1)")
        connection.execute(
            "insert into archive_requests (archive_id, stream_mode, tag, has_audio, has_video, layout, streams)"
            " values ('asked', 'auto', '', true, false, '{}', '[]')"
        )
    migrate(url)
    with sqlite3.connect(tmp_path / "reelroom.db") as connection:
        found = connection.execute("select id, has_audio, has_video from archives order by id").fetchall()
        assert found == [("asked", 1, 0), ("other", 1, 1)]


async def test_a_written_row_survives_a_crash(store: Store) -> None:
    async with store._engine.connect() as connection:
        assert (await connection.execute(text("pragma journal_mode"))).scalar() == "wal"
        assert (await connection.execute(text("pragma synchronous"))).scalar() == 2
        assert (await connection.execute(text("pragma foreign_keys"))).scalar() == 1


async def test_what_was_added_is_found(store: Store) -> None:
    await store.add(a_render())
    await store.add(an_archive(render_id="render"))
    for found, key in (
        (await store.session("room"), "room"),
        (await store.take("take"), "take"),
        (await store.render("render"), "render"),
        (await store.running_render("demo"), "render"),
        (await store.archive("archive"), "archive"),
        (await store.archive_of_render("render"), "archive"),
    ):
        assert found is not None
        assert found.id == key
    room = await store.room("demo")
    assert room is not None
    assert room.session_id == "room"


async def test_what_is_not_there_is_none(store: Store) -> None:
    assert await store.room("Demo") is None
    assert await store.session("demo") is None
    assert await store.render("x") is None
    assert await store.archive("x") is None
    assert await store.running_render("demo") is None


async def test_a_second_room_of_that_name_is_refused_whole(store: Store) -> None:
    with pytest.raises(AlreadyThere):
        await store.add(Session(id="other", created_at=2), Room(name="demo", session_id="other", created_at=2))
    assert await store.session("other") is None


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
    room = await store.room("new")
    assert room is not None
    assert room.session_id == f"session {made.index(True)}"


async def test_one_render_runs_in_a_room(store: Store) -> None:
    await store.add(a_render(), Session(id="second", created_at=1))
    second = {"id": "second", "session_id": "second"}
    with pytest.raises(AlreadyThere):
        await store.add(a_render(**second))
    assert await store.move_render("render", "stopped")
    assert await store.running_render("demo") is None
    await store.add(a_render(**second))
    running = await store.running_render("demo")
    assert running is not None
    assert running.id == "second"


async def test_a_failed_render_makes_room_for_another(store: Store) -> None:
    await store.add(a_render())
    assert await store.move_render("render", "failed", reason="no tap")
    assert await store.running_render("demo") is None


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
            moved = await store.move_render(key, after, reason="after")
            assert moved == ((before, after) in allowed), key
            render = await store.render(key)
            assert render is not None
            expected = (after, "after") if moved else (before, "before")
            assert (render.status, render.reason) == expected
            assert (render.updated_at > 1) == moved
            assert (render.running_in is None) == (moved and after in {"stopped", "failed"})


async def test_archives_go_only_where_they_may(store: Store) -> None:
    allowed = {
        ("started", "paused"),
        ("paused", "started"),
        *((before, "stopped") for before in ("started", "paused")),
        ("stopped", "uploaded"),
        ("uploaded", "available"),
        *((before, "failed") for before in ("started", "paused", "stopped", "uploaded")),
        *((before, "deleted") for before in ("available", "uploaded", "failed")),
    }
    for before in sorted(ARCHIVE_STATES):
        for after in sorted(ARCHIVE_MOVES):
            key = f"{before} {after}"
            await store.add(an_archive(id=key, status=before))
            moved = await store.move_archive(key, after, size=17)
            assert moved == ((before, after) in allowed), key
            archive = await store.archive(key)
            assert archive is not None
            assert (archive.status, archive.size) == ((after, 17) if moved else (before, 0))


async def test_what_does_not_exist_does_not_move(store: Store) -> None:
    assert not await store.move_render("x", "stopped")
    assert not await store.move_archive("x", "stopped")


async def test_of_many_who_stop_an_archive_at_once_one_does(store: Store) -> None:
    await store.add(an_archive())
    stops = (store.move_archive("archive", "stopped", end_us=number) for number in range(8))
    moved = await asyncio.gather(*stops)
    assert sum(moved) == 1
    archive = await store.archive("archive")
    assert archive is not None
    assert archive.end_us == moved.index(True)


async def test_a_rooms_session_lists_the_archives_of_its_renders_newest_first(store: Store) -> None:
    await store.add(Session(id="elsewhere", created_at=1), a_render())
    await store.add(
        an_archive(id="old", created_at=1),
        an_archive(id="new", created_at=3),
        an_archive(id="middle", created_at=2, session_id="room"),
        an_archive(id="foreign", created_at=4, session_id="elsewhere"),
    )
    assert [archive.id for archive in await store.archives_of_session("room")] == ["new", "middle", "old"]
    assert [archive.id for archive in await store.archives_of_session("rendered")] == ["new", "old"]
    assert await store.archives_of_session("nowhere") == []


async def test_what_an_interrupted_server_left_is_found(store: Store) -> None:
    await store.add(a_render(status="started"), an_archive(), an_archive(id="paused", status="paused"))
    await store.add(an_archive(id="done", status="available"))
    assert [render.id for render in await store.renders_in("starting", "started")] == ["render"]
    assert sorted(archive.id for archive in await store.archives_in("started", "paused")) == ["archive", "paused"]
    assert [take.id for take in await store.running_takes()] == ["take"]
    await store.stop_take("take")
    assert await store.running_takes() == []


async def test_a_take_is_stopped_once(store: Store) -> None:
    await store.add(Take(id="stopped", session_id="room", created_at=1, stopped_at=5))
    await store.stop_take("stopped")
    take = await store.take("stopped")
    assert take is not None
    assert take.stopped_at == 5


async def test_duration(store: Store) -> None:
    await store.add(an_archive())
    await store.note_duration("archive", 61_500)
    archive = await store.archive("archive")
    assert archive is not None
    assert archive.duration_ms == 61_500


async def test_takes_that_may_be_removed(store: Store) -> None:
    for take, stopped, status in (("a", 5, "available"), ("b", 5, "stopped"), ("c", 50, "failed"), ("d", None, "x")):
        await store.add(Take(id=take, session_id="room", created_at=1, stopped_at=stopped))
        await store.add(an_archive(id=f"archive-{take}", take_id=take, status=status))
    assert [take.id for take in await store.stopped_takes(before=10)] == ["a"]
    await store.mark_removed("a")
    assert not await store.stopped_takes(before=10)
    assert await store.removed_takes(["a", "b", "elsewhere"]) == ["a"]


def test_a_database_of_the_first_version_is_brought_up(tmp_path: Path) -> None:
    migrate(database_url(tmp_path), "0001")
    with sqlite3.connect(tmp_path / "reelroom.db") as connection:
        connection.execute("insert into sessions values ('s', 1)")
        connection.execute("insert into takes (id, session_id, created_at) values ('t', 's', 1)")
        connection.execute(
            "insert into archives values"
            " ('a', 's', null, 't', 'demo', 'available', '', '1280x720', 1, 2, 3, 4, '', 5, 6)"
        )
    migrate(database_url(tmp_path))
    with sqlite3.connect(tmp_path / "reelroom.db") as connection:
        row = connection.execute("select output_mode, recut_of, size from archives").fetchone()
        assert row == ("composed", None, 4)
        assert connection.execute("select removed_at from takes").fetchone() == (None,)
