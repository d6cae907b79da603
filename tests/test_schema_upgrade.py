"""An upgrade or a first start may be killed at any moment; a database that is not ours is not touched."""

import multiprocessing
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event
from typer.testing import CliRunner

from reelroom.cli.main import cli
from reelroom.keys import load_keys
from reelroom.store.schema import DatabaseError, database_url, migrate, pending, prepare

# A process that has imported all of this, and has no threads, is forked a hundred times: other tests may have left
# threads in this one, and what they hold is held for ever in a fork.
_SPAWN = multiprocessing.get_context("forkserver")
_SPAWN.set_forkserver_preload([__name__])
_MOMENTS = 50


def in_child(work: Callable[..., Any], *arguments: object) -> int | None:
    """Run something in a process of its own; returns its exit code, negative for the signal that ended it."""
    child: BaseProcess = _SPAWN.Process(target=work, args=arguments)
    child.start()
    child.join(60)
    assert not child.is_alive()
    return child.exitcode


def migrate_until(url: str, fatal: int) -> None:
    """Upgrade a database, and die at the statement of that number; a commit counts, too."""
    count = 0

    def step(*_: object, **__: object) -> None:
        nonlocal count
        count += 1
        if count == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", step)
    event.listen(Engine, "commit", step)
    migrate(url)


def schema_and_rows(path: Path) -> dict[str, tuple[list[str], list[Any]]]:
    """What a database is and holds, by the names of its tables and indexes."""
    connection = sqlite3.connect(path)
    try:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
        found = {}
        for name, kind, sql in connection.execute("select name, type, coalesce(sql, '') from sqlite_master"):
            # Alembic names constraints in any order when it copies a table, so the lines are what is compared.
            lines = sorted(line.strip(" \t,") for line in sql.splitlines())
            rows = connection.execute(f"select * from {name}").fetchall() if kind == "table" else []
            found[name] = (lines, rows)
        return found
    finally:
        connection.close()


