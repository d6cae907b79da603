"""The pages around a call: before it, afterwards, the recordings, the server's own, and a room in another page."""

import base64
import io
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import av
import numpy as np
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, expect

from tests.e2e.pages import chromium, enter, expect_no_barriers, open_page
from tests.e2e.running import RunningServer

pytestmark = pytest.mark.asyncio(loop_scope="module")
WAIT = 20_000
FILM = "2f0e8a34-0000-4000-8000-000000000001"


def film_of_a_minute() -> str:
    """A film that a player can jump in, as an address."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=1)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for shade in range(60):
            picture = np.full((180, 320, 3), shade * 4, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(stream.encode())
    return "data:video/mp4;base64," + base64.b64encode(file.getvalue()).decode()


FILM_OF_A_MINUTE = film_of_a_minute()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


@pytest.mark.parametrize("colours", ["dark", "light"])
@pytest.mark.parametrize("path", ["/", "/room/Monday", "/recordings", "/admin", "/room/Monday/1_MX4-none/end"])
async def test_no_page_has_barriers(browser: Browser, server: RunningServer, path: str, colours: str) -> None:
    page = await open_page(browser, server.url + path, color_scheme=colours, viewport={"width": 390, "height": 844})
    await page.get_by_role("heading", level=1).wait_for()
    await expect_no_barriers(page, f"{path} {colours}")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
    await page.context.close()


async def test_language_is_the_browsers_until_another_is_chosen(browser: Browser, server: RunningServer) -> None:
    page = await open_page(browser, server.url, locale="de-AT")
    await expect(page.get_by_test_id("join")).to_have_text("Beitreten")
    await expect(page.locator("html")).to_have_attribute("lang", "de")
    await page.get_by_test_id("name").fill("Anna")
    await page.get_by_test_id("language").select_option("en")
    await expect(page.get_by_test_id("join")).to_have_text("Join")
    await expect(page.get_by_test_id("name")).to_have_value("Anna")
    await page.reload()
    await expect(page.get_by_test_id("join")).to_have_text("Join")
    await page.context.close()


async def test_keyboard_alone_joins_mutes_and_leaves(browser: Browser, server: RunningServer) -> None:
    page = await open_page(browser, server.url)
    await page.get_by_test_id("name").wait_for()
    await page.keyboard.type("Kim")  # the field has the focus
    await page.keyboard.press("Tab")
    await page.keyboard.type("keyboard")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("recording-state")).to_be_attached(timeout=WAIT)
    for _ in range(20):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.dataset.testid") == "mic":
            break
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("mic")).to_have_attribute("data-on", "false")
    for _ in range(20):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.dataset.testid") == "leave":
            break
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("/end$"))
    await page.context.close()


def archive(**changes: Any) -> dict[str, Any]:
    """A film as a newer server lists it."""
    return {
        "id": FILM,
        "status": "available",
        "name": "Monday",
        "reason": "",
        "sessionId": "2_MX4",
        "createdAt": 1_790_000_000_000,
        "size": 12_400_000,
        "duration": 60,
        "resolution": "1280x720",
        "url": FILM_OF_A_MINUTE,
        "timelineUrl": "/timeline.json",
        "chatUrl": "/chat.json",
        "tracksUrl": "/tracks",
        **changes,
    }


SHOTS = [("a", "Ann", 0, 20), ("b", "Ben", 20, 21), ("a", "Ann", 21, 40), ("b", "Ben", 40, 60)]
TIMELINE = {
    "start": 5_000_000,
    "end": 65_000_000,
    "shots": [
        {
            "start": 5_000_000 + start * 1_000_000,
            "end": 5_000_000 + end * 1_000_000,
            "participant": who,
            "name": name,
            "showing": "camera",
            "reason": "speaks",
        }
        for who, name, start, end in SHOTS
    ],
}


async def pretend(page: Page, archives: list[dict[str, Any]], calls: list[tuple[str, str, Any]]) -> None:
    """A server that can do everything with films."""
    paths = {"/archive/{archive_id}": {"delete": {}}, "/archive/{archive_id}/recut": {"post": {}}}

    async def answer(route: Route) -> None:
        request = route.request
        if request.method == "GET":
            await route.fulfill(json=archives)
            return
        calls.append((request.method, request.url.rpartition("/archive/")[2], request.post_data_json))
        if request.method == "DELETE":
            archives.clear()
        else:
            archives.insert(0, archive(id="new", status="stopped", url=None, progress=0.4, layout="pip"))
        await route.fulfill(status=200, json={})

    await page.route("**/archive/**", answer)
    await page.route("**/openapi.json", lambda route: route.fulfill(json={"paths": paths}))
    await page.route("**/timeline.json", lambda route: route.fulfill(json=TIMELINE))
    await page.route(
        "**/chat.json", lambda route: route.fulfill(json=[{"text": "Hello", "name": "Ben", "at": 7_000}])
    )


async def test_film_is_walked_through_by_its_speakers(browser: Browser, server: RunningServer) -> None:
    page = await open_page(browser, "about:blank")
    calls: list[tuple[str, str, Any]] = []
    await pretend(page, [archive()], calls)
    await page.goto(f"{server.url}/recordings?room=Monday")
    await expect(page.get_by_test_id("lane")).to_have_count(2)
    film = page.get_by_test_id("film")
    await film.evaluate("film => film.readyState || new Promise(r => film.onloadedmetadata = r)")
    await page.get_by_text("Chapters (3)").click()
    await page.get_by_test_id("chapter").nth(2).press("Enter")
    at = await film.evaluate("film => film.currentTime")
    assert 40 <= at < 43, at
    await page.get_by_test_id("lane").first.click(position={"x": 1, "y": 8})
    assert await film.evaluate("film => film.currentTime") < 3
    await page.get_by_text("Chat (1)").click()
    await expect(page.get_by_test_id("film-chat").get_by_role("listitem")).to_have_text("0:02 Ben Hello")
    await expect_no_barriers(page, "film")
    await page.get_by_test_id("recut").select_option("pip")
    await expect(page.get_by_role("progressbar")).to_have_attribute("value", "0.4")
    assert calls == [("POST", f"{FILM}/recut", {"layout": "pip"})]
    await expect_no_barriers(page, "films")
    await page.context.close()


async def test_deleted_film_can_be_brought_back_for_a_while(browser: Browser, server: RunningServer) -> None:
    page = await open_page(browser, "about:blank")
    calls: list[tuple[str, str, Any]] = []
    await pretend(page, [archive()], calls)
    await page.goto(f"{server.url}/room/Monday/1_MX4-x/end")
    await page.get_by_test_id("delete").click()
    await expect(page.get_by_test_id("undo")).to_be_focused()
    await expect_no_barriers(page, "deleting")
    await page.get_by_test_id("undo").click()
    await expect(page.get_by_test_id("delete")).to_be_visible()
    assert calls == []
    await page.get_by_test_id("delete").click()
    await expect(page.get_by_test_id("archive")).to_have_count(0, timeout=12_000)
    assert calls == [("DELETE", FILM, None)]
    await page.context.close()


async def test_a_server_without_these_calls_offers_none_of_them(browser: Browser, server: RunningServer) -> None:
    page = await open_page(browser, "about:blank")
    plain = archive(timelineUrl=None, chatUrl=None, tracksUrl=None)
    await pretend(page, [plain], [])
    await page.route("**/openapi.json", lambda route: route.fulfill(status=404, body="none"))
    await page.goto(f"{server.url}/room/Monday/1_MX4-x/end")
    await expect(page.get_by_test_id("film")).to_be_visible()
    for missing in ("timeline", "film-chat", "recut", "delete"):
        await expect(page.get_by_test_id(missing)).to_have_count(0)
    await page.context.close()


async def test_admin_sees_rooms_and_is_alone_in_that(browser: Browser, server: RunningServer) -> None:
    ann = await enter(browser, server, "watched", "Ann")
    page = await open_page(browser, f"{server.url}/admin")
    row = page.get_by_test_id("admin-rooms").get_by_role("row", name="watched")
    await expect(row).to_be_visible(timeout=WAIT)
    await expect_no_barriers(page, "admin")
    await page.context.close()
    await ann.context.close()
    refused = server.http.get("/admin/state", headers={"X-Forwarded-For": "203.0.113.9"})
    assert (refused.status_code, "admin token" in refused.json()["message"]) == (403, True)
    assert server.http.get("/admin/state", headers={"Host": "elsewhere.example"}).status_code == 403


@contextmanager
def serving(html: str) -> Iterator[str]:
    """The address of a page of somebody else's server."""

    class Theirs(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Theirs) as theirs:
        Thread(target=theirs.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{theirs.server_port}/theirs"
        theirs.shutdown()


async def test_room_stands_in_a_page_of_another_origin(browser: Browser, server: RunningServer) -> None:
    token = server.open_room("inside")["token"]
    html = f"""<!doctype html><title>Theirs</title>
        <script type="module" src="{server.url}/embed/reelroom-room.js"></script>
        <reelroom-room room="inside" name="Ann" token="{token}"></reelroom-room>
        <script>window.heard = []
        for (const type of ["joined", "left", "recording"])
            document.addEventListener(type, event => heard.push(type + " " + event.detail.state))</script>"""
    with serving(html) as address:
        page = await open_page(browser, address)
        room = page.frame_locator("iframe")
        await expect(room.get_by_test_id("tile")).to_have_count(1, timeout=WAIT)
        await expect(room.locator("video").first).to_be_visible(timeout=WAIT)
        await page.wait_for_function("heard.includes('joined connected') && heard.includes('recording idle')")
        assert await page.evaluate("localStorage.length") == 0, "nothing is kept in their page"
        await page.context.close()
