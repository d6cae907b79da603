"""What a meeting was about, beside its film: asked for in the page, of the model that the host has named."""

import asyncio
import json
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e.pages import chromium, expect_no_barriers, open_page
from tests.e2e.running import RunningServer
from tests.e2e.shelf import shelf_of
from tests.e2e.test_corrected import write_down
from tests.e2e.test_film_page import ROOM, invitation, session_of, shoot
from tests.oracle import Oracle, lines_of

ANSWER = {
    "title": "Numbers, and the next release",
    "summary": [
        {"text": "The numbers of last week are good.", "line": 2},
        {"text": "The new installer has not been tried yet.", "line": 3},
    ],
    "decisions": [{"text": "The release is shipped on Monday.", "line": 2}],
    "tasks": [{"text": "Try the new installer.", "who": "Ben Okafor", "line": 3}],
}


@pytest.mark.slow
async def test_a_meeting_is_summed_up_and_each_point_leads_to_its_moment(tmp_path: Path) -> None:
    with Oracle().serving() as oracle:
        oracle.reply = lambda _asked: (200, json.dumps(ANSWER))
        settings = {
            "REELROOM_AUTH": "token",
            "REELROOM_SUMMARY_URL": oracle.url,
            "REELROOM_SUMMARY_MODEL": "small",
        }
        server = RunningServer(tmp_path / "data", settings=settings)
        try:
            await asyncio.to_thread(server.start)
            shelf = await shelf_of(server, tmp_path)
            session = await asyncio.to_thread(session_of, server)
            (archive,) = await shelf.put(session, name="Launch plans")
            await write_down(server, archive.id)
            async with chromium() as browser:
                page = await open_page(browser, f"{server.url}/room/{ROOM}?invite={invitation(server)}")
                await page.goto(f"{server.url}/film/{archive.id}")
                await page.get_by_test_id("sum-up").click()
                summary = page.get_by_test_id("summary")
                await expect(summary.get_by_role("heading", level=2)).to_have_text(ANSWER["title"], timeout=30_000)
                notes = page.get_by_test_id("summary-note")
                await expect(notes).to_have_count(4)
                await expect(notes.nth(3)).to_contain_text("Ben Okafor: Try the new installer.")
                await expect(summary).to_contain_text("small")
                await expect_no_barriers(page, "a summary beside its film")
                await page.get_by_test_id("transcript").locator("summary").click()
                await shoot(page, "summary")
                await notes.nth(1).click()
                assert 26 <= await page.get_by_test_id("film").evaluate("film => film.currentTime") < 30
                await page.set_viewport_size({"width": 320, "height": 900})
                await shoot(page, "summary-narrow")
            assert [line for _, line in lines_of(oracle.asked[0])][2].startswith("Ann Aguilar: Thank you, Ben.")
        finally:
            server.close()
