"""A room's door in the browser: who waits is let in or turned away, promoted, and leaves with everybody."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.e2e.pages import chromium, enter, expect_no_barriers, open_page, tile
from tests.e2e.running import RunningServer

pytestmark = pytest.mark.asyncio(loop_scope="module")
SHOTS = os.environ.get("TEST_SHOTS")  # a folder for pictures to be looked at


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


async def shoot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png")


@pytest.mark.slow
async def test_moderators_let_in_turn_away_promote_and_end(browser: Browser, server: RunningServer) -> None:
    ann = await enter(browser, server, "door", "Ann")  # who opens a room first moderates it
    await ann.get_by_test_id("people").click()
    await ann.get_by_test_id("door").select_option("waiting")
    ben, eve = [
        await open_page(browser, f"{server.url}/room/door?name={name}", viewport={"width": 390, "height": 844})
        for name in ("Ben", "Eve")
    ]
    knock = ann.locator('[data-testid="knock"]')
    for page, name in ((ben, "Ben"), (eve, "Eve")):
        await expect(page.get_by_test_id("waiting")).to_be_visible()
        await expect(knock.filter(has_text=name)).to_be_visible()
    await expect_no_barriers(ben, "waiting")
    await expect_no_barriers(ann, "somebody waits")
    await shoot(ann, "door-moderator")
    await shoot(ben, "door-waiting")
    await expect(tile(ann, "Ben")).to_have_count(0)
    await knock.filter(has_text="Ben").get_by_test_id("admit").click()
    await expect(tile(ann, "Ben").locator("video")).to_be_visible()
    await knock.filter(has_text="Eve").get_by_test_id("deny").click()
    await expect(eve.get_by_text("You were not let in.")).to_be_visible()
    await shoot(eve, "door-denied")
    await ben.reload()
    await expect(tile(ben, "Ann")).to_be_visible()  # who was in need not knock again

    await ann.locator('[data-testid="person"][data-name="Ben"]').get_by_test_id("promote-person").click()
    await ben.get_by_test_id("people").click()
    await expect(ben.get_by_test_id("door")).to_have_value("waiting")
    await shoot(ben, "door-promoted")
    await expect_no_barriers(ben, "promoted")
    await ben.keyboard.press("Escape")
    await ben.get_by_test_id("leave").click()
    await expect_no_barriers(ben, "leaving")
    await shoot(ben, "door-leave")
    await ben.get_by_test_id("end-for-all").click()
    for page in (ann, ben):
        await expect(page.get_by_test_id("ended")).to_have_attribute("data-reason", "closed")
    for page in (ann, ben, eve):
        await page.context.close()
