"""A page written for OpenTok's JavaScript SDK, of another origin, with one script tag changed."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentok import Client
from playwright.async_api import Browser, Page, async_playwright

from reelroom.keys import load_keys
from reelroom.opentok.tokens import ClientToken, mint
from reelroom.renders.page.chromium import chromium as machines_chromium
from tests.e2e.pages import ARGUMENTS
from tests.e2e.running import RunningServer
from tests.e2e.test_browser import MOVES

# What an application has, and nothing but what OpenTok documents.
PAGE = """<!doctype html>
<title>An application</title>
<div id="publisher"></div>
<div id="subscribers"></div>
<script src="SERVER/opentok-compat/opentok.js"></script>
<script>
window.log = []
const say = (what, more) => log.push({ what, ...more })
window.start = ({ apiKey, sessionId, token }) => new Promise(resolve => {
    window.session = OT.initSession(apiKey, sessionId)
    session.on({
        sessionConnected: () => say('sessionConnected', { me: session.connection.connectionId }),
        sessionReconnecting: () => say('sessionReconnecting', {}),
        sessionReconnected: () => say('sessionReconnected', {}),
        sessionDisconnected: event => say('sessionDisconnected', { reason: event.reason }),
        connectionCreated: ({ connection }) => say('connectionCreated', { id: connection.connectionId }),
        connectionDestroyed: event => say('connectionDestroyed', { id: event.connection.connectionId }),
        streamDestroyed: event => say('streamDestroyed', { id: event.stream.streamId }),
        streamPropertyChanged: event => say('streamPropertyChanged', {
            id: event.stream.streamId, property: event.changedProperty, to: event.newValue }),
    })
    session.on('streamCreated', event => {
        const { streamId, name, hasAudio, hasVideo, videoType, connection } = event.stream
        say('streamCreated', { id: streamId, name, hasAudio, hasVideo, videoType, from: connection.connectionId })
        const subscriber = session.subscribe(event.stream, 'subscribers', { insertMode: 'append' }, error =>
            say('subscribed', { id: streamId, error: error && error.name }))
        subscriber.on('videoElementCreated', () => say('subscriber.videoElementCreated', {}))
    })
    session.on('signal', ({ type, data, from }) => say('signal', { type, data, from: from && from.connectionId }))
    session.on('signal:chat', event => say('chat', { data: event.data }))
    session.connect(token, error => {
        if (error) return resolve({ name: error.name, code: error.code, message: error.message })
        window.publisher = OT.initPublisher('publisher', { name: 'A camera', width: '320px', height: 240 })
        publisher.on('accessAllowed', () => say('accessAllowed', {}))
        publisher.on('streamCreated', event => say('publisher.streamCreated', { id: event.stream.streamId }))
        publisher.on('streamDestroyed', event => say('publisher.streamDestroyed', { reason: event.reason }))
        session.publish(publisher, error => resolve(error ? { name: error.name, code: error.code } : null))
    })
})
window.signal = signal => new Promise(resolve => session.signal(signal, error => resolve(error ? error.code : null)))
</script>
"""

# The camera goes; what a canvas shows comes at once.
DRAWS = """() => new Promise((resolve, reject) => {
    session.unpublish(publisher)
    const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 240 })
    const pen = canvas.getContext('2d')
    let n = 0
    setInterval(() => { pen.fillStyle = `hsl(${n += 5} 80% 50%)`; pen.fillRect(0, 0, 320, 240) }, 50)
    const videoSource = canvas.captureStream(15).getVideoTracks()[0]
    const drawn = session.publish(null, { videoSource, audioSource: false, insertMode: 'append' }, error =>
        error ? reject(error) : resolve(drawn.stream.streamId))
})"""

# A screen as a browser gives it; one without a display has a canvas in its place.
SHARES = """() => new Promise((resolve, reject) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 })
    const pen = canvas.getContext('2d')
    setInterval(() => pen.fillRect(Math.random() * 600, 0, 9, 360), 100)
    navigator.mediaDevices.getDisplayMedia = async () => canvas.captureStream(10)
    const screen = session.publish(null, { videoSource: 'screen', insertMode: 'append' }, error =>
        error ? reject(error) : resolve(screen.stream.streamId))
})"""
DENIED = """() => new Promise(resolve => {
    navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', 'NotAllowedError') }
    const events = []
    OT.initPublisher(null, { insertMode: 'append' }, ({ name, code }) => resolve({ name, code, events }))
        .on('accessDenied', event => events.push(event.type))
})"""


class Application:
    """A little site of its own origin that serves the page."""

    def __init__(self) -> None:
        self.page = ""
        application = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = application.page.encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture(scope="module")
def application() -> Iterator[Application]:
    running = Application()
    yield running
    running.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, application: Application) -> Iterator[RunningServer]:
    settings = {"REELROOM_ALLOWED_ORIGINS": json.dumps([application.url])}
    running = RunningServer(tmp_path_factory.mktemp("data"), settings=settings)
    application.page = PAGE.replace("SERVER", running.url)
    try:
        yield running.start()
    finally:
        running.close()


@pytest.fixture
async def browsers() -> AsyncIterator[list[Browser]]:
    executable = machines_chromium()
    assert executable, "no Chromium; `make tools` installs one"
    async with async_playwright() as playwright:
        started = [await playwright.chromium.launch(executable_path=executable, args=ARGUMENTS) for _ in range(2)]
        yield started
        for browser in started:
            await browser.close()


async def visit(browser: Browser, application: Application) -> Page:
    context = await browser.new_context(permissions=["camera", "microphone"])
    page = await context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"the page failed: {error}"))
    await page.goto(application.url)
    return page


async def two_in(
    room: str, server: RunningServer, application: Application, browsers: list[Browser]
) -> tuple[Page, Page]:
    """Two people in a room, connected and publishing."""
    given = server.open_room(room)
    ann, ben = [await visit(browser, application) for browser in browsers]
    for page in (ann, ben):
        assert await page.evaluate("given => start(given)", given) is None
    return ann, ben


async def hears(page: Page, what: str, **details: Any) -> dict[str, Any]:
    """The first thing of that kind, with those details, that the page has noted."""
    wish = {"what": what, **details}
    look = "wish => log.find(each => Object.entries(wish).every(([name, value]) => each[name] === value))"
    try:
        found = await page.wait_for_function(look, arg=wish, timeout=60_000)
    except Exception as error:
        raise AssertionError(f"{wish} is not among {await page.evaluate('log')}") from error
    value = await found.json_value()
    assert isinstance(value, dict)
    return value


async def test_a_page_for_opentok_meets_here(
    server: RunningServer, application: Application, browsers: list[Browser]
) -> None:
    credentials = [server.open_room("opentok") for _ in browsers]
    ann, ben = [await visit(browser, application) for browser in browsers]
    for page, given in zip((ann, ben), credentials, strict=True):
        assert await page.evaluate("given => start(given)", given) is None
    ids = [(await hears(page, "sessionConnected"))["me"] for page in (ann, ben)]
    streams = [(await hears(page, "publisher.streamCreated"))["id"] for page in (ann, ben)]

    # They see each other, moving.
    for page, other in ((ann, 1), (ben, 0)):
        await hears(page, "connectionCreated", id=ids[other])
        seen = await hears(page, "streamCreated", id=streams[other])
        assert seen["from"] == ids[other]
        assert (seen["name"], seen["hasVideo"], seen["videoType"]) == ("A camera", True, "camera")
        await hears(page, "subscribed", id=streams[other])
        await hears(page, "subscriber.videoElementCreated")
        assert await page.locator("#subscribers video").evaluate(MOVES)
        assert await page.locator("#publisher video").evaluate(MOVES)

    # OpenTok names publishers, not connections; the session's streams and its film have that name all the same.
    keys = load_keys(server.data_dir)
    client = Client(keys.api_key, keys.api_secret, api_url=server.url)
    session_id = credentials[0]["sessionId"]
    named = await asyncio.to_thread(client.list_streams, session_id)
    assert [each.name for each in named] == ["A camera", "A camera"]
    archive = await asyncio.to_thread(client.start_archive, session_id)
    await asyncio.to_thread(server.record_for, session_id, 1.0)
    await asyncio.to_thread(client.stop_archive, archive.id)
    film = await asyncio.to_thread(server.wait_for_archive, session_id, "available", 90)
    timeline = (await asyncio.to_thread(server.http.get, film["timelineUrl"])).json()
    assert set(timeline["names"].values()) == {"A camera"}

    # They signal, to all and to one; whoever signals to all hears it, too.
    assert await ann.evaluate("signal({ type: 'chat', data: 'to all' })") is None
    for page in (ann, ben):
        await hears(page, "signal", type="signal:chat", data="to all", **{"from": ids[0]})
        await hears(page, "chat", data="to all")
    assert (
        await ben.evaluate(f"signal({{ type: 'chat', data: 'to one', to: {{ connectionId: '{ids[0]}' }} }})") is None
    )
    await hears(ann, "chat", data="to one")
    assert not await ben.evaluate("log.some(each => each.data === 'to one')")
    assert await ben.evaluate("signal({ type: 'chat', data: 'x', to: 'nobody' })") == 404

    # One mutes; one leaves.
    await ann.evaluate("publisher.publishAudio(false)")
    await hears(ben, "streamPropertyChanged", id=streams[0], property="hasAudio", to=False)
    await ann.evaluate("session.disconnect()")
    await hears(ann, "sessionDisconnected", reason="clientDisconnected")
    await hears(ann, "publisher.streamDestroyed", reason="clientDisconnected")
    assert await ann.locator("video").count() == 0
    await hears(ben, "streamDestroyed", id=streams[0])
    await hears(ben, "connectionDestroyed", id=ids[0])
    assert await ben.locator("#subscribers video").count() == 0
    assert await ann.evaluate("signal({ type: 'chat', data: 'late' })") == 1010


async def test_a_moderator_mutes_and_disconnects(
    server: RunningServer, application: Application, browsers: list[Browser]
) -> None:
    given = server.open_room("moderated")
    keys, now = load_keys(server.data_dir), int(time.time())
    moderator, publisher = [
        mint(ClientToken(given["sessionId"], role, now, now + 60, "1"), keys.api_key, keys.api_secret)
        for role in ("moderator", "publisher")
    ]
    ann, ben = [await visit(browser, application) for browser in browsers]
    assert await ann.evaluate("given => start(given)", {**given, "token": moderator}) is None
    assert await ben.evaluate("given => start(given)", {**given, "token": publisher}) is None
    stream = (await hears(ben, "publisher.streamCreated"))["id"]
    await hears(ann, "subscribed", id=stream)
    assert await ann.evaluate("session.capabilities.forceDisconnect") == 1
    assert await ben.evaluate("session.capabilities.forceDisconnect") == 0

    await ann.evaluate("session.forceMuteAll()")
    await hears(ann, "streamPropertyChanged", id=stream, property="hasAudio", to=False)
    disconnect = (
        "who => new Promise(resolve => session.forceDisconnect(who, error => resolve(error ? error.code : null)))"
    )
    me, other = [(await hears(page, "sessionConnected"))["me"] for page in (ann, ben)]
    assert await ben.evaluate(disconnect, me) == 1520
    assert await ann.evaluate(disconnect, other) is None
    await hears(ben, "sessionDisconnected", reason="forceDisconnected")
    await hears(ann, "connectionDestroyed", id=other)


@pytest.mark.slow
async def test_a_publisher_is_followed_by_another(
    server: RunningServer, application: Application, browsers: list[Browser]
) -> None:
    ann, ben = await two_in("another after", server, application, browsers)
    first = (await hears(ann, "publisher.streamCreated"))["id"]
    await hears(ben, "subscribed", id=first)
    drawn = await ann.evaluate(DRAWS)
    await hears(ben, "streamDestroyed", id=first)
    assert (await hears(ben, "streamCreated", id=drawn))["videoType"] == "custom"
    await hears(ben, "subscribed", id=drawn)
    assert await ben.locator("#subscribers video").evaluate(MOVES)


@pytest.mark.slow
async def test_a_screen_is_a_stream_of_its_own_and_a_denied_camera_an_error(
    server: RunningServer, application: Application, browsers: list[Browser]
) -> None:
    ann, ben = await two_in("screen", server, application, browsers)
    screen = await ann.evaluate(SHARES)
    assert (await hears(ben, "streamCreated", id=screen))["videoType"] == "screen"
    await hears(ben, "subscribed", id=screen)
    assert await ben.locator("#subscribers video").count() == 2
    denied = await ben.evaluate(DENIED)
    assert denied == {"name": "OT_USER_MEDIA_ACCESS_DENIED", "code": 1500, "events": ["accessDenied"]}


@pytest.mark.slow
async def test_a_session_outlives_its_engine(
    server: RunningServer, application: Application, browsers: list[Browser]
) -> None:
    ann, ben = await two_in("outlived", server, application, browsers)
    for page in (ann, ben):
        await hears(page, "subscribed")
    (engine,) = server.children("livekit-server")
    engine.kill()
    for page in (ann, ben):
        await hears(page, "sessionReconnecting")
    for page in (ann, ben):
        await hears(page, "sessionReconnected")
        assert await page.evaluate("session.currentState") == "connected"
    # What is said in the first moments may be lost: the engine sends nothing to those whose channel is not open yet.
    await ann.evaluate("void setInterval(() => session.signal({ type: 'chat', data: 'still here' }), 500)")
    await hears(ben, "chat", data="still here")
    assert not await ben.evaluate("log.some(each => each.what === 'sessionDisconnected')")


async def test_a_wrong_token_is_refused_as_opentok_does(
    server: RunningServer, application: Application, browsers: list[Browser]
) -> None:
    given = server.open_room("opentok")
    other = server.open_room("another")
    page = await visit(browsers[0], application)
    for token in ("T1==nonsense", other["token"]):
        refused = await page.evaluate("given => start(given)", {**given, "token": token})
        assert (refused["name"], refused["code"]) == ("OT_AUTHENTICATION_ERROR", 1004)
        assert refused["message"]


def test_the_script_is_for_pages_of_any_origin(server: RunningServer) -> None:
    answer = server.http.get("/opentok-compat/opentok.js")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cache-control"] == "no-cache"
