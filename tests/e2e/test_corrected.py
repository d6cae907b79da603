"""A transcript is corrected where it is read: words and who said them, and back; no model is needed for that."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import expect

from reelroom.config import Settings
from reelroom.files.films import WORDS
from reelroom.store.node import node_name
from reelroom.store.schema import database_url
from reelroom.store.store import Store
from reelroom.store.transcripts import KeptTranscript
from tests.e2e.pages import chromium, expect_no_barriers, open_page
from tests.e2e.running import RunningServer
from tests.e2e.shelf import LENGTH, Shelf, shelf_of
from tests.e2e.test_film_page import ROOM, invitation, session_of, shoot
from tests.server.waiting import eventually

SHOWN = """film => {
    const { mode, cues } = film.querySelector("track[kind=captions]").track;
    return mode === "showing" ? [...(cues ?? [])].map(cue => cue.text.replace("\\n", " ")) : null;
}"""
TITLES = """film => [...(film.querySelector("track[kind=chapters]").track.cues ?? [])].map(cue => cue.text).join()"""

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shelf(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shelf]:
    folder = tmp_path_factory.mktemp("shelf")
    server = RunningServer(folder / "data", settings={"REELROOM_AUTH": "token"})
    try:
        await asyncio.to_thread(server.start)
        yield await shelf_of(server, folder)
    finally:
        server.close()


def passage(who: str, name: str, start: float, text: str) -> dict[str, Any]:
    """Three words a second."""
    words = [
        {"from": start + n / 3, "to": start + (n + 1) / 3, "text": f" {word}", "confidence": 0.9}
        for n, word in enumerate(text.split())
    ]
    about = {"participant": who, "name": name, "language": "en", "text": text, "words": words}
    return about | {"from": words[0]["from"], "to": words[-1]["to"]}


async def write_down(server: RunningServer, archive_id: str) -> None:
    """An archive has a transcript, in which one line is wrong."""
    passages = [
        passage("ann", "Ann Aguilar", 2.0, "Good morning everybody, shall we begin with the numbers of last week?"),
        passage("ben", "Ben Okafor", 9.0, "The numb bears are good. We ship on Mondeo, and then we look at it."),
        passage("ann", "Ann Aguilar", 26.0, "Thank you, Ben. Has anybody tried the new installer yet?"),
    ]
    transcript = {"version": 1, "language": "en", "model": "base", "duration": float(LENGTH), "passages": passages}
    folder = server.data_dir / "archives"
    for suffix in WORDS:
        (folder / f"{archive_id}{suffix}").write_text(
            json.dumps(transcript) if suffix.endswith("json") else "WEBVTT\n"
        )
    store = Store(database_url(server.data_dir))
    node = node_name(Settings(data_dir=server.data_dir))
    made = {"status": "available", "language": "en", "next_at": None, "created_at": 1, "updated_at": 1}
    try:
        await store.add(KeptTranscript(archive_id=archive_id, node=node, **made))  # type: ignore[arg-type]
    finally:
        await store.close()


async def test_a_line_is_corrected_and_is_as_it_was_heard_again(shelf: Shelf) -> None:
    session = await asyncio.to_thread(session_of, shelf.server)
    (archive,) = await shelf.put(session, name="Launch plans")
    await write_down(shelf.server, archive.id)
    async with chromium() as browser:
        page = await open_page(browser, f"{shelf.server.url}/room/{ROOM}?invite={invitation(shelf.server)}")
        await page.goto(f"{shelf.server.url}/film/{archive.id}")
        await page.get_by_test_id("transcript").locator("summary").click()
        lines = page.get_by_test_id("passage")
        await expect(lines).to_have_count(3)
        film = page.get_by_test_id("film")
        await page.keyboard.press("c")
        await page.keyboard.press("c")  # who speaks, then what is said
        assert await film.evaluate(SHOWN) == []
        await lines.nth(1).hover()
        await shoot(page, "transcript")
        await page.get_by_test_id("correct").nth(1).click()
        await page.get_by_test_id("correct-text").fill("The numbers are good. We ship on Monday, and then we look.")
        await page.get_by_test_id("correct-name").fill("Benjamin")
        await expect_no_barriers(page, "a line that is corrected")
        await shoot(page, "correct")
        await page.get_by_test_id("correct-yes").click()
        await expect(lines.nth(1)).to_contain_text("Benjamin The numbers are good. We ship on Monday")
        await expect(page.get_by_test_id("correct-dialog")).to_have_count(0)
        captions = (shelf.server.data_dir / "archives" / f"{archive.id}.captions.vtt").read_text()
        assert "<v Benjamin>The numbers are good." in captions and "Mondeo" not in captions
        shown = await eventually(lambda: film.evaluate(SHOWN))  # in the player, which goes on as it was
        assert "The numbers are good." in " ".join(shown) and "Mondeo" not in " ".join(shown)
        assert "Benjamin: The numbers are good." in await eventually(lambda: film.evaluate(TITLES))

        await page.reload()
        await page.get_by_test_id("transcript").locator("summary").click()
        await expect(lines.nth(1)).to_contain_text("We ship on Monday")
        await page.get_by_test_id("correct").nth(1).click()
        await expect(page.get_by_test_id("correct-heard")).to_contain_text("Ben Okafor: The numb bears")
        await shoot(page, "corrected")
        await page.set_viewport_size({"width": 320, "height": 800})
        wide = "page => page.ownerDocument.documentElement.scrollWidth"
        assert await page.locator("body").evaluate(wide) <= 320, "a transcript makes no page wider"
        await page.get_by_test_id("correct-undo").click()
        await expect(lines.nth(1)).to_contain_text("Ben Okafor The numb bears")
