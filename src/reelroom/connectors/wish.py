"""What an audio connector is to do, as the server hands it to the process, and its messages on the WebSocket."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

FRAME_MS = 20  # of sound in each message


@dataclass(frozen=True)
class Transport:
    """How sound travels: as binary messages, or as base64 in a field of JSON."""

    as_json: bool = False
    audio_field: str = "audio"
    receive_field: str = "audio"
    static_fields: Mapping[str, Any] = field(default_factory=dict)

    def pack(self, sound: bytes) -> bytes | str:
        """One message with that sound."""
        if not self.as_json:
            return sound
        return json.dumps({**self.static_fields, self.audio_field: base64.b64encode(sound).decode()})

    def unpack(self, message: Mapping[str, Any]) -> bytes:
        """The sound of a JSON message; none where it has none."""
        if not self.as_json:
            return b""
        try:
            return base64.b64decode(message.get(self.receive_field) or "", validate=True)
        except (binascii.Error, TypeError, ValueError):
            return b""


@dataclass(frozen=True)
class Connecting:
    """Where to connect; `tracks` are the microphones to mix, None for all. `rate` in Hz."""

    uri: str
    tracks: list[str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    rate: int = 16_000
    bidirectional: bool = False
    transport: Transport = Transport()

    def to_json(self) -> str:
        """For `from_json`, in the other process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Connecting":
        """As it was."""
        known = json.loads(text)
        return cls(**{**known, "transport": Transport(**known["transport"])})

    @property
    def frame_bytes(self) -> int:
        """The bytes of a message's sound: 16 bit, one channel, little-endian."""
        return self.rate * FRAME_MS // 1000 * 2

    def event(self, name: str, **more: Any) -> str:
        """A JSON event as the cloud's connectors send it: the headers are in each."""
        kind = f"audio/l16;rate={self.rate}"
        return json.dumps({**self.headers, "content-type": kind, "event": f"websocket:{name}", **more})
