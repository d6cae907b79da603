"""Ways to RTMP servers: checked once and dialled as checked, with the server's own name in what is said to it."""

import asyncio
import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelroom import egress
from reelroom.broadcasts import dialling
from reelroom.broadcasts.dialling import Dialling, with_name

HELLO = b"\x03" + bytes(1536)


def connect(tc_url: str, more: bytes = b"") -> bytes:
    """What FFmpeg says first: a command, and an object with the application's name and address."""
    text = tc_url.encode()
    return (
        b"\x02\x00\x07connect\x00?\xf0\x00\x00\x00\x00\x00\x00\x03\x00\x03app\x02\x00\x04live"
        + (b"\x00\x05tcUrl\x02" + len(text).to_bytes(2) + text)
        + more
        + b"\x00\x00\t"
    )


def chunked(message: bytes) -> bytes:
    parts = [message[at : at + 128] for at in range(0, len(message), 128)]
    return b"\x03\x00\x00\x00" + len(message).to_bytes(3) + b"\x14" + bytes(4) + b"\xc3".join(parts)


@dataclass
class Heard:
    """What a server was sent: a list for each connection."""

    port: int = 0
    connections: list[bytearray] = field(default_factory=list)


@asynccontextmanager
async def server() -> AsyncIterator[Heard]:
    heard = Heard()

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said = bytearray()
        heard.connections.append(said)
        while data := await reader.read(4096):
            said += data
        writer.write(b"goodbye")
        writer.close()

    running = await asyncio.start_server(hear, "127.0.0.1", 0)
    heard.port = running.sockets[0].getsockname()[1]
    yield heard
    running.close()


async def say(url: str, *parts: bytes) -> bytes:
    """Through the door that a way names; returns what comes back."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    for part in parts:
        writer.write(part)
        await writer.drain()
    writer.write_eof()
    answer = await asyncio.wait_for(reader.read(), 15)
    writer.close()
    return answer


@pytest.mark.parametrize("more", [b"", b"\x00\x04more\x02\x01\x00" + b"x" * 256])
async def test_the_server_is_told_its_own_name(more: bytes) -> None:
    async with server() as heard:
        way = await asyncio.to_thread(Dialling(private=True), f"rtmp://localhost:{heard.port}/live/key?a=b")
        assert urlsplit(way.url).path == "/live/key" and urlsplit(way.url).query == "a=b"
        door = urlsplit(way.url).netloc
        said = chunked(connect(f"rtmp://{door}/live", more))
        assert await say(way.url, HELLO, HELLO[1:], said[:50], said[50:], b"pictures") == b"goodbye"
        told = chunked(connect(f"rtmp://localhost:{heard.port}/live", more))
        assert heard.connections == [HELLO + HELLO[1:] + told + b"pictures"]
        way.close()


async def test_it_is_dialled_as_it_was_checked_however_often(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    async def addresses(host: str, port: int, *, private: bool) -> list[str]:
        asked.append((host, port, private))
        return ["127.0.0.1"] if len(asked) == 1 else ["192.0.2.1"]

    monkeypatch.setattr(dialling, "addresses", addresses)
    async with server() as heard:
        way = await asyncio.to_thread(Dialling(private=False), f"rtmp://live.example:{heard.port}/live/key")
        for _ in range(2):
            assert await say(way.url, HELLO, HELLO[1:], chunked(connect("rtmp://elsewhere/live"))) == b"goodbye"
        assert len(heard.connections) == 2
        assert asked == [("live.example", heard.port, False)]
        way.close()


@pytest.mark.parametrize("scheme", ["rtmp", "rtmps"])
@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", "169.254.169.254", "[::ffff:10.0.0.1]"])
async def test_what_may_not_be_reached_is_not_dialled(scheme: str, host: str) -> None:
    with pytest.raises(PermissionError) as refused:
        await asyncio.to_thread(Dialling(private=False), f"{scheme}://{host}:1935/live/key")
    assert refused.value.errno == errno.EACCES
    assert "is not on the public internet" in str(refused.value.strerror)


async def test_a_secure_server_is_reached_by_a_proxy_that_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    async def public(host: str, port: int, *, private: bool) -> list[str]:
        return ["127.0.0.1"]

    monkeypatch.setattr(egress, "addresses", public)
    monkeypatch.setattr(dialling, "addresses", public)
    async with server() as heard:
        way = await asyncio.to_thread(Dialling(private=False), f"rtmps://live.example:{heard.port}/live/key")
        assert way.url == f"rtmps://live.example:{heard.port}/live/key"  # for the certificate's sake
        asked = f"CONNECT live.example:{heard.port} HTTP/1.1\r\n\r\n".encode()
        answer = await say(way.environment["http_proxy"], asked + b"hello")
        assert answer.startswith(b"HTTP/1.1 200") and answer.endswith(b"goodbye")
        assert heard.connections == [b"hello"]


@given(st.binary(max_size=300))
def test_what_is_no_greeting_is_left_as_it_is(message: bytes) -> None:
    assert with_name(message, b"rtmp://127.0.0.1:1", b"rtmp://live.example:1935") == message
    cut = connect("rtmp://127.0.0.1:1/live")[: len(message) % 70]
    assert len(with_name(cut, b"rtmp://127.0.0.1:1", b"rtmp://live.example:1935")) >= len(cut)
