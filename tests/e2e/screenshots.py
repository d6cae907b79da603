"""Makes the pictures under docs/screenshots: `python -m tests.e2e.screenshots`."""

import asyncio
import io
import json
import re
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.async_api import Browser, Page, Route, WebSocketRoute

from reelroom.keys import load_keys
from reelroom.opentok.tokens import ClientToken, mint
from tests.e2e.pages import INSECURE_HOST, chromium, open_page
from tests.e2e.portraits import Portrait, camera_file, silence_file
from tests.e2e.running import RunningServer
from tests.e2e.test_browser_devices import failing

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
SIZES = {"wide": WIDE, "narrow": NARROW}
COLOURS = 128  # of a picture: they are kept, and have to be small
ROOM = "Monday"


# What Chromium calls its devices is not what people have.
NAMES = """{
    const names = { videoinput: "HD camera", audioinput: "Microphone", audiooutput: "Headphones" }
    const list = navigator.mediaDevices?.enumerateDevices.bind(navigator.mediaDevices)
    if (list) navigator.mediaDevices.enumerateDevices = async () => (await list()).map(device => ({
        deviceId: device.deviceId, groupId: device.groupId, kind: device.kind,
        label: device.label && names[device.kind],
    }))
}"""


def with_few_colours(shot: Image.Image) -> Image.Image:
    """What there is most of keeps its very colour; for the rest, small things count more than they are large."""
    colours, counts = np.unique(np.asarray(shot).reshape(-1, 3), axis=0, return_counts=True)
    most = colours[np.argsort(-counts)][: COLOURS // 3]
    weighed = np.repeat(colours, np.ceil(counts**0.35).astype(int), axis=0)
    others = Image.fromarray(weighed[np.newaxis].astype(np.uint8)).quantize(COLOURS - len(most)).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette([*most.reshape(-1).tolist(), *others[: 3 * (COLOURS - len(most))]])
    return shot.quantize(palette=palette, dither=Image.Dither.NONE)


async def shoot(page: Page, name: str) -> None:
    """A picture of what is there, as it is."""
    await page.wait_for_timeout(700)  # let transitions end
    shot = Image.open(io.BytesIO(await page.screenshot())).convert("RGB")
    with_few_colours(shot).save(FOLDER / f"{name}.png", optimize=True)


async def shoot_both(page: Page, name: str) -> None:
    """The same at both widths; the page is wide again afterwards."""
    await shoot(page, f"{name}-wide")
    await page.set_viewport_size(NARROW)
    await shoot(page, f"{name}-narrow")
    await page.set_viewport_size(WIDE)


async def visit(browser: Browser, url: str, **context: Any) -> Page:
    settings = {"viewport": WIDE, "color_scheme": "dark", **context}
    page = await open_page(browser, url, script=NAMES + settings.pop("script", ""), **settings)
    page.set_default_timeout(60_000)  # pictures have time
    return page


async def playing(page: Page, videos: int) -> None:
    """Wait until that many videos play."""
    await page.wait_for_function(
        "wanted => [...document.querySelectorAll('video')]"
        ".filter(video => video.videoWidth > 0 && video.currentTime > 0.5).length >= wanted",
        arg=videos,
    )


async def loaded(page: Page) -> None:
    """Wait until all films have their pictures."""
    await page.wait_for_function("() => [...document.querySelectorAll('video')].every(film => film.readyState >= 1)")


async def recording_is(page: Page, state: str) -> None:
    await page.wait_for_selector(f"[data-testid=recording-state][data-state={state}]", state="attached")


@asynccontextmanager
async def held(page: Page, path: str) -> AsyncIterator[None]:
    """The server's answers to calls of `path` wait until this is over."""
    over = asyncio.Event()

    async def wait(route: Route) -> None:
        await over.wait()
        await route.continue_()

    await page.route(path, wait)
    yield
    over.set()


async def before_a_call(browser: Browser, asking: Browser, server: RunningServer) -> None:
    home = await visit(browser, server.url)
    await shoot_both(home, "home-untried")
    await home.get_by_test_id("try-devices").click()
    await playing(home, 1)
    await shoot_both(home, "home")
    light = await visit(browser, server.url, color_scheme="light", locale="de-DE")
    await light.get_by_test_id("try-devices").click()
    await playing(light, 1)
    await shoot_both(light, "home-light-german")
    denied = await visit(asking, server.url, permissions=[])
    none = await visit(browser, server.url, script=failing("video", "NotFoundError"))
    insecure = await visit(browser, f"http://{INSECURE_HOST}:{server.port}/", permissions=[])
    for page, name in ((denied, "denied"), (none, "no-camera"), (insecure, "insecure")):
        if page is not insecure:
            await page.get_by_test_id("try-devices").click()
        await page.get_by_test_id("problem").wait_for()
        await shoot_both(page, f"home-{name}")
    missing = await visit(browser, f"{server.url}/nowhere")
    await shoot_both(missing, "not-found")
    for page in (home, light, denied, none, insecure, missing):
        await page.context.close()


async def say(person: Portrait, topic: str, **message: object) -> None:
    await person.room.local_participant.publish_data(json.dumps(message), topic=topic)


async def enter(browser: Browser, server: RunningServer, **context: Any) -> Page:
    page = await visit(browser, f"{server.url}/room/{ROOM}?name=Dana", **context)
    await playing(page, 4)
    return page


async def in_a_call(browser: Browser, server: RunningServer, people: list[Portrait]) -> None:
    ann, ben, chidi = people
    for suffix, size in SIZES.items():
        page = await enter(browser, server, viewport=size)
        await ann.room.local_participant.publish_data(str(time.time_ns() // 1_000_000), topic="hand")
        await say(chidi, "chat", text="Shall we start with https://example.org/plan?", name="", at=time.time() * 1000)
        await say(chidi, "reaction", emoji="🎉")
        await shoot(page, f"call-{suffix}")
        await page.get_by_test_id("more").click()
        await shoot(page, f"call-more-{suffix}")
        await page.keyboard.press("Escape")
        await page.get_by_test_id("people").click()
        await shoot(page, f"call-people-{suffix}")
        await page.keyboard.press("Escape")
        await page.get_by_test_id("chat").click()
        await page.get_by_test_id("chat-panel").wait_for()
        await say(ann, "chat", text="Yes. I have a question first.", name="", at=time.time() * 1000)
        await shoot(page, f"call-chat-{suffix}")
        await page.keyboard.press("Escape")
        await page.get_by_test_id("more").click()
        await page.get_by_test_id("view").click()
        await page.locator('[data-name="Ben Okafor"][data-large="true"]').wait_for()
        await shoot(page, f"call-speaker-{suffix}")
        await ben.share()
        await page.get_by_test_id("screen").wait_for()
        await playing(page, 5)
        await shoot(page, f"call-screen-{suffix}")
        await ben.unshare()
        await page.get_by_test_id("more").click()
        await page.get_by_test_id("settings").click()
        await page.get_by_test_id("settings-dialog").wait_for()
        await shoot(page, f"call-settings-{suffix}")
        await page.keyboard.press("Escape")
        if suffix == "wide":  # with a keyboard
            await page.keyboard.press("?")
            await page.get_by_test_id("keys-dialog").wait_for()
            await shoot(page, "call-keys-wide")
            await page.keyboard.press("Escape")
            await page.get_by_test_id("mic").click()
            await page.keyboard.down(" ")
            await page.get_by_test_id("talking").wait_for()
            await shoot(page, "call-talking-wide")
            await page.keyboard.up(" ")
        await page.context.close()
    alone = await visit(browser, f"{server.url}/room/Tuesday?name=Dana")
    await playing(alone, 1)
    await shoot_both(alone, "call-alone")
    await alone.context.close()


async def ways_in_and_out(browser: Browser, server: RunningServer) -> None:
    """Joining, a connection that is lost, a moderator, and being removed by one."""
    free, ways = asyncio.Event(), []
    page = await visit(browser, f"{server.url}/recordings")

    async def way(route: WebSocketRoute) -> None:
        await free.wait()
        route.connect_to_server()
        ways.append(route)

    await page.route_web_socket(re.compile("/rtc"), way)
    await page.goto(f"{server.url}/room/{ROOM}?name=Dana")
    await page.get_by_text("Joining").wait_for()
    await shoot_both(page, "call-joining")
    free.set()
    await playing(page, 4)
    free.clear()
    await ways[-1].close()
    await page.get_by_test_id("reconnecting").wait_for()
    await shoot_both(page, "call-reconnecting")
    free.set()
    await page.get_by_test_id("reconnecting").wait_for(state="detached")
    session = server.open_room(ROOM)
    keys, now = load_keys(server.data_dir), int(time.time())
    token = mint(ClientToken(session["sessionId"], "moderator", now, now + 600, "1"), keys.api_key, keys.api_secret)
    mona = await visit(browser, f"{server.url}/room/{ROOM}?name=Mona#token={token}")
    await playing(mona, 5)
    await mona.get_by_test_id("people").click()
    row = mona.locator('[data-testid="person"][data-name="Dana"]')
    await row.get_by_test_id("remove-person").click()
    await shoot_both(mona, "call-moderator")
    await mona.get_by_test_id("remove-yes").click()
    await page.get_by_test_id("ended").wait_for()
    await shoot_both(page, "call-removed")
    for each in (page, mona):
        await each.context.close()


async def a_recording(browser: Browser, server: RunningServer, people: list[Portrait]) -> Page:
    """Dana records, and leaves."""
    page = await enter(browser, server)
    await page.get_by_test_id("layout").click()
    await shoot(page, "call-layout-wide")
    await page.keyboard.press("Escape")
    full = "This server has too little free disk space for a recording."
    await page.route("**/render", lambda route: route.fulfill(status=507, json={"message": full}))
    await page.get_by_test_id("record").click()
    await page.get_by_test_id("toast").filter(has_text=full).wait_for()
    await shoot_both(page, "recording-refused")
    await page.unroute("**/render")
    await page.get_by_test_id("toast").filter(has_text=full).get_by_role("button").click()
    async with held(page, "**/render"):
        await page.get_by_test_id("record").click()
        await shoot_both(page, "recording-starting")
    await recording_is(page, "recording")
    await asyncio.sleep(4)
    await shoot_both(page, "recording")
    await say(people[2], "chat", text="The numbers are on page 4.", name="", at=time.time() * 1000)
    await in_the_recorder(browser, server, people[1])
    await watch_the_server(browser, server)
    people[1].hush()
    people[2].speak()
    await asyncio.sleep(8)
    people[2].hush()
    people[0].speak()
    await say(people[0], "chat", text="Thank you, I see them.", name="", at=time.time() * 1000)
    await asyncio.sleep(8)
    async with held(page, "**/archive/stop/**"):
        await page.get_by_test_id("stop-recording").click()
        await shoot_both(page, "recording-stopping")
    await recording_is(page, "idle")
    await page.get_by_test_id("toast").get_by_role("link").wait_for()
    await shoot_both(page, "recording-ready")
    await page.get_by_test_id("leave").click()
    await page.wait_for_selector("[data-testid=archive][data-status=available]", timeout=150_000)
    return page


async def in_the_recorder(browser: Browser, server: RunningServer, ben: Portrait) -> None:
    size = {"width": 1280, "height": 720}
    recorder = await visit(browser, f"{server.url}/room/recorder/{ROOM}", viewport=size)
    await playing(recorder, 1)
    await shoot(recorder, "recorder")
    await ben.share()
    await recorder.get_by_test_id("recorder-inset").wait_for()
    await playing(recorder, 2)
    await shoot(recorder, "recorder-screen")
    await ben.unshare()
    await recorder.context.close()


async def watch_the_server(browser: Browser, server: RunningServer) -> None:
    admin = await visit(browser, f"{server.url}/admin", color_scheme="light")
    await admin.get_by_test_id("admin-archives").wait_for()
    await admin.wait_for_timeout(4500)
    await shoot_both(admin, "admin")
    await admin.context.close()


async def afterwards(page: Page, server: RunningServer) -> None:
    """Films, from the end page on."""
    await page.get_by_test_id("lane").first.wait_for()
    await loaded(page)
    await shoot_both(page, "end")
    left = page.url
    await page.goto(f"{server.url}/recordings")
    await page.get_by_test_id("card").first.wait_for()
    await shoot_both(page, "recordings")
    await page.emulate_media(color_scheme="light")
    await shoot_both(page, "recordings-light")
    await page.emulate_media(color_scheme="dark")
    await page.get_by_test_id("card").first.get_by_role("link").click()
    await page.get_by_test_id("chapter").first.wait_for()
    await page.get_by_test_id("film").evaluate("film => { film.currentTime = film.duration * 0.6 }")
    await loaded(page)
    await shoot_both(page, "film")
    await page.goto(left)
    await page.get_by_test_id("recut").first.click()
    await page.get_by_test_id("cutter").wait_for()
    await page.get_by_test_id("cut-bestFit").check()
    await shoot_both(page, "recut")
    await page.get_by_test_id("cut-make").click()
    await page.get_by_test_id("made").wait_for()
    await page.goto(left)
    await page.get_by_test_id("progress").wait_for()
    await shoot(page, "recut-progress-wide")
    await page.set_viewport_size(NARROW)
    await page.get_by_test_id("archive").first.scroll_into_view_if_needed()
    await shoot(page, "recut-progress-narrow")
    await page.set_viewport_size(WIDE)
    await page.locator("[data-testid=archive][data-status=stopped]").wait_for(state="detached", timeout=150_000)
    await loaded(page)
    await page.get_by_test_id("delete").first.click()
    await page.get_by_test_id("undo").wait_for()
    await shoot(page, "deleting-wide")
    await page.get_by_test_id("undo").click()
    await page.set_viewport_size(NARROW)
    await page.get_by_test_id("delete").first.click()
    await page.get_by_test_id("undo").scroll_into_view_if_needed()
    await shoot(page, "deleting-narrow")
    await page.get_by_test_id("undo").click()
    await page.context.close()


async def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.png"):
        old.unlink()
    folder = Path(tempfile.mkdtemp())
    server = RunningServer(folder / "data").start()
    people = [
        Portrait.named("Ann Aguilar", (92, 122, 166), (126, 74, 40), (238, 200, 172)),
        Portrait.named("Ben Okafor", (88, 132, 116), (30, 26, 26), (140, 94, 66)),
        Portrait.named("Chidi Berg", (168, 116, 92), (92, 84, 80), (222, 180, 150)),
    ]
    camera = f"--use-file-for-fake-video-capture={camera_file(folder)}"
    silence = f"--use-file-for-fake-audio-capture={silence_file(folder)}"
    try:
        async with (
            chromium(camera) as beeping,  # for a level to be seen
            chromium("--deny-permission-prompts", asks=True) as asking,
            chromium(camera, silence) as browser,
        ):
            await before_a_call(beeping, asking, server)
            for person in people:
                await person.join(*server.connect(ROOM, person.name))
            people[1].speak()
            await in_a_call(browser, server, people)
            await ways_in_and_out(browser, server)
            await afterwards(await a_recording(browser, server, people), server)
        for person in people:
            await person.leave()
    finally:
        server.close()


if __name__ == "__main__":
    asyncio.run(main())