@pytest.fixture(scope="module")
def first_version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of the first version, with something in it."""
    folder = tmp_path_factory.mktemp("first")
    migrate(database_url(folder), "0001")
    path = folder / "reelroom.db"
    with sqlite3.connect(path) as connection:
        connection.execute("insert into sessions values ('s', 1)")
        connection.execute("insert into takes (id, session_id, created_at) values ('t', 's', 1)")
        connection.execute(
            "insert into archives values"
            " ('a', 's', null, 't', 'demo', 'available', '', '1280x720', 1, 2, 3, 4, '', 5, 6)"
        )
    connection.close()
    return path


@pytest.mark.parametrize(
    "apart", [pytest.param(1, id="any", marks=pytest.mark.slow), pytest.param(7, id="each seventh")]
)
@pytest.mark.parametrize("begin", [pytest.param("nothing", marks=pytest.mark.slow), "the first version"])
def test_an_upgrade_that_is_killed_at_any_statement_goes_on_at_the_next_start(
    tmp_path: Path, first_version: Path, begin: str, apart: int
) -> None:
    if begin == "nothing":
        migrate(database_url(tmp_path), "base")  # a file, with nothing in it
    else:
        shutil.copy(first_version, tmp_path / "reelroom.db")
    url, path = database_url(tmp_path), tmp_path / "reelroom.db"
    before, steps = schema_and_rows(path), pending(url)
    fatal = 1
    while (code := in_child(migrate_until, url, fatal)) != 0:
        assert code == -signal.SIGKILL
        assert schema_and_rows(path) == before, fatal
        assert pending(url) == steps, fatal
        fatal += apart
    assert fatal > 60  # else the hooks counted nothing
    other = tmp_path / "other"
    other.mkdir()
    if begin != "nothing":
        shutil.copy(first_version, other / "reelroom.db")
    migrate(database_url(other))
    assert schema_and_rows(path) == schema_and_rows(other / "reelroom.db") != before


def start_until(folder: Path, fatal: int, counted: Path | None = None) -> None:
    """What a first start does with its data directory; it dies in the call of that number."""

    def work() -> None:
        prepare(folder, database_url(folder))
        load_keys(folder)

    die_in_call(work, fatal, counted)


def die_in_call(work: Callable[[], object], fatal: int, counted: Path | None) -> None:
    """Do it, and die in the call of that number; `counted` is where the number of all is written."""
    count = 0

    def step(_frame: object, happened: str, _what: object) -> None:
        nonlocal count
        if "call" in happened:
            count += 1
            if count == fatal:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(step)
    work()
    sys.setprofile(None)
    if counted is not None:
        counted.write_text(str(count))


@pytest.mark.slow
def test_a_first_start_that_is_killed_at_any_moment_is_repeated(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    assert in_child(start_until, whole, 0, tmp_path / "count") == 0
    calls, expected = int((tmp_path / "count").read_text()), schema_and_rows(whole / "reelroom.db")
    left_behind = set()
    for moment in range(_MOMENTS):
        folder = tmp_path / str(moment)
        folder.mkdir()
        assert in_child(start_until, folder, 1 + calls * moment // _MOMENTS) == -signal.SIGKILL
        left_behind |= {path.name for path in folder.iterdir()}
        prepare(folder, database_url(folder))
        assert schema_and_rows(folder / "reelroom.db") == expected, moment
        assert load_keys(folder)
        assert {path.name for path in folder.iterdir()} == {"reelroom.db", "keys.json", "keys.json.bak"}
    assert "reelroom.db.new" in left_behind


def test_two_that_upgrade_at_once_do_it_once(tmp_path: Path, first_version: Path) -> None:
    shutil.copy(first_version, tmp_path / "reelroom.db")
    children = [_SPAWN.Process(target=migrate, args=(database_url(tmp_path),)) for _ in range(6)]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
    assert [child.exitcode for child in children] == [0] * 6
    assert pending(database_url(tmp_path)) == []


def broken(path: Path) -> None:
    path.write_bytes(os.urandom(5000))


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def scribbled(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[100:4096] = b"\xff" * 3996
    path.write_bytes(data)


def sql(*statements: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with sqlite3.connect(path) as connection:
            for statement in statements:
                connection.execute(statement)
        connection.close()

    return change


def foreign(path: Path) -> None:
    path.unlink()
    sql("create table songs (title text)")(path)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def missing(path: Path) -> None:
    path.unlink()
    (path.parent / "takes" / "t").mkdir(parents=True)
    (path.parent / "takes" / "t" / "take.json").write_text("{}")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (broken, "is broken"),
        (half, "is broken"),
        (scribbled, "is broken"),
        (sql("update alembic_version set version_num = '9999'"), "is of a newer Reelroom (schema 9999)"),
        (sql("delete from alembic_version"), "is half made by an earlier version"),
        (sql("drop table archives", "drop table renders", "drop table sessions"), "its tables are missing"),
        (foreign, "is another program's"),
        (empty, "is empty"),
        (a_folder, "is a folder"),
        (missing, "is missing, though"),
    ],
    ids=["random", "half", "scribbled", "newer", "no-version", "no-tables", "foreign", "empty", "folder", "missing"],
)
def test_a_database_that_is_not_ours_is_one_sentence_and_stays_as_it_is(
    tmp_path: Path, damage: Callable[[Path], None], words: str
) -> None:
    prepare(tmp_path, database_url(tmp_path))
    load_keys(tmp_path)
    path = tmp_path / "reelroom.db"
    damage(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(DatabaseError) as refused:
        prepare(tmp_path, database_url(tmp_path))
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)
    for command in (["project", "list"], ["upgrade"], ["callbacks", "list"], ["recut", "some-id"]):
        done = CliRunner().invoke(cli, [*command, "--data-dir", str(tmp_path)])
        assert done.exit_code == 1, done.output
        assert len(done.output.splitlines()) == 1
        assert isinstance(done.exception, SystemExit)
    assert (path.read_bytes() if path.is_file() else None) == before


def test_an_upgrade_says_what_it_would_do(tmp_path: Path, first_version: Path) -> None:
    shutil.copy(first_version, tmp_path / "reelroom.db")
    before = (tmp_path / "reelroom.db").read_bytes()
    ask = ["upgrade", "--check", "--data-dir", str(tmp_path)]
    done = CliRunner().invoke(cli, ask)
    assert (done.exit_code, done.output.splitlines()[0].partition(":")[0]) == (1, "0002")
    assert (tmp_path / "reelroom.db").read_bytes() == before
    assert CliRunner().invoke(cli, ["upgrade", "--data-dir", str(tmp_path)]).exit_code == 0
    done = CliRunner().invoke(cli, ask)
    assert (done.exit_code, done.output) == (0, "The database is up to date\n")
