"""OpenTok's calls about telephones: call one into a session, and have its keys pressed."""

import re
from typing import Annotated, Any

from fastapi import Response
from pydantic import BaseModel, Field, StrictStr, field_validator

from reelroom.api.opentok.access import ProjectDependency
from reelroom.api.opentok.shapes import Body
from reelroom.api.routers import project_router
from reelroom.api.wiring import ServerDependency
from reelroom.telephones.address import read_address
from reelroom.telephones.wish import Dialling

router = project_router(tag="OpenTok: SIP")

_HEADER = re.compile(r"X-[A-Za-z0-9.!%*_+`'~-]{1,64}", re.IGNORECASE)  # a token (RFC 3261, 25.1)
_SENDER = re.compile(r"[A-Za-z0-9+_.!~*'()&=$,/%-]{1,100}@[A-Za-z0-9.-]{1,253}")
_LONGEST_HEADERS = 4096  # characters, of all together: a datagram has to hold them


class Credentials(BaseModel):
    """What is answered when the other side asks who is calling (digest, RFC 8760)."""

    username: Annotated[StrictStr, Field(max_length=255, pattern=r'^[^"\\\x00-\x1f\x7f]*$')] | None = None
    password: Annotated[StrictStr, Field(max_length=255)] | None = None


class SipWish(Body):
    """Whom to call; `video` is taken, and not sent."""

    uri: Annotated[StrictStr, Field(min_length=1, max_length=1024)]
    sender: Annotated[StrictStr | None, Field(alias="from", max_length=355)] = None
    headers: dict[str, StrictStr] | None = None
    auth: Credentials | None = None
    secure: bool | None = None
    video: bool | None = None
    observe_force_mute: bool | None = None
    streams: Annotated[list[StrictStr], Field(max_length=50)] | None = None

    @field_validator("uri")
    @classmethod
    def _can_be_called(cls, uri: str) -> str:
        return read_address(uri).uri

    @field_validator("sender")
    @classmethod
    def _is_somebody(cls, sender: str | None) -> str | None:
        if sender and not _SENDER.fullmatch(sender.removeprefix("sip:")):
            raise ValueError("somebody as in 14155550101@example.com")
        return sender.removeprefix("sip:") if sender else sender

    @field_validator("headers")
    @classmethod
    def _can_be_sent(cls, headers: dict[str, str] | None) -> dict[str, str] | None:
        for name, value in (headers or {}).items():
            if not _HEADER.fullmatch(name):
                raise ValueError(f"{name[:50]!r} does not begin with X-")
            if not value.isprintable():
                raise ValueError(f"{name[:50]!r} has a value that cannot be sent")
        if sum(len(name) + len(value) for name, value in (headers or {}).items()) > _LONGEST_HEADERS:
            raise ValueError(f"at most {_LONGEST_HEADERS} characters")
        return headers


class Dial(Body):
    """A session, a token for it, and whom to call."""

    session_id: Annotated[StrictStr, Field(min_length=1, max_length=255)]
    token: Annotated[StrictStr, Field(min_length=1)]
    sip: SipWish

    def wish(self) -> Dialling:
        """With the defaults filled in."""
        asked, auth = self.sip, self.sip.auth or Credentials()
        return Dialling(
            uri=asked.uri,
            sender=asked.sender or "",
            headers=asked.headers or {},
            username=auth.username or "",
            password=auth.password or "",
            secure=bool(asked.secure),
        )


class Digits(Body):
    """Keys of a telephone."""

    digits: StrictStr


@router.post("/dial")
async def dial(body: Dial, server: ServerDependency, project: ProjectDependency) -> dict[str, Any]:
    """Call a SIP address into a session; it answers once it rings there, or was refused."""
    async with server.quotas.beginning(project.key):
        call = await server.session_telephones.dial(
            project,
            body.session_id,
            body.token,
            body.wish(),
            streams=body.sip.streams,
            observe_mute=bool(body.sip.observe_force_mute),
        )
    return {
        "id": call.id,
        "connectionId": call.connection_id,
        "streamId": call.stream_id,
        **project.ids(numeric=False),
        "sessionId": call.session_id,
        "createdAt": call.created_at,
        "updatedAt": call.updated_at,
    }


@router.post("/session/{session_id}/play-dtmf")
async def press_at_all(
    session_id: str, body: Digits, server: ServerDependency, project: ProjectDependency
) -> Response:
    """Have digits pressed at every telephone of a session."""
    await server.session_telephones.press(project, session_id, body.digits)
    return Response(status_code=200)


@router.post("/session/{session_id}/connection/{connection_id}/play-dtmf")
async def press_at_one(
    session_id: str, connection_id: str, body: Digits, server: ServerDependency, project: ProjectDependency
) -> Response:
    """Have digits pressed at one telephone."""
    await server.session_telephones.press(project, session_id, body.digits, connection_id)
    return Response(status_code=200)
