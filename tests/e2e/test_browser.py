"""The same from a real browser: join, record, stop, and watch the film on the end page."""

import asyncio
import io
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from livekit import rtc
from numpy.typing import NDArray
from PIL import Image
from playwright.async_api import Browser, Page, expect

from tests.e2e import people as synthetic
from tests.e2e.films import watch
from tests.e2e.pages import chromium, enter, open_page
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
    await expect(page.get_by_test_id("recording-state")).to_have_attribute("data-state", state, timeout=40_000)


async def test_people_meet_record_and_watch_the_film(
    own_server: RunningServer, browser: Browser, tmp_path: Path
) -> None:
    ann = await enter(browser, own_server, "café", "Ann")
    ben = await enter(browser, own_server, "café", "Ben")
    for page in (ann, ben):  # they see each other, moving
        await expect(page.get_by_test_id("tile")).to_have_count(2, timeout=40_000)
        for name in ("Ann", "Ben"):
            video = page.locator(f'[data-testid="tile"][data-name="{name}"] video')
            await expect(video).to_be_visible(timeout=40_000)
            assert await video.evaluate(MOVES), f"{name} does not move"

    await ann.get_by_test_id("record").click()
    for page in (ann, ben):
        await state_is(page, "recording")
        await expect(page.get_by_test_id("announcer")).to_have_text(re.compile("^Recording started"))
    late = await enter(browser, own_server, "café", "Late")
    await state_is(late, "recording")
    await late.close()
    await asyncio.sleep(4)  # what is recorded
    await ben.get_by_test_id("stop-recording").click()  # anybody may stop it
    for page in (ann, ben):
        await state_is(page, "idle")
        ready = page.get_by_test_id("toast").filter(has_text="The recording is ready.")
        await expect(ready).to_be_visible(timeout=120_000)
    async with ben.context.expect_page() as opened:
        await ready.get_by_role("link").click()
    beside = await opened.value
    await expect(beside.get_by_test_id("film")).to_be_visible(timeout=60_000)
    await expect(ben.get_by_test_id("tile")).to_have_count(2)  # the call goes on

    await ann.get_by_test_id("leave").click()
    await ann.get_by_test_id("leave-alone").click()  # she opened the room, so she is asked whether all are to leave
    await expect(ann).to_have_url(re.compile(r"/room/caf.*/[12]_[A-Za-z0-9_-]+/end$"))
    archive = ann.get_by_test_id("archive")
    await expect(archive).to_have_count(1, timeout=40_000)
    await expect(archive).to_have_attribute("data-status", "available", timeout=60_000)
    film = ann.get_by_test_id("film")
    assert await film.evaluate(PLAYS) >= 0.5
    size = await film.evaluate("film => [film.videoWidth, film.videoHeight]")
    assert size == [1280, 720]
    await ann.screenshot(path=tmp_path / "end.png")


def shrunk(screenshot: bytes) -> NDArray[np.uint8]:
    """As `watch` has a film's pictures."""
    picture = Image.open(io.BytesIO(screenshot)).convert("RGB").resize((64, 36), Image.Resampling.BOX)
    return np.asarray(picture)


async def _seen(page: Page) -> tuple[float, float, NDArray[np.uint8]]:
    """What a page shows, and between which moments: a busy machine takes its time over a picture."""
    began = time.time()
    picture = shrunk(await page.screenshot())
    return began, time.time(), picture


@pytest.mark.slow
async def test_recorder_page_shows_what_the_film_shows(
    own_server: RunningServer, browser: Browser, tmp_path: Path
) -> None:
    """Somebody speaks, with a picture and then without; Ben is there, too."""
    people = [synthetic.ann(), synthetic.ben()]
    for person in people:
        await person.join(*await asyncio.to_thread(own_server.connect, "stage", person.name))
    recorder = await open_page(
        browser, f"{own_server.url}/room/recorder/stage", viewport={"width": 1280, "height": 720}
    )
    stage = recorder.get_by_test_id("recorder-stage")
    await expect(stage).to_have_attribute("data-name", re.compile("Ann|Ben"), timeout=40_000)
    await expect(recorder.get_by_role("button")).to_have_count(0)
    rendered = (await asyncio.to_thread(own_server.record, "stage"))["sessionId"]
    await people[0].heard("archiveStarted", 60)
    people[0].speak()
    await expect(stage).to_have_attribute("data-name", "Ann", timeout=40_000)
    assert await stage.locator("video").first.evaluate(MOVES)
    await asyncio.sleep(1.5)  # the film sees who speaks a little sooner, or later
    seen = [await _seen(recorder)]
    (camera,) = [
        each for each in people[0].room.local_participant.track_publications.values() if "camera" in each.name
    ]
    assert isinstance(camera.track, rtc.LocalVideoTrack)
    camera.track.mute()
    await expect(stage.locator("video")).to_have_count(0, timeout=40_000)
    await asyncio.sleep(1.5)
    seen.append(await _seen(recorder))
    await asyncio.sleep(1)
    await recorder.close()  # it takes the CPU that the film needs
    await asyncio.to_thread(own_server.http.get, f"/archive/stop/{own_server.archives(rendered)[0]['id']}")
    archive = await asyncio.to_thread(own_server.wait_for_archive, rendered, "available", 90)
    film = watch(await asyncio.to_thread(own_server.download, archive, tmp_path))
    for (began, ended, page), most in zip(seen, (8, 4), strict=True):  # Ann's picture moves, her card does not
        times = film.times + archive["createdAt"] / 1000
        near = film.pictures[(times > began - 1) & (times < ended + 1)]  # both are a little late
        difference = min(np.abs(picture.astype(int) - page).mean() for picture in near)
        assert difference < most, f"{difference:.1f} levels between the film and the page"
    for person in people:
        await person.leave()
