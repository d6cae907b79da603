"""What a rendered page may reach: the public internet, under any name or wrapping, and nothing of ours."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from reelroom import egress
from reelroom.egress import Egress, NotReachable, addresses, is_public

PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8", "2002:808:808::1"]
PRIVATE = [
    *("127.0.0.1", "127.255.0.1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
    *("100.64.0.1", "192.0.0.170", "192.0.2.1", "192.88.99.1", "198.18.0.1", "203.0.113.1", "224.0.0.1"),
    *("240.0.0.1", "255.255.255.255", "192.0.0.9", "192.0.0.192", "192.31.196.1", "192.52.193.1", "192.175.48.1"),
    *("198.51.100.1", "239.255.255.255", "100.127.255.255", "172.31.255.255", "198.19.255.255", "0.255.255.255"),
    *("::", "::1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00::1", "ff02::1", "2001:db8::1", "3fff::1"),
    *("2001:1::1", "2001:3::1", "2001:4:112::1", "2001:20::1", "2001:30::1", "2620:4f:8000::1", "100:0:0:1::1"),
    *("100::1", "5f00::1", "4000::1", "2001:2::1", "2001:10::1"),
    # IPv4 in IPv6, by each way of wrapping it
    *("::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:0:127.0.0.1", "::ffff:0:8.8.8.8"),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "64:ff9b:1::808:808", "64:ff9b:1:ffff::1"),
    *("2002:7f00:1::", "2002:a00:1::1", "2001:0:7f00:1::1", "2001:0:808:808:0:0:80ff:fffe"),
    *("2606:4700::5efe:7f00:1", "2606:4700::200:5efe:a00:1"),
]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_reached(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_of_ones_own_may_not(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "017700000001", "::1", "localhost"])
async def test_every_spelling_of_this_machine_is_this_machine(host: str) -> None:
    with pytest.raises(NotReachable):
        await addresses(host, 80, private=False)


@pytest.mark.parametrize("host", ["", "no.such.name.invalid", "x" * 300, "a..b", "\udcff"])
async def test_a_host_that_is_none(host: str) -> None:
    with pytest.raises(NotReachable):
        await addresses(host, 80, private=False)


async def test_nobody_is_asked_for_a_host_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    async def asked(*_: object, **__: object) -> None:
        pytest.fail("a name server was asked")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", asked)
    for host in ("browser.reelroom.invalid", "X.INVALID", "x.invalid."):
        with pytest.raises(NotReachable, match="is not known"):
            await addresses(host, 443, private=True)


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def proxy(origin: Serve, *, private: bool) -> AsyncIterator[tuple[int, int]]:
    """A proxy and an origin on this machine; their ports."""
    server = await asyncio.start_server(origin, "127.0.0.1", 0)
    guard = Egress(private=private)
    address = await guard.start()
    yield int(address.rpartition(":")[2]), server.sockets[0].getsockname()[1]
    guard.stop()
    server.close()


async def ask(port: int, request: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request.encode())
    answer = await asyncio.wait_for(reader.read(), 15)
    writer.close()
    return answer


async def hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + head.split(b"\r\n")[0])
    writer.close()


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def test_what_may_be_reached_is_passed_on() -> None:
    async with proxy(hello, private=True) as (port, origin):
        answer = await ask(port, f"GET http://127.0.0.1:{origin}/a?b HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer.endswith(b"GET /a?b HTTP/1.1")
        answer = await ask(port, f"CONNECT 127.0.0.1:{origin} HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 Connection established") and answer.endswith(b"GET / HTTP/1.1")


@pytest.mark.parametrize(
    "request_", ["GET http://127.0.0.1:{}/ HTTP/1.1\r\n\r\n", "CONNECT localhost:{} HTTP/1.1\r\n\r\n"]
)
async def test_what_may_not_be_reached_is_refused_in_words(request_: str) -> None:
    async with proxy(hello, private=False) as (port, origin):
        answer = await ask(port, request_.format(origin) + "\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 403")
        assert b"is not on the public internet" in answer


@pytest.mark.parametrize(
    "nonsense",
    ["x\r\n\r\n", "GET ftp://8.8.8.8/ HTTP/1.1\r\n\r\n", "CONNECT x:y HTTP/1.1\r\n\r\n", "CONNECT 1:99999 H\r\n\r\n"],
)
async def test_nonsense_ends_the_connection(nonsense: str) -> None:
    async with proxy(hello, private=True) as (port, _):
        assert b"200" not in await ask(port, nonsense + "\r\n\r\n")


async def test_half_a_request_is_waited_for_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(egress, "_HEAD_SECONDS", 0.2)
    async with proxy(hello, private=True) as (port, _):
        assert await ask(port, "CONNECT 127.0") == b""


async def test_a_connection_on_which_nobody_says_anything_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(egress, "_IDLE_SECONDS", 0.3)
    async with proxy(silence, private=True) as (port, origin):
        answer = await ask(port, f"CONNECT 127.0.0.1:{origin} HTTP/1.1\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("beyond", ["9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255"])
@pytest.mark.parametrize("more", ["172.32.0.0", "192.0.1.0", "198.17.255.255", "198.20.0.0", "223.255.255.255"])
def test_what_lies_beside_a_special_range_is_the_internet(beyond: str, more: str) -> None:
    assert is_public(beyond)
    assert is_public(more)


IN_A_NAMESPACE = """
import asyncio, subprocess
from reelroom.egress import NotReachable, addresses, is_public, is_own
for own in ("93.184.216.34/32", "2a01:4f8:1:2::3/128"):
    subprocess.run(["ip", "addr", "add", own, "dev", "lo"], check=True)
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
for own in ("93.184.216.34", "2a01:4f8:1:2::3"):
    assert is_public(own) and is_own(own), own
    try:
        asyncio.run(addresses(own, 80, private=False))
    except NotReachable:
        continue
    raise SystemExit(f"{own} may be reached")
assert not is_own("93.184.216.35")
assert asyncio.run(addresses("93.184.216.35", 80, private=False)) == ["93.184.216.35"]
"""


def test_this_machine_is_not_reached_by_its_public_addresses_either() -> None:
    command = ["unshare", "--map-root-user", "--net", sys.executable, "-c", IN_A_NAMESPACE]
    if subprocess.run([*command[:3], "true"], capture_output=True, check=False).returncode:
        pytest.skip("no namespaces here")
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr


def test_no_part_that_dials_reaches_this_machine_by_its_public_address() -> None:
    """Pages and what they load, callbacks, buckets, RTMP, audio connectors and telephones, each as it dials."""
    command = ["unshare", "--map-root-user", "--net", sys.executable, "-m", "tests.where_each_dials"]
    if subprocess.run([*command[:3], "true"], capture_output=True, check=False).returncode:
        pytest.skip("no namespaces here")
    root = Path(__file__).parents[1]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=root)
    assert ended.returncode == 0, ended.stdout + ended.stderr
