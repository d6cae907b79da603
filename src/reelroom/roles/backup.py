"""A backup of a data directory, taken while the server works in it, and its way back."""

import os
import shutil
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from tempfile import mkdtemp
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from reelroom.config import Settings
from reelroom.files.durable import sync_file, sync_folder, write_durably
from reelroom.files.private import keep_private
from reelroom.files.space import DISK_SAYS_NO, why_disk_refused
from reelroom.keys import KEYS, read_keys
from reelroom.roles.lock import LOCK, lock
from reelroom.store.dumps import contents, dump, load, refuse_newer, refuse_to_overwrite
from reelroom.store.schema import database_url

MANIFEST = "backup.json"
_TAKES, _ARCHIVES, _FILMS, _PLAN = "takes", "archives", "films", ".plan.json"
_PARTIAL = ".partial"
_MEGABYTE = 1_000_000


class BackupError(Exception):
    """A backup that cannot be made, or cannot be restored; the message says why."""


class Backup(BaseModel):
    """What backup.json says (docs/formats.md): `files` are sizes in bytes, by path; `created_at` in ms."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    version: Literal[1] = 1
    reelroom: str
    created_at: int
    schema_revision: str
    database: str
    films: bool
    takes: bool
    files: dict[str, int]

    @property
    def size(self) -> int:
        """All of it, in bytes."""
        return sum(self.files.values())


def back_up(settings: Settings, to: Path, *, films: bool = True, takes: bool = True) -> Backup:
    """Copy a data directory into the folder `to`, which is there when all of it is. Blocking.

    Without `takes`, those that a film is still to be made of are copied all the same: they may be the only copy of a
    meeting. Raises BackupError, DatabaseError; nothing is left of a copy that fails.
    """
    data_dir, to = settings.data_dir.resolve(), to.resolve()
    if to.is_relative_to(data_dir):
        raise BackupError(f"{to} lies in the data directory itself: choose a folder elsewhere")
    if to.exists() and not _is_empty_folder(to):
        raise BackupError(f"{to} is not an empty folder: a backup overwrites nothing")
    if not data_dir.is_dir():
        raise BackupError(f"{data_dir} is no data directory")
    keys = read_keys(data_dir)
    if keys is None:
        raise BackupError(f"{data_dir / KEYS} is missing or broken: without it a backup opens no room and no film")
    url = database_url(data_dir, settings.database_url)
    before = contents(url)
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(mkdtemp(prefix=f"{to.name}{_PARTIAL}-", dir=to.parent))  # for the owner only, as keys are
    except OSError as error:
        raise BackupError(f"{to} cannot be written: {error.strerror}") from error
    try:
        database = dump(url, partial)  # before the files: what it speaks of is copied after it
        write_durably(partial / KEYS, keys.model_dump_json(indent=2) + "\n", mode=0o600)
        left_out = frozenset() if takes else before.spare_takes
        for path in _wanted(data_dir, left_out, films=films):
            _copy_if_there(data_dir / path, partial / path)
        made = Backup(
            reelroom=version("reelroom"),
            created_at=time.time_ns() // 1_000_000,
            schema_revision=before.schema,
            database=database,
            films=films,
            takes=takes,
            files={str(path): (partial / path).stat().st_size for path in _below(partial)},
        )
        write_durably(partial / MANIFEST, made.model_dump_json(indent=2, by_alias=True) + "\n", mode=0o600)
        _sync_folders(partial)
        partial.replace(to)
        sync_folder(to.parent)
    except OSError as error:
        raise BackupError(f"The backup cannot be written: {_why(error)}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return made


def restore(settings: Settings, source: Path) -> Backup:
    """Make a data directory of a backup; the database comes last, so that no server works in half of one. Blocking.

    Raises BackupError, DatabaseError, DataDirectoryInUse; what is there already is not overwritten.
    """
    made = _read_manifest(source)
    data_dir = settings.data_dir.resolve()
    url = database_url(data_dir, settings.database_url)
    if data_dir.exists() and not _is_empty_folder(data_dir, beside=LOCK):
        raise BackupError(f"{data_dir} is not an empty folder: a backup is restored into a new one only")
    refuse_to_overwrite(url)
    refuse_newer(source / made.database)
    try:
        keep_private(data_dir)
        if (free := shutil.disk_usage(data_dir).free) < made.size:
            raise BackupError(
                f"{data_dir} has too little space: {free / _MEGABYTE:.0f} MB are free, and the backup has "
                f"{made.size / _MEGABYTE:.0f} MB"
            )
        with lock(data_dir):
            try:
                _put_in_place(made, source, data_dir, url)
            except BaseException:
                _empty(data_dir)  # all in it is ours
                raise
    except OSError as error:
        raise BackupError(f"The backup cannot be restored: {_why(error)}") from error
    return made


def _put_in_place(made: Backup, source: Path, data_dir: Path, url: str) -> None:
    for name in made.files:
        if name not in {made.database, KEYS}:
            _copy(source / name, data_dir / name)
    _sync_folders(data_dir)
    load(source / made.database, url)
    write_durably(data_dir / KEYS, (source / KEYS).read_bytes(), mode=0o600)


def _empty(data_dir: Path) -> None:
    for path in data_dir.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != LOCK:
            path.unlink(missing_ok=True)


def _read_manifest(source: Path) -> Backup:
    """What a backup says it holds, and does hold. Raises BackupError."""
    try:
        made = Backup.model_validate_json((source / MANIFEST).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise BackupError(f"{source} is no backup: it holds no {MANIFEST}") from None
    except ValidationError:
        raise BackupError(f"{source} is not a backup that this version understands") from None
    except OSError as error:
        raise BackupError(f"{source} cannot be read: {error.strerror}") from None
    for name, size in made.files.items():
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise BackupError(f"{source} is not a backup: it names {name}")
        path = source / name
        if not path.is_file() or path.stat().st_size != size:
            how = "is missing" if not path.is_file() else "has another size"
            raise BackupError(f"{source} is damaged: {name} {how}, so nothing was restored")
    return made


def _wanted(data_dir: Path, left_out: frozenset[str], *, films: bool) -> Iterator[Path]:
    """The paths to copy. Events go before tracks, which may then have more than they say, and never less."""
    if films:
        for path in _below(data_dir / _ARCHIVES):
            yield _ARCHIVES / path
    for take in _names(data_dir / _TAKES):
        if take in left_out:
            continue
        paths = _below(data_dir / _TAKES / take)
        for path in sorted(paths, key=lambda path: (len(path.parts), path)):
            # Of films in the making only plans are kept, where earlier versions had them.
            if path.parts[0] != _FILMS or path.name.endswith(_PLAN):
                yield Path(_TAKES, take, path)


def _below(folder: Path) -> list[Path]:
    """The files in a folder and its folders, but for those that are being written; links are not followed."""
    found = []
    for at, _, names in os.walk(folder):
        paths = (Path(at, name) for name in names if not name.endswith(_PARTIAL))
        found += [path.relative_to(folder) for path in paths if path.is_file() and not path.is_symlink()]
    return found


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def _is_empty_folder(folder: Path, beside: str = "") -> bool:
    return folder.is_dir() and all(path.name == beside for path in folder.iterdir())


def _copy_if_there(source: Path, target: Path) -> None:
    """What is removed meanwhile is no part of the backup."""
    try:
        _copy(source, target)
    except FileNotFoundError:
        if source.exists():
            raise


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    shutil.copystat(source, target)
    sync_file(target)


def _sync_folders(folder: Path) -> None:
    for at, _, _ in os.walk(folder):
        sync_folder(Path(at))


def _why(error: OSError) -> str:
    if error.errno in DISK_SAYS_NO:
        return why_disk_refused(error)
    return f"{error.filename or ''}: {error.strerror or error}".removeprefix(": ")
