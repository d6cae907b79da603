"""The socket between a call's process and the program that speaks SIP: sound and messages (sip/wire.go)."""

import asyncio
import json
import struct
from typing import Any

RATE = 8000  # Hz, of G.711
FRAME_SAMPLES = RATE // 50
FRAME_BYTES = 2 * FRAME_SAMPLES  # 20 ms of 16-bit mono

_HEAD = struct.Struct(">cH")
_SOUND, _MESSAGE = b"a", b"j"
_MOST_WAITING = 16 * FRAME_BYTES  # bytes that the other side has not taken: it takes sound as it comes


class Wire:
    """Read by one task; sound that cannot be sent at once is late, and dropped."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def order(self, **order: Any) -> None:
        """Send a message."""
        self._send(_MESSAGE, json.dumps(order).encode())

    def play(self, sound: bytes) -> None:
        """Send one frame of sound."""
        if self._writer.transport.get_write_buffer_size() < _MOST_WAITING:
            self._send(_SOUND, sound)

    def _send(self, kind: bytes, payload: bytes) -> None:
        if not self._writer.is_closing():
            self._writer.write(_HEAD.pack(kind, len(payload)) + payload)

    async def receive(self) -> bytes | dict[str, Any] | None:
        """Sound, or a message; None when the other side is gone."""
        try:
            kind, length = _HEAD.unpack(await self._reader.readexactly(_HEAD.size))
            payload = await self._reader.readexactly(length)
        except (asyncio.IncompleteReadError, OSError):
            return None
        if kind == _SOUND:
            return payload
        message: dict[str, Any] = json.loads(payload)
        return message

    async def close(self) -> None:
        """The other side hangs up, if it has not yet."""
        self._writer.close()
