"""The command line's part about projects and their callbacks; it works beside a running server, and without one."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from reelroom.config import read_settings

if TYPE_CHECKING:
    from reelroom.projects.projects import Project, Projects
    from reelroom.store.store import Store

# Each command imports its own parts.
# ruff: noqa: PLC0415

projects = typer.Typer(help="Projects: the keys under which applications call the API.", no_args_is_help=True)
callbacks = typer.Typer(help="Callbacks to applications.", no_args_is_help=True)
_console = Console()
_errors = Console(stderr=True)
_T = TypeVar("_T")

DataDir = Annotated[Path | None, typer.Option(help="Folder with all state (REELROOM_DATA_DIR; default ./data).")]
PublicKey = Annotated[
    Path | None, typer.Option(help="PEM file with an RSA public key: makes the project a Vonage application.")
]
Key = Annotated[str, typer.Argument(help="The project's key.")]


def in_store(data_dir: Path | None, work: "Callable[[Store, Projects], Awaitable[_T]]") -> _T:
    """What `work` finds in the store of a data directory; what is wrong is said, and ends the program."""
    from reelroom.files.private import keep_private
    from reelroom.projects.projects import ProjectError, Projects
    from reelroom.roles.secrets import own_keys
    from reelroom.store.schema import DatabaseError, database_url, prepare
    from reelroom.store.store import Store

    async def run(folder: Path, url: str, configured: str) -> _T:
        store = Store(url)
        projects = Projects(store, own_keys(folder, configured))
        try:
            await projects.ensure_own_project()
            return await work(store, projects)
        finally:
            await store.close()

    try:
        settings = read_settings()
        folder = data_dir or settings.data_dir
        url = database_url(folder, settings.database_url)
        keep_private(folder)
        prepare(folder, url)
        return asyncio.run(run(folder, url, settings.database_url))
    except (ProjectError, OSError, ValueError, DatabaseError) as error:
        _errors.print(str(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None


def _read(public_key: Path | None) -> str:
    if public_key is None:
        return ""
    try:
        return public_key.read_text()
    except (OSError, ValueError) as error:
        _errors.print(f"{public_key}: {error}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None


def _show(project: "Project") -> None:
    kind = "application" if project.is_application else "API key"
    _console.print(f"{kind}: {project.key}\nsecret: {project.secret}", highlight=False, markup=False)


@projects.command()
def create(
    name: Annotated[str, typer.Argument(help="What the project is for.")],
    public_key: PublicKey = None,
    data_dir: DataDir = None,
) -> None:
    """Make a project, and print its key and secret: the secret is shown this once."""
    pem = _read(public_key)
    _show(in_store(data_dir, lambda _store, projects: projects.create(name, pem)))


@projects.command("list")
def list_projects(data_dir: DataDir = None) -> None:
    """List all projects, without their secrets."""
    table = Table("key", "name", "kind", "made", "", box=None)
    for project in in_store(data_dir, lambda _store, projects: projects.all()):
        kind = "application" if project.is_application else "project"
        state = "" if project.enabled else "disabled"
        table.add_row(project.key, project.name, kind, time_text(project.created_at), state)
    _console.print(table)


@projects.command()
def rotate(
    key: Key,
    public_key: PublicKey = None,
    overlap_hours: Annotated[
        float, typer.Option(help="How long the old secret holds beside the new one.", min=0, max=30 * 24)
    ] = 0,
    data_dir: DataDir = None,
) -> None:
    """Give a project a new secret; then the old one is worth nothing, and whoever came in by it is disconnected."""
    pem, overlap = _read(public_key), int(overlap_hours * 3600)
    rotated = in_store(data_dir, lambda _store, projects: projects.rotate(key, pem, overlap))
    _show(rotated)
    if overlap:
        _console.print(f"The old secret holds until {time_text(rotated.old_secret_until)}.", highlight=False)


@projects.command()
def disable(key: Key, data_dir: DataDir = None) -> None:
    """Refuse all calls and tokens of a project from now on; nothing of it is removed."""
    in_store(data_dir, lambda _store, projects: projects.enable(key, False))


@projects.command()
def enable(key: Key, data_dir: DataDir = None) -> None:
    """Take a disabled project's calls and tokens again."""
    in_store(data_dir, lambda _store, projects: projects.enable(key, True))


@callbacks.command("list")
def list_deliveries(
    pending: Annotated[bool, typer.Option(help="Only those that have not been delivered yet.")] = False,
    count: Annotated[int, typer.Option(help="How many, newest first.")] = 50,
    data_dir: DataDir = None,
) -> None:
    """List what was posted to applications, newest first, and how that went."""
    table = Table("made", "url", "about", "attempts", "state", box=None)
    for each in in_store(data_dir, lambda store, _projects: store.outbox.newest(count, pending=pending)):
        if each.delivered_at is not None:
            state = f"delivered {time_text(each.delivered_at)}"
        elif each.next_at is None:
            state = f"given up: {each.problem}"
        else:
            state = f"next try {time_text(each.next_at)}" + (f": {each.problem}" if each.problem else "")
        table.add_row(time_text(each.created_at), each.url, each.about, str(each.attempts), state)
    _console.print(table)


def time_text(milliseconds: int) -> str:
    """A time (ms since the epoch) as a person reads it."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
