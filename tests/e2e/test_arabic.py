"""The page in Arabic: from right to left, nothing off the screen, no barrier, and films as they are everywhere."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, ViewportSize, expect

from tests.e2e.pages import chromium, enter, expect_no_barriers, open_page, tile
from tests.e2e.people import Person
from tests.e2e.running import RunningServer
from tests.e2e.shelf import Shelf, shelf_of

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
ROOM = "اجتماع الاثنين"
FILMED = "الإطلاق"
MUNA = "منى (Muna)"
SHOTS = os.environ.get("TEST_SHOTS")  # a folder for pictures to be looked at
WIDTHS = (320, 390, 768, 1440, 1920)
WIDE = ViewportSize(width=1440, height=900)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shelf(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shelf]:
    folder = tmp_path_factory.mktemp("shelf")
    server = RunningServer(folder / "data")
    try:
        await asyncio.to_thread(server.start)
        yield await shelf_of(server, folder)
    finally:
        server.close()


async def look(page: Page, where: str) -> None:
    """It stands in its width at every width, and has no barriers."""
    assert await page.locator("html").get_attribute("dir") == "rtl"
    await expect_no_barriers(page, where)
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 900})
        await page.wait_for_timeout(350)
        if SHOTS:
            await page.screenshot(path=Path(SHOTS) / f"{where.replace(' ', '-')}-{width}.png")
        beyond = await page.locator("html").evaluate("page => page.scrollWidth - page.clientWidth")
        assert beyond <= 0, f"{where} at {width} px: {beyond} px lie beyond"
    await page.set_viewport_size(WIDE)


async def test_whoever_reads_arabic_gets_the_page_from_right_to_left(browser: Browser, shelf: Shelf) -> None:
    page = await open_page(browser, shelf.server.url, locale="ar-EG", viewport=WIDE)
    await expect(page.get_by_test_id("join")).to_have_text("انضمام")
    await look(page, "home")
    await page.get_by_test_id("join").click()
    await look(page, "home with faults")
    await page.get_by_test_id("language").select_option("de")
    await expect(page.get_by_test_id("join")).to_have_text("Beitreten")
    assert await page.locator("html").get_attribute("dir") == "ltr"
    await page.get_by_test_id("language").select_option("ar")
    await expect(page.get_by_test_id("join")).to_have_text("انضمام")
    await page.reload()  # which remembers
    await expect(page.get_by_test_id("join")).to_have_text("انضمام")
    await page.goto(f"{shelf.server.url}/room/{ROOM}")
    await look(page, "green room")
    await page.goto(f"{shelf.server.url}/nowhere")
    await look(page, "not found")
    await page.context.close()


async def test_a_call_in_arabic(browser: Browser, shelf: Shelf) -> None:
    server = shelf.server
    people = [Person(name, colour, 440) for name, colour in ((MUNA, (90, 130, 170)), ("Ben Okafor", (120, 90, 70)))]
    for person in people:
        await person.join(*await asyncio.to_thread(server.connect, ROOM, person.name))
    page = await enter(browser, server, ROOM, "Dana", locale="ar-EG", viewport=WIDE)
    await expect(tile(page, MUNA)).to_be_visible()
    await look(page, "call")
    # The first tile is at the right, where one begins to read.
    first, second = [await page.get_by_test_id("tile").nth(n).bounding_box() for n in (0, 1)]
    assert first is not None and second is not None and first["x"] > second["x"]
    await page.get_by_test_id("people").click()
    await page.get_by_test_id("people-panel").wait_for()
    assert await page.locator(f'[data-testid=person][data-name="{MUNA}"] bdi').inner_text() == MUNA
    await look(page, "people")
    await page.get_by_test_id("chat").click()
    for text in ("مرحبًا! انظروا https://example.org/plan (صفحة 4)", "Hello, is it on page 4?"):
        await page.get_by_test_id("chat-text").fill(text)
        await page.get_by_test_id("chat-send").click()
        await page.get_by_test_id("chat-message").filter(has_text=text[-12:]).wait_for()
    await look(page, "chat")
    await page.keyboard.press("Escape")
    await page.get_by_test_id("more").click()
    await look(page, "menu")
    await page.get_by_test_id("view").click()
    await look(page, "speaker view")
    await page.get_by_test_id("more").click()
    await page.get_by_test_id("settings").click()
    await page.get_by_test_id("settings-dialog").wait_for()
    await look(page, "settings")
    await page.keyboard.press("Escape")
    await page.get_by_test_id("leave").click()
    for person in people:
        await person.leave()
    await page.get_by_role("link", name="العودة إلى الغرفة").wait_for()
    await look(page, "end")
    await page.context.close()


async def test_films_in_arabic_still_run_from_left_to_right(browser: Browser, shelf: Shelf) -> None:
    page = await enter(browser, shelf.server, FILMED, "Dana", locale="ar-EG", viewport=WIDE)
    session = (await asyncio.to_thread(shelf.server.open_room, FILMED))["sessionId"]
    _, archive = await shelf.put(session, count=2, name="خطة الإطلاق (2026)")
    await page.goto(f"{shelf.server.url}/recordings?room={FILMED}")
    await page.get_by_test_id("card").first.wait_for()
    await look(page, "recordings")
    await page.goto(f"{shelf.server.url}/film/{archive.id}?t=0:12")
    film = page.get_by_test_id("film")
    await film.evaluate("film => film.readyState || new Promise(loaded => film.onloadedmetadata = loaded)")
    await look(page, "film")
    spans = [await page.locator(".timeline-span").nth(n).bounding_box() for n in (0, 1)]
    assert spans[0] and spans[1] and spans[0]["x"] < spans[1]["x"]
    await page.get_by_test_id("share").click()
    await look(page, "share")
    await page.context.close()
