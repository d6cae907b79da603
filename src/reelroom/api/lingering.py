"""The end of a connection whose client still sends: it hears the answer first, and is not listened to for ever.

Who closes a socket in which something lies unread resets it (RFC 9112, 9.6), and the client, or the proxy before it,
loses the answer that says why. So our side is closed first, and what still comes is thrown away, within bounds.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

_SECONDS: Final = 5.0
_MOST_BYTES: Final = 1 << 24


class Lingering:
    """A transport whose `close` may linger; all else is the transport's own.

    `is_owed` says whether the client still sends. While it lingers, what arrives is handed to `discard`.

    What is written while the client still sends goes out in one piece: Go's proxies (Caddy) read no more of an answer
    once they have begun to hand it on, if the request was not all sent.
    """

    def __init__(self, transport: asyncio.Transport, is_owed: Callable[[], bool]) -> None:
        self._transport = transport
        self._is_owed = is_owed
        self._left = _MOST_BYTES
        self._held = b""
        self._end: asyncio.TimerHandle | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    @property
    def lingers(self) -> bool:
        """Whether our side is closed, and the client's not yet."""
        return self._end is not None

    def is_closing(self) -> bool:
        """Whether nothing can be answered any more."""
        return self.lingers or self._transport.is_closing()

    def write(self, data: bytes) -> None:
        """Send it, at the latest when whoever writes now has nothing more to write."""
        if not self._held and not self._is_owed():
            self._transport.write(data)
            return
        if not self._held:
            asyncio.get_running_loop().call_soon(self._let_out)
        self._held += data

    def _let_out(self) -> None:
        held, self._held = self._held, b""
        if held and not self.is_closing():
            self._transport.write(held)

    def close(self) -> None:
        """Close; where more is to come, once the client has, or has had its time. A second call closes at once."""
        self._let_out()
        if self._is_owed() and not self.is_closing() and self._transport.can_write_eof():
            self._end = asyncio.get_running_loop().call_later(_SECONDS, self._transport.abort)
            self._transport.write_eof()
            self._transport.resume_reading()
        else:
            self.forget()
            self._transport.close()

    def discard(self, data: bytes) -> None:
        """More of what nobody reads."""
        self._left -= len(data)
        if self._left < 0:
            self._transport.abort()

    def forget(self) -> None:
        """The connection is gone."""
        if self._end is not None:
            self._end.cancel()
            self._end = None
