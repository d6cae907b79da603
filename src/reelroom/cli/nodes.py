"""The command line's part about the servers that share a database."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from reelroom.cli.projects import in_store

# Each command imports its own parts.
# ruff: noqa: PLC0415

_console = Console()
_KINDS = {
    "take": "recordings",
    "archive": "films",
    "pieces": "films in pieces",
    "piece": "pieces of others' films",
    "render": "renders",
    "broadcast": "broadcasts",
    "call": "calls",
    "transcript": "transcripts",
    "summary": "summaries",
    "captions": "captions",
}

DataDir = Annotated[Path | None, typer.Option(help="Folder for all state (REELROOM_DATA_DIR; default ./data).")]


def nodes(data_dir: DataDir = None) -> None:
    """Say which servers share the database, what each one runs and how it stands, and which are silent."""
    from reelroom.config import ROLES
    from reelroom.store.database import now_ms
    from reelroom.store.node_roles import WITHOUT
    from reelroom.store.nodes import nodes_of, with_role

    known = nodes_of(in_store(data_dir, lambda store, _projects: store.leases.everything()), now_ms())
    if not known:
        _console.print("No server shares this database (REELROOM_DATABASE_URL) now", highlight=False)
        return
    table = Table("server", "address", "version", "", "roles", "runs", "load", "free", box=None)
    for node in known:
        runs = ", ".join(f"{count} {_KINDS.get(kind, kind)}" for kind, count in sorted(node.holds.items()))
        draining = "[yellow]drains[/]" if node.said.get("draining") else "[green]lives[/]"
        state = draining if node.lives else f"[red]silent for {_span(node.silent_ms)}[/]"
        load, free = node.said.get("busy"), node.said.get("diskFree")
        table.add_row(
            node.name,
            str(node.said.get("address", "")),
            str(node.said.get("version", "")),
            state,
            "all" if node.roles == set(ROLES) else ", ".join(each for each in ROLES if each in node.roles),
            runs or "nothing",
            f"{load:.1f} of {node.said.get('cores', 0):g} cores" if isinstance(load, int | float) else "",
            f"{free / 1e9:.1f} GB" if isinstance(free, int | float) else "",
        )
    _console.print(table, soft_wrap=True)
    for role, count in with_role(known).items():
        if not count:
            _console.print(f"[red]No server has the role {role!r}[/] (REELROOM_ROLES): {WITHOUT[role]}")


def drain(
    seconds: Annotated[int, typer.Option(help="How long what runs may take; then others go on with it.", min=0)] = (
        4 * 3600
    ),
    data_dir: DataDir = None,
) -> None:
    """Have the server take nothing new; it ends once nothing runs there any more. Returns then."""
    from reelroom.config import WrongSettings, read_settings
    from reelroom.roles.stopping import NoServer, drain_server

    try:
        settings = read_settings(**({} if data_dir is None else {"data_dir": data_dir}))
        if not drain_server(settings.data_dir, seconds):
            _console.print(f"It still had work after {seconds} s, and has left it to others.")
    except (WrongSettings, NoServer, OSError) as error:
        _console.print(f"[red]{error}[/]", highlight=False)
        raise typer.Exit(1) from None


def _span(ms: int) -> str:
    seconds = ms // 1000
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
