"""The way of somebody who has only the address, with a stopwatch: into a room, recorded, and to the film."""

import time

import pytest
from playwright.async_api import Locator, expect

from tests.e2e.pages import chromium, open_page
from tests.e2e.running import RunningServer

MOST_CLICKS = 6
MOST_S = 60  # on a machine as busy as any; docs/journey.md has what it takes on one that is not


class Stopwatch:
    """Counts clicks, and the seconds of each stage."""

    def __init__(self) -> None:
        self.clicks = 0
        self.stages: list[tuple[str, int, float]] = []
        self._since = time.monotonic()

    async def click(self, what: Locator) -> None:
        self.clicks += 1
        await what.click()

    def stage(self, name: str) -> None:
        now = time.monotonic()
        self.stages.append((name, self.clicks, now - self._since))
        self._since = now


@pytest.mark.slow
@pytest.mark.asyncio
async def test_from_the_address_to_the_film(own_server: RunningServer, capsys: pytest.CaptureFixture[str]) -> None:
    watch = Stopwatch()
    async with chromium() as browser:
        page = await open_page(browser, own_server.url)
        await expect(page.get_by_test_id("join")).to_be_visible()
        watch.stage("the form can be filled in")
        await page.get_by_test_id("name").fill("Ann")
        await page.get_by_test_id("room").fill("journey")
        await watch.click(page.get_by_test_id("join"))
        await page.wait_for_function("() => document.querySelector('[data-testid=tile] video')?.videoWidth > 0")
        watch.stage("in the room, with a picture")
        await watch.click(page.get_by_test_id("record"))
        await expect(page.get_by_test_id("recording-state")).to_have_attribute("data-state", "recording")
        watch.stage("it is recorded")
        await page.wait_for_timeout(5000)
        watch.stage("five seconds of a meeting")
        await watch.click(page.get_by_test_id("stop-recording"))
        await expect(page.get_by_test_id("recording-state")).to_have_attribute("data-state", "idle")
        await watch.click(page.get_by_test_id("leave"))
        await page.wait_for_url("**/end")
        archive = page.get_by_test_id("archive").first
        await expect(archive).to_have_attribute("data-status", "available", timeout=60_000)
        watch.stage("stopped, left, and the film is there")
        await watch.click(archive.get_by_test_id("to-film"))
        await page.wait_for_url("**/film/*")
        await page.get_by_test_id("film").evaluate(
            "film => film.readyState > 1 || new Promise(loaded => film.onloadeddata = loaded)"
        )
        watch.stage("its first picture is seen")
    with capsys.disabled():
        for name, clicks, seconds in watch.stages:
            print(f"{seconds:6.1f} s  {clicks} clicks  {name}")  # noqa: T201
    assert watch.clicks <= MOST_CLICKS
    assert sum(seconds for _, _, seconds in watch.stages) < MOST_S
