"""In Chromium: people are told that they are recorded, and asked; who declines is not in the film."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e.films import watch
from tests.e2e.pages import chromium, enter, expect_no_barriers, open_page
from tests.e2e.people import BLUE, ann, ben
from tests.e2e.running import RunningServer, wait_until

SOUNDS = """const start = OscillatorNode.prototype.start; window.sounds = 0;
OscillatorNode.prototype.start = function (...all) { window.sounds++; return start.apply(this, all); };"""


@pytest.mark.slow
async def test_who_declines_is_not_in_the_film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELROOM_CONSENT", "ask")
    server = RunningServer(tmp_path / "data")
    try:
        await asyncio.to_thread(server.start)
        async with chromium() as browser:
            eve = await enter(browser, server, "asked", "Eve", script=SOUNDS)
            anna, bens = ann(), ben()
            tokens = {}
            for person in (anna, bens):
                url, tokens[person.name] = server.connect("asked", person.name)
                await person.join(url, tokens[person.name])
            session = server.open_room("asked")["sessionId"]
            await expect(eve.get_by_test_id("recorded")).to_have_count(0)

            def answer(name: str, agrees: bool) -> None:
                body = {"sessionId": session, "accessToken": tokens[name], "agrees": agrees}
                assert server.http.post("/session/consent", json=body).status_code == 200

            answer("Ann", True)
            answer("Ben", False)
            render = server.record("asked")
            notice = eve.get_by_test_id("recorded")
            await expect(notice).to_have_attribute("data-consent", "asked")
            await expect(notice).to_have_attribute("role", "alert")
            await expect(eve.get_by_test_id("recorded-frame")).to_be_visible()
            assert await eve.evaluate("window.sounds") >= 2
            await expect_no_barriers(eve, "asked whether one may be recorded")
            green = await open_page(browser, f"{server.url}/room/asked")
            await expect(green.get_by_test_id("room-recorded")).to_contain_text("being recorded now")
            await green.context.close()

            await asyncio.to_thread(server.record_for, session, 1)
            bens.speak()
            await asyncio.sleep(3)
            assert server.events(session).count('"file_opened"') == 2  # Ann's: nothing of the others is on the disk
            bens.hush()
            anna.speak()
            await eve.get_by_test_id("consent-no").click()
            await expect(notice).to_have_attribute("data-consent", "declined")
            await asyncio.sleep(2)
            await eve.get_by_test_id("consent-yes").click()
            await expect(notice).to_have_attribute("data-consent", "given")
            await asyncio.to_thread(wait_until, lambda: server.events(session).count('"file_opened"') >= 4, "Eve's")
            await asyncio.sleep(2)
            await asyncio.to_thread(lambda: server.http.get(f"/render/stop/{render['id']}"))
            archive = await asyncio.to_thread(server.wait_for_archive, session, "available")
            for person in (anna, bens):
                await person.leave()
            await eve.context.close()
        assert "somebody did not agree to be recorded" in archive["reason"]  # Ben: no name
        assert "Ben" not in archive["reason"]
        assert "Eve did not agree to be recorded" in archive["reason"]
        assert "Ann" not in archive["reason"]
        film = watch(server.download(archive, tmp_path))
        seconds = film.times[-1]
        shown = [film.shows(BLUE, second / 4) for second in range(int(seconds * 4))]
        assert not any(shown), "Ben is seen"
        loudest = max(film.loudness(1000, second / 2, second / 2 + 0.5) for second in range(int(seconds * 2) - 1))
        assert loudest < 0.01, "Ben is heard"
        assert max(film.loudness(440, second / 2, second / 2 + 0.5) for second in range(int(seconds * 2) - 1)) > 0.05
    finally:
        server.close()
