"""The pages around a call: before it, the recordings, the server's own, and a room in another page."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.e2e.pages import chromium, enter, expect_no_barriers, open_page
from tests.e2e.running import RunningServer, free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")
WAIT = 30_000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


@pytest.mark.parametrize("colours", [pytest.param("dark", marks=pytest.mark.slow), "light"])
@pytest.mark.parametrize("path", ["/", "/room/Monday", "/recordings", "/admin", "/room/Monday/1_MX4-none/end"])
async def test_no_page_has_barriers(browser: Browser, server: RunningServer, path: str, colours: str) -> None:
    page = await open_page(browser, server.url + path, color_scheme=colours, viewport={"width": 390, "height": 844})
    await page.get_by_role("heading", level=1).wait_for()
    await expect_no_barriers(page, f"{path} {colours}")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
    await page.context.close()


async def test_language_is_the_browsers_until_another_is_chosen(browser: Browser, server: RunningServer) -> None:
    page = await open_page(browser, server.url, locale="de-AT", viewport={"width": 390, "height": 844})
    await expect(page.get_by_test_id("join")).to_have_text("Beitreten")
    await expect(page.locator("html")).to_have_attribute("lang", "de")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "longer words stick out"
    await page.get_by_test_id("name").fill("Anna")
    await page.get_by_test_id("language").select_option("en")
    await expect(page.get_by_test_id("join")).to_have_text("Join")
    await expect(page.get_by_test_id("name")).to_have_value("Anna")
    await page.reload()
    await expect(page.get_by_test_id("join")).to_have_text("Join")
    await page.context.close()


async def tab_to(page: Page, test_id: str) -> None:
    for _ in range(25):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.dataset.testid") == test_id:
            return
    pytest.fail(f"the Tab key does not come to {test_id}")


async def test_keyboard_alone_joins_records_and_leaves(browser: Browser, server: RunningServer) -> None:
    page = await open_page(browser, server.url)
    await page.get_by_test_id("name").wait_for()
    await page.keyboard.type("Kim")  # the field has the focus
    await page.keyboard.press("Tab")
    await page.keyboard.type("keyboard")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("recording-state")).to_be_attached(timeout=WAIT)
    await tab_to(page, "mic")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("mic")).to_have_attribute("data-on", "false")
    await tab_to(page, "record")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("stop-recording")).to_be_focused(timeout=WAIT)
    await expect(page.get_by_test_id("announcer")).to_have_text(re.compile("^Recording started"))
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("record")).to_be_focused(timeout=WAIT)
    await expect(page.get_by_test_id("recording-state")).to_have_attribute("data-state", "idle", timeout=WAIT)
    await tab_to(page, "leave")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("/end$"))
    await page.context.close()


@pytest.mark.slow
async def test_admin_sees_rooms_and_is_alone_in_that(browser: Browser, server: RunningServer) -> None:
    ann = await enter(browser, server, "watched", "Ann")
    page = await open_page(browser, f"{server.url}/admin")
    row = page.get_by_test_id("admin-rooms").get_by_role("row", name="watched")
    await expect(row).to_have_text(re.compile(r"^watched1\D"), timeout=WAIT)
    await ann.get_by_test_id("record").click()
    recording = page.get_by_test_id("admin-renders").get_by_role("row", name="watched")
    await expect(recording).to_have_text(re.compile(r"Running.*\d+\s?%$"), timeout=WAIT)  # lost packets, CPU
    film = page.get_by_test_id("admin-archives").get_by_role("row", name="watched")
    await expect(film).to_have_text(re.compile(r"Running[\d.]+ s\d+\s?%$"), timeout=WAIT)  # behind, CPU
    await expect(page.get_by_test_id("admin-disk")).to_have_text(re.compile("GB of .* free"))
    await expect(page.get_by_test_id("admin-callbacks")).to_have_text("None is waiting to be delivered.")
    await ann.get_by_test_id("stop-recording").click()
    await expect_no_barriers(page, "admin")
    await page.context.close()
    await ann.context.close()
    refused = server.http.get("/admin/state", headers={"X-Forwarded-For": "203.0.113.9"})
    assert (refused.status_code, "admin token" in refused.json()["message"]) == (403, True)
    assert server.http.get("/admin/state", headers={"Host": "elsewhere.example"}).status_code == 403


@contextmanager
def serving(html: str, port: int) -> Iterator[str]:
    """The address of a page of somebody else's server."""

    class Theirs(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Theirs) as theirs:
        Thread(target=theirs.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{port}/theirs"
        theirs.shutdown()


@pytest.fixture
def theirs(tmp_path: Path) -> Iterator[tuple[RunningServer, int]]:
    """A server that lets pages of another origin show it, and the port of that origin."""
    port = free_port()
    origins = json.dumps([f"http://127.0.0.1:{port}"])
    running = RunningServer(tmp_path / "data", settings={"REELROOM_ALLOWED_ORIGINS": origins})
    try:
        yield running.start(), port
    finally:
        running.close()


async def test_room_stands_in_a_page_of_another_origin(browser: Browser, theirs: tuple[RunningServer, int]) -> None:
    server, port = theirs
    token = server.open_room("inside")["token"]
    html = f"""<!doctype html><title>Theirs</title>
        <script type="module" src="{server.url}/embed/reelroom-room.js"></script>
        <reelroom-room room="inside" name="Ann" token="{token}"></reelroom-room>
        <script>window.heard = []
        for (const type of ["joined", "left", "recording", "microphone", "people"])
            document.addEventListener(type, event => heard.push(type + " " + event.detail.state))</script>"""
    with serving(html, port) as address:
        page = await open_page(browser, address)
        room = page.frame_locator("iframe")
        await expect(room.get_by_test_id("tile")).to_have_count(1, timeout=WAIT)
        await expect(room.locator("video").first).to_be_visible(timeout=WAIT)
        await page.wait_for_function("heard.includes('joined connected') && heard.includes('recording idle')")
        assert await page.evaluate("localStorage.length") == 0, "nothing is kept in their page"
        element = page.locator("reelroom-room")
        await element.evaluate("room => room.mute('microphone', true)")
        await expect(room.get_by_test_id("mic")).to_have_attribute("data-on", "false")
        await element.evaluate("room => room.mute('microphone', false)")
        await expect(room.get_by_test_id("mic")).to_have_attribute("data-on", "true")
        await element.evaluate("room => room.layout('speaker')")
        await expect(room.locator('[data-testid=stage][data-large=""]')).to_have_count(0)
        await element.evaluate("room => room.layout('grid')")
        await element.evaluate("room => room.invite()")
        await expect(room.get_by_role("dialog")).to_be_visible()
        await room.get_by_role("dialog").get_by_role("button").first.press("Escape")
        await expect(room.get_by_role("dialog")).to_have_count(0)
        heard = await page.evaluate("heard")
        assert {"microphone off", "microphone on", "people 1"} <= set(heard), heard
        await element.evaluate("room => room.leave()")
        await expect(room.get_by_test_id("left")).to_be_visible()
        await expect(room.get_by_role("link")).to_have_count(0)  # nothing of the site around the room
        assert "left ended" in await page.evaluate("heard")
        assert "joined" in await element.evaluate("room => room.leave().catch(error => error.message)")
        await room.get_by_role("button").click()
        await expect(room.get_by_test_id("tile")).to_have_count(1, timeout=WAIT)
        await page.context.close()


async def test_a_page_of_a_foreign_origin_is_told_that_it_may_not_show_a_room(
    browser: Browser, server: RunningServer
) -> None:
    port = free_port()
    html = f"""<!doctype html><title>Theirs</title>
        <script type="module" src="{server.url}/embed/reelroom-room.js"></script>
        <reelroom-room room="inside" name="Ann"></reelroom-room>
        <script>window.heard = []
        document.addEventListener("refused", event => heard.push(event.detail.state))</script>"""
    with serving(html, port) as address:
        page = await open_page(browser, address)
        said = page.get_by_role("alert")
        await expect(said).to_contain_text("REELROOM_ALLOWED_ORIGINS", timeout=WAIT)
        await expect(said).to_contain_text(f"127.0.0.1:{port}")
        assert await page.evaluate("heard") == ["origin"]
        await page.context.close()
