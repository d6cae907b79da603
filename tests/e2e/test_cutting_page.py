"""A new film is cut in the film's page: by a pointer, a finger, keys and words; what is in it is judged."""

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from reelroom.keys import load_keys
from reelroom.opentok.invites import Invite, write_invite
from tests.e2e.films import watch
from tests.e2e.pages import chromium, expect_no_barriers, open_page
from tests.e2e.people import ann, ben
from tests.e2e.running import RunningServer
from tests.e2e.test_main_job import Recording, converse
from tests.meetings import MODEL

pytestmark = pytest.mark.asyncio(loop_scope="module")
ROOM = "cut-in-the-page"
SHOTS = os.environ.get("TEST_SHOTS")  # a folder for pictures to be looked at
WIDTHS = (320, 390, 768, 1440, 1920)
STEPS = 8


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


@dataclass(frozen=True)
class Told:
    """A recording of Ann, Ben and Ann, and the address of its film."""

    server: RunningServer
    recording: Recording
    invite: str

    @property
    def address(self) -> str:
        return f"{self.server.url}/film/{self.recording.archive_id}"

    def when(self, turn: int) -> tuple[float, float]:
        """When somebody speaks, in s of the film."""
        zero = self.recording.archive["createdAt"] / 1000
        _, start, end = self.recording.turns[turn]
        return start - zero, end - zero

    async def open(self, browser: Browser, **more: Any) -> Page:
        """The film, for a moderator of its room."""
        page = await open_page(browser, f"{self.server.url}/room/{ROOM}?invite={self.invite}", **more)
        await page.goto(self.address)
        film = page.get_by_test_id("film")
        await film.evaluate("film => film.readyState || new Promise(loaded => film.onloadedmetadata = loaded)")
        return page

    async def made(self, page: Page) -> dict[str, Any]:
        """The archive of the film that was ordered last, once it is there."""
        row = page.get_by_test_id("made").first
        await expect(row).to_have_attribute("data-status", "available", timeout=120_000)
        wanted = await row.get_attribute("data-id")
        every = await asyncio.to_thread(self.server.archives, self.recording.render["sessionId"])
        return next(each for each in every if each["id"] == wanted)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Told]:
    settings = {"REELROOM_SPEECH_MODEL": str(MODEL)}
    server = RunningServer(tmp_path_factory.mktemp("cut"), settings=settings)
    try:
        await asyncio.to_thread(server.start)
        people = [ann(width=320, height=180), ben(width=320, height=180)]
        recording = await converse(server, ROOM, people, turns=3)
        invite = write_invite(
            Invite(ROOM, "moderator", int(time.time()) + 900), load_keys(server.data_dir).link_secret
        )
        yield Told(server, recording, invite)
    finally:
        server.close()


async def shoot(page: Page, name: str) -> None:
    """Where pictures are wanted, one at each width."""
    if not SHOTS:
        return
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 900})
        await page.wait_for_timeout(300)
        await page.screenshot(path=Path(SHOTS) / f"{name}-{width}.png", full_page=True)
    await page.set_viewport_size({"width": 1280, "height": 800})


async def whole(page: Page) -> tuple[float, float]:
    """From when to when (s) the film can be cut."""
    start, end = page.get_by_test_id("strip-start").first, page.get_by_test_id("strip-end").first
    return float(await start.get_attribute("aria-valuemin") or 0), float(
        await end.get_attribute("aria-valuemax") or 0
    )


async def drag(page: Page, begin: float, end: float) -> None:
    """Over the strip, from one moment of the film (s) to another."""
    line = page.get_by_test_id("strip-line")
    await line.scroll_into_view_if_needed()
    first, last = await whole(page)
    box = await line.bounding_box()
    assert box
    across = [box["x"] + box["width"] * (at - first) / (last - first) for at in (begin, end)]
    await page.mouse.move(across[0], box["y"] + 30)
    await page.mouse.down()
    await page.mouse.move(across[1], box["y"] + 30, steps=STEPS)
    await page.mouse.up()


