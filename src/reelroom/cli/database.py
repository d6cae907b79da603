"""The command line's part about the database of a data directory."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from reelroom.config import Settings, WrongSettings, read_settings

# Each command imports its own parts.
# ruff: noqa: PLC0415

_console = Console()
_errors = Console(stderr=True)

DataDir = Annotated[Path | None, typer.Option(help="Folder for all state (REELROOM_DATA_DIR; default ./data).")]
_MEGABYTE = 1_000_000


def _settings(data_dir: Path | None) -> Settings:
    """Raises WrongSettings."""
    return read_settings(**({} if data_dir is None else {"data_dir": data_dir}))


def _say(error: Exception) -> None:
    _errors.print(str(error), style="red", markup=False, soft_wrap=True)


def upgrade(
    check: Annotated[
        bool, typer.Option("--check", help="Only say what would be done; status 1 if anything.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Bring the database up to this version; a server that starts does so, too."""
    from reelroom.store.schema import DatabaseError, database_url, pending, prepare

    try:
        settings = _settings(data_dir)
        folder = settings.data_dir
        url = database_url(folder, settings.database_url)
        if not settings.database_url and not (folder / "reelroom.db").exists():
            raise DatabaseError(f"{folder} is no data directory: it holds no reelroom.db")
        steps = pending(url)
        if not check:
            prepare(folder, url)
        for step in steps:
            _console.print(step, highlight=False, markup=False, soft_wrap=True)
    except (DatabaseError, WrongSettings, OSError) as error:
        _say(error)
        raise typer.Exit(2 if check else 1) from None
    if check and steps:
        raise typer.Exit(1)
    _console.print("The database is up to date", highlight=False)


def backup(
    to: Annotated[Path, typer.Argument(help="The folder to make; it must not be there yet, or be empty.")],
    films: Annotated[bool, typer.Option(help="With the films that are made.")] = True,
    takes: Annotated[
        bool, typer.Option(help="With all takes; else with those only that a film is still to be made of.")
    ] = True,
    data_dir: DataDir = None,
) -> None:
    """Copy all state into another folder, whether a server runs or not."""
    from reelroom.roles.backup import BackupError, back_up
    from reelroom.store.schema import DatabaseError

    try:
        made = back_up(_settings(data_dir), to, films=films, takes=takes)
    except (BackupError, DatabaseError, WrongSettings, OSError) as error:
        _say(error)
        raise typer.Exit(1) from None
    _console.print(f"{to}: {_extent(len(made.files), made.size)}", highlight=False, markup=False, soft_wrap=True)


def restore(
    source: Annotated[Path, typer.Argument(help="The folder that `reelroom backup` made.")],
    data_dir: DataDir = None,
) -> None:
    """Make a new data directory of a backup; one that holds anything is refused."""
    from reelroom.roles.backup import BackupError
    from reelroom.roles.backup import restore as put_back
    from reelroom.roles.lock import DataDirectoryInUse
    from reelroom.store.schema import DatabaseError

    try:
        settings = _settings(data_dir)
        made = put_back(settings, source)
    except (BackupError, DatabaseError, DataDirectoryInUse, WrongSettings, OSError) as error:
        _say(error)
        raise typer.Exit(1) from None
    _console.print(
        f"{settings.data_dir}: {_extent(len(made.files), made.size)} restored",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


def _extent(files: int, size: int) -> str:
    return f"{files} files, {size / _MEGABYTE:.1f} MB"
