"""Who may use the rooms' own calls: what is asked for is looked up first, then who asks."""

import time
from collections.abc import Sequence

from fastapi import Request

from reelroom.api.kept_rooms import is_same_room, kept_invite, kept_rooms
from reelroom.api.opentok.access import calling_project
from reelroom.errors import Forbidden
from reelroom.opentok.invites import PARAMETER, Invite, read_invite
from reelroom.opentok.tokens import Role, TokenError
from reelroom.projects.projects import Project
from reelroom.roles.everything import Server
from reelroom.store.values import Archive, FilmLink

_REFUSAL = "You need an invitation to this room"
_NOT_SEEN = "This takes a link to the film, or a browser that has been in its room"
FILM_LINK = "x-film-link"  # the header with the secret of a film's link
MAY_RECORD: tuple[Role, ...] = ("moderator",)


async def admit(
    server: Server, request: Request, room: str, roles: Sequence[Role] = (), *, films: bool = False
) -> Invite | None:
    """The invitation by which the caller may come into a room; None for the default role. Raises Forbidden.

    `roles`: those that may do what is asked; all when empty. Where the server is open, they are asked of nobody.
    `films`: what is asked concerns the room's films, which an invitation may open for longer.
    """
    if server.settings.auth == "open":
        try:
            return await _invite(server, request, room, films=films)
        except Forbidden:
            return None
    return await _invited(server, request, room, roles, films=films)


async def admit_moderator(server: Server, request: Request, room: str) -> Invite | None:
    """Whoever may invite into a room: a moderator; None for the server's own key. Raises Forbidden."""
    return await _invited(server, request, room, ("moderator",))


async def admit_editor(server: Server, request: Request, session_id: str) -> None:
    """Whoever may change the films of a session: a moderator, wherever. Raises Forbidden."""
    room = await _room_of(server, request, session_id)
    if room is not None:
        await _invited(server, request, room, ("moderator",), films=True)


async def admit_to_film(server: Server, request: Request, archive: Archive) -> FilmLink | None:
    """Whoever may change one film: as `admit_editor`, or who has a link that lets them, which is returned.

    Raises Forbidden.
    """
    secret = request.headers.get(FILM_LINK)
    if not secret:
        await admit_editor(server, request, archive.session_id)
        return None
    link = await server.sharing.opened(secret)
    if not link.opens(archive):
        raise Forbidden("This link is to another film")
    if link.grants != "edit":
        raise Forbidden("This link lets you watch the film, not change it")
    return link


async def admit_to_watch(server: Server, request: Request, archive: Archive) -> str | None:
    """Whoever may watch a film without a link to it: who is invited into its room, or was there while it is open.

    Its id alone opens it nowhere: whoever had a link knows that, too. Returns the room; None for what is the caller's
    own project's. Raises Forbidden.
    """
    room = await server.rooms.of_session(archive.session_id)
    if room is None:
        return await _room_of(server, request, archive.session_id)
    if server.settings.auth == "open" and kept_rooms(server, request).has(room.name):
        return room.name
    try:
        await _invited(server, request, room.name, (), films=True)
    except Forbidden:
        if server.settings.auth == "open":
            raise Forbidden(_NOT_SEEN) from None
        raise
    return room.name


async def may_edit(server: Server, request: Request, room: str | None) -> bool:
    """Whether the caller may change a room's films; None: what is the caller's own project's."""
    try:
        if room is not None:
            await _invited(server, request, room, ("moderator",), films=True)
    except Forbidden:
        return False
    return True


async def admit_to_session(
    server: Server, request: Request, session_id: str, roles: Sequence[Role] = ()
) -> str | None:
    """As `admit`, for what belongs to a session: a room's, a render's of a room, or an application's own.

    Returns the room; None for what is the caller's own project's.
    """
    room = await _room_of(server, request, session_id)
    if room is not None:
        await admit(server, request, room, roles, films=not roles)
    return room


async def _room_of(server: Server, request: Request, session_id: str) -> str | None:
    """The room that a session belongs to; None when it is the caller's own project's. Raises Forbidden.

    A session that an application has made is that application's, whatever the rooms are open to.
    """
    room = await server.rooms.of_session(session_id)
    if room is not None:
        return room.name
    session = await server.store.sessions.get(session_id)
    if session is None and server.settings.auth == "open":
        return None  # nobody has it, and it has nothing
    project = await _project(server, request)
    if project is None:
        raise Forbidden("This session belongs to an application: its credentials are needed" if session else _REFUSAL)
    if session is not None and session.project != project.key:
        raise Forbidden("This session belongs to another project")
    return None


async def _project(server: Server, request: Request) -> Project | None:
    auth, authorization = request.headers.get("x-opentok-auth"), request.headers.get("authorization")
    return await calling_project(server, auth, authorization) if auth or authorization else None


async def keyed(server: Server, request: Request) -> bool:
    """Whether the caller has the server's own key."""
    try:
        project = await _project(server, request)
    except Forbidden:
        return False
    return project is not None and project.own


async def _invited(
    server: Server, request: Request, room: str, roles: Sequence[Role], *, films: bool = False
) -> Invite | None:
    project = await _project(server, request)
    if project is not None:
        if project.own:
            return None
        raise Forbidden("These calls are for the server's own project")
    invite = await _invite(server, request, room, films=films)
    if roles and invite.role not in roles:
        raise Forbidden("Your invitation does not allow this: it takes a moderator")
    return invite


async def _invite(server: Server, request: Request, room: str, *, films: bool) -> Invite:
    invite = await _shown(server, request, room)
    if invite.end <= time.time():
        raise Forbidden("The invitation has expired")
    if not films and invite.expires <= time.time():
        raise Forbidden("The invitation into the room has expired; it opens the films only")
    if films and invite.films_until <= time.time():
        raise Forbidden("The invitation opens the room's films no more")
    if invite.id:
        kept = await server.store.invitations.get(invite.id)
        if kept is None or kept.revoked_at is not None:
            raise Forbidden("The invitation was taken back")
    return invite


async def _shown(server: Server, request: Request, room: str) -> Invite:
    """The one that the request carries, in force or not. Raises Forbidden."""
    given = request.query_params.get(PARAMETER)
    try:
        invite = read_invite(given, server.keys.link_secret) if given else await kept_invite(server, request, room)
    except TokenError as error:
        raise Forbidden(str(error)) from None
    if invite is not None and await is_same_room(server, invite.room, room):
        return invite
    if given or server.settings.auth != "open":
        raise Forbidden(_REFUSAL)
    raise Forbidden("This takes whoever opened the room first, or a moderator's invitation")
