"""A data directory is copied while somebody writes to it, and comes back whole, or not at all."""

import asyncio
import json
import signal
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from reelroom.cli.main import cli
from reelroom.config import Settings
from reelroom.keys import load_keys
from reelroom.roles.backup import BackupError, back_up, restore
from reelroom.roles.lock import lock
from reelroom.store.schema import DatabaseError, database_url, migrate, prepare
from reelroom.store.store import Store
from reelroom.store.values import Archive, KeptTake, Session
from tests.postgres import Cluster
from tests.test_schema_upgrade import die_in_call, in_child


def archive(name: str, take: str, status: str) -> Archive:
    return Archive(
        id=name,
        session_id="s",
        take_id=take,
        status=status,
        resolution="640x480",
        start_us=1,
        end_us=2,
        created_at=1,
        updated_at=1,
    )


async def fill(url: str) -> None:
    store = Store(url)
    await store.add(Session(id="s", created_at=1))
    await store.add(*(KeptTake(id=take, session_id="s", created_at=1, stopped_at=1) for take in ("done", "failed")))
    await store.add(KeptTake(id="running", session_id="s", created_at=1))
    await store.add(archive("a", "done", "available"), archive("b", "failed", "failed"))
    await store.add(archive("c", "running", "started"))
    await store.close()


async def archives(url: str) -> set[str]:
    store = Store(url)
    try:
        return {each.id for each in await store.archives.of_session("s")}
    finally:
        await store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """A data directory that is in use, with a database of either kind."""
    url = ""
    if request.param == "postgresql":
        postgres: Cluster = request.getfixturevalue("postgres")
        url = postgres.url(postgres.database())
    return in_use(tmp_path / "data", url)


@pytest.fixture
def data(tmp_path: Path) -> Settings:
    return in_use(tmp_path / "data")


def in_use(folder: Path, url: str = "") -> Settings:
    settings = Settings(data_dir=folder, database_url=url)
    folder.mkdir()
    prepare(folder, database_url(folder, url))
    asyncio.run(fill(database_url(folder, url)))
    load_keys(folder)
    for take in ("done", "failed", "running"):
        tracks = folder / "takes" / take / "tracks"
        tracks.mkdir(parents=True)
        (tracks / "1.mkv").write_bytes(take.encode() * 1000)
        (tracks.parent / "events.jsonl").write_text("{}\n")
        (tracks.parent / "films").mkdir()
        (tracks.parent / "films" / "a.mp4").write_bytes(b"in the making")
        (tracks.parent / "films" / "a.plan.json").write_text("{}")
    (folder / "archives").mkdir()
    (folder / "archives" / "a.mp4").write_bytes(b"a film")
    (folder / "archives" / "b.mp4.partial").write_bytes(b"half a film")
    (folder / "logs").mkdir()
    (folder / "logs" / "engine.log").write_text("words")
    return settings


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def command(*words: str | Path, **environment: str) -> Result:
    done = CliRunner().invoke(cli, [str(word) for word in words], env=environment)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def refusal(*words: str | Path, **environment: str) -> str:
    """What a command says that is refused: one line."""
    done = command(*words, **environment)
    assert done.exit_code == 1, done.output
    (line,) = done.output.splitlines()
    return line


def test_what_is_backed_up_comes_back(kept: Settings, tmp_path: Path, postgres: Cluster) -> None:
    to, elsewhere = tmp_path / "backups" / "today", tmp_path / "elsewhere"
    with lock(kept.data_dir):  # as a server that runs does
        made = back_up(kept, to)
    url = postgres.url(postgres.database()) if kept.database_url else ""
    restore(Settings(data_dir=elsewhere, database_url=url), to)
    assert asyncio.run(archives(database_url(elsewhere, url))) == {"a", "b", "c"}
    assert load_keys(elsewhere, may_make=lambda: False) == load_keys(kept.data_dir)
    assert (elsewhere / "keys.json").stat().st_mode & 0o077 == 0
    before, after = files(kept.data_dir), files(elsewhere)
    same = {name for name in after if before.get(name) == after[name]}
    assert {"archives/a.mp4", "takes/running/tracks/1.mkv", "takes/done/films/a.plan.json"} < same
    assert not {name for name in after if name.endswith((".partial", "films/a.mp4", ".log"))}
    assert made.size == sum((to / name).stat().st_size for name in made.files)
    assert [path.name for path in to.parent.iterdir()] == ["today"]