async def touch(page: Page, handle: Locator, by: float) -> None:
    """A finger moves an edge by so many pixels."""
    await handle.scroll_into_view_if_needed()
    box = await handle.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    devtools = await page.context.new_cdp_session(page)
    for kind, at in [("touchStart", x), *(("touchMove", x + by * n / STEPS) for n in range(1, STEPS + 1))]:
        await devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": at, "y": y}]})
    await devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@pytest.mark.slow
async def test_two_parts_are_dragged_previewed_and_made(browser: Browser, told: Told, tmp_path: Path) -> None:
    """Ann's first turn is left out, and what lies between Ben's and her last."""
    page = await told.open(browser)
    await page.get_by_test_id("recut").click()
    await expect(page.get_by_test_id("cut-reach")).to_be_visible()
    await expect(page.get_by_test_id("cut-make")).to_be_disabled()
    await expect_no_barriers(page, "cutting")
    await shoot(page, "cut")
    spoken, again = told.when(1), told.when(2)
    await drag(page, spoken[0] + 0.5, spoken[1] - 0.5)
    await drag(page, again[0] + 1, again[1] - 1)
    await expect(page.get_by_test_id("part")).to_have_count(2)
    await page.get_by_test_id("cut-name").fill("Ben, and then Ann")
    await page.get_by_test_id("cut-rules").locator("summary").click()
    await page.get_by_test_id("rule-shortestShot").fill("1")
    await expect_no_barriers(page, "two parts")
    await shoot(page, "cut-parts")

    shown = page.get_by_test_id("film")
    noting = "film => { film.seen = []; film.ontimeupdate = () => film.paused || film.seen.push(film.currentTime) }"
    await shown.evaluate(noting)
    await page.get_by_test_id("cut-preview").click()
    seen = await shown.evaluate(
        """film => new Promise(done => {
            const look = () => film.paused && film.seen.length > 2 ? done(film.seen) : setTimeout(look, 100);
            look();
        })"""
    )
    between = [at for at in seen if spoken[1] + 0.4 < at < again[0] + 0.4]
    assert not between, f"only what is kept is played: {between}"
    assert min(seen) > spoken[0] and max(seen) < again[1]
    await expect(page.get_by_test_id("cut-preview")).to_have_attribute("aria-pressed", "false")

    await page.get_by_test_id("cut-make").click()
    await expect(page.get_by_test_id("made")).to_contain_text("Ben, and then Ann")
    await expect_no_barriers(page, "a film in the making")
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / "cut-made.png")
    archive = await told.made(page)
    film = watch(await asyncio.to_thread(told.server.download, archive, tmp_path))
    assert archive["name"] == "Ben, and then Ann"
    first = spoken[1] - spoken[0] - 1
    assert film.seconds == pytest.approx(first + again[1] - again[0] - 2, abs=0.9)
    ann_, ben_ = told.recording.people
    assert film.shows(ben_.colour, first / 2) and film.shows(ann_.colour, film.seconds - 0.7)
    assert film.loudness(ben_.tone, 0.5, first - 0.7) > 0.05
    assert film.loudness(ann_.tone, 0.5, first - 0.7) < 0.05
    await page.get_by_test_id("to-made").click()
    await expect(page).to_have_title(re.compile("Ben, and then Ann"))
    await page.context.close()


