"""What an audio connector mixes and says, without a room and a WebSocket."""

import asyncio
import json

import aiohttp
import numpy as np
import pytest

from reelroom.connectors import process
from reelroom.connectors.mixing import Mix
from reelroom.connectors.process import outward
from reelroom.connectors.wish import Connecting, Transport
from reelroom.egress import NotPublic, addresses


def frame(*samples: int) -> bytes:
    return np.array(samples, dtype="<i2").tobytes()


def test_microphones_are_added_and_silence_fills_up() -> None:
    mix = Mix(8000, 4)
    assert mix.take() == frame(0, 0, 0, 0)
    mix.add("ann", frame(1, 2, 3, 4, 5))
    mix.add("bob", frame(10, 20))
    assert mix.take() == frame(11, 22, 3, 4)
    assert mix.take() == frame(5, 0, 0, 0)


def test_too_loud_a_sum_stays_at_full_scale() -> None:
    mix = Mix(8000, 2)
    mix.add("ann", frame(30_000, -30_000))
    mix.add("bob", frame(30_000, -30_000))
    assert mix.take() == frame(32_767, -32_768)


def test_who_is_far_behind_loses_the_oldest_and_who_is_gone_all() -> None:
    mix = Mix(8000, 160)
    mix.add("ann", frame(*range(1700)))  # 200 ms are 1600
    assert mix.take() == frame(*range(100, 260))
    mix.remove("ann")
    assert mix.take() == bytes(320)


def test_a_wish_comes_through_to_the_process_as_it_was() -> None:
    transport = Transport(as_json=True, audio_field="sound", receive_field="answer", static_fields={"id": 7})
    wish = Connecting("wss://example.org/x", ["TR_a"], {"X-Call": "7"}, 24_000, True, transport)
    assert Connecting.from_json(wish.to_json()) == wish
    assert wish.frame_bytes == 960
    assert json.loads(wish.event("connected")) == {
        "X-Call": "7",
        "content-type": "audio/l16;rate=24000",
        "event": "websocket:connected",
    }


def test_sound_travels_as_it_is_or_in_json() -> None:
    assert Transport().pack(b"ab") == b"ab" and Transport().unpack({"audio": "YWI="}) == b""
    transport = Transport(as_json=True, static_fields={"type": "sound"})
    packed = transport.pack(b"ab")
    assert json.loads(packed) == {"type": "sound", "audio": "YWI="}
    assert transport.unpack(json.loads(packed)) == b"ab"
    assert transport.unpack({"audio": "no base64!"}) == transport.unpack({"audio": 7}) == transport.unpack({}) == b""


@pytest.mark.parametrize("elsewhere", ["http://127.0.0.1:{}/", "ws://localhost:{}/", "http://[::ffff:127.0.0.1]:{}/"])
async def test_a_server_that_sends_on_leads_nowhere_that_may_not_be_reached(
    elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that may be reached, whose server answers that what is wanted is on this very machine."""
    asked: list[bytes] = []

    async def ours(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readline())
        writer.close()

    async def theirs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        there = elsewhere.format(within.sockets[0].getsockname()[1])
        writer.write(f"HTTP/1.1 302 Found\r\nLocation: {there}\r\nContent-Length: 0\r\n\r\n".encode())
        writer.close()

    async def as_if_public(host: str, port: int, *, private: bool) -> list[str]:
        return ["127.0.0.1"] if host == "public.example" else await addresses(host, port, private=private)

    monkeypatch.setattr(process, "addresses", as_if_public)
    within = await asyncio.start_server(ours, "127.0.0.1", 0)
    without = await asyncio.start_server(theirs, "127.0.0.1", 0)
    url = f"ws://public.example:{without.sockets[0].getsockname()[1]}/"
    async with outward(private=False) as session:
        with pytest.raises((NotPublic, aiohttp.ClientError)):
            await session.ws_connect(url)
    assert asked == []
    within.close()
    without.close()