def test_a_take_that_a_film_is_still_to_be_made_of_is_never_left_out(kept: Settings, tmp_path: Path) -> None:
    back_up(kept, tmp_path / "backup", takes=False, films=False)
    assert {path.name for path in (tmp_path / "backup" / "takes").iterdir()} == {"failed", "running"}
    assert not (tmp_path / "backup" / "archives").exists()


def test_a_database_is_copied_as_it_is_at_one_moment_while_it_is_written_to(data: Settings, tmp_path: Path) -> None:
    """Two rows are always written together: no copy ever has one of them."""
    path, over = data.data_dir / "reelroom.db", threading.Event()
    written = threading.Event()

    def write() -> None:
        connection = sqlite3.connect(path, isolation_level=None)
        insert = "insert into callbacks values (?, 'p', 'archive', 'status', 'http://x', 1)"
        number = 0
        while not over.is_set():
            connection.execute("begin immediate")
            for half in ("a", "b"):
                connection.execute(insert, (f"{number}{half}",))
            connection.execute("commit")
            number += 1
            written.set()
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    written.wait(30)
    counts = []
    try:
        for number in range(10):
            back_up(data, tmp_path / str(number), films=False, takes=False)
            copy = sqlite3.connect(tmp_path / str(number) / "reelroom.db")
            counts.append(copy.execute("select count(*) from callbacks").fetchone()[0])
            copy.close()
    finally:
        over.set()
        writer.join()
    assert all(count % 2 == 0 for count in counts)
    assert counts == sorted(counts) and counts[-1] > counts[0] >= 2


def backup_until(settings: Settings, to: Path, fatal: int, counted: Path | None = None) -> None:
    die_in_call(lambda: back_up(settings, to), fatal, counted)


def restore_until(settings: Settings, source: Path, fatal: int, counted: Path | None = None) -> None:
    die_in_call(lambda: restore(settings, source), fatal, counted)


