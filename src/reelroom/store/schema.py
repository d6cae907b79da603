"""The schema: brought up to date in one transaction, whole or not at all; a database that is not ours is refused."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import DBAPIError

from reelroom.files.durable import sync_folder

FILE = "reelroom.db"
_WAIT_SECONDS = 30.0  # for another process that upgrades the same database
_UPGRADE_LOCK = 0x5265656C  # of PostgreSQL's advisory locks; every version of Reelroom takes this one
_WRITING = {"writes": True}
_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg", "sqlite": "sqlite+aiosqlite"}
_MAGIC = b"SQLite format 3\0"


class DatabaseError(Exception):
    """A database that cannot be used; the message says why, and what helps."""


def database_url(data_dir: Path, chosen: str = "") -> str:
    """The default database of a data directory, or the one that was chosen for it. Raises DatabaseError."""
    if not chosen:
        return f"sqlite+aiosqlite:///{(data_dir / FILE).resolve()}"
    kind, _, rest = chosen.partition("://")
    kind = _DRIVERS.get(kind, kind)
    if kind not in _DRIVERS.values() or not rest:
        raise DatabaseError("REELROOM_DATABASE_URL: postgresql://user:password@host/name, or sqlite:///path")
    return f"{kind}://{rest}"


def prepare(data_dir: Path, url: str) -> None:
    """Make or upgrade the database of a data directory. Raises DatabaseError. Blocking.

    A new SQLite file is made beside, and gets its name when it is whole: an empty one is never ours.
    """
    path = sqlite_path(url)
    if path is None or path.parent != data_dir.resolve():
        migrate(url)
        return
    if not path.exists() or (path.is_file() and path.stat().st_size == 0):
        _refuse_to_begin_anew(data_dir, path)
        new = path.with_name(f"{FILE}.new")
        for left in (new, new.with_name(f"{new.name}-journal")):
            left.unlink(missing_ok=True)
        migrate(f"sqlite:///{new}")
        new.replace(path)
        sync_folder(data_dir)
        return
    migrate(url)


def _refuse_to_begin_anew(data_dir: Path, path: Path) -> None:
    """A data directory that was in use has lost its database: a new one would hide that."""
    recorded = any((data_dir / "takes").glob("*/take.json")) or any((data_dir / "archives").glob("*"))
    if path.exists() and (recorded or (data_dir / "keys.json").exists()):
        raise DatabaseError(
            f"{path} is empty, though {data_dir} has been in use: restore it from a backup, or remove it to "
            "begin anew"
        )
    if recorded:
        raise DatabaseError(
            f"{path} is missing, though {data_dir} holds recordings: restore it from a backup, or choose another "
            "folder with --data-dir"
        )


def migrate(url: str, revision: str = "head") -> None:
    """Bring a database to a schema, the newest one. Raises DatabaseError. Blocking.

    All of it is one transaction under a lock: a process that is killed on the way has changed nothing, and of
    several at once the first does it.
    """
    config = _config()
    script = ScriptDirectory.from_config(config)
    wanted = script.get_current_head() if revision == "head" else revision
    path = sqlite_path(url)
    config.attributes["data_dir"] = None if path is None else path.parent  # where earlier versions kept plans
    with opened(url) as engine:
        with understood(engine), engine.connect() as connection:
            if revision_of(connection) == wanted:
                return
        with understood(engine), engine.execution_options(**_WRITING).begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"select pg_advisory_xact_lock({_UPGRADE_LOCK})"))
            if revision_of(connection) != wanted:
                config.attributes["connection"] = connection
                command.upgrade(config, revision)


def is_in_use(url: str) -> bool:
    """Whether sessions were made in a database, so that tokens for them are about. Raises DatabaseError. Blocking."""
    path = sqlite_path(url)
    if path is not None and (not path.exists() or path.stat().st_size == 0):
        return False
    with opened(url) as engine, understood(engine), engine.connect() as connection:
        if "sessions" not in inspect(connection).get_table_names():
            return False
        return connection.execute(text("select 1 from sessions limit 1")).first() is not None


def pending(url: str) -> list[str]:
    """What an upgrade would do, oldest first: a sentence for each revision. Raises DatabaseError. Blocking."""
    refuse_nothing(url)
    with opened(url) as engine, understood(engine), engine.connect() as connection:
        script = ScriptDirectory.from_config(_config())
        revision = revision_of(connection)
        steps = list(script.iterate_revisions("head", revision or "base"))
    return [f"{step.revision}: {step.doc}" for step in reversed(steps)]


def refuse_nothing(url: str) -> None:
    """Asking must not make a database where there is none, nor take an empty file for one."""
    path = sqlite_path(url)
    if path is not None and (not path.exists() or path.stat().st_size == 0):
        raise DatabaseError(f"{path} is {'empty' if path.exists() else 'missing'}: restore it from a backup")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def sqlite_path(url: str) -> Path | None:
    """The file of a SQLite database; None for PostgreSQL."""
    parsed = make_url(url)
    return Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else None


@contextlib.contextmanager
def opened(url: str) -> Iterator[Engine]:
    """A database for a moment, without a server around it. Raises DatabaseError for a file that is broken."""
    path = sqlite_path(url)
    if path is not None:
        _refuse_damage(path)
        engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": _WAIT_SECONDS, "isolation_level": None})
        # Python's driver commits before DDL on its own; so it begins nothing, and we say when (SQLAlchemy's recipe).
        event.listen(engine, "begin", _begin)
    else:
        engine = create_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _refuse_damage(path: Path) -> None:
    if path.is_dir():
        raise DatabaseError(f"{path} is a folder, where a database should be: move it away")
    if not path.exists() or path.stat().st_size == 0:
        return
    with path.open("rb") as file:
        header = file.read(100)
    pages, size = int.from_bytes(header[28:32], "big"), int.from_bytes(header[16:18], "big")
    size = 65_536 if size == 1 else size
    journalled = any(path.with_name(f"{path.name}-{kind}").exists() for kind in ("wal", "journal"))
    if not header.startswith(_MAGIC) or (not journalled and path.stat().st_size < pages * size):
        raise DatabaseError(f"{path} is broken: restore it from a backup; nothing in it was changed")


@contextlib.contextmanager
def understood(engine: Engine) -> Iterator[None]:
    """What a driver says, in words for whoever hosts the server."""
    try:
        yield
    except DBAPIError as error:
        where = engine.url.render_as_string() if engine.dialect.name != "sqlite" else engine.url.database
        said = str(error.orig).strip().partition("\n")[0]
        if isinstance(error.orig, sqlite3.DatabaseError) and not isinstance(error.orig, sqlite3.OperationalError):
            raise DatabaseError(
                f"{where} is broken ({said}): restore it from a backup; nothing in it was changed"
            ) from error
        raise DatabaseError(f"The database {where} cannot be used: {said}") from error


def revision_of(connection: Connection) -> str | None:
    """The revision of a database; None for a new one. Raises DatabaseError for one that is not ours, or newer."""
    script = ScriptDirectory.from_config(_config())
    where = connection.engine.url.render_as_string()
    heads = MigrationContext.configure(connection).get_current_heads()
    tables = set(inspect(connection).get_table_names())
    if not heads:
        if tables - {"alembic_version"}:
            how = "another program's" if "alembic_version" not in tables else "half made by an earlier version"
            raise DatabaseError(f"The database {where} is {how}: restore it from a backup, or choose another one")
        return None
    known = {step.revision for step in script.walk_revisions()}
    if unknown := [head for head in heads if head not in known]:
        raise DatabaseError(
            f"The database {where} is of a newer Reelroom (schema {unknown[0]}): start that one, or restore a backup "
            "of before the upgrade"
        )
    if "sessions" not in tables:
        raise DatabaseError(f"The database {where} is broken (its tables are missing): restore it from a backup")
    return heads[0]
