"""A database copied while a server works on it, and put in place again."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, inspect, make_url, select

from reelroom.files.durable import sync_file, sync_folder
from reelroom.store.schema import (
    FILE,
    DatabaseError,
    opened,
    refuse_nothing,
    revision_of,
    sqlite_path,
    understood,
)
from reelroom.store.states import MAY_STILL_BE_MADE
from reelroom.store.tables import archives, takes

POSTGRESQL_DUMP = "database.dump"


@dataclass(frozen=True)
class Contents:
    """What a database is and says at one moment.

    `spare_takes` are the ids of the takes that were stopped, and of which every archive is made: no film needs them.
    """

    schema: str
    spare_takes: frozenset[str]


def contents(url: str) -> Contents:
    """Look at a database, whatever its version up to ours. Raises DatabaseError. Blocking."""
    refuse_nothing(url)
    with opened(url) as engine, understood(engine), engine.connect() as connection:
        schema = revision_of(connection)
        if schema is None:
            raise DatabaseError(f"The database {engine.url.render_as_string()} is empty: there is nothing to back up")
        needed = select(archives.c.take_id).where(archives.c.status.in_(MAY_STILL_BE_MADE))
        spare = select(takes.c.id).where(takes.c.stopped_at.is_not(None), takes.c.id.not_in(needed))
        return Contents(schema, frozenset(connection.scalars(spare)))


def dump(url: str, folder: Path) -> str:
    """Copy a database, as it is at one moment, into a folder; returns the name of the file.

    Raises DatabaseError. Blocking; whoever works on the database goes on.
    """
    path = sqlite_path(url)
    if path is None:
        _run("pg_dump", url, "--format=custom", "--no-owner", f"--file={folder / POSTGRESQL_DUMP}")
        sync_file(folder / POSTGRESQL_DUMP)
        return POSTGRESQL_DUMP
    copy = folder / FILE
    try:
        with closing(sqlite3.connect(path)) as live, closing(sqlite3.connect(copy)) as target:
            live.backup(target)
            target.execute("pragma journal_mode=delete")  # one file, which needs no other beside it
            if target.execute("pragma quick_check(1)").fetchone() != ("ok",):
                raise DatabaseError(f"{path} is broken: it cannot be backed up")
    except sqlite3.Error as error:
        raise DatabaseError(f"{path} cannot be backed up: {error}") from error
    sync_file(copy)
    return FILE


def refuse_to_overwrite(url: str) -> None:
    """A database that holds anything is not overwritten. Raises DatabaseError. Blocking."""
    path = sqlite_path(url)
    if path is not None:
        if path.exists():
            raise DatabaseError(f"{path} exists: a backup is restored where there is no database yet")
        return
    with opened(url) as engine, understood(engine), engine.connect() as connection:
        if inspect(connection).get_table_names():
            raise DatabaseError(
                f"The database {engine.url.render_as_string()} is not empty: a backup is restored into an empty one"
            )


def refuse_newer(dumped: Path) -> None:
    """The copy of a SQLite database that a newer version made is of no use here. Raises DatabaseError. Blocking."""
    if dumped.name == FILE:
        url = f"sqlite:///{dumped}"
        with opened(url) as engine, understood(engine), engine.connect() as connection:
            revision_of(connection)


def load(dumped: Path, url: str) -> None:
    """Put a copy in place, whole or not at all, where `refuse_to_overwrite` lets us.

    Raises DatabaseError, OSError. Blocking.
    """
    path = sqlite_path(url)
    if (path is None) != (dumped.name == POSTGRESQL_DUMP):
        kind = "SQLite" if path is None else "PostgreSQL"
        raise DatabaseError(f"The backup is of a {kind} database: let REELROOM_DATABASE_URL name one of that kind")
    if path is None:
        _run("pg_restore", url, "--no-owner", "--single-transaction", "--exit-on-error", str(dumped))
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    shutil.copyfile(dumped, partial)
    sync_file(partial)
    partial.replace(path)
    sync_folder(path.parent)


def _run(program: str, url: str, *arguments: str) -> None:
    """One of PostgreSQL's own programs; the password goes by the environment, which nobody else reads."""
    if shutil.which(program) is None:
        raise DatabaseError(
            f"{program} is missing, which copies PostgreSQL's databases: install PostgreSQL's client programs "
            "(Debian: postgresql-client)"
        )
    address, password = _for_libpq(make_url(url))
    environment = {**os.environ, **({"PGPASSWORD": password} if password else {})}
    command: Sequence[str] = [program, "--no-password", f"--dbname={address}", *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        said = next((line for line in done.stderr.splitlines() if line.strip()), f"status {done.returncode}")
        raise DatabaseError(f"The database cannot be copied: {said}")


def _for_libpq(url: URL) -> tuple[str, str]:
    password = str(url.password) if url.password else ""
    return url.set(drivername="postgresql", password=None).render_as_string(hide_password=False), password
