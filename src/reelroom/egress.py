"""A proxy that lets programs reach only addresses that they may: each host is resolved once, checked, and dialled.

Checking and dialling the same address leaves no room for a name that answers differently the second time.
"""

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Iterable, Iterator
from typing import Protocol
from urllib.parse import urlsplit

_HEAD_BYTES = 64 * 1024
_CONNECT_SECONDS = 15.0
_HEAD_SECONDS = 10.0
_RESOLVE_SECONDS = 10.0
_IDLE_SECONDS = 300.0  # without a byte either way; pages keep connections open, and say something now and then

# What is nobody's on the internet, whatever the Python at hand knows: all of IANA's special-purpose registries
# (RFC 6890 and what has joined since), those that are reachable, too, and multicast.
_SPECIAL_4 = [
    ipaddress.IPv4Network(each)
    for each in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
]
# Of IPv6, 2000::/3 is the internet's (RFC 4291, 2.4). All others are somebody's own, or wrap an IPv4 address:
# compatible and translated ones, site-local ones, and those of a network's own NAT64 (64:ff9b:1::/48, RFC 8215).
_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # everybody's NAT64 (RFC 6052): what it wraps is what counts
_SPECIAL_6 = [  # within 2000::/3; 6to4 (2002::/16) counts as what it wraps, Teredo is in the first
    ipaddress.IPv6Network(each) for each in ("2001::/23", "2001:db8::/32", "2620:4f:8000::/48", "3fff::/20")
]
_ISATAP = {0x0000_5EFE, 0x0200_5EFE}  # before an IPv4 address at the end (RFC 5214)


class NotReachable(Exception):
    """An address that may not be reached, or that is not there."""


class NotPublic(NotReachable):
    """A host that may not be reached, wherever it is."""


def is_public(address: str) -> bool:
    """Whether an IP address, and every one that is wrapped in it, is on the public internet. Raises ValueError."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if ip not in _UNICAST and ip not in _NAT64:
            return False
        return all(is_public(str(inner)) for inner in _wrapped(ip)) and not any(ip in each for each in _SPECIAL_6)
    return not any(ip in each for each in _SPECIAL_4)


def is_own(address: str) -> bool:
    """Whether an IP address is one of this machine's: packets to it leave from itself. Nothing is sent."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((address, 9))
        return str(probe.getsockname()[0]).partition("%")[0] == address.partition("%")[0]
    return False  # there is no way to it


def _wrapped(ip: ipaddress.IPv6Address) -> Iterator[ipaddress.IPv4Address]:
    """The IPv4 addresses that packets to an IPv6 one may end up at."""
    last = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
    if ip in _NAT64 or (int(ip) >> 32) & 0xFFFF_FFFF in _ISATAP:
        yield last
    if ip.sixtofour is not None:
        yield ip.sixtofour


async def addresses(host: str, port: int, *, private: bool) -> list[str]:
    """The addresses of a host, if all of them may be reached. Raises NotReachable."""
    if host.rstrip(".").lower().endswith(".invalid"):  # there is none (RFC 6761, 6.4), and nobody needs to be asked
        raise NotReachable(f"{host} is not known")
    try:
        async with asyncio.timeout(_RESOLVE_SECONDS):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # TimeoutError is one
        raise NotReachable(f"{host} is not known") from None
    ips = list(dict.fromkeys(str(each[4][0]) for each in found))
    if not private and not all(is_public(ip) and not is_own(ip) for ip in ips):
        raise NotPublic(f"{host} is not on the public internet")
    return ips


async def places(hosts: Iterable[str], *, private: bool) -> dict[str, str]:
    """An address of each host, by the host, if all of them may be reached. Raises NotReachable."""
    return {host: (await addresses(host, 0, private=private))[0] for host in hosts}


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

    async def check(self, host: str, port: int) -> None:
        """Whether a host may be reached, in words of ours. Raises NotReachable."""
        await addresses(host, port, private=self._private)

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
                async with asyncio.timeout(_HEAD_SECONDS):
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
                await splice((reader, writer), far)
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
        if not 0 < port < 1 << 16:
            raise NotReachable(f"{port} is not a port")
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


class _Readable(Protocol):
    async def read(self, most: int, /) -> bytes: ...


async def splice(near: tuple[_Readable, asyncio.StreamWriter], far: tuple[_Readable, asyncio.StreamWriter]) -> None:
    """Carry bytes both ways until both ends have said all, or neither has said anything for too long."""
    loop = asyncio.get_running_loop()

    async def copy(reader: _Readable, writer: asyncio.StreamWriter, idle: asyncio.Timeout) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                idle.reschedule(loop.time() + _IDLE_SECONDS)
                writer.write(data)
                await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()

    try:
        async with asyncio.timeout(_IDLE_SECONDS) as idle:
            await asyncio.gather(copy(near[0], far[1], idle), copy(far[0], near[1], idle))
    finally:
        far[1].close()
