"""Connections of clients: how many there may be, and how long one may take over a request.

Whoever sends half a request and waits holds a descriptor for nothing. So a head and a body have a deadline, and where
all connections are taken, the one that has waited longest for its client gives way to whoever comes next.
"""

import asyncio
import json
import socket
import time
from typing import Any, Final, cast

import h11
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from reelroom.api.lingering import Lingering

BACKLOG: Final = 128  # connections that the system takes at once, before any of them is seen here
_HEAD_SECONDS: Final = 10.0
_BODY_SECONDS: Final = 30.0
_UNREAD: Final = {h11.SEND_BODY, h11.ERROR}  # what a client is at while we may be left with something to read
_STALLED_MS: Final = 60_000  # after which a client that takes nothing of an answer is gone


class Connection(H11Protocol):
    """Uvicorn's connection, which waits for nobody without end. `most`: how many there may be at once."""

    def __init__(
        self,
        *args: Any,
        most: int,
        head_seconds: float = _HEAD_SECONDS,
        body_seconds: float = _BODY_SECONDS,
        **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        self._most = most
        self._patience = {h11.IDLE: head_seconds, h11.SEND_BODY: body_seconds}
        self._awaited: object = None  # what the client still owes us
        self._waits_since = 0.0
        self._deadline: asyncio.TimerHandle | None = None
        self._heard = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Have one more, or say that there are too many."""
        full = len(self.connections) >= self._most and not self._evict()
        self._lingering = Lingering(transport, lambda: self.conn.their_state in _UNREAD)
        super().connection_made(cast(asyncio.Transport, self._lingering))
        peer = transport.get_extra_info("socket")
        if peer is not None and peer.family in {socket.AF_INET, socket.AF_INET6}:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _STALLED_MS)
        if full:
            self._refuse(503, "Too many connections; try again in a moment", retry_after=1)
        else:
            self._wait()

    def _evict(self) -> bool:
        """Let the connection go that waits for its client for the longest; False when every one is at work."""
        waiting = [each for each in self.connections if isinstance(each, Connection) and each._can_go]
        if not waiting:
            return False
        oldest = min(waiting, key=lambda each: each._waits_since)
        oldest.transport.abort()
        self.connections.discard(oldest)
        return True

    @property
    def _can_go(self) -> bool:
        return self._awaited is not None or self._lingering.lingers

    def data_received(self, data: bytes) -> None:
        """Some of a request, or all of it."""
        if self._lingering.lingers:
            self._lingering.discard(data)
            return
        self._heard = True
        super().data_received(data)
        self._wait()

    def on_response_complete(self) -> None:
        """The connection may have another request."""
        super().on_response_complete()
        self._heard = bool(self.conn.trailing_data[0])
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self._stop_waiting()
        self._lingering.forget()
        super().connection_lost(exc)

    def _wait(self) -> None:
        """Begin to wait for what the client owes; a deadline that runs already is not put off by a byte more."""
        awaited = self.conn.their_state if self.conn.their_state in self._patience else None
        if self.transport.is_closing():
            awaited = None
        if awaited is self._awaited:
            return
        self._stop_waiting()
        if awaited is not None:
            self._awaited, self._waits_since = awaited, time.monotonic()
            self._deadline = self.loop.call_later(self._patience[self.conn.their_state], self._late)

    def _stop_waiting(self) -> None:
        self._awaited = None
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _late(self) -> None:
        """The client took too long: say so, if it has said anything and is not being answered already."""
        self._deadline = self._awaited = None
        if self._heard and not (self.cycle and self.cycle.response_started and not self.cycle.response_complete):
            if self.cycle is not None:
                self.cycle.disconnected = True
                self.cycle.message_event.set()
            self._refuse(408, "The request took too long to arrive")
        else:
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """What cannot be read is answered as everything is: in JSON."""
        self._refuse(400, "This is not a request of HTTP that can be read")

    def _unsupported_upgrade_warning(self) -> None:
        """Nobody needs to hear of it: a client that asks for another protocol is answered in this one."""

    def _refuse(self, status: int, message: str, *, retry_after: int | None = None) -> None:
        body = json.dumps({"code": -1, "message": message, "description": message}).encode()
        headers = [("content-type", "application/json"), ("content-length", str(len(body))), ("connection", "close")]
        if retry_after is not None:
            headers.append(("retry-after", str(retry_after)))
        try:
            for event in (
                h11.Response(status_code=status, headers=headers, reason=STATUS_PHRASES[status]),
                h11.Data(data=body),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event) or b"")
        except h11.LocalProtocolError:
            pass  # it is past answering
        self._stop_waiting()
        self.transport.close()
