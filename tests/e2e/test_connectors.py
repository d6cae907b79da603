"""Audio connectors: what people say arrives at a WebSocket, and what comes back is heard, each by its tone."""

import asyncio
import base64
import json
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest
import trustme
from aiohttp import WSMsgType, web
from livekit import rtc

from reelroom.opentok.stream_ids import stream_id
from tests.e2e.application import Application
from tests.e2e.people import ann
from tests.e2e.running import RunningServer

RATE = 16_000
BACK = 1500.0  # Hz, what the WebSocket's side sends


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Whose certificates the server trusts."""
    return trustme.CA()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, authority: trustme.CA) -> Iterator[RunningServer]:
    """It may connect to this machine."""
    folder = tmp_path_factory.mktemp("connectors")
    authority.cert_pem.write_to_path(folder / "authority.pem")
    settings = {"REELROOM_PRIVATE_DESTINATIONS": "true", "SSL_CERT_FILE": str(folder / "authority.pem")}
    running = RunningServer(folder / "data", settings=settings)
    try:
        yield running.start()
    finally:
        running.close()


class Listener:
    """A WebSocket server of an application: keeps what it hears, and sends a tone back where it is to."""

    def __init__(self, rate: int = RATE, *, as_json: bool = False) -> None:
        self.rate, self.as_json = rate, as_json
        self.sounds: list[bytes] = []
        self.events: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.sockets: list[web.WebSocketResponse] = []
        self.answers = False

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        here = web.WebSocketResponse()
        await here.prepare(request)
        self.headers.append(dict(request.headers))
        self.sockets.append(here)
        sending = asyncio.create_task(self._answer(here))
        async for message in here:
            if message.type is WSMsgType.BINARY:
                self.sounds.append(message.data)
            elif message.type is WSMsgType.TEXT:
                said = json.loads(message.data)
                if "sound" in said:
                    self.sounds.append(base64.b64decode(said["sound"]))
                else:
                    self.events.append(said)
        sending.cancel()
        return here

    async def _answer(self, here: web.WebSocketResponse) -> None:
        for number in range(1_000_000):
            if self.answers:
                await self.send(here, 0.02, number)
            await asyncio.sleep(0.02)

    async def send(self, here: web.WebSocketResponse, seconds: float, number: int = 0) -> None:
        """So much of the tone."""
        count = round(self.rate * seconds)
        moments = (np.arange(count) + count * number) / self.rate
        sound = (9000 * np.sin(2 * np.pi * BACK * moments)).astype("<i2").tobytes()
        if self.as_json:
            await here.send_json({"sound": base64.b64encode(sound).decode()})
        else:
            await here.send_bytes(sound)

    async def notified(self, payload: str) -> float:
        """Asks to be told when all before has been heard; how many seconds that took."""
        began = time.monotonic()
        await self.sockets[-1].send_json({"action": "notify", "payload": payload})
        await until(lambda: any(each.get("payload") == payload for each in self.events), f"{payload} is answered")
        return time.monotonic() - began

    def heard(self, tone: float) -> float:
        """How loud a tone is in the last second."""
        return loudness(np.frombuffer(b"".join(self.sounds[-50:]), dtype="<i2"), tone, self.rate)


def loudness(samples: "np.ndarray[Any, Any]", tone: float, rate: int) -> float:
    moments = np.arange(len(samples)) / rate
    return float(abs(np.mean(samples * np.exp(-2j * np.pi * tone * moments)))) if len(samples) else 0.0


@asynccontextmanager
async def served(listener: Listener, port: int, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """The address of a listener, while it listens."""
    app = web.Application()
    app.router.add_get("/sound", listener.handle)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls).start()
    yield f"wss://localhost:{port}/sound" if tls else f"ws://127.0.0.1:{port}/sound"
    await runner.cleanup()


@pytest.fixture
async def listener(unused_tcp_port: int) -> AsyncIterator[tuple[Listener, str]]:
    there = Listener()
    async with served(there, unused_tcp_port) as uri:
        yield there, uri


async def until(condition: Any, what: str, seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert condition(), what


async def test_sound_goes_both_ways_until_the_connection_is_made_to_leave(
    server: RunningServer, listener: tuple[Listener, str]
) -> None:
    there, uri = listener
    application = Application(server)
    room = await asyncio.to_thread(server.open_room, "heard")
    session = room["sessionId"]
    person = await ann(width=320, height=180, fps=5).join(*await asyncio.to_thread(server.connect, "heard", "Ann"))
    back: list[np.ndarray[Any, Any]] = []

    async def listen(track: rtc.Track) -> None:
        async for event in rtc.AudioStream(track, sample_rate=RATE, num_channels=1):
            back.append(np.frombuffer(event.frame.data, dtype=np.int16))

    tasks: list[asyncio.Task[None]] = []
    person.room.on("track_subscribed", lambda track, *_: tasks.append(asyncio.create_task(listen(track))))
    person.speak()
    body = {
        "sessionId": session,
        "token": application.token(session),
        "websocket": {"uri": uri, "headers": {"X-Call": "7"}, "audioRate": RATE, "bidirectional": True},
    }
    answer = await asyncio.to_thread(application.project, "POST", "/connect", json=body)
    assert answer.status_code == 200, answer.text
    connection = answer.json()["connectionId"]

    await until(lambda: there.events and there.heard(person.tone) > 1000, "what she says arrives")
    assert there.events[0] == {"content-type": "audio/l16;rate=16000", "event": "websocket:connected", "X-Call": "7"}
    assert there.headers[0]["X-Call"] == "7"
    assert {len(sound) for sound in there.sounds} == {640}
    connections = (await asyncio.to_thread(application.project, "GET", f"/session/{session}/connection")).json()
    assert connection in {each["connectionId"] for each in connections["items"]}

    there.answers = True

    def she_hears_it() -> bool:
        return bool(back) and loudness(np.concatenate(back[-100:]), BACK, RATE) > 1000

    await until(she_hears_it, "what comes back is heard")

    await there.sockets[0].close()  # it is connected again
    await until(lambda: len(there.sockets) == 2 and there.heard(person.tone) > 1000, "it is connected again")

    path = f"/session/{session}/connection/{connection}"
    assert (await asyncio.to_thread(application.project, "DELETE", path)).status_code == 204
    await until(lambda: there.events[-1]["event"] == "websocket:disconnected", "its end is said")
    await until(lambda: there.sockets[1].closed, "and it is closed")
    for task in tasks:
        task.cancel()
    await person.leave()


@pytest.mark.parametrize(("rate", "as_json"), [(8000, False), (24_000, True)])
async def test_other_rates_travel_over_tls_and_what_waits_is_heard_or_dropped(
    server: RunningServer, authority: trustme.CA, unused_tcp_port: int, rate: int, as_json: bool
) -> None:
    application, there = Application(server), Listener(rate, as_json=as_json)
    name = f"heard at {rate}"
    session = (await asyncio.to_thread(server.open_room, name))["sessionId"]
    person = await ann(width=320, height=180, fps=5).join(*await asyncio.to_thread(server.connect, name, "Ann"))
    person.speak()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    async with served(there, unused_tcp_port, tls) as uri:
        websocket: dict[str, Any] = {"uri": uri, "audioRate": rate, "bidirectional": True}
        if as_json:
            websocket["audioTransport"] = {"transport": "json", "encoding": "base64", "audio_field": "sound"}
        body = {"sessionId": session, "token": application.token(session), "websocket": websocket}
        answer = await asyncio.to_thread(application.project, "POST", "/connect", json=body)
        assert answer.status_code == 200, answer.text
        await until(lambda: there.heard(person.tone) > 1000, "what she says arrives")
        assert there.events[0] == {"content-type": f"audio/l16;rate={rate}", "event": "websocket:connected"}
        assert {len(sound) for sound in there.sounds} == {rate // 25}

        await there.send(there.sockets[0], 1.5)
        whole = await there.notified("all was heard")
        assert whole > 1.0
        await there.send(there.sockets[0], 1.5)
        await there.sockets[0].send_json({"action": "clear"})
        assert await there.notified("nothing waits") < whole
        assert "websocket:cleared" in {each["event"] for each in there.events}
        stop = await asyncio.to_thread(application.project, "POST", f"/connect/{answer.json()['id']}/stop")
        assert stop.status_code == 204
        await until(lambda: there.sockets[0].closed, "it is closed")
    await person.leave()


async def test_what_cannot_be_connected_is_refused(server: RunningServer) -> None:
    application = Application(server)
    session = await asyncio.to_thread(application.new_session)
    token = application.token(session)
    refused = {
        "a ws or wss address": {"uri": "https://example.org"},
        "could not be connected": {"uri": "ws://127.0.0.1:9/nobody"},
        "cannot be sent": {"uri": "ws://127.0.0.1:9/", "headers": {"Upgrade": "h2c"}},
        "There is no stream": {"uri": "ws://127.0.0.1:9/", "streams": [stream_id("TR_x")]},
        "audioRate": {"uri": "ws://127.0.0.1:9/", "audioRate": 44_100},
    }
    for message, websocket in refused.items():
        body = {"sessionId": session, "token": token, "websocket": websocket}
        answer = await asyncio.to_thread(application.project, "POST", "/connect", json=body)
        assert answer.status_code == 400 and message in answer.json()["message"], answer.text
    stopped = await asyncio.to_thread(application.project, "POST", "/connect/no-such-connector/stop")
    assert stopped.status_code == 404
