"""Before a call: what a browser gives of cameras, microphones and speakers, and what is said when it does not."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.e2e.pages import INSECURE_HOST, chromium, enter, expect_no_barriers, open_page, tile
from tests.e2e.running import RunningServer

pytestmark = pytest.mark.asyncio(loop_scope="module")
WAIT = 30_000
PLAYING = """button => new Promise(seen => {
    const look = () => button.dataset.playing === "true" && seen()
    new MutationObserver(look).observe(button, { attributes: true })
    look()
})"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


def failing(kind: str, error: str) -> str:
    """A script after which the browser has no device of that kind to give, for that reason."""
    return f"""{{
        const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
        navigator.mediaDevices.getUserMedia = async wanted => {{
            if (wanted.{kind}) throw new DOMException("", "{error}")
            return get(wanted)
        }}
    }}"""


async def test_devices_are_chosen_seen_and_heard(browser: Browser, server: RunningServer) -> None:
    page = await open_page(browser, server.url)
    picture = page.locator(".join-preview video")
    await expect(picture).to_have_count(0)  # nothing is opened before it is asked for
    await page.get_by_test_id("try-devices").click()
    await expect(picture).to_be_visible(timeout=WAIT)
    await page.wait_for_function("() => document.querySelector('.join-preview video').videoWidth > 0", timeout=WAIT)
    await page.wait_for_function(  # Chromium's microphone beeps
        "() => document.querySelector('[data-testid=level]').ariaValueNow > 20", timeout=WAIT
    )
    for choice in ("camera-choice", "microphone-choice", "speaker"):
        select = page.get_by_test_id(choice)
        await expect(select).to_be_enabled(timeout=WAIT)
        values = await select.locator("option").evaluate_all("all => all.map(option => option.value)")
        assert len(values) > 1, choice
        await select.select_option(values[-1])
        await expect(select).to_have_value(values[-1])
    second = await page.get_by_test_id("camera-choice").locator("option:checked").inner_text()
    shown = "label => document.querySelector('.join-preview video')?.srcObject?.getVideoTracks()[0]?.label === label"
    await page.wait_for_function(shown, arg=second, timeout=WAIT)
    playing = asyncio.ensure_future(page.get_by_test_id("test-speaker").evaluate(PLAYING))
    await asyncio.sleep(0)  # it is on its way before the click
    await page.get_by_test_id("test-speaker").click()
    await playing
    await expect(page.get_by_test_id("test-speaker")).to_have_attribute("data-playing", "false", timeout=WAIT)
    await page.get_by_test_id("name").fill("Ann")
    await page.get_by_test_id("room").fill("chosen")
    await page.get_by_test_id("join").click()
    await expect(tile(page, "Ann").locator("video")).to_be_visible(timeout=WAIT)
    label = "document.querySelector('[data-testid=tile] video')?.srcObject?.getVideoTracks()[0]?.label"
    assert await page.evaluate(label) == second, "the call has the camera that was chosen"
    await page.goto(server.url)
    await expect(page.get_by_test_id("name")).to_have_value("Ann")
    await page.context.close()


@pytest.mark.slow
async def test_who_is_known_sees_the_green_room_first_and_is_in_by_a_click(
    browser: Browser, server: RunningServer
) -> None:
    ann = await enter(browser, server, "green", "Ann")
    known = "localStorage.setItem('reelroom.name', 'Ben')"
    ben = await open_page(browser, f"{server.url}/room/green", script=known)
    await expect(ben.get_by_test_id("name")).to_have_value("Ben")
    await expect(ben.get_by_test_id("room-people")).to_have_text("Ann is here.")
    await expect(ben.locator(".join-preview video")).to_be_visible()  # the browser gives it without a question
    await expect(tile(ann, "Ben")).to_have_count(0)
    await expect_no_barriers(ben, "green room")
    await expect(ben.get_by_test_id("join")).to_be_focused()
    await ben.keyboard.press("Enter")
    await expect(tile(ann, "Ben")).to_be_visible()
    await ben.reload()
    await expect(tile(ben, "Ann")).to_be_visible()  # who was in is in again at once
    await ben.context.close()
    asked = await open_page(browser, f"{server.url}/room/green", script=known, permissions=[])
    await expect(asked.get_by_test_id("try-devices")).to_be_visible()
    await expect(asked.locator(".join-preview video")).to_have_count(0)
    for page in (ann, asked):
        await page.context.close()


async def helped(page: Page, words: str) -> None:
    await expect(page.get_by_test_id("problem")).to_contain_text(words, timeout=WAIT)
    await expect(page.get_by_test_id("problem")).to_contain_text("You can join without.")
    await expect_no_barriers(page, words)


@pytest.mark.slow
async def test_one_missing_device_does_not_take_the_other(browser: Browser, server: RunningServer) -> None:
    for kind, error, words, left in (
        ("video", "NotFoundError", "No camera was found", "microphone"),
        ("audio", "NotFoundError", "No microphone was found", "camera"),
        ("audio", "NotReadableError", "Another application is using your microphone", "camera"),
    ):
        page = await open_page(browser, f"{server.url}/room/green", script=failing(kind, error))
        await helped(page, words)
        if left == "camera":
            await expect(page.locator(".join-preview video")).to_be_visible()
        else:
            await page.wait_for_function(
                "() => document.querySelector('[data-testid=level]').ariaValueNow > 20", timeout=WAIT
            )
        await page.context.close()


async def test_who_said_no_to_the_browser_is_helped(server: RunningServer) -> None:
    async with chromium("--deny-permission-prompts", asks=True) as refusing:
        page = await open_page(refusing, server.url, permissions=[])
        await page.get_by_test_id("try-devices").click()
        await helped(page, "Allow both in the address bar")
        await page.context.grant_permissions(["camera", "microphone"])
        await page.get_by_test_id("problem").get_by_role("button").click()
        await expect(page.locator(".join-preview video")).to_be_visible(timeout=WAIT)
        await expect(page.get_by_test_id("problem")).to_have_count(0)


@pytest.mark.slow
async def test_insecure_origin_is_explained_and_one_may_watch(browser: Browser, server: RunningServer) -> None:
    ann = await enter(browser, server, "insecure", "Ann")
    page = await open_page(browser, f"http://{INSECURE_HOST}:{server.port}/", permissions=[])
    await helped(page, "insecure connection")
    await expect(page.get_by_test_id("problem").get_by_role("button")).to_have_count(0)
    await page.get_by_test_id("name").fill("Ben")
    await page.get_by_test_id("room").fill("insecure")
    await page.get_by_test_id("join").click()
    await expect(tile(page, "Ann").locator("video")).to_be_visible(timeout=WAIT)
    await expect(tile(ann, "Ben")).to_be_visible(timeout=WAIT)
    await page.get_by_test_id("camera").click()
    await expect(page.get_by_test_id("toast")).to_contain_text("insecure connection")
    for each in (ann, page):
        await each.context.close()
