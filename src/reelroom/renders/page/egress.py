"""A proxy that lets a browser reach only addresses that it may: each host is resolved once, checked, and dialled.

Checking and dialling the same address leaves no room for a name that answers differently the second time.
"""

import asyncio
import contextlib
import ipaddress
import socket
from urllib.parse import urlsplit

_HEAD_BYTES = 64 * 1024
_CONNECT_SECONDS = 15.0
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class NotReachable(Exception):
    """An address that a page may not reach, or that is not there."""


def is_public(address: str) -> bool:
    """Whether an IP address is on the public internet, also when it is wrapped in an IPv6 one."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


async def addresses(host: str, port: int, *, private: bool) -> list[str]:
    """The addresses of a host, if all of them may be reached. Raises NotReachable."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotReachable(f"{host} is not known") from None
    ips = list(dict.fromkeys(str(each[4][0]) for each in found))
    if not private and not all(is_public(ip) for ip in ips):
        raise NotReachable(f"{host} is not on the public internet")
    return ips


class Egress:
    """The proxy, on a free port of loopback."""

    def __init__(self, *, private: bool) -> None:
        self._private = private
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()

    async def start(self) -> str:
        """Returns the proxy's address."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=_HEAD_BYTES)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def stop(self) -> None:
        """Close everything."""
        if self._server is not None:
            self._server.close()
        for task in self._serving:
            task.cancel()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            try:
                head = await reader.readuntil(b"\r\n\r\n")
                method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
                if method == "CONNECT":
                    host, _, port = target.rpartition(":")
                    far = await self._dial(host.strip("[]"), int(port))
                    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                else:
                    parts = urlsplit(target)
                    if parts.scheme != "http" or not parts.hostname:
                        raise NotReachable("not an http address")
                    far = await self._dial(parts.hostname, parts.port or 80)
                    far[1].write(_for_origin(head, method, parts.path or "/", parts.query))
                await _splice((reader, writer), far)
            except NotReachable as error:
                text = str(error).encode()
                writer.write(
                    b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nConnection: close\r\n"
                    + f"Content-Length: {len(text)}\r\n\r\n".encode()
                    + text
                )
                await writer.drain()
        writer.close()

    async def _dial(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        for ip in await addresses(host, port, private=self._private):
            with contextlib.suppress(OSError, TimeoutError):
                return await asyncio.wait_for(asyncio.open_connection(ip, port), _CONNECT_SECONDS)
        raise NotReachable(f"{host} does not answer")


def _for_origin(head: bytes, method: str, path: str, query: str) -> bytes:
    """A request to a proxy as its origin takes it: one a connection, since the next may be for another host."""
    lines = head.decode("latin-1").split("\r\n")[1:-2]
    kept = [line for line in lines if line.partition(":")[0].lower() not in {"connection", "proxy-connection"}]
    first = f"{method} {path}{'?' + query if query else ''} HTTP/1.1"
    return "\r\n".join([first, *kept, "Connection: close", "", ""]).encode("latin-1")


async def _splice(
    near: tuple[asyncio.StreamReader, asyncio.StreamWriter], far: tuple[asyncio.StreamReader, asyncio.StreamWriter]
) -> None:
    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()

    try:
        await asyncio.gather(copy(near[0], far[1]), copy(far[0], near[1]))
    finally:
        far[1].close()
