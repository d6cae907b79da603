"""Makes the pictures under docs/screenshots: `python -m tests.e2e.screenshots`."""

import asyncio
import io
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from livekit import rtc
from PIL import Image, ImageDraw
from playwright.async_api import Browser, Page, Route

from tests.e2e.pages import chromium, open_page
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


SIZES = {"wide": WIDE, "narrow": NARROW}
MOST_BYTES = 150_000
SMALL: dict[str, Any] = {"width": 480, "height": 270, "fps": 8}  # leaves the processor to the browser
REFUSE = (
    "() => { navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotAllowedError') } }"
)


async def shoot(page: Page, name: str) -> None:
    """A picture, with fewer colours until it is small enough to be kept."""
    await page.wait_for_timeout(700)  # let transitions end
    shot = Image.open(io.BytesIO(await page.screenshot())).convert("RGB")
    path = FOLDER / f"{name}.png"
    shot.save(path, optimize=True)
    for colours in (256, 128, 64):
        if path.stat().st_size < MOST_BYTES:
            return
        shot.quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)


async def visit(browser: Browser, url: str, **context: Any) -> Page:
    page = await open_page(browser, url, **context)
    page.set_default_timeout(60_000)  # pictures have time
    return page


async def playing(page: Page, videos: int) -> None:
    """Wait until that many videos play."""
    await page.wait_for_function(
        "wanted => [...document.querySelectorAll('video')]"
        ".filter(video => video.videoWidth > 0 && video.currentTime > 0.5).length >= wanted",
        arg=videos,
    )


async def recording_is(page: Page, state: str) -> None:
    await page.wait_for_selector(f"[data-testid=recording-state][data-state={state}]", state="attached")


async def before_a_call(browser: Browser, url: str) -> None:
    for suffix, size in SIZES.items():
        home = await visit(browser, url, viewport=size, color_scheme="dark")
        await playing(home, 1)
        await shoot(home, f"home-{suffix}")
        await home.context.close()
    light = await visit(browser, url, viewport=WIDE, color_scheme="light", locale="de-DE")
    await playing(light, 1)
    await shoot(light, "home-light-german")
    await light.context.close()
    refused = await visit(browser, url, viewport=NARROW, permissions=[])
    await refused.evaluate(REFUSE)
    await refused.get_by_test_id("mic").click()
    await refused.get_by_role("alert").wait_for()
    await shoot(refused, "home-refused-narrow")
    await refused.context.close()


async def say(person: Person, topic: str, **message: object) -> None:
    await person.room.local_participant.publish_data(json.dumps(message), topic=topic)


