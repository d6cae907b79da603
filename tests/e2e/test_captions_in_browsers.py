"""Live captions in Chromium: in our own page, and in a page that was written for OpenTok's SDK."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from opentok import Client, MediaModes, Roles
from playwright.async_api import Browser, expect

from reelroom.keys import load_keys
from tests.e2e.firefox import firefox
from tests.e2e.pages import chromium, enter, expect_no_barriers, open_page
from tests.e2e.people import RED
from tests.e2e.running import RunningServer
from tests.e2e.test_live_captions import MORNING, Speaker, want
from tests.e2e.test_opentok_compat import Application
from tests.meetings import MODEL, plain, script

pytestmark = pytest.mark.slow
_LOAD = 90_000  # ms: a model is loaded

# What an application has, and nothing but what OpenTok documents.
APPLICATION = """
<!doctype html><title>An application</title><div id="all"></div>
<script src="SERVER/opentok-compat/opentok.js"></script>
<script>
window.read = []
window.start = (apiKey, sessionId, token) => new Promise((done, failed) => {
    const session = OT.initSession(apiKey, sessionId)
    session.on("streamPropertyChanged", ({ changedProperty, newValue }) => read.push({ changedProperty, newValue }))
    session.on("streamCreated", ({ stream }) => {
        const subscriber = session.subscribe(stream, "all", { insertMode: "append" })
        subscriber.subscribeToCaptions(true)
        subscriber.on("captionReceived", ({ streamId, caption, isFinal }) =>
            read.push({ streamId, caption, isFinal }))
        Object.assign(window, { stream, subscriber })
    })
    session.connect(token, error => error ? failed(error) : done(null))
})
</script>
"""


@pytest.fixture
def application() -> Iterator[Application]:
    running = Application()
    yield running
    running.close()


@pytest.fixture
def server(tmp_path: Path, application: Application) -> Iterator[RunningServer]:
    settings = {"REELROOM_SPEECH_MODEL": str(MODEL), "REELROOM_ALLOWED_ORIGINS": json.dumps([application.url])}
    running = RunningServer(tmp_path / "data", settings=settings)
    try:
        yield running.start()
    finally:
        running.close()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


@pytest.fixture
async def speaker() -> AsyncIterator[Speaker]:
    speaker = Speaker("Ann", RED, 440.0, width=160, height=90, lines=script(*MORNING))
    yield speaker
    await speaker.leave()


async def test_our_page_shows_what_is_said_to_who_asks_and_says_so_to_all(
    server: RunningServer, browser: Browser, speaker: Speaker, tmp_path: Path
) -> None:
    await speaker.join(*server.connect("read-along", "Ann"))
    ben = await enter(browser, server, "read-along", "Ben", viewport={"width": 1280, "height": 800})
    cleo = await enter(browser, server, "read-along", "Cleo", viewport={"width": 390, "height": 844})
    for page in (ben, cleo):  # whose microphones beep
        await page.get_by_test_id("mic").click()
    await ben.get_by_test_id("captions-toggle").click()
    await expect(cleo.get_by_test_id("captioned")).to_be_visible()
    await expect(ben.get_by_test_id("captions")).to_contain_text("What is said appears here", timeout=_LOAD)
    speaker.speak()
    await expect(ben.get_by_test_id("caption").first).to_contain_text("Good morning", timeout=_LOAD)
    await expect(ben.get_by_test_id("caption").first.locator("b")).to_have_text("Ann")
    await ben.screenshot(path=tmp_path / "captions.png")
    await cleo.screenshot(path=tmp_path / "told.png")
    await expect_no_barriers(ben, "a call with captions")
    await cleo.get_by_test_id("people").click()
    await expect(cleo.get_by_test_id("recorder")).to_have_attribute("data-name", "Captions of this server")
    await cleo.screenshot(path=tmp_path / "people.png")
    await expect(cleo.get_by_test_id("caption")).to_have_count(0)
    await ben.keyboard.press("t")
    await expect(ben.get_by_test_id("captions")).to_have_count(0)
    await expect(cleo.get_by_test_id("captioned")).to_have_count(0, timeout=60_000)


@asynccontextmanager
async def visited(which: str, url: str, profile: Path) -> AsyncIterator[Callable[[str], Awaitable[Any]]]:
    """The page in a browser of that kind: what evaluates an expression in it, and awaits its value."""
    if which == "firefox":
        async with firefox(profile) as fox:
            await fox.goto(url)
            yield fox.evaluate
        return
    async with chromium() as browser:
        page = await open_page(browser, url)
        page.on("pageerror", lambda error: pytest.fail(f"the page failed: {error}"))
        yield page.evaluate


@pytest.mark.parametrize("which", ["chromium", "firefox"])
async def test_a_page_for_opentoks_sdk_reads_captions_of_who_publishes_them(
    which: str, server: RunningServer, application: Application, speaker: Speaker, tmp_path: Path
) -> None:
    keys = load_keys(server.data_dir)
    client = Client(keys.api_key, keys.api_secret, api_url=server.url)
    session = str((await asyncio.to_thread(client.create_session, media_mode=MediaModes.routed)).session_id)
    body = {"sessionId": session, "token": client.generate_token(session), "name": "Ann"}
    access = (await asyncio.to_thread(server.http.post, "/session/connect", json=body)).json()
    await speaker.join(access["url"], access["accessToken"])
    moderator = client.generate_token(session, role=Roles.moderator)
    await asyncio.to_thread(client.start_captions, session, moderator)

    application.page = APPLICATION.replace("SERVER", server.url)
    async with visited(which, application.url, tmp_path / "profile") as evaluate:
        given = json.dumps([keys.api_key, session, client.generate_token(session)])
        await evaluate(f"start(...{given})")
        assert (await want(server, session, access["accessToken"], published=True)).status_code == 200

        async def read(seconds: float, **details: object) -> dict[str, Any]:
            """The first thing with those details that the page has read."""
            found: list[dict[str, Any]] = []
            try:
                async with asyncio.timeout(seconds):
                    while True:
                        found = await evaluate("read")
                        for each in found:
                            if details.items() <= each.items():
                                return each
                        await asyncio.sleep(0.2)
            except TimeoutError:
                raise AssertionError(f"{details} is not among {found}") from None

        await read(60, changedProperty="hasCaptions", newValue=True)
        speaker.speak()
        final = await read(120, isFinal=True)
        said = {word for _, line in MORNING for word in plain(line)}
        words = plain(final["caption"])
        assert len(words) > 3 and len(said & set(words)) > len(set(words)) / 2, final["caption"]
        assert final["streamId"] == await evaluate("stream.streamId")
        # Who has had enough gets no more.
        await evaluate("subscriber.subscribeToCaptions(false)")
        assert await evaluate("subscriber.isSubscribedToCaptions()") is False
