"""In a call with several browsers: chat, hands, pins, screens, devices, keys, moderators, and no barriers."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, expect

from reelroom.keys import load_keys
from reelroom.opentok.tokens import ClientToken, mint
from tests.e2e.pages import chromium, enter, expect_no_barriers, tile
from tests.e2e.running import RunningServer

pytestmark = pytest.mark.asyncio(loop_scope="module")
WAIT = 30_000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(browser: Browser, server: RunningServer) -> AsyncIterator[tuple[Page, Page]]:
    """Ann and Ben, who see each other."""
    ann = await enter(browser, server, "call", "Ann")
    ben = await enter(browser, server, "call", "Ben")
    for page in (ann, ben):
        await expect(page.get_by_test_id("tile")).to_have_count(2, timeout=WAIT)
    yield ann, ben
    for page in (ann, ben):
        await page.context.close()


async def test_chat_counts_what_is_unread(pair: tuple[Page, Page]) -> None:
    ann, ben = pair
    await ben.keyboard.press("c")
    for text in ("Hello Ann", "see https://example.org/plan."):
        await ben.get_by_test_id("chat-text").fill(text)
        await ben.keyboard.press("Enter")
    await expect(ann.get_by_test_id("chat")).to_have_attribute("data-unread", "2")
    await expect(ann.get_by_test_id("said")).to_have_text("Ben: see https://example.org/plan.")
    await expect(ann.get_by_test_id("toast").filter(has_text="Hello Ann")).to_be_visible()
    await expect(ann).to_have_title(re.compile(r"^\(2\) call"))
    await ann.get_by_test_id("chat").click()
    await expect(ann.get_by_test_id("chat")).to_have_attribute("data-unread", "0")
    await expect(ann.get_by_test_id("chat-message")).to_have_count(2)
    await expect(ann).to_have_title(re.compile(r"^call"))
    await expect(ann.get_by_role("link", name="https://example.org/plan")).to_have_attribute(
        "rel", re.compile("noopener")
    )
    await ann.get_by_test_id("chat-text").fill("m")  # a letter in a field is no shortcut
    await expect(ann.get_by_test_id("mic")).to_have_attribute("data-on", "true")
    await expect_no_barriers(ann, "chat")
    await ann.keyboard.press("Escape")
    await expect(ann.get_by_test_id("chat-panel")).to_have_count(0)
    await ben.keyboard.press("Escape")


@pytest.mark.slow
async def test_who_comes_and_goes_is_told_of_and_what_was_written_outlives_a_reload(
    browser: Browser, server: RunningServer
) -> None:
    ann = await enter(browser, server, "coming", "Ann")
    ben = await enter(browser, server, "coming", "Ben")
    await expect(ann.get_by_test_id("toast").filter(has_text="Ben joined")).to_be_visible()
    await expect_no_barriers(ann, "told of somebody")
    await ben.keyboard.press("c")
    await ben.get_by_test_id("chat-text").fill("I am here")
    await ben.keyboard.press("Enter")
    await expect(ben.get_by_test_id("chat-message")).to_have_count(1)
    await ben.reload()
    await ben.get_by_test_id("chat").click()
    await expect(ben.get_by_test_id("chat-message")).to_have_text(re.compile("I am here"))
    late = await enter(browser, server, "coming", "Late")
    await expect(late.get_by_test_id("chat")).to_have_attribute("data-unread", "1")
    await late.get_by_test_id("chat").click()
    await expect(late.get_by_test_id("chat-message")).to_have_text(re.compile("Ben.*I am here"))
    await late.get_by_test_id("chat-reply").click()
    await late.get_by_test_id("chat-text").fill("So you are")
    await late.keyboard.press("Enter")
    await expect(ben.get_by_test_id("chat-quote")).to_have_text(re.compile("I am here"))
    await expect_no_barriers(ben, "answered in the chat")
    await late.context.close()
    await ben.context.close()
    await expect(ann.get_by_test_id("toast").filter(has_text="Ben left")).to_be_visible(timeout=60_000)
    await ann.context.close()


@pytest.mark.slow
async def test_ones_own_picture_is_hidden_while_others_are_there(pair: tuple[Page, Page]) -> None:
    ann, _ = pair
    await expect(tile(ann, "Ann")).to_be_visible()
    await ann.get_by_test_id("more").click()
    await ann.get_by_test_id("hide-me").click()
    await expect(tile(ann, "Ann")).to_have_count(0)
    await expect(tile(ann, "Ben")).to_be_visible()
    await ann.get_by_test_id("more").click()
    await ann.get_by_test_id("hide-me").click()
    await expect(tile(ann, "Ann")).to_be_visible()


@pytest.mark.slow
async def test_hand_is_seen_also_by_who_comes_later(
    pair: tuple[Page, Page], browser: Browser, server: RunningServer
) -> None:
    ann, ben = pair
    await ann.keyboard.press("h")
    await expect(tile(ben, "Ann").get_by_test_id("hand-mark")).to_be_visible()
    late = await enter(browser, server, "call", "Late", viewport={"width": 390, "height": 844})
    await expect(tile(late, "Ann").get_by_test_id("hand-mark")).to_be_visible(timeout=WAIT)
    await expect_no_barriers(late, "narrow call")
    await late.get_by_test_id("people").click()
    await expect(late.get_by_test_id("person").first).to_have_attribute("data-name", "Ann")
    await expect_no_barriers(late, "narrow people")
    await late.keyboard.press("Escape")
    await late.get_by_test_id("more").click()
    await expect_no_barriers(late, "narrow menu")
    await late.get_by_test_id("more-menu").get_by_test_id("react-heart").click()
    await expect(tile(ann, "Late").get_by_test_id("reaction")).to_have_attribute("data-emoji", "❤️")
    await late.context.close()
    await ann.keyboard.press("h")
    await expect(tile(ben, "Ann").get_by_test_id("hand-mark")).to_have_count(0)


@pytest.mark.slow
async def test_speaker_view_and_pin_make_one_large(pair: tuple[Page, Page]) -> None:
    ann, _ = pair
    await ann.keyboard.press("g")
    await expect(tile(ann, "Ben")).to_have_attribute("data-large", "true")
    await tile(ann, "Ann").hover()
    await tile(ann, "Ann").get_by_test_id("pin").click()
    await expect(tile(ann, "Ann")).to_have_attribute("data-large", "true")
    assert await tile(ann, "Ann").locator("video").evaluate("video => !video.paused"), "the picture went on"
    await expect_no_barriers(ann, "pinned")
    await tile(ann, "Ann").get_by_test_id("pin").click()
    await ann.keyboard.press("g")
    await expect(ann.get_by_test_id("stage")).to_have_attribute("data-large", "")


async def test_ring_shows_who_speaks(pair: tuple[Page, Page]) -> None:
    ann, _ = pair
    await expect(tile(ann, "Ben")).to_have_attribute("data-speaking", "true", timeout=WAIT)  # his device beeps
    await expect(tile(ann, "Ben")).to_have_attribute("data-speaking", "false", timeout=WAIT)


@pytest.mark.slow
@pytest.mark.slow
async def test_motion_is_reduced_for_who_wants_that(pair: tuple[Page, Page]) -> None:
    ann, _ = pair
    gliding = "tile => parseFloat(getComputedStyle(tile).transitionDuration) > 0.1"
    assert await tile(ann, "Ben").evaluate(gliding)
    await ann.emulate_media(reduced_motion="reduce")
    assert not await tile(ann, "Ben").evaluate(gliding)
    await ann.emulate_media(reduced_motion="no-preference")


@pytest.mark.slow
async def test_space_talks_while_it_is_held(pair: tuple[Page, Page]) -> None:
    ann, ben = pair
    await ann.keyboard.press("m")
    await expect(tile(ben, "Ann").get_by_test_id("muted-mark")).to_be_visible()
    await ann.keyboard.down(" ")
    await expect(ann.get_by_test_id("talking")).to_be_visible()
    await expect(tile(ben, "Ann").get_by_test_id("muted-mark")).to_have_count(0)
    await ann.keyboard.up(" ")
    await expect(tile(ben, "Ann").get_by_test_id("muted-mark")).to_be_visible()
    await ann.keyboard.press("m")
    await expect(tile(ben, "Ann").get_by_test_id("muted-mark")).to_have_count(0)


@pytest.mark.slow
async def test_camera_and_microphone_change_in_mid_call(pair: tuple[Page, Page]) -> None:
    ann, ben = pair
    await ann.get_by_test_id("more").click()
    await ann.get_by_test_id("settings").click()
    dialog = ann.get_by_test_id("settings-dialog")
    for kind in ("videoinput", "audioinput", "audiooutput"):
        choice = dialog.get_by_test_id(kind)
        await expect(choice).to_be_enabled()
        options = await choice.locator("option").evaluate_all("all => all.map(option => option.value)")
        before = await choice.input_value()
        other = [option for option in options if option not in {before, "default"}][0]  # noqa: RUF015
        await choice.select_option(other)
        await expect(choice).to_have_value(other)
    await expect_no_barriers(ann, "settings")
    await dialog.get_by_test_id("language").select_option("de")
    await expect(dialog.get_by_role("heading")).to_have_text("Geräte und Einstellungen")
    await dialog.get_by_test_id("language").select_option("en")
    await ann.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    moves = (
        "video => new Promise(r => { const t = video.currentTime; setTimeout(() => r(video.currentTime > t), 700) })"
    )
    assert await tile(ben, "Ann").locator("video").evaluate(moves), "Ann still moves"


async def test_screen_is_large_for_everybody(pair: tuple[Page, Page]) -> None:
    ann, ben = pair
    await ann.get_by_test_id("share").click()
    await expect(ben.get_by_test_id("screen")).to_be_visible(timeout=WAIT)
    await expect(ben.get_by_test_id("stage")).to_have_attribute("data-large", re.compile("^screen "))
    await expect_no_barriers(ben, "screen")
    sounding = "() => [...document.querySelectorAll('audio')].filter(audio => audio.srcObject?.active).length"
    await ben.wait_for_function(f"{sounding} === 2", timeout=WAIT)  # Ann's microphone, and her screen
    await ann.get_by_test_id("share").click()
    await expect(ben.get_by_test_id("screen")).to_have_count(0)


@pytest.mark.slow
async def test_keys_are_explained_and_can_be_turned_off(pair: tuple[Page, Page]) -> None:
    ann, _ = pair
    await ann.keyboard.press("?")
    dialog = ann.get_by_test_id("keys-dialog")
    await expect(dialog).to_be_visible()
    await expect_no_barriers(ann, "keys")
    await dialog.get_by_test_id("keys-on").uncheck()
    await ann.keyboard.press("Escape")
    await ann.keyboard.press("c")
    await expect(ann.get_by_test_id("chat-panel")).to_have_count(0)
    await ann.get_by_test_id("more").focus()  # and back, with the keyboard alone
    await ann.keyboard.press("Enter")
    await ann.keyboard.press("End")
    await expect(ann.get_by_test_id("keys")).to_be_visible()
    await ann.get_by_test_id("keys").press("Enter")
    await dialog.get_by_test_id("keys-on").check()
    await ann.keyboard.press("Escape")


async def test_layout_of_the_film_is_sent_along(pair: tuple[Page, Page]) -> None:
    ann, ben = pair
    sent: list[object] = []

    async def refuse(route: Route) -> None:
        sent.append(route.request.post_data_json)
        await route.fulfill(status=409, json={"message": "The disk is full"})

    await ann.route("**/render", refuse)
    await ann.get_by_test_id("layout").click()
    await expect_no_barriers(ann, "layouts")
    await ann.get_by_test_id("layout-bestFit").click()
    await ann.get_by_test_id("record").click()
    await expect(ann.get_by_test_id("toast").filter(has_text="The disk is full")).to_be_visible()
    assert sent == [{"roomName": "call", "layout": "bestFit"}]
    await ann.unroute("**/render")
    await expect(ben.get_by_test_id("more-menu")).to_have_count(0)


@pytest.mark.slow
async def test_only_a_moderator_mutes_and_removes(
    pair: tuple[Page, Page], browser: Browser, server: RunningServer
) -> None:
    ann, ben = pair
    for page, moderates in ((ann, 1), (ben, 0)):  # Ann has opened the room, so it is hers
        await page.get_by_test_id("people").click()
        await expect(page.get_by_test_id("person")).to_have_count(2)
        await expect(page.get_by_test_id("mute-all")).to_have_count(moderates)
        await page.keyboard.press("Escape")
    session = server.open_room("call")
    keys, now = load_keys(server.data_dir), int(time.time())
    token = mint(ClientToken(session["sessionId"], "moderator", now, now + 600, "1"), keys.api_key, keys.api_secret)
    mona = await (await browser.new_context(permissions=["camera", "microphone"])).new_page()
    await mona.route("**/session/call", lambda route: route.fulfill(body=json.dumps({**session, "token": token})))
    await mona.goto(f"{server.url}/room/call?name=Mona")
    await mona.get_by_test_id("people").click(timeout=WAIT)
    await expect(mona.get_by_test_id("person")).to_have_count(3)
    await expect_no_barriers(mona, "moderator")
    await mona.get_by_test_id("mute-all").click()
    for page, name in ((ann, "Ann"), (ben, "Ben")):
        await expect(page.get_by_test_id("mic")).to_have_attribute("data-on", "false", timeout=WAIT)
        await expect(tile(mona, name).get_by_test_id("muted-mark")).to_be_visible()
    await mona.locator('[data-name="Ben"]').get_by_test_id("remove-person").click()
    await mona.get_by_test_id("remove-yes").click()
    await expect(ben.get_by_test_id("ended")).to_have_attribute("data-reason", "removed", timeout=WAIT)
    await expect_no_barriers(ben, "removed")
    await mona.context.close()
    await asyncio.sleep(0)


SHARPNESS = """video => {
    const canvas = new OffscreenCanvas(160, 90), context = canvas.getContext("2d");
    context.drawImage(video, 0, 0, 160, 90);
    const { data } = context.getImageData(0, 0, 160, 90);
    let edges = 0;
    for (let at = 4; at < data.length; at += 4) edges += (data[at + 1] - data[at - 3]) ** 2;
    return edges / (data.length / 4);
}"""


@pytest.mark.slow  # finding people without a graphics card takes a core and more
async def test_background_is_blurred_for_everybody(browser: Browser, server: RunningServer) -> None:
    """Chromium's own camera shows nobody: all of its picture is background."""
    ann = await enter(browser, server, "blurred", "Ann")
    ben = await enter(browser, server, "blurred", "Ben")
    picture = tile(ben, "Ann").locator("video")
    await expect(picture).to_be_visible(timeout=WAIT)
    await ben.wait_for_function("video => video.videoWidth > 0", arg=await picture.element_handle(), timeout=WAIT)
    sharp = await picture.evaluate(SHARPNESS)
    await ann.get_by_test_id("more").click()
    await ann.get_by_test_id("settings").click()
    await ann.get_by_test_id("background").select_option("blur")
    await ben.wait_for_function(
        f"([video, sharp]) => ({SHARPNESS})(video) < 0.4 * sharp",
        arg=[await picture.element_handle(), sharp],
        timeout=WAIT,
    )
    await ann.get_by_test_id("background").select_option("none")
    await ben.wait_for_function(
        f"([video, sharp]) => ({SHARPNESS})(video) > 0.6 * sharp",
        arg=[await picture.element_handle(), sharp],
        timeout=WAIT,
    )
    await ann.context.close()
    await ben.context.close()
