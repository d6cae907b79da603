"""What people in a call see of trouble: a connection that is lost or weak, a recording that cannot be."""

import asyncio
import json
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, WebSocketRoute, expect

from tests.e2e.link import Link, NoNamespaces
from tests.e2e.pages import chromium, enter, expect_no_barriers, tile
from tests.e2e.running import RunningServer

pytestmark = pytest.mark.asyncio(loop_scope="module")
WAIT = 30_000
NO_ROOM = "1000000000"  # MB free for a recording: no disk has as much


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def link() -> Iterator[Link | None]:
    try:
        with Link() as link:
            yield link
    except NoNamespaces:
        yield None


@pytest.fixture(scope="module")
def server(link: Link | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    settings = {"REELROOM_MIN_FREE_MB": NO_ROOM, **({"REELROOM_ENGINE_ADDRESSES": link.outside} if link else {})}
    running = RunningServer(tmp_path_factory.mktemp("data"), settings=settings)
    try:
        yield running.start()
    finally:
        running.close()


@pytest.mark.slow
async def test_lost_connection_is_said_and_comes_back(browser: Browser, server: RunningServer) -> None:
    """The way to the engine's signalling is cut, and lets nobody through for a while."""
    ann = await enter(browser, server, "lost", "Ann")
    rob = await (await browser.new_context(permissions=["camera", "microphone"])).new_page()
    ways: list[WebSocketRoute] = []
    free = asyncio.Event()
    free.set()

    async def way(route: WebSocketRoute) -> None:
        await free.wait()
        route.connect_to_server()
        ways.append(route)

    await rob.route_web_socket(re.compile(r"/rtc"), way)
    await rob.goto(f"{server.url}/room/lost?name=Rob")
    await expect(tile(rob, "Ann").locator("video")).to_be_visible(timeout=WAIT)
    free.clear()
    await ways[-1].close()
    await expect(rob.get_by_test_id("reconnecting")).to_be_visible(timeout=WAIT)
    await expect_no_barriers(rob, "reconnecting")
    free.set()
    await expect(rob.get_by_test_id("reconnecting")).to_have_count(0, timeout=2 * WAIT)
    await ann.keyboard.press("h")
    await expect(tile(rob, "Ann").get_by_test_id("hand-mark")).to_be_visible(timeout=WAIT)
    for page in (ann, rob):
        await page.context.close()


async def test_a_break_is_said_while_the_engine_is_still_waited_for(browser: Browser, server: RunningServer) -> None:
    """Nothing comes from the engine any more, and its connections stand: LiveKit's client waits for 15 s."""
    ann = await enter(browser, server, "break", "Ann")
    ben = await enter(browser, server, "break", "Ben")
    for page, other in ((ann, "Ben"), (ben, "Ann")):
        await expect(tile(page, other).locator("video")).to_be_visible(timeout=WAIT)
    await asyncio.sleep(4)  # for so long it is watched what comes, and how often
    (engine,) = server.children("livekit-server")
    began = time.monotonic()
    engine.send_signal(signal.SIGSTOP)
    try:
        await expect(ann.get_by_test_id("reconnecting")).to_be_visible(timeout=12_000)
        said = time.monotonic() - began
        await expect(tile(ann, "Ben")).to_have_attribute("data-quality", "good")  # it is not Ben who is gone
    finally:
        engine.send_signal(signal.SIGCONT)
    print(f"said after {said:.1f} s")  # noqa: T201
    await expect(ann.get_by_test_id("reconnecting")).to_be_hidden()
    await expect(tile(ann, "Ben")).to_have_attribute("data-quality", "good")
    for page in (ann, ben):
        await page.context.close()


async def test_recording_that_is_refused_says_why(browser: Browser, server: RunningServer) -> None:
    ann = await enter(browser, server, "full", "Ann")
    await ann.get_by_test_id("record").click()
    await expect(ann.get_by_test_id("toast").filter(has_text="disk")).to_be_visible(timeout=WAIT)
    await expect(ann.get_by_test_id("recording-state")).to_have_attribute("data-state", "idle")
    await expect(ann.get_by_test_id("announcer")).to_have_text("")
    await expect_no_barriers(ann, "refused")
    await ann.context.close()


@pytest.mark.slow
async def test_weak_connection_is_marked(browser: Browser, server: RunningServer, link: Link | None) -> None:
    """Much of what somebody sends is lost on the way."""
    if link is None:
        pytest.skip("network namespaces are not permitted here")
    ann = await enter(browser, server, "weak", "Ann")
    url, token = await asyncio.to_thread(server.connect, "weak", "Wes")
    command = link.command(sys.executable, "-m", "tests.e2e.flashing", url.replace("127.0.0.1", link.outside), token)
    wes = await asyncio.create_subprocess_exec(*command, "--seconds", "90", stdout=asyncio.subprocess.PIPE)
    assert wes.stdout
    assert "joined" in json.loads(await wes.stdout.readline())
    await expect(tile(ann, "Wes").locator("video")).to_be_visible(timeout=WAIT)
    await expect(tile(ann, "Wes").get_by_test_id("weak-mark")).to_have_count(0)
    await asyncio.sleep(4)  # as above
    link.loss = 1
    began = time.monotonic()
    await expect(tile(ann, "Wes")).to_have_attribute("data-quality", "lost", timeout=12_000)
    print(f"said after {time.monotonic() - began:.1f} s")  # noqa: T201
    await expect(ann.get_by_test_id("reconnecting")).to_be_hidden()  # it is not Ann who is gone
    link.loss = 0
    await expect(tile(ann, "Wes")).not_to_have_attribute("data-quality", "lost")
    link.loss = 0.4
    await expect(tile(ann, "Wes").get_by_test_id("weak-mark")).to_be_visible(timeout=2 * WAIT)
    await ann.get_by_test_id("people").click()
    await expect(ann.locator('[data-testid="person"][data-name="Wes"] .mark-weak')).to_be_visible()
    link.loss = 0
    wes.kill()
    await wes.wait()
    await ann.context.close()
