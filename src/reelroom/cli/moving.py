"""The command line's part about what leaves this server's disk for the depot."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from reelroom.archives.moving import Moved

# Each command imports its own parts.
# ruff: noqa: PLC0415

_console = Console()
_errors = Console(stderr=True)
_LOOK = 0.2  # s
_BEGINS_WITHIN = 60.0  # s: a server that is asked begins within two, unless it is busy

DataDir = Annotated[Path | None, typer.Option(help="Folder for all state (REELROOM_DATA_DIR; default ./data).")]


def move_to_store(data_dir: DataDir = None) -> None:
    """Have the running server move its films and tracks to the depot (REELROOM_DEPOT). Returns when that is done.

    It goes on if this command, or the server, ends. Nothing leaves the disk before it was read back and compared.
    """
    from reelroom.archives.moving import ORDER, Moved, read_order, write_order
    from reelroom.config import WrongSettings, read_settings
    from reelroom.roles.lock import holder

    try:
        folder = read_settings(**({} if data_dir is None else {"data_dir": data_dir})).data_dir
        if holder(folder) is None:
            raise _fail(f"No server works in {folder}: start it, with REELROOM_DEPOT set; it moves while it serves")
        order = read_order(folder)
        if order is None or order.state == "done":
            write_order(folder, Moved())
    except (WrongSettings, OSError) as error:
        raise _fail(str(error)) from None
    asked_at = time.monotonic()
    said = ""
    while (order := read_order(folder)) is not None and order.state != "done":
        if order.state == "asked" and time.monotonic() - asked_at > _BEGINS_WITHIN:
            (folder / ORDER).unlink(missing_ok=True)
            raise _fail("The server does not begin: it is to run with REELROOM_DEPOT set, in this version")
        if order.problem and order.problem != said:
            said = order.problem
            _console.print(f"{_extent(order)} moved; not yet: {said}", highlight=False, markup=False, soft_wrap=True)
        if holder(folder) is None:
            raise _fail(f"The server has ended: its next start goes on with it ({_extent(order)} moved)")
        time.sleep(_LOOK)
    if order is not None:
        (folder / ORDER).unlink(missing_ok=True)
        _console.print(f"{_extent(order)} moved to the depot", highlight=False)


def _extent(order: "Moved") -> str:
    return f"{order.files} files, {order.bytes / 1e6:.1f} MB"


def _fail(message: str) -> typer.Exit:
    _errors.print(message, style="red", markup=False, soft_wrap=True)
    return typer.Exit(1)
