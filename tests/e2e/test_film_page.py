"""The page of one film in a browser: player, keys, lanes, share, and links that are renewed."""

import asyncio
import json
import os
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from reelroom.keys import load_keys
from reelroom.opentok.invites import Invite, write_invite
from tests.e2e.pages import chromium, expect_no_barriers, open_page
from tests.e2e.running import RunningServer
from tests.e2e.shelf import Shelf, shelf_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
ROOM = "Weekly Standup"
SHOTS = os.environ.get("TEST_SHOTS")  # a folder for pictures to be looked at
WIDTHS = (320, 390, 768, 1440, 1920)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shelf(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shelf]:
    folder = tmp_path_factory.mktemp("shelf")
    server = RunningServer(folder / "data", settings={"REELROOM_AUTH": "token", "REELROOM_LINK_SECONDS": "120"})
    try:
        await asyncio.to_thread(server.start)
        yield await shelf_of(server, folder)
    finally:
        server.close()


def invitation(server: RunningServer) -> str:
    """An invitation to work on the room's films."""
    return write_invite(Invite(ROOM, "moderator", int(time.time()) + 900), load_keys(server.data_dir).link_secret)


def session_of(server: RunningServer) -> str:
    answer = server.http.get(f"/session/{ROOM}", params={"invite": invitation(server)})
    return str(answer.json()["sessionId"])


async def shoot(page: Page, name: str) -> None:
    """Where pictures are wanted, one at each width."""
    if not SHOTS:
        return
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 900})
        await page.wait_for_timeout(400)
        await page.screenshot(path=Path(SHOTS) / f"{name}-{width}.png")
    await page.set_viewport_size({"width": 1280, "height": 800})


async def ready(page: Page) -> None:
    film = page.get_by_test_id("film")
    await film.evaluate("film => film.readyState || new Promise(loaded => film.onloadedmetadata = loaded)")


async def now(page: Page) -> float:
    return float(await page.get_by_test_id("film").evaluate("film => film.currentTime"))


async def test_a_film_is_watched_walked_through_and_shared(browser: Browser, shelf: Shelf) -> None:
    session = await asyncio.to_thread(session_of, shelf.server)
    (archive,) = await shelf.put(session, name="Launch plans")
    address = f"{shelf.server.url}/room/{ROOM}?invite={invitation(shelf.server)}"
    page = await open_page(browser, address)  # which the browser keeps
    await page.goto(f"{shelf.server.url}/film/{archive.id}?t=0:12")
    await ready(page)
    await expect(page).to_have_title("Launch plans – Reelroom")
    assert await now(page) == pytest.approx(12, abs=0.5)
    await expect(page.get_by_test_id("chapter")).to_have_count(3)
    await expect_no_barriers(page, "film page")
    await shoot(page, "film")

    await page.keyboard.press("l")
    assert await now(page) == pytest.approx(22, abs=0.5)
    await page.keyboard.press("p")
    assert await now(page) == pytest.approx(9, abs=0.5)
    await page.get_by_test_id("lane").first.focus()
    await page.keyboard.press("End")
    assert await now(page) == pytest.approx(26, abs=2)
    await page.keyboard.press("k")  # a lane begins to play where it goes to
    await expect(page.get_by_test_id("player")).to_have_attribute("data-playing", "false")

    box = await page.get_by_test_id("scrub").bounding_box()
    assert box
    await page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 10)
    await expect(page.get_by_test_id("thumbnail")).to_be_visible()
    await expect(page.get_by_test_id("scrub-look")).to_contain_text("0:10")
    await expect(page.get_by_test_id("scrub-look")).to_contain_text("Ben Okafor")
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / "film-hover.png")
    await page.get_by_test_id("titles").click()
    await page.get_by_test_id("titles-speakers").click()
    shown = "film => [...film.textTracks].filter(track => track.mode === 'showing').map(track => track.label)"
    assert await page.get_by_test_id("film").evaluate(shown) == ["Who speaks"]
    await page.get_by_test_id("skip").click()
    await page.keyboard.press("5")
    await page.keyboard.press("k")
    # From second 20 on nobody speaks, until 26.
    beyond = (
        "film => new Promise(done => film.ontimeupdate = () => film.currentTime > 25.4 && done(film.currentTime))"
    )
    assert await asyncio.wait_for(page.get_by_test_id("film").evaluate(beyond), 4) < 30
    await page.keyboard.press("k")

    await page.get_by_test_id("share").click()
    await page.get_by_test_id("share-moment").check()
    await page.get_by_test_id("share-make").click()
    link = await page.get_by_test_id("share-url").input_value()
    await expect(page.get_by_test_id("qr")).to_be_visible()
    assert "t=2" in link
    await expect_no_barriers(page, "share")
    await shoot(page, "share")
    guest = await open_page(browser, link)
    await ready(guest)
    assert await now(guest) >= 25
    await expect(guest.get_by_test_id("delete")).to_have_count(0)
    await expect_no_barriers(guest, "shared film")
    await guest.context.close()
    await page.context.close()


