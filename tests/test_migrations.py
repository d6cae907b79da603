"""The migrations make what the tables say, and keep what was there."""

import sqlite3
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from reelroom.store.database import Database
from reelroom.store.schema import database_url, migrate
from reelroom.store.tables import metadata


def test_the_migrations_make_what_the_tables_say(url: str) -> None:
    engine = create_engine(url.replace("+aiosqlite", ""))
    with engine.connect() as connection:
        ours = {"include_name": lambda name, kind, parents: kind != "table" or not name.startswith("film_tokens")}
        opts = {"compare_type": True, "render_as_batch": True} | ours  # tokens lie in each database in its own way
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, metadata) == []
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


async def test_a_written_row_survives_a_crash(tmp_path: Path) -> None:
    migrate(database_url(tmp_path))
    database = Database(database_url(tmp_path))
    async with database.writing() as connection:
        assert (await connection.execute(text("pragma journal_mode"))).scalar() == "wal"
        assert (await connection.execute(text("pragma synchronous"))).scalar() == 2
        assert (await connection.execute(text("pragma foreign_keys"))).scalar() == 1
    await database.close()


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
