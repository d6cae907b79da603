"""A recorded conversation, seen and worked on in a browser: its speakers, chapters and chat; cut again, deleted."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.e2e.pages import chromium, expect_no_barriers, open_page
from tests.e2e.people import ann, ben
from tests.e2e.running import RunningServer
from tests.e2e.test_main_job import TURN, Recording, converse

pytestmark = pytest.mark.asyncio(loop_scope="module")
ROOM = "walked-through"
WORDS = "See page 4: https://example.org/plan"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


@dataclass(frozen=True)
class Told:
    """A recording, and the address of its end page."""

    recording: Recording
    address: str


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told(server: RunningServer) -> Told:
    """Ann, Ben and Ann again speak; Ben writes something meanwhile."""
    writer = ben(width=320, height=180)

    async def write() -> None:
        text = json.dumps({"text": WORDS, "name": "Ben", "at": 0})
        await writer.room.local_participant.publish_data(text, topic="chat")

    recording = await converse(server, ROOM, [ann(width=320, height=180), writer], turns=3, meanwhile=write)
    return Told(recording, f"{server.url}/room/{ROOM}/{recording.render['sessionId']}/end")


async def played(page: Page) -> float:
    """Where the film is (s)."""
    return float(await page.get_by_test_id("film").first.evaluate("film => film.currentTime"))


async def test_film_is_walked_through_by_its_speakers(browser: Browser, told: Told) -> None:
    page = await open_page(browser, told.address)
    await expect(page.get_by_test_id("lane")).to_have_count(2)
    film = page.get_by_test_id("film")
    await film.evaluate("film => film.readyState || new Promise(loaded => film.onloadedmetadata = loaded)")
    await page.get_by_text("Chapters (3)").click()
    names = await page.get_by_test_id("chapter").all_inner_texts()
    assert [name.split()[-1] for name in names] == ["Ann", "Ben", "Ann"]
    await page.get_by_test_id("chapter").nth(2).press("Enter")
    assert await played(page) == pytest.approx(2 * TURN, abs=1.5)
    await page.get_by_test_id("lane").first.click(position={"x": 1, "y": 8})
    assert await played(page) < TURN / 2
    await page.get_by_text("Chat (1)").click()
    line = page.get_by_test_id("film-chat").get_by_role("listitem")
    await expect(line).to_contain_text(f"Ben {WORDS}")
    await expect_no_barriers(page, "film")
    await page.context.close()


async def test_film_is_cut_again_and_deleted(browser: Browser, server: RunningServer, told: Told) -> None:
    page = await open_page(browser, told.address)
    archives = page.get_by_test_id("archive")
    await page.get_by_test_id("recut").select_option("bestFit")
    await expect(archives).to_have_count(2)
    await expect_no_barriers(page, "films")
    newest = archives.first
    await expect(newest).to_have_attribute("data-status", "available", timeout=40_000)
    assert await newest.get_attribute("data-id") != told.recording.archive_id

    await newest.get_by_test_id("delete").click()
    await expect(page.get_by_test_id("undo")).to_be_focused()
    await expect_no_barriers(page, "deleting")
    await page.get_by_test_id("undo").click()
    await expect(newest.get_by_test_id("delete")).to_be_visible()
    assert len(server.archives(told.recording.render["sessionId"])) == 2
    await newest.get_by_test_id("delete").click()
    await expect(archives).to_have_count(1, timeout=15_000)
    (left,) = server.archives(told.recording.render["sessionId"])
    assert left["id"] == told.recording.archive_id
    await page.context.close()
