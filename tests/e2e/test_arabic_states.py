"""The page in Arabic where somebody waits, is asked, looks after the server or cuts a film."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.e2e.pages import chromium, enter, open_page
from tests.e2e.running import RunningServer
from tests.e2e.test_arabic import WIDE, look

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
ROOM = "الإطلاق"
ARABIC = {"locale": "ar-EG", "viewport": WIDE}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asking(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningServer]:
    """A server that asks people whether they may be recorded."""
    server = RunningServer(tmp_path_factory.mktemp("asking"), settings={"REELROOM_CONSENT": "ask"})
    try:
        yield await asyncio.to_thread(server.start)
    finally:
        server.close()


async def test_who_waits_and_who_opens(browser: Browser, server: RunningServer) -> None:
    muna = await enter(browser, server, ROOM, "منى", **ARABIC)
    await muna.get_by_test_id("people").click()
    await muna.get_by_test_id("door").select_option("waiting")
    waiting = await open_page(browser, f"{server.url}/room/{ROOM}?name=Ben", **ARABIC)
    await waiting.get_by_test_id("waiting").wait_for()
    await muna.get_by_test_id("knock").wait_for()
    await look(waiting, "waiting")
    await look(muna, "somebody waits")
    await muna.get_by_test_id("deny").click()
    await expect(waiting.get_by_test_id("waiting")).to_have_count(0)
    await look(waiting, "turned away")
    admin = await open_page(browser, f"{server.url}/admin", **ARABIC)
    await admin.get_by_test_id("admin-rooms").get_by_role("row", name=ROOM).wait_for()
    await look(admin, "admin")
    for page in (muna, waiting, admin):
        await page.context.close()


async def cutter(page: Page, address: str) -> None:
    await page.goto(address)
    film = page.get_by_test_id("film")
    await film.evaluate("film => film.readyState || new Promise(loaded => film.onloadedmetadata = loaded)")
    await page.get_by_test_id("recut").click()
    await page.get_by_test_id("cutter").wait_for()


async def test_who_is_asked_and_who_cuts(browser: Browser, asking: RunningServer) -> None:
    page = await enter(browser, asking, ROOM, "منى", **ARABIC)
    render = await asyncio.to_thread(asking.record, ROOM)
    notice = page.get_by_test_id("recorded")
    await expect(notice).to_have_attribute("data-consent", "asked")
    await look(page, "asked")
    await page.get_by_test_id("consent-no").click()
    await expect(notice).to_have_attribute("data-consent", "declined")
    await look(page, "declined")
    await page.get_by_test_id("consent-yes").click()
    await expect(notice).to_have_attribute("data-consent", "given")
    session = (await asyncio.to_thread(asking.open_room, ROOM))["sessionId"]
    await asyncio.to_thread(asking.record_for, session, 4)
    await asyncio.to_thread(lambda: asking.http.get(f"/render/stop/{render['id']}"))
    archive = await asyncio.to_thread(asking.wait_for_archive, session, "available")
    await cutter(page, f"{asking.url}/film/{archive['id']}")
    await look(page, "cutter")
    await page.context.close()
