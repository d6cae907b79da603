"""The door of a room: knocking, and what moderators do at it; each call takes the token that opened the session."""

from typing import Annotated

from fastapi import Request, Response
from pydantic import Field, StrictBool, StrictStr

from reelroom.api.kept_rooms import make_moderator
from reelroom.api.routers import REFUSALS, router_of
from reelroom.api.shapes import Body, ByPresence, ByToken, SessionAnswer
from reelroom.api.wiring import ServerDependency
from reelroom.roles.everything import Server
from reelroom.rooms.doors import Answer, Door, DoorNow

router = router_of("/session", refusals=(*REFUSALS, 429))


class KnockRequest(ByToken):
    """Who waits before the door; `knock` is the one that was answered with before."""

    name: Annotated[StrictStr, Field(max_length=128)] = ""
    knock: Annotated[StrictStr, Field(max_length=36)] = ""


class KnockAnswer(Body):
    """The knock, "" where there is none, and what is answered."""

    knock: str
    answer: Answer


class DoorRequest(ByToken):
    """Which room; `door`, `transcripts`: as they are to be from now on."""

    door: Door | None = None
    transcripts: StrictBool | None = None


class AdmitRequest(ByToken):
    """Whether somebody who waits comes in."""

    knock: Annotated[StrictStr, Field(min_length=1, max_length=36)]
    admits: StrictBool


class Waiting(Body):
    """Somebody who waits, since when (ms)."""

    knock: str
    name: str
    since: int


class DoorAnswer(Body):
    """How the door stands, and who waits before it, the first first.

    `transcripts`: whether recordings of this room may have one; null where the server makes none.
    """

    door: Door
    waiting: list[Waiting]
    transcripts: bool | None

    @classmethod
    def of(cls, now: DoorNow, server: Server) -> "DoorAnswer":
        """As stored."""
        waiting = [Waiting(knock=each.id, name=each.name, since=each.created_at) for each in now.waiting]
        transcripts = now.transcribed if server.transcribing.possible else None
        return cls(door=now.door, waiting=waiting, transcripts=transcripts)


class PromotedRequest(ByPresence):
    """Who was made a moderator, by the access token with which they are in the session."""


@router.post("/knock")
async def knock(body: KnockRequest, server: ServerDependency) -> KnockAnswer:
    """Knock at a room's door, or say every few seconds that one still waits."""
    made, answer = await server.doors.knock(body.session_id, body.token, body.name, body.knock)
    return KnockAnswer(knock=made, answer=answer)


@router.post("/moderate/door")
async def door(body: DoorRequest, server: ServerDependency) -> DoorAnswer:
    """See how a room's door stands, who waits, and whether its recordings are written down; or set that."""
    now = await server.doors.look(body.session_id, body.token)
    if body.door is not None:
        now = await server.doors.set(body.session_id, body.token, body.door)
    if body.transcripts is not None:
        now = await server.doors.set_transcribed(body.session_id, body.token, body.transcripts)
    return DoorAnswer.of(now, server)


@router.post("/moderate/admit")
async def admit(body: AdmitRequest, server: ServerDependency) -> DoorAnswer:
    """Let somebody in who waits, or turn them away."""
    now = await server.doors.answer(body.session_id, body.token, body.knock, admits=body.admits)
    return DoorAnswer.of(now, server)


@router.post("/promoted")
async def promoted(
    body: PromotedRequest, request: Request, response: Response, server: ServerDependency
) -> SessionAnswer:
    """Whoever was made a moderator gets a moderator's token, and their browser a moderator's invitation."""
    credentials = await server.rooms.promoted(body.session_id, body.access_token)
    if credentials.room:
        await make_moderator(server, request, response, credentials.room)
    return SessionAnswer(
        session_id=credentials.session_id,
        token=credentials.token,
        api_key=credentials.api_key,
        room_name=credentials.room,
        may_record=True,
        link_opens=server.settings.auth == "open",
    )
