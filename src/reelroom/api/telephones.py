"""The telephone numbers of sessions: made, shown and removed by whoever may invite."""

from fastapi import Request

from reelroom.api.admission import admit_moderator
from reelroom.api.opentok.access import ProjectDependency
from reelroom.api.opentok.shapes import Body
from reelroom.api.routers import REFUSALS, router_of
from reelroom.api.wiring import ServerDependency
from reelroom.errors import NotFound
from reelroom.roles.everything import Server
from reelroom.store.values import TelephoneNumber

router = router_of(tag="telephones", refusals=(*REFUSALS, 409))


class TelephoneNumberAnswer(Body):
    """How a telephone comes in; `createdAt` in ms.

    It calls `uri`, or, where there is one, `telephoneNumber` and presses `number`; then it presses `pin`.
    """

    uri: str
    telephone_number: str | None
    number: str
    pin: str
    created_at: int


def _answer(server: Server, number: TelephoneNumber) -> TelephoneNumberAnswer:
    return TelephoneNumberAnswer(
        uri=server.telephones_calling_in.uri(number),
        telephone_number=server.settings.sip_number or None,
        number=number.number,
        pin=number.pin,
        created_at=number.created_at,
    )


async def _session_of(server: Server, request: Request, room_name: str) -> str:
    await admit_moderator(server, request, room_name)
    room = await server.store.rooms.get(room_name)
    if room is None:
        raise NotFound("There is no such room")
    return room.session_id


@router.post("/telephones/{room_name:path}")
async def make_number(room_name: str, request: Request, server: ServerDependency) -> TelephoneNumberAnswer:
    """A new number and PIN, by which telephones call into a room; those before lead nowhere."""
    session_id = await _session_of(server, request, room_name)
    return _answer(server, await server.telephones_calling_in.make_number(session_id))


@router.get("/telephones/{room_name:path}")
async def show_number(room_name: str, request: Request, server: ServerDependency) -> TelephoneNumberAnswer:
    """The number and the PIN of a room."""
    session_id = await _session_of(server, request, room_name)
    return _answer(server, await server.telephones_calling_in.number(session_id))


@router.delete("/telephones/{room_name:path}", status_code=204)
async def remove_number(room_name: str, request: Request, server: ServerDependency) -> None:
    """Nobody calls into a room any more; who is in it stays."""
    await server.telephones_calling_in.remove_number(await _session_of(server, request, room_name))


_OF_SESSION = "/v2/project/{project_id}/session/{session_id}/telephone"


@router.post(_OF_SESSION)
async def make_number_of_session(
    session_id: str, server: ServerDependency, project: ProjectDependency
) -> TelephoneNumberAnswer:
    """A new number and PIN, by which telephones call into a session; those before lead nowhere."""
    await server.sessions.get(project, session_id)
    return _answer(server, await server.telephones_calling_in.make_number(session_id))


@router.get(_OF_SESSION)
async def show_number_of_session(
    session_id: str, server: ServerDependency, project: ProjectDependency
) -> TelephoneNumberAnswer:
    """The number and the PIN of a session."""
    await server.sessions.get(project, session_id)
    return _answer(server, await server.telephones_calling_in.number(session_id))


@router.delete(_OF_SESSION, status_code=204)
async def remove_number_of_session(session_id: str, server: ServerDependency, project: ProjectDependency) -> None:
    """Nobody calls into a session any more; who is in it stays."""
    await server.sessions.get(project, session_id)
    await server.telephones_calling_in.remove_number(session_id)
