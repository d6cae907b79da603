"""Clients that send half a request and wait: they are let go, and everybody else is answered meanwhile."""

import asyncio
import functools
import json
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
import uvicorn
from fastapi import FastAPI

from reelroom.api import lingering
from reelroom.api.connections import BACKLOG, Connection
from reelroom.api.guard import Guard
from reelroom.config import Settings

HALF_HEAD = b"GET / HT"
HALF_BODY = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
WHOLE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"

app = FastAPI(strict_content_type=False)


@app.get("/")
async def hello() -> dict[str, str]:
    return {"hello": "world"}


@app.get("/slow")
async def slow() -> dict[str, str]:
    await asyncio.sleep(1.5)
    return {"hello": "at last"}


@app.post("/echo")
async def echo(body: dict[str, Any]) -> dict[str, Any]:
    return body


@asynccontextmanager
async def serving(**limits: float) -> AsyncIterator[int]:
    """A server with these limits; its port."""
    http = functools.partial(Connection, **{"most": 100, **limits})
    config = uvicorn.Config(
        Guard(app, Settings(allowed_hosts=["x"])),
        port=0,
        http=cast(Any, http),
        ws="none",
        log_config=None,
        lifespan="off",
        backlog=BACKLOG,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110 - it does not tell
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = server.force_exit = True
    await task


async def send(port: int, data: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    return reader, writer


async def answer(reader: asyncio.StreamReader) -> tuple[int, Any]:
    """Status and body of one answer; (0, None) where the connection was closed without one."""
    try:
        head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 15)).decode().lower()
    except asyncio.IncompleteReadError:
        return 0, None
    length = int(head.partition("content-length: ")[2].split()[0])
    return int(head.split()[1]), json.loads(await asyncio.wait_for(reader.readexactly(length), 15))


@pytest.mark.parametrize("half", [HALF_HEAD, HALF_BODY, WHOLE + HALF_HEAD])
async def test_half_a_request_is_refused_in_time(half: bytes) -> None:
    async with serving(head_seconds=0.3, body_seconds=0.3) as port:
        reader, writer = await send(port, half)
        if half.startswith(WHOLE):
            assert await answer(reader) == (200, {"hello": "world"})
        status, body = await answer(reader)
        assert (status, body["message"]) == (408, "The request took too long to arrive")
        assert await reader.read() == b""
        writer.close()


async def test_a_byte_now_and_then_does_not_put_the_deadline_off() -> None:
    async with serving(head_seconds=0.5) as port:
        reader, writer = await send(port, HALF_HEAD)
        began = time.monotonic()
        answered = asyncio.create_task(answer(reader))
        while not answered.done() and time.monotonic() < began + 10:
            writer.write(b"x")
            await asyncio.sleep(0.05)
        assert (await answered)[0] == 408
        writer.close()


async def test_a_client_that_says_nothing_is_let_go() -> None:
    async with serving(head_seconds=0.3) as port:
        reader, writer = await send(port, b"")
        assert await answer(reader) == (0, None)
        writer.close()


async def test_an_answer_that_takes_its_time_is_no_fault_of_the_client() -> None:
    async with serving(head_seconds=0.3, body_seconds=0.3) as port:
        reader, writer = await send(port, WHOLE.replace(b"/ ", b"/slow ", 1))
        assert await answer(reader) == (200, {"hello": "at last"})
        writer.close()


async def test_who_waits_longest_gives_way_to_who_comes_next() -> None:
    async with serving(most=5) as port:
        idle = [await send(port, HALF_HEAD) for _ in range(5)]
        await asyncio.sleep(0.1)
        reader, writer = await send(port, WHOLE)
        assert await answer(reader) == (200, {"hello": "world"})
        assert await asyncio.wait_for(idle[0][0].read(), 5) == b""
        assert not idle[4][0].at_eof()
        for _, each in [*idle, (reader, writer)]:
            each.close()


