"""The command line's part about invitations; it works beside a running server, and without one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from reelroom.cli.projects import DataDir, in_store, time_text

if TYPE_CHECKING:
    from reelroom.projects.projects import Projects
    from reelroom.store.store import Store
    from reelroom.store.values import Invitation

# Each command imports its own parts.
# ruff: noqa: PLC0415

invitations = typer.Typer(help="Invitations into rooms.", no_args_is_help=True)
_console = Console()
_errors = Console(stderr=True)

Room = Annotated[str, typer.Argument(help="The room's name.")]


def invite(
    room: Room,
    role: Annotated[str, typer.Option(help="subscriber, publisher, publisheronly or moderator.")] = "publisher",
    hours: Annotated[int, typer.Option(help="How long the link opens the room.", min=1, max=30 * 24)] = 24,
    films_days: Annotated[int, typer.Option(help="How long it opens the room's films.", min=0, max=400)] = 30,
    data_dir: DataDir = None,
) -> None:
    """Print a link that lets somebody into a room of a server with REELROOM_AUTH=token."""
    from reelroom.config import read_settings
    from reelroom.errors import Refused
    from reelroom.opentok.invites import invite_link, write_invite
    from reelroom.opentok.tokens import ROLES
    from reelroom.rooms.names import room_called
    from reelroom.rooms.use_cases import invite_of, new_invitation

    if role not in ROLES:
        raise _fail(f"There is no role {role}: {', '.join(ROLES)}")

    async def write(store: "Store", projects: "Projects") -> str:
        name = await room_called(store, room)
        invitation = new_invitation(name, ROLES[role], hours * 3600, films_days * 24 * 3600)
        await store.add(invitation)
        words = write_invite(invite_of(invitation), projects.keys.link_secret)
        return invite_link(read_settings().base_url, name, words)

    try:
        link = in_store(data_dir, write)
    except Refused as error:
        raise _fail(error.message) from None
    _console.print(link, highlight=False, soft_wrap=True, markup=False)


@invitations.command("list")
def list_invitations(room: Room, data_dir: DataDir = None) -> None:
    """List the invitations into a room that open anything, newest first."""
    from reelroom.errors import Refused
    from reelroom.rooms.names import invitations_into
    from reelroom.store.database import now_ms

    table = Table("id", "role", "made", "opens the room until", "and its films until", box=None)

    async def look(store: "Store", _: "Projects") -> "Sequence[Invitation]":
        return await invitations_into(store, room, now_ms())

    try:
        found = in_store(data_dir, look)
    except Refused as error:
        raise _fail(error.message) from None
    for each in found:
        role = f"{each.role}, opened it first" if each.owner else each.role
        table.add_row(each.id, role, *map(time_text, (each.created_at, each.expires_at, each.films_until)))
    _console.print(table)


@invitations.command()
def revoke(
    invitation: Annotated[str, typer.Argument(help="Its id, as `reelroom invitations list` has it.")],
    data_dir: DataDir = None,
) -> None:
    """Take an invitation back: it opens nothing any more, and whoever came by it leaves."""
    from reelroom.store.database import now_ms

    if in_store(data_dir, lambda store, _: store.invitations.get(invitation)) is None:
        raise _fail(f"There is no invitation {invitation}")
    in_store(data_dir, lambda store, _: store.invitations.revoke(invitation, now_ms()))


def _fail(message: str) -> typer.Exit:
    _errors.print(message, style="red", markup=False, soft_wrap=True)
    return typer.Exit(1)
