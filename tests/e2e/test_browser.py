"""The same from a real browser: join, record, stop, and watch the film on the end page."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.pages import chromium, enter
from tests.e2e.running import RunningServer

PLAYS = """async film => {
    film.muted = true
    await film.play()
    const from = film.currentTime
    for (let i = 0; i < 100 && film.currentTime < from + 0.5; i++) await new Promise(r => setTimeout(r, 50))
    return film.currentTime - from
}"""
MOVES = """video => new Promise(resolve => {
    const from = video.currentTime
    const look = left => video.videoWidth > 0 && video.currentTime > from + 0.3 ? resolve(true)
        : left ? setTimeout(look, 50, left - 1) : resolve(false)
    look(200)
})"""


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


async def state_is(page: Page, state: str) -> None:
    await expect(page.get_by_test_id("recording-state")).to_have_attribute("data-state", state, timeout=25_000)


async def test_people_meet_record_and_watch_the_film(
    own_server: RunningServer, browser: Browser, tmp_path: Path
) -> None:
    ann = await enter(browser, own_server, "café", "Ann")
    ben = await enter(browser, own_server, "café", "Ben")
    for page in (ann, ben):  # they see each other, moving
        await expect(page.get_by_test_id("tile")).to_have_count(2, timeout=20_000)
        for name in ("Ann", "Ben"):
            video = page.locator(f'[data-testid="tile"][data-name="{name}"] video')
            await expect(video).to_be_visible(timeout=20_000)
            assert await video.evaluate(MOVES), f"{name} does not move"

    await ann.get_by_test_id("record").click()
    for page in (ann, ben):
        await state_is(page, "recording")
    late = await enter(browser, own_server, "café", "Late")
    await state_is(late, "recording")
    await late.close()
    await asyncio.sleep(4)  # what is recorded
    await ben.get_by_test_id("stop-recording").click()  # anybody may stop it
    for page in (ann, ben):
        await state_is(page, "idle")

    await ann.get_by_test_id("leave").click()
    await expect(ann).to_have_url(re.compile(r"/room/caf.*/[12]_[A-Za-z0-9_-]+/end$"))
    archive = ann.get_by_test_id("archive")
    await expect(archive).to_have_count(1, timeout=20_000)
    await expect(archive).to_have_attribute("data-status", "available", timeout=30_000)
    film = ann.get_by_test_id("film")
    assert await film.evaluate(PLAYS) >= 0.5
    size = await film.evaluate("film => [film.videoWidth, film.videoHeight]")
    assert size == [1280, 720]
    await ann.screenshot(path=tmp_path / "end.png")


async def test_recorder_page_shows_the_speaker_without_controls(own_server: RunningServer, browser: Browser) -> None:
    await enter(browser, own_server, "stage", "Ann")
    context = await browser.new_context(viewport={"width": 1280, "height": 720})
    recorder = await context.new_page()
    await recorder.goto(f"{own_server.url}/room/recorder/stage")
    stage = recorder.get_by_test_id("recorder-stage")
    await expect(stage).to_contain_text("Ann", timeout=20_000)
    assert await stage.locator("video").first.evaluate(MOVES)
    await expect(recorder.get_by_role("button")).to_have_count(0)
