"""A recorded conversation in a browser: its speakers, chapters and chat; cut again, deleted, shared."""

import json
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from reelroom.keys import load_keys
from reelroom.opentok.invites import Invite, write_invite
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
    return Told(recording, f"{server.url}/room/{ROOM}/{recording.render['sessionId']}/end?invite={moderator(server)}")


def moderator(server: RunningServer) -> str:
    """An invitation to work on the room's films."""
    invite = Invite(ROOM, "moderator", int(time.time()) + 600)
    return write_invite(invite, load_keys(server.data_dir).link_secret)


async def played(page: Page) -> float:
    """Where the film is (s)."""
    return float(await page.get_by_test_id("film").first.evaluate("film => film.currentTime"))


@pytest.mark.slow
async def test_film_is_walked_through_by_its_speakers(browser: Browser, told: Told) -> None:
    page = await open_page(browser, told.address)
    await expect(page.get_by_test_id("lane")).to_have_count(2)
    film = page.get_by_test_id("film")
    await film.evaluate("film => film.readyState || new Promise(loaded => film.onloadedmetadata = loaded)")
    await expect(page.get_by_test_id("chapter")).to_have_count(3)
    names = await page.get_by_test_id("chapter").all_inner_texts()
    assert [name.split()[-1] for name in names] == ["Ann", "Ben", "Ann"]
    await page.get_by_test_id("chapter").nth(2).press("Enter")
    assert await played(page) == pytest.approx(2 * TURN, abs=1.5)
    await page.get_by_test_id("lane").first.click(position={"x": 1, "y": 8})
    assert await played(page) < TURN / 2
    line = page.get_by_test_id("film-message")
    await expect(line).to_contain_text(f"Ben {WORDS}")
    beside, player = await line.bounding_box(), await film.bounding_box()
    assert beside
    assert player
    assert beside["x"] >= player["x"] + player["width"], "the chat stands beside the film"
    await page.get_by_test_id("chapter").nth(2).press("Enter")
    await line.press("Enter")
    assert await played(page) < TURN
    await expect_no_barriers(page, "film")
    await page.context.close()


async def test_film_is_cut_again_and_deleted(browser: Browser, server: RunningServer, told: Told) -> None:
    page = await open_page(browser, told.address)
    archives = page.get_by_test_id("archive")
    await expect(page.get_by_test_id("tracks")).to_have_attribute("href", re.compile("/films/"))
    await page.get_by_test_id("recut").press("Enter")  # leads to the film's own page
    await page.get_by_test_id("cut-bestFit").press("ArrowDown")
    await expect(page.get_by_test_id("cut-pip")).to_be_checked()
    await page.get_by_test_id("cut-make").press("Enter")
    await expect(page.get_by_test_id("made")).to_be_visible()
    await page.goto(told.address)
    await expect(archives).to_have_count(2)
    newest = archives.first
    await expect(newest.get_by_test_id("progress")).to_have_text(re.compile(r"\d+\s*%"))
    await expect_no_barriers(page, "films")
    await expect(newest).to_have_attribute("data-status", "available", timeout=90_000)
    assert await newest.get_attribute("data-id") != told.recording.archive_id

    session = told.recording.render["sessionId"]
    await newest.get_by_test_id("delete").click()
    await expect(page.get_by_test_id("undo")).to_be_focused()
    await expect_no_barriers(page, "deleting")
    assert [each["id"] for each in server.archives(session)] == [told.recording.archive_id]
    await page.get_by_test_id("undo").click()
    await expect(newest.get_by_test_id("delete")).to_be_visible()
    assert len(server.archives(session)) == 2
    await newest.get_by_test_id("delete").click()
    await expect(page.get_by_test_id("undo")).to_be_visible()
    await page.reload()  # what was not taken back at once lies in the bin
    await expect(archives).to_have_count(1)
    await page.get_by_test_id("bin").locator("summary").click()
    await expect_no_barriers(page, "bin")
    await page.get_by_test_id("binned").get_by_test_id("undo").click()
    await expect(archives).to_have_count(2)
    await expect(page.get_by_test_id("bin")).to_have_count(0)
    await page.context.close()


async def test_a_films_link_is_made_used_and_taken_back(browser: Browser, told: Told) -> None:
    """Who was given the link sees that film and no other; once it is taken back, the film plays no further."""
    page = await open_page(browser, told.address)
    await page.get_by_test_id("share").last.click()
    await page.get_by_test_id("share-make").click()
    link = await page.get_by_test_id("share-url").input_value()
    await expect_no_barriers(page, "share")
    guest = await open_page(browser, link)
    await expect(guest.get_by_test_id("archive")).to_have_attribute("data-id", told.recording.archive_id)
    await expect(guest.get_by_test_id("delete")).to_have_count(0)
    await expect(guest.get_by_test_id("share")).to_have_count(0)
    film = guest.get_by_test_id("film")
    await film.evaluate("film => film.readyState || new Promise(loaded => film.onloadedmetadata = loaded)")
    assert await film.evaluate("film => film.duration") > TURN
    await expect_no_barriers(guest, "shared film")
    source = await film.evaluate("film => film.src")
    assert (await guest.request.get(source, headers={"range": "bytes=0-9"})).status == 206

    await page.get_by_test_id("share-revoke").click()
    await expect(page.get_by_test_id("share-link")).to_have_count(0)
    assert (await guest.request.get(source, headers={"range": "bytes=0-9"})).status == 403
    await guest.reload()
    await expect(guest.get_by_test_id("film-problem")).to_be_visible()
    await expect(guest.get_by_test_id("archive")).to_have_count(0)
    for each in (page, guest):
        await each.context.close()