@pytest.mark.slow
async def test_links_renew_themselves_while_the_page_is_open(browser: Browser, shelf: Shelf) -> None:
    """The links work for 120 s: a minute before their end there are new ones, for the player as for a download."""
    session = await asyncio.to_thread(session_of, shelf.server)
    (archive,) = await shelf.put(session)
    address = f"{shelf.server.url}/room/{ROOM}?invite={invitation(shelf.server)}"
    page = await open_page(browser, address)
    await page.clock.install()
    await page.goto(f"{shelf.server.url}/film/{archive.id}")
    await ready(page)
    download = page.get_by_test_id("download")
    before = await download.get_attribute("href")
    looked = f"**/archive/{archive.id}/film"
    async with page.expect_response(looked):
        await page.clock.fast_forward(130_000)
    await asyncio.sleep(2.5)  # a new link is another one each 2 s
    async with page.expect_response(looked):
        await page.clock.fast_forward(130_000)
    await expect(download).not_to_have_attribute("href", before or "")
    await page.context.close()


async def test_german_and_a_right_to_left_title(browser: Browser, shelf: Shelf) -> None:
    session = await asyncio.to_thread(session_of, shelf.server)
    (archive,) = await shelf.put(session, name="اجتماع الفريق الأسبوعي")
    address = f"{shelf.server.url}/room/{ROOM}?invite={invitation(shelf.server)}"
    page = await open_page(browser, address, locale="de-DE", color_scheme="dark")
    await page.goto(f"{shelf.server.url}/film/{archive.id}")
    await ready(page)
    heading = page.get_by_role("heading", level=1)
    assert await heading.evaluate("each => getComputedStyle(each).direction") == "rtl"
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 900})
        full = await page.get_by_test_id("full").bounding_box()
        assert full and full["x"] + full["width"] <= width, "the button for the whole screen is there"
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{width} px"
    await shoot(page, "film-de")
    await page.context.close()


