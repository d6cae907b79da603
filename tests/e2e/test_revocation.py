"""In Chromium: who came by an invitation leaves within seconds when it is taken back, and does not come back."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from livekit import rtc
from playwright.async_api import Browser, expect

from tests.e2e.pages import chromium, enter, open_page, tile
from tests.e2e.running import RunningServer
from tests.e2e.test_nobody_unseen import TOKEN

ROOM = "taken-back"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


async def test_an_invitation_that_is_taken_back_ends_the_visit(server: RunningServer, browser: Browser) -> None:
    ann = await enter(browser, server, ROOM, "Ann")  # she has opened it: she owns it
    made = await (await ann.request.post(f"{server.url}/invitations/{ROOM}", data={"role": "publisher"})).json()
    ben = await open_page(browser, f"{made['url']}&name=Ben", script=TOKEN)
    await expect(tile(ann, "Ben")).to_be_visible()
    access = await ben.evaluate("window.given")

    taken = time.monotonic()
    assert (await ann.request.delete(f"{server.url}/invitations/{made['id']}")).status == 204
    await expect(ben.get_by_test_id("ended")).to_be_visible(timeout=10_000)
    await expect(tile(ann, "Ben")).to_have_count(0)
    print(f"left {time.monotonic() - taken:.1f} s after the invitation was taken back")  # noqa: T201

    # What his page held does not bring him back.
    room, left = rtc.Room(), asyncio.Event()
    room.on("disconnected", lambda _reason: left.set())
    await room.connect(access["url"], access["accessToken"])
    async with asyncio.timeout(10):
        await left.wait()
    await expect(ann.get_by_test_id("tile")).to_have_count(1)
    for page in (ann, ben):
        await page.context.close()


async def test_whoever_opened_a_room_invites_in_the_page_and_takes_it_back(
    server: RunningServer, browser: Browser
) -> None:
    ann = await enter(browser, server, "asked-in", "Ann")
    await ann.get_by_test_id("invite").click()
    await expect(ann.get_by_test_id("invitation")).to_have_count(1)  # her own right, which has no button
    await ann.get_by_test_id("invite-role").select_option("subscriber")
    await ann.get_by_test_id("invite-films").select_option("never")
    await ann.get_by_test_id("invite-make").click()
    url = await ann.get_by_test_id("invite-url").input_value()
    await expect(ann.get_by_test_id("invitation")).to_have_count(2)
    assert [await each.get_attribute("data-role") for each in await ann.get_by_test_id("invitation").all()] == [
        "subscriber",
        "moderator",
    ]

    ben = await open_page(browser, f"{url}&name=Ben")
    await expect(ben.get_by_test_id("people")).to_contain_text("2")
    assert await ben.get_by_test_id("invite").count() == 0
    await ann.get_by_test_id("invite-revoke").click()
    await expect(ben.get_by_test_id("ended")).to_be_visible(timeout=10_000)
    await expect(ann.get_by_test_id("invitation")).to_have_count(1)
    for page in (ann, ben):
        await page.context.close()
