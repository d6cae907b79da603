"""Who may come in where the server is not open to anybody, and how fast and how much anybody may ask."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import expect

from reelroom.config import OPEN_WORDS, Settings
from reelroom.keys import load_keys
from reelroom.opentok.invites import Invite, write_invite
from tests.e2e.application import Application
from tests.e2e.pages import chromium, open_page
from tests.e2e.running import RunningServer


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("REELROOM_AUTH", "token")
        environment.setenv("REELROOM_CALLS_PER_MINUTE", "60")
        environment.setenv("REELROOM_ALLOWED_ORIGINS", '["https://friend.example"]')
        running = RunningServer(tmp_path_factory.mktemp("closed"))
        try:
            yield running.start()
        finally:
            running.close()


def link(server: RunningServer, room: str, role: str = "publisher", seconds: int = 60) -> str:
    secret = load_keys(server.data_dir).link_secret
    return write_invite(Invite(room, role, int(time.time()) + seconds), secret)  # type: ignore[arg-type]


def test_rooms_open_by_invitation_only(closed: RunningServer) -> None:
    with httpx.Client(base_url=closed.url, trust_env=False) as browser:
        assert browser.get("/session/studio").status_code == 403
        assert browser.post("/render", json={"roomName": "studio"}).status_code == 403
        assert browser.get("/room/studio", params={"invite": link(closed, "studio")}).status_code == 200
        credentials = browser.get("/session/studio")  # the browser has kept the invitation
        assert credentials.status_code == 200
        session = credentials.json()["sessionId"]
        assert browser.get(f"/archive/{session}").json() == []
        assert browser.get("/session/another").status_code == 403
        assert (
            "httponly" in str(browser.get("/room/studio", params={"invite": link(closed, "studio")}).headers).lower()
        )
    for wrong in (link(closed, "another"), link(closed, "studio", seconds=-5), "nonsense"):
        assert closed.http.get("/session/studio", params={"invite": wrong}).status_code == 403
    assert closed.http.get(f"/archive/{session}").status_code == 403


async def test_a_page_offers_its_visitor_what_they_may(closed: RunningServer, tmp_path: Path) -> None:
    """A guest sees neither a record button nor a copy of an address that lets nobody in; a moderator invites."""
    async with chromium() as browser:
        for role, sentence in (("publisher", "by an invitation."), ("moderator", "“Invite” above makes one")):
            address = f"{closed.url}/room/offered?name=Gil&invite={link(closed, 'offered', role)}"
            page = await open_page(browser, address)
            await expect(page.get_by_text(sentence)).to_be_visible(timeout=60_000)
            may = int(role == "moderator")
            for button in ("record", "layout", "invite"):
                await expect(page.get_by_test_id(button)).to_have_count(may)
            await expect(page.get_by_test_id("copy-link")).to_have_count(0)
            await page.screenshot(path=tmp_path / f"{role}.png")
            await page.keyboard.press("r")
            state = page.get_by_test_id("recording-state")
            await expect(state).to_have_attribute("data-state", "recording" if may else "idle")
            assert may or not await page.get_by_text("Your invitation does not allow this").count()
            await page.close()


def test_invitation_gives_its_role_and_no_more(closed: RunningServer) -> None:
    watching = {"invite": link(closed, "gallery", "subscriber")}
    credentials = closed.http.get("/session/gallery", params=watching)
    assert credentials.status_code == 200
    assert closed.http.post("/render", params=watching, json={"roomName": "gallery"}).status_code == 403
    speaking = {"invite": link(closed, "gallery", "publisher")}
    assert closed.http.get("/session/gallery", params=speaking).status_code == 200
    assert closed.http.post("/render", params=speaking, json={"roomName": "gallery"}).status_code == 403
    leading = {"invite": link(closed, "gallery", "moderator")}
    render = closed.http.post("/render", params=leading, json={"roomName": "gallery"})
    assert render.status_code == 200
    stop = f"/render/stop/{render.json()['id']}"
    assert closed.http.get(stop, params=speaking).status_code == 403
    assert closed.http.get(stop, params=leading).status_code == 200


def test_application_with_the_keys_may_do_everything(closed: RunningServer) -> None:
    application = Application(closed)
    assert application.call("GET", "/session/studio").status_code == 200
    made = application.project("POST", "/room/studio/invite", json={"role": "subscriber", "expiresIn": 120}).json()
    assert made["url"].startswith(f"{closed.url}/room/studio?invite=")
    assert closed.http.get("/session/studio", params={"invite": made["invite"]}).status_code == 200


def test_command_line_invites(closed: RunningServer) -> None:
    command = [sys.executable, "-m", "reelroom", "invite", "a b", "--data-dir", str(closed.data_dir)]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert "/room/a%20b?invite=" in text
    assert closed.http.get("/session/a b", params={"invite": text.partition("invite=")[2]}).status_code == 200


def test_other_sites_may_call_only_when_they_are_named(closed: RunningServer) -> None:
    for origin, allowed in (("https://friend.example", True), ("https://stranger.example", False)):
        answer = closed.http.get("/", headers={"Origin": origin})
        assert (answer.headers.get("access-control-allow-origin") == origin) == allowed


def test_answers_carry_security_headers(closed: RunningServer) -> None:
    for path in ("/", "/session/x", "/openapi.json", "/nowhere"):
        headers = closed.http.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_large_requests_are_refused(closed: RunningServer) -> None:
    answer = closed.http.post("/render", content=b" " * (1 << 21))
    assert answer.status_code == 413
    assert answer.json()["message"]


def test_address_that_asks_too_often_must_wait(closed: RunningServer) -> None:
    answers = [closed.http.get("/session/x") for _ in range(60)]
    refused = [each for each in answers if each.status_code == 429]
    assert refused
    assert int(refused[0].headers["retry-after"]) >= 1
    assert refused[0].json()["message"]


def test_open_server_refuses_to_be_reached_by_others_unless_told_so(tmp_path: Path) -> None:
    assert not Settings(host="127.0.0.1", auth="open").too_open
    assert Settings(host="0.0.0.0", auth="open").too_open
    assert not Settings(host="0.0.0.0", auth="token").too_open
    assert not Settings(host="0.0.0.0", auth="open", open_to_all=OPEN_WORDS).too_open
    command = [sys.executable, "-m", "reelroom", "serve", "--host", "0.0.0.0", "--data-dir", str(tmp_path / "data")]
    ended = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env={**os.environ, "REELROOM_AUTH": "open"}
    )
    assert ended.returncode == 1
    assert OPEN_WORDS in ended.stderr


def test_no_secret_reaches_the_log(closed: RunningServer) -> None:
    keys = load_keys(closed.data_dir)
    log = closed.log() + (closed.data_dir / "logs" / "engine.log").read_text()
    for secret in (keys.api_secret, keys.link_secret, keys.callback_secret, keys.engine_secret):
        assert secret not in log