async def test_what_was_said_is_found_and_gone_to(browser: Browser, shelf: Shelf) -> None:
    session = await asyncio.to_thread(session_of, shelf.server)
    archive, _ = await shelf.put(session, name="Launch plans", count=2)
    said = [("Ann Aguilar", 2, "Good morning, is everybody here?"), ("Ben Okafor", 9, "Page four has the budget.")]
    said += [("Ann Aguilar", 26, "Then the budget is what we talk about, and the hiring after that.")]
    passages = [
        {"name": name, "from": at, "to": at + 5, "text": text, "language": "en"}
        | {
            "words": [
                {"from": at + n / 4, "to": at + n / 4, "text": f" {each}"} for n, each in enumerate(text.split())
            ]
        }
        for name, at, text in said
    ]
    place = shelf.server.data_dir / "archives" / f"{archive.id}.transcript.json"
    place.write_text(json.dumps({"version": 1, "language": "en", "passages": passages}))
    page = await open_page(browser, f"{shelf.server.url}/room/{ROOM}?invite={invitation(shelf.server)}")
    await page.goto(f"{shelf.server.url}/recordings?room=Weekly%20Standup")
    for change in ("", "/restore"):  # as each change does, it has the film looked at
        address = f"/archive/{archive.id}{change}"
        await page.evaluate("([at, how]) => fetch(at, {method: how})", [address, "POST" if change else "DELETE"])
    await expect(page.get_by_test_id("recordings-count")).to_contain_text("films")
    async with asyncio.timeout(60):
        while not await page.get_by_test_id("hit").count():
            await page.get_by_test_id("recordings-find").fill("")
            await page.get_by_test_id("recordings-find").fill("budget OKA")
            await page.wait_for_timeout(700)
    await expect(page.get_by_test_id("card")).to_have_count(1)
    await expect(page.locator("mark")).to_have_text(["budget", "budget"])
    await expect_no_barriers(page, "what was found")
    await shoot(page, "found")
    await page.get_by_test_id("card-person").nth(1).click()
    await expect(page.get_by_test_id("person")).to_contain_text("Ben Okafor")
    await expect(page.get_by_test_id("hit")).to_have_count(2)
    await shoot(page, "found-person")
    await page.get_by_test_id("hit").nth(1).click()
    await ready(page)
    async with asyncio.timeout(20):
        while await now(page) < 26:
            await page.wait_for_timeout(50)
    await page.context.close()


@pytest.mark.slow
async def test_ten_thousand_films_are_listed_at_once(browser: Browser, shelf: Shelf) -> None:
    """The first film is seen within a second of the answer's way, by fewer than 60 requests."""
    session = await asyncio.to_thread(session_of, shelf.server)
    await shelf.put(session, count=9_950, files=False, name="Old")
    await shelf.put(session, count=50, name="Launch plans")
    page = await open_page(browser, f"{shelf.server.url}/room/{ROOM}?invite={invitation(shelf.server)}")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(f"{shelf.server.url}/recordings?room=Weekly%20Standup")
    await expect(page.get_by_test_id("card")).to_have_count(24)
    seen = await page.evaluate(
        "performance.getEntriesByType('resource').find(each => each.name.includes('/archives?')).duration"
    )
    await page.wait_for_load_state("networkidle")
    assert len(asked) < 60
    assert seen < 1000
    await expect(page.get_by_test_id("recordings-count")).to_contain_text("films")
    await expect_no_barriers(page, "recordings")
    await shoot(page, "recordings")
    await page.get_by_test_id("recordings-find").fill("launch")
    await expect(page.get_by_test_id("recordings-count")).to_contain_text(re.compile(r"^5\d films"))
    await page.get_by_test_id("choose").nth(0).check()
    await page.get_by_test_id("choose").nth(1).check()
    await expect_no_barriers(page, "chosen films")
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / "chosen.png")
    await page.get_by_test_id("chosen-act").click()
    await page.get_by_test_id("recordings-bin").click()
    await expect(page.get_by_test_id("card")).to_have_count(2)
    await shoot(page, "bin")
    await page.context.close()


@pytest.mark.slow
async def test_form_is_usable_soon_on_a_slow_line(browser: Browser, shelf: Shelf) -> None:
    """Fast 3G: 1.6 Mbit/s, 150 ms; what comes over the wire is counted by the browser."""
    context = await browser.new_context()
    page = await context.new_page()
    devtools = await context.new_cdp_session(page)
    await devtools.send("Network.enable")
    line = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 93_750}
    await devtools.send("Network.emulateNetworkConditions", line)
    sent: list[float] = []
    devtools.on("Network.loadingFinished", lambda event: sent.append(event["encodedDataLength"]))
    await page.goto(shelf.server.url)
    await expect(page.get_by_test_id("name")).to_be_focused()
    usable = await page.evaluate("performance.now()")
    assert sum(sent) < 270_000
    again = await context.new_page()
    await again.goto(shelf.server.url)
    await expect(again.get_by_test_id("name")).to_be_visible()
    fetched = "each => each.name.includes('/assets/') && each.transferSize > 0"
    assert await again.evaluate(f"performance.getEntriesByType('resource').filter({fetched}).length") == 0, (
        "what was fetched once is kept"
    )
    assert usable < 2500
    await context.close()