@pytest.mark.slow
async def test_keys_alone_cut_a_film_with_what_was_recorded_before_it(
    browser: Browser, told: Told, tmp_path: Path
) -> None:
    page = await told.open(browser)
    await page.get_by_test_id("recut").press("Enter")
    await expect(page.get_by_role("heading", level=2)).to_be_focused()
    await expect(page.get_by_test_id("cut-reach")).to_be_visible()
    first, _ = await whole(page)
    assert first < 0, "something was recorded before the film"
    start, end = page.get_by_test_id("strip-start"), page.get_by_test_id("strip-end")
    await start.press("Home")
    await end.press("PageDown")
    await end.press("Shift+ArrowLeft")
    kept = await end.get_attribute("aria-valuetext")
    await page.keyboard.press("Control+z")
    assert await end.get_attribute("aria-valuetext") != kept
    await end.press("Shift+ArrowLeft")
    await page.get_by_test_id("cut-size").select_option("480x640")
    await page.get_by_test_id("cut-pip").press("Space")
    length = float(await end.get_attribute("aria-valuenow") or 0) - first
    await page.get_by_test_id("cut-make").press("Enter")
    archive = await told.made(page)
    film = watch(await asyncio.to_thread(told.server.download, archive, tmp_path))
    assert (film.width, film.height) == (480, 640)
    assert film.seconds == pytest.approx(length, abs=0.3)
    await page.context.close()


@pytest.mark.slow
async def test_a_finger_moves_an_edge_on_a_small_german_screen(browser: Browser, told: Told) -> None:
    small = {"width": 390, "height": 844}
    page = await told.open(
        browser, locale="de-DE", has_touch=True, is_mobile=True, viewport=small, color_scheme="dark"
    )
    await page.get_by_test_id("recut").tap()
    await expect(page.get_by_test_id("cut-reach")).to_be_visible()
    before = await page.get_by_test_id("part-end").input_value()
    await touch(page, page.get_by_test_id("strip-end"), -120)
    await expect(page.get_by_test_id("part-end")).not_to_have_value(before)
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 900})
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{width} px"
    await expect_no_barriers(page, "cutting, in German")
    await shoot(page, "cut-de")
    await page.context.close()


async def select(page: Page, words: Locator) -> None:
    """A pointer selects them, from the first to the last; again where the page was still moving on a busy machine."""
    await words.last.scroll_into_view_if_needed()
    async with asyncio.timeout(30):
        while True:
            begin, end = await words.first.bounding_box(), await words.last.bounding_box()
            assert begin and end
            await page.mouse.move(begin["x"] + 3, begin["y"] + begin["height"] / 2)
            await page.mouse.down()
            await page.mouse.move(end["x"] + end["width"] - 1, end["y"] + end["height"] / 2, steps=STEPS)
            await page.mouse.up()
            await page.wait_for_timeout(300)
            if await page.get_by_test_id("words-drop").is_enabled():
                return


@pytest.mark.slow
async def test_a_film_is_cut_by_its_words(browser: Browser, told: Told, tmp_path: Path) -> None:
    """What Ben says is selected and left out: it is in the new film no more, nor in its transcript."""
    page = await told.open(browser)
    await page.get_by_test_id("transcribe").click()
    await expect(page.get_by_test_id("transcript")).to_be_visible(timeout=180_000)
    await page.get_by_test_id("recut").click()
    words = page.get_by_test_id("cut-words-list").locator(".cut-passage", has_text="Ben").get_by_test_id("word")
    await expect(words.first).to_be_visible()
    await select(page, words)
    await page.get_by_test_id("words-drop").click()
    await expect(words.first).to_have_class(re.compile("gone"))
    await page.get_by_test_id("tidy").click()
    await expect(page.get_by_test_id("cutter")).to_have_attribute("aria-busy", "false")
    await expect_no_barriers(page, "cut by words")
    await shoot(page, "cut-words")
    await page.get_by_test_id("cut-make").click()
    archive = await told.made(page)
    film = watch(await asyncio.to_thread(told.server.download, archive, tmp_path))
    spoken = told.when(1)
    assert film.seconds < told.recording.seconds - (spoken[1] - spoken[0]) / 2
    await page.get_by_test_id("to-made").click()
    await expect(page.get_by_test_id("transcript")).to_be_visible(timeout=180_000)
    said = await page.get_by_test_id("passage").all_text_contents()
    assert any("Ann" in each for each in said) and not any("Ben" in each for each in said), said
    await page.context.close()
