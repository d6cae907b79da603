"""A transcript is read: by eyes and by screen readers, selected, taken along, found, and printed with its summary."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from reelroom.store.values import Archive
from tests.e2e.pages import chromium, expect_no_barriers, open_page
from tests.e2e.running import RunningServer
from tests.e2e.shelf import shelf_of
from tests.e2e.test_corrected import write_down
from tests.e2e.test_film_page import ROOM, invitation, session_of, shoot
from tests.e2e.test_summary import ANSWER
from tests.oracle import Oracle


@pytest_asyncio.fixture
async def written(tmp_path: Path) -> AsyncIterator[tuple[RunningServer, Archive]]:
    """A film with its transcript, on a server whose host has named a model for summaries."""
    with Oracle().serving() as oracle:
        oracle.reply = lambda _asked: (200, json.dumps(ANSWER))
        wishes = {"REELROOM_AUTH": "token", "REELROOM_SUMMARY_URL": oracle.url, "REELROOM_SUMMARY_MODEL": "small"}
        server = RunningServer(tmp_path / "data", settings=wishes)
        try:
            await asyncio.to_thread(server.start)
            shelf = await shelf_of(server, tmp_path)
            (archive,) = await shelf.put(await asyncio.to_thread(session_of, server), name="Launch plans")
            await write_down(server, archive.id)
            yield server, archive
        finally:
            server.close()


@pytest.mark.slow
async def test_what_was_said_is_read_taken_along_and_printed(
    written: tuple[RunningServer, Archive], tmp_path: Path
) -> None:
    server, archive = written
    async with chromium() as browser:
        page = await open_page(browser, f"{server.url}/room/{ROOM}?invite={invitation(server)}")
        await page.goto(f"{server.url}/film/{archive.id}")
        transcript = page.get_by_test_id("transcript")
        await transcript.locator("summary").click()
        await expect(page.get_by_test_id("passage")).to_have_count(3)
        await is_read_aloud(page)
        await is_selected(page)
        await is_taken_along(page, tmp_path)

        without = await printed(page, tmp_path / "transcript.pdf")
        assert "Thank you, Ben. Has anybody tried the new installer yet?" in without

        await page.get_by_test_id("sum-up").click()
        summary = page.get_by_test_id("summary")
        await expect(summary.get_by_role("heading", level=2)).to_have_text(ANSWER["title"], timeout=30_000)
        await expect(page.get_by_test_id("summary-outdated")).to_have_count(0)
        await page.get_by_test_id("correct").nth(1).click()
        await page.get_by_test_id("correct-text").fill("The numbers are good. We ship on Monday, and then we look.")
        await page.get_by_test_id("correct-yes").click()
        await expect(page.get_by_test_id("summary-outdated")).to_be_visible(timeout=15_000)
        await expect_no_barriers(page, "a summary that is older than a correction")
        await shoot(page, "summary-outdated")
        whole = await printed(page, tmp_path / "both.pdf")
        assert "We ship on Monday, and then we look." in whole, whole
        assert "0:26 Ben Okafor: Try the new installer." in whole, whole
        assert "0:09 The numbers of last week are good." in whole, "no digit is beyond the margin"

        await page.get_by_test_id("sum-up").click()  # made again it is no more
        await expect(page.get_by_test_id("summary-outdated")).to_have_count(0, timeout=30_000)


async def is_read_aloud(page: Page) -> None:
    """A list, of which each line has a button that says when and who, and a text that is read word by word."""
    await expect(page.get_by_test_id("transcript").get_by_role("list")).to_match_aria_snapshot("""
        - list:
          - listitem:
            - button "0:02 Ann Aguilar"
            - paragraph: Ann Aguilar Good morning everybody, shall we begin with the numbers of last week?
            - button
          - listitem:
            - button "0:09 Ben Okafor"
            - paragraph: Ben Okafor The numb bears are good. We ship on Mondeo, and then we look at it.
            - button
          - listitem:
            - button "0:26 Ann Aguilar"
            - paragraph: Ann Aguilar Thank you, Ben. Has anybody tried the new installer yet?
            - button
        """)
    film = page.get_by_test_id("film")
    last = page.get_by_test_id("transcript").get_by_role("button", name="0:26 Ann Aguilar")
    await last.focus()
    await page.keyboard.press("Enter")
    assert 25.9 <= await film.evaluate("film => film.currentTime") < 30
    await expect(last).to_have_attribute("aria-current", "true")


async def is_selected(page: Page) -> None:
    """Some of a line can be selected, and the film stays where it is; a click on the line goes to its moment."""
    film, line = page.get_by_test_id("film"), page.get_by_test_id("passage").nth(1)
    await film.evaluate("film => film.pause()")
    before = await film.evaluate("film => film.currentTime")
    box = await line.locator(".moment-what > span").bounding_box()
    assert box
    await page.mouse.move(box["x"] + 2, box["y"] + 8)
    await page.mouse.down()
    await page.mouse.move(box["x"] + 60, box["y"] + 8, steps=4)
    await page.mouse.up()
    assert await page.evaluate("getSelection().toString().trim()")
    assert await film.evaluate("film => film.currentTime") == before
    await line.click()
    assert 8.9 <= await film.evaluate("film => film.currentTime") < 12


async def is_taken_along(page: Page, folder: Path) -> None:
    """As Markdown by the clipboard and as a file, and as plain text."""
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    bar = page.locator(".transcript-bar .round")
    await bar.nth(0).click()
    copied = await page.evaluate("navigator.clipboard.readText()")
    async with page.expect_download() as saved:
        await bar.nth(1).click()
    download = await saved.value
    assert download.suggested_filename.endswith(".md")
    await download.save_as(folder / "taken.md")
    assert (folder / "taken.md").read_text() == copied
    assert copied.startswith("# Launch plans") and "**Ben Okafor**" in copied
    assert "Thank you, Ben. Has anybody tried the new installer yet?" in copied


async def printed(page: Page, path: Path) -> str:
    """What stands on paper, a line after the other."""
    await page.pdf(path=path)
    done = await asyncio.to_thread(
        subprocess.run, ["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True
    )
    text = " ".join(done.stdout.split())
    assert "Launch plans" in text and "Ann Aguilar Good morning everybody" in text, text
    labels = await page.locator("button, a.round, a.button").evaluate_all(
        "all => all.filter(each => !each.closest('.moment')).map(each => each.innerText.trim()).filter(Boolean)"
    )
    assert labels and not [each for each in labels if each in text], text
    return text
