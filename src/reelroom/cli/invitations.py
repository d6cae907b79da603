"""The command line's part about invitations; it works beside a running server, and without one."""

from collections.abc import Awaitable
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from reelroom.cli.projects import DataDir, in_store, time_text

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
    from reelroom.rooms.use_cases import checked_room_name, invite_of, new_invitation

    if role not in ROLES:
        raise _fail(f"There is no role {role}: {', '.join(ROLES)}")
    try:
        invitation = new_invitation(checked_room_name(room), ROLES[role], hours * 3600, films_days * 24 * 3600)
    except Refused as error:
        raise _fail(error.message) from None
    secret = in_store(data_dir, lambda store, projects: _written(store.add(invitation), projects.keys.link_secret))
    link = invite_link(read_settings().base_url, room, write_invite(invite_of(invitation), secret))
    _console.print(link, highlight=False, soft_wrap=True, markup=False)


@invitations.command("list")
def list_invitations(room: Room, data_dir: DataDir = None) -> None:
    """List the invitations into a room that open anything, newest first."""
    from reelroom.store.database import now_ms

    table = Table("id", "role", "made", "opens the room until", "and its films until", box=None)
    for each in in_store(data_dir, lambda store, _: store.invitations.of_room(room, now_ms())):
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


async def _written(work: Awaitable[None], secret: str) -> str:
    await work
    return secret


def _fail(message: str) -> typer.Exit:
    _errors.print(message, style="red", markup=False, soft_wrap=True)
    return typer.Exit(1)
