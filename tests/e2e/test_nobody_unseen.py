"""In Chromium: whoever listens is seen, whatever they call themselves; a recorder is one by the server's word."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from playwright.async_api import Browser, expect

from reelroom.keys import load_keys
from reelroom.opentok.recorder_grants import write_grant
from tests.e2e.pages import chromium, enter, open_page, tile
from tests.e2e.running import RunningServer

SILENT = """localStorage.setItem("reelroom.name", "recorder");
localStorage.setItem("reelroom.choices", JSON.stringify({camera: false, microphone: false}));"""
TOKEN = """const before = window.fetch; window.fetch = async (...all) => {
    const answer = await before(...all);
    if (String(all[0]).includes("/session/connect")) window.given = await answer.clone().json();
    return answer;
};"""


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


async def test_a_spy_is_seen_and_a_recorder_is_told_of(server: RunningServer, browser: Browser) -> None:
    ann = await enter(browser, server, "secrets", "Ann", script=TOKEN)  # she has opened it: she moderates
    people = ann.get_by_test_id("people")
    await expect(people).to_have_attribute("aria-label", "1 person")

    spy = await enter(browser, server, "secrets", "recorder", script=SILENT)
    await expect(tile(ann, "recorder")).to_be_visible()
    await expect(people).to_have_attribute("aria-label", "2 people")
    page = await open_page(browser, f"{server.url}/room/recorder/secrets")
    await expect(page.get_by_test_id("recorder-stage")).to_have_attribute("data-state", "connected")
    await expect(people).to_have_attribute("aria-label", "3 people")
    await page.context.close()
    await expect(people).to_have_attribute("aria-label", "2 people")

    grant = write_grant("secrets", 60, load_keys(server.data_dir).link_secret)
    page = await open_page(browser, f"{server.url}/room/recorder/secrets#grant={grant}")
    await expect(page.get_by_test_id("recorder-stage")).to_have_attribute("data-name", "Ann")
    await expect(people).to_have_attribute("aria-label", "2 people, 1 recorder listens")
    await expect(ann.get_by_test_id("tile")).to_have_count(2)
    await people.click()
    await expect(ann.get_by_test_id("recorder")).to_have_count(1)
    told = await asyncio.to_thread(lambda: server.http.get("/rooms/secrets").json())
    assert sorted(told.pop("names")) == ["Ann", "recorder"]
    assert told == {"people": 2, "recorders": 1, "tapped": False, "asks": False, "door": "open"}

    given = await ann.evaluate("window.given")
    assert given["role"] == "moderator"
    me = json.loads(
        await ann.evaluate("atob(window.given.accessToken.split('.')[1].replace(/-/g,'+').replace(/_/g,'/'))")
    )
    hiding = {
        "room": me["video"]["room"],
        "identity": me["sub"],
        "permission": {"hidden": True, "canSubscribe": True},
    }
    async with httpx.AsyncClient(trust_env=False) as http:
        refused = await http.post(
            f"{given['url'].replace('ws', 'http', 1)}/twirp/livekit.RoomService/UpdateParticipant",
            json=hiding,
            headers={"authorization": f"Bearer {given['accessToken']}"},
        )
    assert refused.status_code in {401, 403}, refused.text
    await expect(tile(spy, "Ann")).to_be_visible()
    for each in (ann, spy, page):
        await each.context.close()
