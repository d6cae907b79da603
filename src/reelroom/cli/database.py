"""The command line's part about the database of a data directory."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from reelroom.config import Settings

# Each command imports its own parts.
# ruff: noqa: PLC0415

_console = Console()
_errors = Console(stderr=True)

DataDir = Annotated[Path | None, typer.Option(help="Folder for all state (REELROOM_DATA_DIR; default ./data).")]


def upgrade(
    check: Annotated[
        bool, typer.Option("--check", help="Only say what would be done; status 1 if anything.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Bring the database up to this version; a server that starts does so, too."""
    from reelroom.store.schema import DatabaseError, database_url, pending, prepare

    settings = Settings()
    folder = data_dir or settings.data_dir
    try:
        url = database_url(folder, settings.database_url)
        if not settings.database_url and not (folder / "reelroom.db").exists():
            raise DatabaseError(f"{folder} is no data directory: it holds no reelroom.db")
        steps = pending(url)
        if not check:
            prepare(folder, url)
        for step in steps:
            _console.print(step, highlight=False, markup=False, soft_wrap=True)
    except (DatabaseError, OSError) as error:
        _errors.print(str(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(2 if check else 1) from None
    if check and steps:
        raise typer.Exit(1)
    _console.print("The database is up to date", highlight=False)
