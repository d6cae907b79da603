"""What a browser keeps of the rooms that it has been in: a cookie that no script reads, and that stays small."""

import hashlib
import time

from fastapi import Request, Response

from reelroom.opentok.invites import PARAMETER, Invite, read_invite
from reelroom.opentok.kept_rooms import KeptRooms, read_kept_rooms, write_kept_rooms
from reelroom.opentok.room_names import folded
from reelroom.opentok.tokens import TokenError
from reelroom.roles.everything import Server
from reelroom.rooms.use_cases import invite_of

_COOKIE = "reelroom_rooms"
_COOKIE_SECONDS = 400 * 24 * 3600  # browsers keep none longer (RFC 6265bis, 5.5)
_OWNED_SECONDS = _COOKIE_SECONDS
_PROMOTED_SECONDS = 24 * 3600


def kept_rooms(server: Server, request: Request) -> KeptRooms:
    """Where the browser has been."""
    return read_kept_rooms(request.cookies.get(_COOKIE, ""), server.keys.link_secret)


async def is_same_room(server: Server, room: str, other: str) -> bool:
    """Whether two spellings name one room; rooms that were there before spellings were one are apart."""
    if room == other or folded(room) != folded(other):
        return room == other
    return await server.rooms.named(room) == await server.rooms.named(other)


async def kept_invite(server: Server, request: Request, room: str) -> Invite | None:
    """The invitation into a room that the browser keeps, in force or not. Raises TokenError."""
    if invitation_id := kept_rooms(server, request).invitation(room):
        invitation = await server.store.invitations.get(invitation_id)
        if invitation is not None and await is_same_room(server, invitation.room_name, room):
            return invite_of(invitation)
    return await _kept_apart(server, request, room)


async def _kept_apart(server: Server, request: Request, room: str) -> Invite | None:
    """That of a cookie of its own, as browsers have it from before one cookie kept all. Raises TokenError."""
    for name in (folded(room), room):  # the second is of before all spellings had one
        if text := request.cookies.get(_cookie_apart(name)):
            invite = read_invite(text, server.keys.link_secret)
            if await is_same_room(server, invite.room, room):
                return invite
    return None


def _cookie_apart(name: str) -> str:
    return f"reelroom_{hashlib.sha256(name.encode(errors='surrogatepass')).hexdigest()[:16]}"


async def keep_invite(server: Server, request: Request, response: Response, room: str) -> None:
    """A page that was opened by an invitation's link: the browser keeps it for the page's own calls.

    A right that the browser already has is not given up for a smaller one.
    """
    text = request.query_params.get(PARAMETER)
    if not text:
        return
    try:
        invite = read_invite(text, server.keys.link_secret)
    except TokenError:
        return  # the page's first call says what is wrong
    if await is_same_room(server, invite.room, room) and not await _has_more(server, request, invite):
        if invite.id:
            _keep(server, request, response, invite)
        else:  # one that was written before a row was kept of each
            seconds = max(1, invite.end - int(time.time()))
            _set_cookie(server, response, _cookie_apart(folded(room)), text, seconds)


async def _has_more(server: Server, request: Request, invite: Invite) -> bool:
    try:
        kept = await kept_invite(server, request, invite.room)
    except TokenError:
        return False
    return kept is not None and kept.role == "moderator" != invite.role


async def own(server: Server, request: Request, response: Response, room: str) -> None:
    """Whoever has opened a room first owns it: the browser keeps a moderator's invitation."""
    _, invite = await server.rooms.invite(room, "moderator", _OWNED_SECONDS, _OWNED_SECONDS, owner=True)
    _keep(server, request, response, invite)


async def make_moderator(server: Server, request: Request, response: Response, room: str) -> None:
    """Whoever was promoted in a room: their browser keeps a moderator's invitation for a day."""
    _, invite = await server.rooms.invite(room, "moderator", _PROMOTED_SECONDS, _PROMOTED_SECONDS)
    _keep(server, request, response, invite)


async def remember_visit(server: Server, request: Request, response: Response, *sessions: str) -> None:
    """Whoever has come into open rooms, or seen their lists of films: the browser may open these films from now on.

    `sessions` are those of the rooms, or of their renders.
    """
    if server.settings.auth != "open":
        return
    kept = kept_rooms(server, request)
    for session_id in sessions:
        if (room := await server.rooms.of_session(session_id)) is not None:
            kept = kept.with_room(room.name)
    _write(server, request, response, kept)


def _keep(server: Server, request: Request, response: Response, invite: Invite) -> None:
    _write(server, request, response, kept_rooms(server, request).with_room(invite.room, invite.id))


def _write(server: Server, request: Request, response: Response, kept: KeptRooms) -> None:
    if kept != kept_rooms(server, request):
        _set_cookie(server, response, _COOKIE, write_kept_rooms(kept, server.keys.link_secret), _COOKIE_SECONDS)


def _set_cookie(server: Server, response: Response, name: str, text: str, seconds: int) -> None:
    response.set_cookie(
        name,
        text,
        max_age=seconds,
        httponly=True,
        samesite="strict",
        secure=server.settings.base_url.startswith("https:"),
    )