async def test_a_request_under_way_gives_way_to_nobody() -> None:
    async with serving(most=3) as port:
        busy = [await send(port, WHOLE.replace(b"/ ", b"/slow ", 1)) for _ in range(3)]
        await asyncio.sleep(0.2)
        reader, writer = await send(port, WHOLE)
        status, body = await answer(reader)
        assert (status, body["message"]) == (503, "Too many connections; try again in a moment")
        for each, _ in busy:
            assert await answer(each) == (200, {"hello": "at last"})
        for _, each in [*busy, (reader, writer)]:
            each.close()


@pytest.mark.parametrize(
    "nonsense", [b"nonsense\r\n\r\n", b"GET /\r\n\r\n", b"\x16\x03\x01\x02\x00", b"GET / HTTP/1.1\r\nA B: c\r\n\r\n"]
)
async def test_what_is_no_request_is_answered_in_json(nonsense: bytes) -> None:
    async with serving(head_seconds=1) as port:
        reader, writer = await send(port, nonsense + b"\r\n\r\n")
        status, body = await answer(reader)
        assert status == 400
        assert body["message"] == "This is not a request of HTTP that can be read"
        writer.close()


async def test_json_without_a_content_type_is_json() -> None:
    async with serving() as port:
        reader, writer = await send(port, b'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\n{"a":1}')
        assert await answer(reader) == (200, {"a": 1})
        writer.close()


@pytest.mark.parametrize("chunked", [False, True])
async def test_who_still_sends_hears_why_it_is_refused(chunked: bool) -> None:
    """More than any buffer on the way holds, so that the client is still sending when it is answered."""
    size = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: 10000000"
    async with serving() as port:
        reader, writer = await send(port, b"POST /echo HTTP/1.1\r\nHost: x\r\n" + size + b"\r\n\r\n")
        writer.writelines([b"%x\r\n%s\r\n" % (100_000, b" " * 100_000) if chunked else b" " * 100_000] * 100)
        await asyncio.wait_for(writer.drain(), 15)  # all of it is taken, none of it is kept
        status, body = await answer(reader)
        assert (status, body["message"]) == (413, "A request has at most 1048576 bytes")
        assert await reader.read() == b""
        writer.close()


async def test_who_goes_on_sending_is_not_listened_to_for_ever() -> None:
    async with serving() as port:
        reader, writer = await send(port, b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n")
        assert (await answer(reader))[0] == 413
        sent = 0
        with pytest.raises(ConnectionError):
            while True:
                writer.write(b" " * 100_000)
                await asyncio.wait_for(writer.drain(), 15)
                sent += 100_000
        assert sent < 100_000_000
        writer.close()


async def test_who_is_refused_and_says_nothing_more_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lingering, "_SECONDS", 0.3)
    async with serving() as port:
        reader, writer = await send(port, b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n")
        assert (await answer(reader))[0] == 413
        assert await reader.read() == b""
        with pytest.raises(ConnectionError):
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.05)
        writer.close()


FEW_DESCRIPTORS = """
import asyncio, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))
from reelroom.logs import log_to
from reelroom.processes.descriptors import raise_limit
log_to(sys.stderr, "info")
from tests.test_connections import serving

async def main():
    async with serving(most=raise_limit() // 2) as port:
        print(port, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

asyncio.run(main())
"""


def test_a_thousand_half_requests_leave_a_server_of_1024_descriptors_answering() -> None:
    command = [sys.executable, "-c", FEW_DESCRIPTORS]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        assert server.stderr is not None
        port = int(server.stdout.readline())
        idle = []
        for _ in range(1100):
            idle.append(socket.create_connection(("127.0.0.1", port), timeout=20))
            idle[-1].sendall(HALF_HEAD)
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
                client.sendall(WHOLE)
                assert client.recv(64_000).startswith(b"HTTP/1.1 200")
        for each in idle:
            each.close()
        server.stdin.close()
        said = server.stderr.read()
    assert said == "", said[:3000]
