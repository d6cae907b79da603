"""Makes the pictures under docs/screenshots: `python -m tests.e2e.screenshots`."""

import asyncio
import shutil
import tempfile
import time
from pathlib import Path

from livekit import rtc
from PIL import Image, ImageDraw
from playwright.async_api import Browser, Page, async_playwright

from tests.e2e.pages import ARGUMENTS
from tests.e2e.people import Person
from tests.e2e.running import RunningServer

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


class Portrait(Person):
    """A drawn person whose mouth moves while speaking."""

    def _draw(self, open_mouth: int) -> bytes:
        width, height = self.width, self.height
        image = Image.new("RGBA", (width, height))
        draw = ImageDraw.Draw(image)
        for y in range(height):
            shade = 1 - 0.45 * y / height
            draw.line((0, y, width, y), fill=(*(int(part * shade) for part in self.colour), 255))
        middle, head = width // 2, height // 4
        draw.ellipse((middle - head * 2, height - head, middle + head * 2, height + head * 3), fill=(52, 58, 72, 255))
        draw.ellipse((middle - head, height // 5, middle + head, height // 5 + head * 2.4), fill=(236, 196, 164, 255))
        eyes, eye = height // 5 + head, head // 9
        for x in (middle - head // 2.5, middle + head // 2.5):
            draw.ellipse((x - eye, eyes - eye, x + eye, eyes + eye), fill=(40, 36, 40, 255))
        mouth = eyes + head * 0.75
        draw.ellipse(
            (middle - head // 3, mouth - 3 - open_mouth, middle + head // 3, mouth + 3 + open_mouth),
            fill=(140, 60, 60, 255),
        )
        return image.tobytes()

    async def _film(self) -> None:
        faces = [self._draw(opening) for opening in (0, 8, 16, 8)]
        began, count = time.monotonic(), 0
        while True:
            face = faces[count // 2 % 4 if self.speaking else 0]
            frame = rtc.VideoFrame(self.width, self.height, rtc.VideoBufferType.RGBA, face)
            self._video.capture_frame(frame, timestamp_us=int(time.monotonic() * 1e6))
            count += 1
            await asyncio.sleep(max(0.0, began + count / self.fps - time.monotonic()))


async def shoot(page: Page, name: str) -> None:
    await page.wait_for_timeout(700)  # let transitions end
    await page.screenshot(path=FOLDER / f"{name}.png")


async def visit(browser: Browser, url: str, size: dict[str, int]) -> Page:
    context = await browser.new_context(viewport=size, color_scheme="dark", permissions=["camera", "microphone"])
    page = await context.new_page()
    await page.goto(url)
    return page


async def playing(page: Page, videos: int) -> None:
    """Wait until that many videos play."""
    await page.wait_for_function(
        "wanted => [...document.querySelectorAll('video')]"
        ".filter(video => video.videoWidth > 0 && video.currentTime > 0.5).length >= wanted",
        arg=videos,
    )


async def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp())
    server = RunningServer(folder / "data").start()
    people = [
        Portrait("Ann Aguilar", (70, 110, 190), 300),
        Portrait("Ben Okafor", (60, 140, 110), 400),
        Portrait("Chidi Berg", (170, 100, 80), 500),
    ]
    try:
        for person in people:
            await person.join(*server.connect("Monday", person.name))
        people[1].speak()
        async with async_playwright() as playwright:
            chromium = shutil.which("chromium")
            browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
            for suffix, size in (("wide", WIDE), ("narrow", NARROW)):
                home = await visit(browser, server.url, size)
                await playing(home, 1)
                await shoot(home, f"home-{suffix}")
                await home.close()
            page = await visit(browser, f"{server.url}/room/Monday?name=Dana", WIDE)
            await playing(page, 4)
            await shoot(page, "room-wide")
            await page.get_by_test_id("record").click()
            await page.wait_for_selector("[data-testid=recording-state][data-state=recording]", state="attached")
            await asyncio.sleep(4)
            await shoot(page, "recording-wide")
            narrow = await visit(browser, f"{server.url}/room/Monday?name=Eve", NARROW)
            await playing(narrow, 5)
            await shoot(narrow, "recording-narrow")
            await narrow.close()
            recorder = await visit(browser, f"{server.url}/room/recorder/Monday", {"width": 1280, "height": 720})
            await playing(recorder, 1)
            await shoot(recorder, "recorder")
            await recorder.close()
            await page.get_by_test_id("stop-recording").click()
            await page.wait_for_selector("[data-testid=recording-state][data-state=idle]", state="attached")
            await page.get_by_test_id("leave").click()
            await page.wait_for_selector("[data-testid=archive][data-status=available]")
            await page.get_by_test_id("film").evaluate("film => { film.currentTime = 4 }")
            await shoot(page, "end-wide")
            await page.set_viewport_size(NARROW)
            await shoot(page, "end-narrow")
            await browser.close()
        for person in people:
            await person.leave()
    finally:
        server.close()


if __name__ == "__main__":
    asyncio.run(main())
