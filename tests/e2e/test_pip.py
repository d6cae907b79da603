"""The window over other windows: whoever speaks, and buttons that work there."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.e2e.pages import chromium, enter, expect_no_barriers
from tests.e2e.running import RunningServer

pytestmark = pytest.mark.asyncio(loop_scope="module")
WAIT = 30_000
ALONE = """Object.defineProperty(window, "documentPictureInPicture", { value: undefined });
navigator.mediaSession.setActionHandler = (name, act) => { (window.actions ??= {})[name] = act; };"""
NOTHING = ALONE + 'Object.defineProperty(document, "pictureInPictureEnabled", { value: false });'


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


async def choose(page: Page) -> None:
    await page.get_by_test_id("more").click()
    await page.get_by_test_id("pip").click()


async def opened(page: Page) -> Page:
    """The small window, once its page asks for it."""
    async with page.context.expect_page() as coming:
        await choose(page)
    return await coming.value


async def test_speaker_stays_over_other_windows_with_buttons(browser: Browser, server: RunningServer) -> None:
    ann = await enter(browser, server, "over", "Ann")
    ben = await enter(browser, server, "over", "Ben")
    await expect(ann.get_by_test_id("tile")).to_have_count(2)
    over = await opened(ann)
    await expect(over.get_by_test_id("pip-seen")).to_contain_text("Ben")
    video = over.locator("video")
    await over.wait_for_function("video => video.videoWidth > 0", arg=await video.element_handle(), timeout=WAIT)
    await expect(over).to_have_title("over")
    await expect_no_barriers(over, "the window over others")

    await over.get_by_test_id("mic").click()
    await expect(over.get_by_test_id("mic")).to_have_attribute("data-on", "false")
    await expect(ann.get_by_test_id("mic")).to_have_attribute("data-on", "false")
    await over.keyboard.press("v")
    await expect(over.get_by_test_id("camera")).to_have_attribute("data-on", "false")
    await expect(ben.locator('[data-testid="tile"][data-name="Ann"] [data-testid="muted-mark"]')).to_be_visible()

    await ben.get_by_test_id("camera").click()
    await expect(video).to_have_count(0)  # and Ben's initials are there
    await expect(over.locator(".avatar")).to_be_visible()

    await ann.get_by_test_id("more").click()
    await expect(ann.get_by_test_id("pip")).to_have_text("Close picture in picture")
    async with over.expect_event("close"):
        await ann.get_by_test_id("pip").click()
    over = await opened(ann)  # a second time, too
    async with over.expect_event("close"):
        await over.get_by_test_id("leave").click()
    await ann.wait_for_url("**/end")
    await expect(ben.get_by_test_id("tile")).to_have_count(1)
    for page in (ann, ben):
        await page.context.close()


async def test_picture_alone_where_there_is_only_that(browser: Browser, server: RunningServer) -> None:
    """The browser draws the buttons of a call itself; they reach the call."""
    ann = await enter(browser, server, "picture", "Ann", script=ALONE)
    await ann.wait_for_function("() => document.querySelector('.pip-picture')?.videoWidth > 0", timeout=WAIT)
    await choose(ann)
    await ann.wait_for_function("() => document.pictureInPictureElement !== null")
    await ann.evaluate("actions.togglemicrophone()")
    await expect(ann.get_by_test_id("mic")).to_have_attribute("data-on", "false")
    await ann.evaluate("actions.hangup()")
    await ann.wait_for_url("**/end")
    await ann.wait_for_function("() => document.pictureInPictureElement === null")
    await ann.context.close()


async def test_nothing_is_offered_where_there_is_neither(browser: Browser, server: RunningServer) -> None:
    ann = await enter(browser, server, "neither", "Ann", script=NOTHING)
    await ann.get_by_test_id("more").click()
    await expect(ann.get_by_test_id("settings")).to_be_visible()
    await expect(ann.get_by_test_id("pip")).to_have_count(0)
    await ann.context.close()
