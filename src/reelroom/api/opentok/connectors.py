"""OpenTok's calls about audio connectors: connect a session's sound to a WebSocket, and end it."""

import json
import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from fastapi import Response
from pydantic import BaseModel, Field, StrictBool, StrictStr, field_validator

from reelroom.api.opentok.access import ProjectDependency
from reelroom.api.opentok.shapes import Body
from reelroom.api.routers import project_router
from reelroom.api.wiring import ServerDependency
from reelroom.connectors.wish import Connecting, Transport

router = project_router("/connect", tag="OpenTok: audio connectors")

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # a token (RFC 9110, 5.6.2)
_LONGEST_HEADERS = 512  # bytes
_OURS = ("host", "connection", "upgrade", "content-length", "transfer-encoding", "sec-websocket-")


class AudioTransport(BaseModel):
    """How sound travels; names as the SDKs send them."""

    transport: Literal["binary", "json"] | None = None
    encoding: Literal["base64"] | None = None
    audio_field: Annotated[StrictStr, Field(min_length=1, max_length=100)] | None = None
    receive_audio_field: Annotated[StrictStr, Field(min_length=1, max_length=100)] | None = None
    static_fields: dict[str, Any] | None = None

    def transport_(self) -> Transport:
        """With the defaults filled in."""
        sent = self.audio_field or "audio"
        return Transport(self.transport == "json", sent, self.receive_audio_field or sent, self.static_fields or {})


class WebSocketWish(Body):
    """Where to, and which sound."""

    uri: Annotated[StrictStr, Field(min_length=1, max_length=2048)]
    streams: Annotated[list[StrictStr], Field(max_length=50)] | None = None
    headers: dict[str, StrictStr] | None = None
    audio_rate: Literal[8000, 16000, 24000] | None = None
    bidirectional: StrictBool | None = None
    audio_transport: AudioTransport | None = None

    @field_validator("uri")
    @classmethod
    def _is_web_socket(cls, uri: str) -> str:
        parts = urlsplit(uri)
        if parts.scheme not in {"ws", "wss"} or not parts.hostname or (parts.port or 1) <= 0:
            raise ValueError("a ws or wss address")
        return uri

    @field_validator("headers")
    @classmethod
    def _can_be_sent(cls, headers: dict[str, str] | None) -> dict[str, str] | None:
        for name, value in (headers or {}).items():
            if not _HEADER.fullmatch(name) or name.lower().startswith(_OURS) or not value.isprintable():
                raise ValueError(f"{name[:50]!r} cannot be sent")
        if len(json.dumps(headers or {}).encode()) > _LONGEST_HEADERS:
            raise ValueError(f"at most {_LONGEST_HEADERS} bytes")
        return headers

    @field_validator("audio_transport", mode="before")
    @classmethod
    def _may_be_text(cls, transport: Any) -> Any:
        """OpenTok's Python SDK sends it as a text of JSON."""
        return json.loads(transport) if isinstance(transport, str) else transport


class Connect(Body):
    """A session and a token for it."""

    session_id: Annotated[StrictStr, Field(min_length=1, max_length=255)]
    token: Annotated[StrictStr, Field(min_length=1)]
    websocket: WebSocketWish

    def wish(self) -> Connecting:
        """With the defaults filled in."""
        asked = self.websocket
        return Connecting(
            uri=asked.uri,
            headers=asked.headers or {},
            rate=asked.audio_rate or 16_000,
            bidirectional=bool(asked.bidirectional),
            transport=(asked.audio_transport or AudioTransport()).transport_(),
        )


@router.post("")
async def connect(body: Connect, server: ServerDependency, project: ProjectDependency) -> dict[str, Any]:
    """Connect a session's sound to a WebSocket; it answers once that is connected."""
    async with server.quotas.beginning(project.key, beside=server.session_connectors.running_of(project)):
        connector, connection = await server.session_connectors.start(
            project, body.session_id, body.token, body.wish(), body.websocket.streams or None
        )
    return {"id": connector, "connectionId": connection}


@router.post("/{connector_id}/stop", status_code=204)
async def stop(connector_id: str, server: ServerDependency, project: ProjectDependency) -> Response:
    """End a connector; making its connection leave does, too."""
    await server.session_connectors.stop(project, connector_id)
    return Response(status_code=204)
