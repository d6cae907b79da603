"""What a moderator's client asks for: each call takes the OpenTok token that opened the session."""

from typing import Annotated, Literal

from pydantic import Field, StrictStr

from reelroom.api.routers import REFUSALS, router_of
from reelroom.api.shapes import ByToken
from reelroom.api.wiring import ServerDependency

router = router_of("/session/moderate", refusals=REFUSALS)

_Id = Annotated[StrictStr, Field(min_length=1, max_length=255)]


class EndRequest(ByToken):
    """Who asks."""


class ModerateRequest(EndRequest):
    """Who asks, and whom it is about."""

    connection_id: _Id


class MuteRequest(ModerateRequest):
    """Which of their tracks."""

    track: _Id


class MuteAllRequest(ByToken):
    """Whether everybody is muted, also who publishes later, and the streams that are not."""

    active: bool
    spared: list[_Id] = Field(default=[], max_length=1000)


class EndStreamRequest(ModerateRequest):
    """Which of their streams."""

    stream: Literal["camera", "screen"]


@router.post("/disconnect")
async def disconnect(body: ModerateRequest, server: ServerDependency) -> dict[str, str]:
    """Make somebody leave the session."""
    await server.moderation.disconnect(body.session_id, body.token, body.connection_id)
    return {}


@router.post("/mute")
async def mute(body: MuteRequest, server: ServerDependency) -> dict[str, str]:
    """Mute one of somebody's tracks."""
    await server.moderation.mute(body.session_id, body.token, body.connection_id, body.track)
    return {}


@router.post("/mute-all")
async def mute_all(body: MuteAllRequest, server: ServerDependency) -> dict[str, str]:
    """Mute everybody, and whoever publishes later, or let those again."""
    await server.moderation.mute_all(body.session_id, body.token, active=body.active, but=body.spared)
    return {}


@router.post("/unpublish")
async def end_stream(body: EndStreamRequest, server: ServerDependency) -> dict[str, str]:
    """End what somebody publishes as a camera, or as a screen."""
    await server.moderation.end_stream(
        body.session_id, body.token, body.connection_id, screen=body.stream == "screen"
    )
    return {}


@router.post("/promote")
async def promote(body: ModerateRequest, server: ServerDependency) -> dict[str, str]:
    """Make somebody a moderator, too."""
    await server.moderation.promote(body.session_id, body.token, body.connection_id)
    return {}


@router.post("/end")
async def end(body: EndRequest, server: ServerDependency) -> dict[str, str]:
    """End the meeting for everybody, and what is recorded of it in the room."""
    await server.moderation.end(body.session_id, body.token)
    await server.rooms.end_recording(body.session_id)
    return {}