async def in_a_call(browser: Browser, url: str, people: list[Person]) -> None:
    ann, _, chidi = people
    await ann.room.local_participant.set_attributes({"hand": str(time.time_ns() // 1_000_000)})
    for suffix, size in SIZES.items():
        page = await visit(browser, f"{url}/room/Monday?name=Dana", viewport=size, color_scheme="dark")
        await playing(page, 4)
        await say(chidi, "chat", text="Shall we start with https://example.org/plan?", name="", at=time.time() * 1000)
        await say(chidi, "reaction", emoji="🎉")
        await shoot(page, f"call-{suffix}")
        await page.get_by_test_id("more").click()
        await shoot(page, f"call-more-{suffix}")
        await page.keyboard.press("Escape")
        await page.get_by_test_id("people").click()
        await shoot(page, f"call-people-{suffix}")
        await page.get_by_test_id("people").click()
        await page.get_by_test_id("chat").click()
        await page.get_by_test_id("chat-panel").wait_for()
        await say(ann, "chat", text="Yes. I have a question first.", name="", at=time.time() * 1000)
        await shoot(page, f"call-chat-{suffix}")
        await page.keyboard.press("Escape")
        await page.get_by_test_id("more").click()
        await page.get_by_test_id("view").click()
        await page.wait_for_timeout(3000)
        await shoot(page, f"call-speaker-{suffix}")
        await page.get_by_test_id("more").click()
        await page.get_by_test_id("settings").click()
        await page.get_by_test_id("settings-dialog").wait_for()
        await shoot(page, f"call-settings-{suffix}")
        await page.keyboard.press("Escape")
        if suffix == "wide":
            await page.keyboard.press("?")
            await page.get_by_test_id("keys-dialog").wait_for()
            await shoot(page, "call-keys-wide")
        await page.context.close()


async def a_recording(browser: Browser, url: str, people: list[Person]) -> None:
    page = await visit(browser, f"{url}/room/Monday?name=Dana", viewport=WIDE, color_scheme="dark")
    await playing(page, 4)
    await page.get_by_test_id("layout").click()
    await shoot(page, "call-layout-wide")
    await page.keyboard.press("Escape")
    await page.get_by_test_id("record").click()
    await recording_is(page, "recording")
    await asyncio.sleep(4)
    await shoot(page, "recording-wide")
    await page.set_viewport_size(NARROW)
    await shoot(page, "recording-narrow")
    recorder = await visit(browser, f"{url}/room/recorder/Monday", viewport={"width": 1280, "height": 720})
    await playing(recorder, 1)
    await shoot(recorder, "recorder")
    await recorder.context.close()
    admin = await visit(browser, f"{url}/admin", viewport=WIDE, color_scheme="light")
    await admin.get_by_test_id("admin-renders").wait_for()
    await admin.wait_for_timeout(4500)
    await shoot(admin, "admin-wide")
    await admin.set_viewport_size(NARROW)
    await shoot(admin, "admin-narrow")
    await admin.context.close()
    people[1].hush()
    people[2].speak()
    await asyncio.sleep(6)
    await page.get_by_test_id("stop-recording").click()
    await recording_is(page, "idle")
    await page.get_by_test_id("leave").click()
    await page.wait_for_selector("[data-testid=archive][data-status=available]", timeout=150_000)
    await page.get_by_test_id("film").evaluate("film => { film.currentTime = 4 }")
    await shoot(page, "end-narrow")
    await page.set_viewport_size(WIDE)
    await shoot(page, "end-wide")
    await with_a_timeline(page, people)
    await page.goto(f"{url}/recordings")
    await page.get_by_test_id("lane").first.wait_for()
    await page.get_by_text("Chapters").click()
    await page.get_by_test_id("film").evaluate("film => { film.currentTime = 9 }")
    await shoot(page, "recordings-wide")
    await page.set_viewport_size(NARROW)
    await page.get_by_test_id("film").scroll_into_view_if_needed()
    await shoot(page, "recordings-narrow")
    await page.context.close()


async def with_a_timeline(page: Page, people: list[Person]) -> None:
    """Adds what this server does not tell yet, if it does not: who was on screen when."""
    turns = [(0, 0, 2), (1, 2, 7), (0, 7, 8), (2, 8, 20)]
    shots = [
        {
            "start": a * 1_000_000,
            "end": b * 1_000_000,
            "participant": people[who].name,
            "name": people[who].name,
            "showing": "camera",
        }
        for who, a, b in turns
    ]

    async def told(route: Route) -> None:
        answer = await route.fetch()
        archives = [{"timelineUrl": "/timeline.json", **archive} for archive in await answer.json()]
        await route.fulfill(response=answer, json=archives)

    await page.route("**/archive/**", told)
    await page.route(
        "**/timeline.json", lambda route: route.fulfill(json={"start": 0, "end": 20_000_000, "shots": shots})
    )


async def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.png"):
        old.unlink()
    server = RunningServer(Path(tempfile.mkdtemp()) / "data").start()
    people: list[Person] = [
        Portrait("Ann Aguilar", (70, 110, 190), 300, **SMALL),
        Portrait("Ben Okafor", (60, 140, 110), 400, **SMALL),
        Portrait("Chidi Berg", (170, 100, 80), 500, **SMALL),
    ]
    try:
        for person in people:
            await person.join(*server.connect("Monday", person.name))
        people[1].speak()
        async with chromium() as browser:
            await before_a_call(browser, server.url)
            await in_a_call(browser, server.url, people)
            await a_recording(browser, server.url, people)
        for person in people:
            await person.leave()
    finally:
        server.close()


if __name__ == "__main__":
    asyncio.run(main())
