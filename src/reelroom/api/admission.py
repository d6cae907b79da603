"""Who may use the rooms' own calls: anybody where the server is open, else whoever is invited or has the keys."""

import hashlib
import time
from collections.abc import Sequence

from fastapi import Request, Response

from reelroom.api.opentok.access import calling_project
from reelroom.errors import Forbidden
from reelroom.opentok.invites import PARAMETER, Invite, read_invite
from reelroom.opentok.tokens import Role, TokenError
from reelroom.roles.everything import Server

_REFUSAL = "You need an invitation to this room"


def _cookie(room: str) -> str:
    """The cookie that keeps the invitation to a room: each room has its own."""
    return f"reelroom_{hashlib.sha256(room.encode()).hexdigest()[:16]}"


def keep_invite(server: Server, request: Request, response: Response, room: str) -> None:
    """A page that was opened by an invitation's link: the browser keeps it for the page's own calls."""
    text = request.query_params.get(PARAMETER)
    if not text:
        return
    try:
        invite = read_invite(text, server.keys.link_secret)
    except TokenError:
        return  # the page's first call says what is wrong
    if invite.room == room:
        response.set_cookie(
            _cookie(room),
            text,
            max_age=max(1, invite.expires - int(time.time())),
            httponly=True,
            samesite="strict",
            secure=server.settings.base_url.startswith("https:"),
        )


async def admit(server: Server, request: Request, room: str | None, roles: Sequence[Role] = ()) -> Role | None:
    """The role in which the caller may come in; None for the default one. Raises Forbidden.

    `roles`: those that may do what is asked; all when empty. A `room` of None is one that nobody knows.
    """
    if server.settings.auth == "open":
        return None
    headers = request.headers
    if headers.get("x-opentok-auth") or headers.get("authorization"):
        project = await calling_project(server, headers.get("x-opentok-auth"), headers.get("authorization"))
        if project.own:
            return None
        raise Forbidden("These calls are for the server's own project")
    if room is None:
        raise Forbidden(_REFUSAL)
    invite = _invite(server, request, room)
    if roles and invite.role not in roles:
        raise Forbidden("Your invitation does not allow this: it takes a moderator")
    return invite.role


def _invite(server: Server, request: Request, room: str) -> Invite:
    text = request.query_params.get(PARAMETER) or request.cookies.get(_cookie(room))
    if not text:
        raise Forbidden(_REFUSAL)
    try:
        invite = read_invite(text, server.keys.link_secret)
    except TokenError as error:
        raise Forbidden(str(error)) from None
    if invite.room != room:
        raise Forbidden(_REFUSAL)
    return invite


async def room_of_session(server: Server, session_id: str) -> str | None:
    """The room whose session it is, or whose render publishes into it."""
    room = await server.store.room_of_session(session_id)
    return room.name if room else None
