"""`python -m reelroom.connectors.process`: one audio connector, from its join to its end.

It is a participant like any other: who makes it leave ends it. A WebSocket that breaks is connected again.
"""

import argparse
import asyncio
import contextlib
import json
import os
import socket
import sys
import time
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from livekit import rtc

from reelroom.connectors.hearing import Hearing
from reelroom.connectors.wish import FRAME_MS, Connecting
from reelroom.egress import NotReachable, addresses
from reelroom.processes.inside import SECRET_VARIABLE, confine, obey, say, unless_ended
from reelroom.processes.interrupting import unless

_CONNECT_SECONDS = 6.0  # as in the cloud
_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)  # s between attempts to connect again
_STEADY_SECONDS = 60.0  # after which a connection that breaks has all attempts again
_LONGEST_MESSAGE = 1 << 20  # bytes
_QUEUE_MS = 2000  # of sound from the WebSocket that waits to be heard; then its sender waits
_BROKEN = (aiohttp.ClientError, OSError, TimeoutError, NotReachable)


class Checked(AbstractResolver):
    """Names lead only where they may, and what was checked is what is dialled."""

    def __init__(self, private: bool) -> None:
        self._private = private

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await addresses(host, port, private=self._private)
        return [
            ResolveResult(
                hostname=host,
                host=ip,
                port=port,
                family=socket.AF_INET6 if ":" in ip else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for ip in found
        ]

    async def close(self) -> None:
        """Nothing is open."""


def outward(*, private: bool) -> aiohttp.ClientSession:
    """What reaches only addresses that it may, also where somebody is sent on to; `private`: those of ours, too.

    Requests raise NotReachable.
    """

    async def look(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        # A number is not resolved, so it is looked at here, each time: a server may answer that it is elsewhere.
        url = request.url
        await addresses(url.host or "", url.port or 443, private=private)
        return await handler(request)

    connector = aiohttp.TCPConnector(resolver=Checked(private), use_dns_cache=False)
    return aiohttp.ClientSession(connector=connector, middlewares=[look])


class Connector:
    """Between a room of the engine and a WebSocket."""

    def __init__(self, wish: Connecting, private: bool) -> None:
        self.room = rtc.Room()
        self.gone = asyncio.Event()  # from the room
        self._wish = wish
        self._private = private
        self._hearing = Hearing(self.room, wish.rate, wish.rate * FRAME_MS // 1000, wish.tracks)
        self._source = rtc.AudioSource(wish.rate, 1, queue_size_ms=_QUEUE_MS)
        self._notices: set[asyncio.Task[None]] = set()

    async def join(self, engine: str, token: str) -> None:
        """Into the room, where sound that comes back has a track of its own."""
        room = self.room
        room.on("disconnected", lambda *_: self.gone.set())
        await room.connect(engine, token, rtc.RoomOptions(auto_subscribe=False))
        self._hearing.begin()
        if self._wish.bidirectional:
            track = rtc.LocalAudioTrack.create_audio_track("connector", self._source)
            options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
            await room.local_participant.publish_track(track, options)

    async def run(self) -> str:
        """Returns why it is over, "" when it was made to leave. The server is told of the first connection."""
        async with outward(private=self._private) as session:
            left, told = list(_PAUSES), False
            while True:
                began = time.monotonic()
                try:
                    async with asyncio.timeout(_CONNECT_SECONDS):
                        socket_ = await self._connect(session)
                    if not told:
                        say(connected=True)
                        told = True
                    await self._converse(socket_)
                    if self.gone.is_set():
                        return ""
                    problem = "the WebSocket was closed"
                except _BROKEN as error:
                    problem = str(error) or "it did not answer in time"
                if not told:
                    return f"The WebSocket could not be connected: {problem}"[:300]
                if time.monotonic() - began > _STEADY_SECONDS:
                    left = list(_PAUSES)
                if not left:
                    return problem
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.gone.wait(), left.pop(0))
                if self.gone.is_set():
                    return ""

    async def _connect(self, session: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
        return await session.ws_connect(
            self._wish.uri, headers=self._wish.headers, heartbeat=20, max_msg_size=1 << 20
        )

    async def _converse(self, there: aiohttp.ClientWebSocketResponse) -> None:
        """Until either side is gone."""
        await there.send_str(self._wish.event("connected"))
        tasks = [
            asyncio.create_task(self._send(there)),
            asyncio.create_task(self._receive(there)),
            asyncio.create_task(self.gone.wait()),
        ]
        try:
            await asyncio.wait(tasks, return_when="FIRST_COMPLETED")
            if self.gone.is_set():
                with contextlib.suppress(*_BROKEN):
                    await there.send_str(self._wish.event("disconnected", method="delete"))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with contextlib.suppress(*_BROKEN):
                await asyncio.wait_for(there.close(), 2.0)

    async def _send(self, there: aiohttp.ClientWebSocketResponse) -> None:
        active, due = True, time.monotonic()
        while True:
            packed = self._wish.transport.pack(self._hearing.mix.take())
            await (there.send_str(packed) if isinstance(packed, str) else there.send_bytes(packed))
            if self._hearing.active is not active:
                active = self._hearing.active
                await there.send_str(self._wish.event("media:update", method="update", active=active))
            due = max(due + FRAME_MS / 1000, time.monotonic() - 0.1)
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _receive(self, there: aiohttp.ClientWebSocketResponse) -> None:
        async for message in there:
            if message.type is aiohttp.WSMsgType.BINARY:
                await self._play(message.data)
            elif message.type is aiohttp.WSMsgType.TEXT:
                with contextlib.suppress(ValueError):
                    order = json.loads(message.data)
                    if isinstance(order, dict):
                        await self._obey(order, there)

    async def _obey(self, order: dict[str, Any], there: aiohttp.ClientWebSocketResponse) -> None:
        if sound := self._wish.transport.unpack(order):
            await self._play(sound)
        elif order.get("action") == "clear":
            self._source.clear_queue()
            await there.send_str(self._wish.event("cleared"))
        elif order.get("action") == "notify":
            task = asyncio.create_task(self._notify(there, order.get("payload")))
            self._notices.add(task)
            task.add_done_callback(self._notices.discard)

    async def _notify(self, there: aiohttp.ClientWebSocketResponse, payload: Any) -> None:
        """Say when all that was sent so far has been heard."""
        await asyncio.sleep(self._source.queued_duration)
        with contextlib.suppress(*_BROKEN):
            await there.send_str(self._wish.event("notify", payload=payload))

    async def _play(self, sound: bytes) -> None:
        if not self._wish.bidirectional:
            return
        step = self._wish.frame_bytes
        for at in range(0, len(sound) - 1, step):
            part = sound[at : at + step]
            count = len(part) // 2
            await self._source.capture_frame(rtc.AudioFrame(part[: 2 * count], self._wish.rate, 1, count))


async def _connect(arguments: argparse.Namespace) -> str:
    secret = json.loads(os.environ[SECRET_VARIABLE])
    connector = Connector(Connecting.from_json(secret["wish"]), arguments.private_addresses)
    try:
        await unless(connector.gone, connector.join(arguments.engine, secret["token"]))
        return await connector.run() or "It was made to leave"
    except rtc.ConnectError as error:
        return f"The session could not be joined: {error.message}"
    finally:
        await connector.room.disconnect()


async def _main() -> int:
    parser = argparse.ArgumentParser(prog="reelroom-connector", description=__doc__)
    parser.add_argument("--engine", required=True)
    parser.add_argument("--private-addresses", action="store_true")
    arguments = parser.parse_args()
    confine()
    obey(lambda order: None)
    return await unless_ended(_connect(arguments))


if __name__ == "__main__":
    sys.exit(asyncio.run(_main()))
