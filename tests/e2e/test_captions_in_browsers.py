"""Live captions in Chromium: in our own page, and in a page that was written for OpenTok's SDK."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from opentok import Client, MediaModes, Roles
from playwright.async_api import Browser, expect

from reelroom.keys import load_keys
from tests.e2e.pages import chromium, enter, expect_no_barriers, open_page
from tests.e2e.people import RED
from tests.e2e.running import RunningServer
from tests.e2e.test_live_captions import MORNING, Speaker, want
from tests.meetings import MODEL, plain, script

pytestmark = pytest.mark.slow
_LOAD = 90_000  # ms: a model is loaded

# What an application has, and nothing but what OpenTok documents.
APPLICATION = """
<div id="all"></div><script src="SERVER/opentok-compat/opentok.js"></script><script>
window.read = []
window.start = (apiKey, sessionId, token) => new Promise((done, failed) => {
    const session = OT.initSession(apiKey, sessionId)
    session.on("streamPropertyChanged", ({ changedProperty, newValue }) => read.push({ changedProperty, newValue }))
    session.on("streamCreated", ({ stream }) => {
        const subscriber = session.subscribe(stream, "all", { subscribeToCaptions: true, insertMode: "append" })
        subscriber.on("captionReceived", ({ streamId, caption, isFinal }) =>
            read.push({ streamId, caption, isFinal }))
        window.stream = stream
    })
    session.connect(token, error => error ? failed(error) : done())
})
</script>
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    running = RunningServer(tmp_path / "data", settings={"REELROOM_SPEECH_MODEL": str(MODEL)})
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


async def test_a_page_for_opentoks_sdk_reads_captions_of_who_publishes_them(
    server: RunningServer, browser: Browser, speaker: Speaker, tmp_path: Path
) -> None:
    keys = load_keys(server.data_dir)
    client = Client(keys.api_key, keys.api_secret, api_url=server.url)
    session = str((await asyncio.to_thread(client.create_session, media_mode=MediaModes.routed)).session_id)
    moderator = client.generate_token(session, role=Roles.moderator)
    await asyncio.to_thread(client.start_captions, session, moderator)
    body = {"sessionId": session, "token": client.generate_token(session), "name": "Ann"}
    access = (await asyncio.to_thread(server.http.post, "/session/connect", json=body)).json()
    await speaker.join(access["url"], access["accessToken"])

    page = await open_page(browser, f"{server.url}/robots.txt")
    await page.set_content(APPLICATION.replace("SERVER", server.url))
    await page.locator("body").evaluate(
        "(_, given) => start(...given)", [keys.api_key, session, client.generate_token(session)]
    )
    assert (await want(server, session, access["accessToken"], published=True)).status_code == 200
    said = page.locator("body")

    async def read() -> list[dict[str, object]]:
        found: list[dict[str, object]] = await said.evaluate("() => read")
        return found

    async with asyncio.timeout(60):
        while {"changedProperty": "hasCaptions", "newValue": True} not in await read():  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    speaker.speak()
    async with asyncio.timeout(120):
        while not any(each.get("isFinal") for each in await read()):  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    final = next(each for each in await read() if each.get("isFinal"))
    assert {"good", "morning"} <= set(plain(str(final["caption"])))
    assert final["streamId"] == await said.evaluate("() => stream.streamId")
