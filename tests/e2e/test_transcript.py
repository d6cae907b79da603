"""What people said, beside their film: written down when asked for, read, searched, gone to, shown as captions."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from reelroom.keys import load_keys
from reelroom.opentok.invites import Invite, write_invite
from tests.e2e.pages import chromium, expect_no_barriers, open_page
from tests.e2e.people import ann, ben
from tests.e2e.running import RunningServer
from tests.e2e.test_main_job import converse
from tests.meetings import MODEL

ROOM = "written-down"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    running = RunningServer(tmp_path_factory.mktemp("data"), settings={"REELROOM_SPEECH_MODEL": str(MODEL)})
    try:
        yield running.start()
    finally:
        running.close()


@pytest.mark.slow
async def test_what_was_said_is_read_beside_the_film(server: RunningServer, tmp_path: Path) -> None:
    recording = await converse(server, ROOM, [ann(width=320, height=180), ben(width=320, height=180)], turns=3)
    invite = write_invite(Invite(ROOM, "moderator", int(time.time()) + 600), load_keys(server.data_dir).link_secret)
    address = f"{server.url}/room/{ROOM}/{recording.render['sessionId']}/end?invite={invite}"
    async with chromium() as browser:
        page = await open_page(browser, address)
        await page.get_by_test_id("transcribe").click()
        transcript = page.get_by_test_id("transcript")
        await expect(transcript).to_be_visible(timeout=120_000)  # made when nobody else wants the CPU
        await expect(page.get_by_test_id("transcribe")).to_have_count(0)
        await transcript.locator("summary").click()
        passages = page.get_by_test_id("passage")
        said = await passages.all_inner_texts()
        assert {name for text in said for name in ("Ann", "Ben") if name in text} == {"Ann", "Ben"}, said
        await expect_no_barriers(page, "a transcript beside its film")
        await page.screenshot(path=tmp_path / "transcript.png", full_page=True)

        word = (await passages.first.locator(".moment-what > span").inner_text()).split()[1].strip(",.?!")
        await page.get_by_test_id("transcript-find").fill(word.upper())
        await expect(transcript.locator("mark").first).to_have_text(word)
        await page.get_by_test_id("transcript-find").fill("")
        await passages.last.click()
        film = page.get_by_test_id("film")
        cues = await film.evaluate(
            """async film => {
                const track = film.querySelector("track[kind=captions]");
                track.track.mode = "showing";
                if (track.readyState !== HTMLTrackElement.LOADED) await new Promise(done => track.onload = done);
                return [...track.track.cues].map(cue => cue.text);
            }"""
        )
        first = await passages.first.locator("b").inner_text()  # a model may make nothing of a made voice
        assert cues and cues[0].startswith(f"<v {first}>"), cues
        assert await film.evaluate("film => film.currentTime") > 7
        await page.screenshot(path=tmp_path / "captions.png")
