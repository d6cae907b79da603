"""Ways to RTMP servers under the address rule: a name is resolved once, and dialled as it was checked.

FFmpeg dials by itself. For RTMPS it goes through a proxy of ours. For RTMP it is given a port on loopback, whose
connections lead to the server; in the first message (`connect`, by Adobe's RTMP 1.0, 7.2.1.1), `tcUrl` has the
server's name again, since some servers tell their customers apart by it.
"""

import asyncio
import contextlib
import errno
import os
import sys
import threading
from urllib.parse import urlsplit

from reelroom.composer.outputs import RtmpWay
from reelroom.egress import Egress, NotReachable, addresses, splice

_PORTS = {"rtmp": 1935, "rtmps": 443}
_DIALLING_SECONDS = 10.0
_HELLO, _HELLO_AGAIN = 1537, 1536  # bytes: C0 with C1, and C2
_HEAD = 12  # bytes before the first message: format 0, a chunk stream below 64
_CHUNK = 128  # bytes of a message between two headers, until somebody says otherwise
_LONGEST_MESSAGE = 8192
_TC_URL = b"\x00\x05tcUrl\x02"


class Dialling:
    """Finds the way to a server, each time anew, from any thread; `private`: into private networks, too."""

    def __init__(self, *, private: bool) -> None:
        self._private = private
        self._loop = asyncio.new_event_loop()
        self._proxy = ""
        threading.Thread(target=self._loop.run_forever, name="ways to RTMP servers", daemon=True).start()

    def __call__(self, url: str) -> RtmpWay:
        """Blocking. Raises OSError for a server that may not be reached, or is not known."""
        try:
            finding = asyncio.run_coroutine_threadsafe(self._find(url), self._loop)
            return finding.result(_DIALLING_SECONDS + 5)
        except NotReachable as error:
            raise PermissionError(errno.EACCES, str(error)) from None

    async def _find(self, url: str) -> RtmpWay:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        found = await addresses(host, port, private=self._private)
        if parts.scheme == "rtmps":
            self._proxy = self._proxy or await Egress(private=self._private).start()
            return RtmpWay(url, {"http_proxy": self._proxy}, lambda: None)
        there = f"rtmp://{f'[{host}]' if ':' in host else host}:{port}"
        door = _Door(found, port, there)
        user = parts.netloc.rpartition("@")[0]
        here = await door.open()
        netloc = f"{user}@{here}" if user else here
        return RtmpWay(parts._replace(netloc=netloc).geturl(), {}, lambda: self._close(door))

    def _close(self, door: "_Door") -> None:
        self._loop.call_soon_threadsafe(door.close)


class _Door:
    """A port on loopback that leads to one server."""

    def __init__(self, found: list[str], port: int, there: str) -> None:
        self._found, self._port, self._there = found, port, there
        self._here = ""
        self._server: asyncio.Server | None = None
        self._passing: set[asyncio.Task[None]] = set()

    async def open(self) -> str:
        """Returns its address."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self._here = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self._here

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._passing:
            task.cancel()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._pass(reader, writer))
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            if (far := await self._dial()) is not None:
                named = _Named(reader, f"rtmp://{self._here}".encode(), self._there.encode())
                await splice((named, writer), far)
        writer.close()

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        why: OSError | None = None
        for ip in self._found:
            try:
                return await asyncio.wait_for(asyncio.open_connection(ip, self._port), _DIALLING_SECONDS)
            except OSError as error:  # TimeoutError is one
                why = error
        # FFmpeg sees only that the door is closed. The process's log says what it would have said.
        words = os.strerror(why.errno) if why is not None and why.errno else "it does not answer"
        sys.stderr.write(f"{self._there}: {words}\n")
        sys.stderr.flush()
        return None


class _Named:
    """What FFmpeg sends, with the server's name where it has its door's."""

    def __init__(self, reader: asyncio.StreamReader, here: bytes, there: bytes) -> None:
        self._reader, self._here, self._there = reader, here, there
        self._parts = iter((self._hello, self._hello_again, self._connect))

    async def read(self, most: int) -> bytes:
        """The next bytes; none: it has sent all. Raises IncompleteReadError."""
        part = next(self._parts, None)
        return await (part() if part else self._reader.read(most))

    async def _hello(self) -> bytes:
        return await self._reader.readexactly(_HELLO)

    async def _hello_again(self) -> bytes:
        return await self._reader.readexactly(_HELLO_AGAIN)

    async def _connect(self) -> bytes:
        head = await self._reader.readexactly(_HEAD)
        length = int.from_bytes(head[4:7])
        if head[0] >> 6 or length > _LONGEST_MESSAGE:
            return head  # not what FFmpeg begins with: let the server judge
        sent = await self._reader.readexactly(length + (length - 1) // _CHUNK)
        message = b"".join(sent[at : at + _CHUNK] for at in range(0, len(sent), _CHUNK + 1))
        named = with_name(message, self._here, self._there)
        again = bytes([0xC0 | (head[0] & 0x3F)])  # the header of what goes on
        chunks = (named[at : at + _CHUNK] for at in range(0, len(named), _CHUNK))
        return head[:4] + len(named).to_bytes(3) + head[7:] + again.join(chunks)


def with_name(message: bytes, here: bytes, there: bytes) -> bytes:
    """A `connect` (AMF 0) whose `tcUrl` begins with `there` instead of `here`; as it is, where it does not."""
    before, key, rest = message.partition(_TC_URL)
    length, text = int.from_bytes(rest[:2]), rest[2:]
    if not key or len(text) < length or not text.startswith(here + b"/"):
        return message
    url = there + text[len(here) : length]
    return before + key + len(url).to_bytes(2) + url + text[length:]