@pytest.mark.slow
def test_a_backup_that_is_killed_at_any_moment_is_none(data: Settings, tmp_path: Path) -> None:
    assert in_child(backup_until, data, tmp_path / "whole", 0, tmp_path / "count") == 0
    calls = int((tmp_path / "count").read_text())
    left = 0
    for moment in range(30):
        to = tmp_path / f"to-{moment}"
        assert in_child(backup_until, data, to, 1 + calls * moment // 30) == -signal.SIGKILL
        left += any(tmp_path.glob(f"{to.name}.partial-*"))
        if to.exists():  # all of it is there: what was left was to say so
            assert files(to).keys() == files(tmp_path / "whole").keys()
    assert left > 5


@pytest.mark.slow
def test_what_a_killed_restore_leaves_is_never_a_server_without_its_recordings(
    data: Settings, tmp_path: Path
) -> None:
    back_up(data, tmp_path / "backup")
    assert in_child(restore_until, Settings(data_dir=tmp_path / "0"), tmp_path / "backup", 0, tmp_path / "count") == 0
    calls = int((tmp_path / "count").read_text())
    for moment in range(30):
        folder = tmp_path / f"restored-{moment}"
        killed = in_child(restore_until, Settings(data_dir=folder), tmp_path / "backup", 1 + calls * moment // 30)
        assert killed == -signal.SIGKILL
        if (folder / "reelroom.db").exists():
            assert (folder / "archives" / "a.mp4").read_bytes() == b"a film"
            assert len(list((folder / "takes").glob("*/tracks/1.mkv"))) == 3
        elif any(folder.glob("takes/*/take.json")) or any(folder.glob("archives/*")):
            with pytest.raises(DatabaseError, match="is missing, though"):
                prepare(folder, database_url(folder))


def test_nothing_is_restored_over_what_is_there(data: Settings, tmp_path: Path) -> None:
    back_up(data, tmp_path / "backup")
    before = files(data.data_dir)
    said = refusal("restore", tmp_path / "backup", "--data-dir", data.data_dir)
    assert said == f"{data.data_dir} is not an empty folder: a backup is restored into a new one only"
    elsewhere = tmp_path / "film.txt"
    elsewhere.write_text("mine")
    assert "is not an empty folder" in refusal("restore", tmp_path / "backup", "--data-dir", elsewhere)
    assert files(data.data_dir) == before
    named = f"sqlite:///{data.data_dir / 'reelroom.db'}"
    said = refusal("restore", tmp_path / "backup", "--data-dir", tmp_path / "new", REELROOM_DATABASE_URL=named)
    assert said.endswith("exists: a backup is restored where there is no database yet")
    assert files(data.data_dir) == before and not (tmp_path / "new").exists()


@pytest.mark.parametrize("kept", ["postgresql"], indirect=True)
def test_a_database_of_postgresql_that_holds_anything_is_not_overwritten(kept: Settings, tmp_path: Path) -> None:
    back_up(kept, tmp_path / "backup")
    with pytest.raises(DatabaseError, match="is not empty: a backup is restored into an empty one"):
        restore(Settings(data_dir=tmp_path / "new", database_url=kept.database_url), tmp_path / "backup")
    with pytest.raises(DatabaseError, match="is of a PostgreSQL database"):
        restore(Settings(data_dir=tmp_path / "new"), tmp_path / "backup")
    assert [path.name for path in (tmp_path / "new").glob("*")] in ([], ["lock"])


def test_without_pg_dump_its_package_is_named(
    kept: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    if not kept.database_url:
        back_up(kept, tmp_path / "backup")  # SQLite needs no program
        return
    with pytest.raises(DatabaseError, match=r"pg_dump is missing.*postgresql-client"):
        back_up(kept, tmp_path / "backup")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]


def lose(name: str) -> Callable[[Path], None]:
    return lambda backup: (backup / name).unlink()


def cut(name: str) -> Callable[[Path], None]:
    return lambda backup: (backup / name).write_bytes((backup / name).read_bytes()[:-1])


def newer(backup: Path) -> None:
    path = backup / "reelroom.db"
    with sqlite3.connect(path) as connection:
        connection.execute("update alembic_version set version_num = '9999'")
    connection.close()


def manifest(**changes: object) -> Callable[[Path], None]:
    def change(backup: Path) -> None:
        path = backup / "backup.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return change


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lose("backup.json"), "is no backup: it holds no backup.json"),
        (lose("archives/a.mp4"), "is damaged: archives/a.mp4 is missing"),
        (cut("takes/failed/tracks/1.mkv"), "is damaged: takes/failed/tracks/1.mkv has another size"),
        (newer, "is of a newer Reelroom (schema 9999)"),
        (manifest(version=2), "is not a backup that this version understands"),
        (manifest(files={"../../etc/passwd": 1}), "is not a backup: it names ../../etc/passwd"),
    ],
    ids=["no-manifest", "lost", "cut", "newer", "of-a-newer-format", "outside"],
)
def test_a_backup_that_is_not_whole_is_one_sentence_and_nothing_is_restored(
    data: Settings, tmp_path: Path, damage: Callable[[Path], None], words: str
) -> None:
    backup = tmp_path / "backup"
    back_up(data, backup)
    damage(backup)
    assert words in refusal("restore", backup, "--data-dir", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_no_backup_overwrites_anything_or_is_made_of_nothing(data: Settings, tmp_path: Path) -> None:
    given = ("--data-dir", data.data_dir)
    assert "lies in the data directory itself" in refusal("backup", data.data_dir / "backup", *given)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    assert "is not an empty folder" in refusal("backup", tmp_path / "full", *given)
    assert "is no data directory" in refusal("backup", tmp_path / "to", "--data-dir", tmp_path / "nothing")
    (data.data_dir / "keys.json").write_text("{")
    (data.data_dir / "keys.json.bak").unlink()
    assert "keys.json is missing or broken" in refusal("backup", tmp_path / "to", *given)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "full"]


def test_a_disk_that_is_full_leaves_no_half_of_a_backup(
    data: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    real = Path.replace

    def full(path: Path, target: Path) -> Path:
        if path.name == "backup.json.partial":
            with Path("/dev/full").open("wb", buffering=0) as file:
                file.write(b"x")
        return real(path, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(BackupError, match="The backup cannot be written: the disk is full"):
        back_up(data, tmp_path / "to")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_backup_of_an_earlier_version_is_upgraded_by_the_first_start(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    migrate(database_url(folder), "0003")
    load_keys(folder)
    made = back_up(Settings(data_dir=folder), tmp_path / "backup")
    assert made.schema_revision == "0003"
    restore(Settings(data_dir=tmp_path / "new"), tmp_path / "backup")
    prepare(tmp_path / "new", database_url(tmp_path / "new"))
    assert asyncio.run(archives(database_url(tmp_path / "new"))) == set()
