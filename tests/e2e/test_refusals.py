"""What the server refuses: in words, with the right status, changing nothing."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from reelroom.keys import load_keys
from reelroom.opentok.signing import callback_token, link_signature
from reelroom.opentok.tokens import ClientToken, mint
from tests.e2e.application import Application
from tests.e2e.people import ann
from tests.e2e.running import RunningServer

NOWHERE = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"


def count_rows(data_dir: Path) -> dict[str, int]:
    engine = sa.create_engine(f"sqlite:///{data_dir / 'reelroom.db'}")
    with engine.connect() as connection:
        tables = ("sessions", "rooms", "takes", "renders", "archives")
        counts = {table: connection.execute(sa.text(f"select count(*) from {table}")).scalar() for table in tables}
    engine.dispose()
    return counts


@pytest.mark.parametrize(
    ("method", "path", "body", "statuses"),
    [
        ("GET", f"/archive/stop/{NOWHERE}", None, {404}),
        ("GET", "/archive/1_nosuchsession", None, {404}),
        ("GET", f"/render/stop/{NOWHERE}", None, {404}),
        ("GET", "/session/", None, {400}),
        ("GET", "/session/%20%20", None, {400}),
        ("GET", "/session/" + "x" * 129, None, {400}),
        ("GET", "/session/a%00b", None, {400}),
        ("GET", "/session/a%0Ab", None, {400}),
        ("POST", "/render", {"roomName": ""}, {400, 422}),
        ("POST", "/render", {"roomName": "x" * 129}, {400, 422}),
        ("POST", "/render", {"roomName": "bell\u0007"}, {400, 422}),
        ("POST", "/render", {"roomName": 7}, {400, 422}),
        ("POST", "/render", {"roomName": None}, {400, 422}),
        ("POST", "/render", {"roomName": "fine", "layout": "spiral"}, {400, 422}),
        ("POST", "/render", {"roomName": "fine", "layout": 7}, {400, 422}),
        ("POST", "/render", {}, {400, 422}),
        ("POST", "/render", [], {400, 422}),
        ("POST", "/render", b"{broken", {400}),
        ("POST", "/render", b"\xff\xfe", {400}),
        ("POST", "/session/connect", {"sessionId": "1_nosuchsession", "token": "T1==x"}, {404}),
        ("POST", "/session/connect", {"sessionId": 5, "token": "T1==x"}, {400, 422}),
        ("POST", "/session/connect", b"", {400, 422}),
        ("GET", "/no/such/path", None, {404}),
        ("DELETE", "/render", None, {405}),
    ],
)
def test_bad_requests_get_a_message_and_change_nothing(
    server: RunningServer, method: str, path: str, body: Any, statuses: set[int]
) -> None:
    before = count_rows(server.data_dir)
    content = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
    answer = server.http.request(method, path, content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in statuses, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert isinstance(answer.json()["message"], str)
    assert answer.json()["message"]
    assert count_rows(server.data_dir) == before


def test_room_keeps_its_session_and_gives_fresh_tokens(server: RunningServer) -> None:
    first, second = server.open_room("Größe & co"), server.open_room("Größe & co")
    assert first["sessionId"] == second["sessionId"]
    assert first["sessionId"].startswith(("1_MX4", "2_MX4"))
    assert first["token"].startswith("T1==")
    assert first["token"] != second["token"]
    assert server.open_room("another")["sessionId"] != first["sessionId"]


def test_connect_refuses_tokens_that_do_not_open_the_session(server: RunningServer) -> None:
    mine, other = server.open_room("mine"), server.open_room("other")
    keys = load_keys(server.data_dir)
    past = ClientToken(mine["sessionId"], "publisher", 1_600_000_000, 1_600_000_060, "1")
    future = ClientToken(mine["sessionId"], "publisher", int(time.time()), int(time.time()) + 60, "1")
    refused = {
        "of another session": other["token"],
        "damaged": mine["token"][:-8],
        "nonsense": "T1==nonsense",
        "expired": mint(past, keys.api_key, keys.api_secret),
        "forged": mint(future, keys.api_key, "another secret"),
        "of another project": mint(future, "999", keys.api_secret),
    }
    for why, token in refused.items():
        answer = server.http.post("/session/connect", json={"sessionId": mine["sessionId"], "token": token})
        assert answer.status_code == 403, why
        assert answer.json()["message"], why


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "169.254.169.254"])
def test_an_audio_connector_reaches_no_private_address(server: RunningServer, host: str) -> None:
    application = Application(server)
    session = application.new_session()
    websocket = {"uri": f"wss://{host}:9/"}
    wish = {"sessionId": session, "token": application.token(session), "websocket": websocket}
    answer = application.project("POST", "/connect", json=wish)
    assert (answer.status_code, "not on the public internet" in answer.json()["message"]) == (400, True), answer.text


async def test_callbacks_that_are_not_signed_start_nothing(server: RunningServer) -> None:
    person = ann(width=320, height=180)
    await person.join(*await asyncio.to_thread(server.connect, "forgers", person.name))
    render = await asyncio.to_thread(server.record, "forgers")
    archive_id, _ = (await person.heard("archiveStarted")).split(":")
    body = json.dumps(
        {"streamId": "s", "id": render["id"], "sessionId": render["sessionId"], "status": "started"}
    ).encode()
    secret = load_keys(server.data_dir).callback_secret
    now = int(time.time())
    forged = {
        "unsigned": {},
        "another secret": {"Authorization": f"Bearer {callback_token('x' * 64, body, now)}"},
        "another body": {"Authorization": f"Bearer {callback_token(secret, b'{}', now)}"},
        "too old": {"Authorization": f"Bearer {callback_token(secret, body, now - 3600)}"},
        "no bearer": {"Authorization": callback_token(secret, body, now)},
    }
    before = count_rows(server.data_dir)
    for why, headers in forged.items():
        answer = server.http.post("/render/status", content=body, headers=headers)
        assert answer.status_code == 403, why
        assert answer.json()["message"], why
    # A true callback that comes twice starts no second archive; one for an unknown render is not found.
    signed = {"Authorization": f"Bearer {callback_token(secret, body, now)}"}
    assert server.http.post("/render/status", content=body, headers=signed).status_code == 200
    assert [archive["id"] for archive in server.archives(render["sessionId"])] == [archive_id]
    unknown = body.replace(render["id"].encode(), NOWHERE.encode())
    signed = {"Authorization": f"Bearer {callback_token(secret, unknown, now)}"}
    assert server.http.post("/render/status", content=unknown, headers=signed).status_code == 404
    assert count_rows(server.data_dir) == before
    await asyncio.to_thread(server.http.get, f"/archive/stop/{archive_id}")
    archive = await asyncio.to_thread(server.wait_for_archive, render["sessionId"], "available")
    await person.leave()
    _assert_links_are_guarded(server, archive)


def _assert_links_are_guarded(server: RunningServer, archive: dict[str, Any]) -> None:
    link = archive["url"]
    whole = server.http.get(link)
    assert whole.status_code == 200
    assert whole.headers["content-type"] == "video/mp4"
    assert len(whole.content) == archive["size"]
    part = server.http.get(link, headers={"Range": "bytes=100-199"})
    assert part.status_code == 206
    assert part.headers["content-range"] == f"bytes 100-199/{archive['size']}"
    assert part.content == whole.content[100:200]
    assert server.http.head(link).status_code == 200
    secret = load_keys(server.data_dir).link_secret
    past = int(time.time()) - 1
    film = f"{server.url}/films/{archive['id']}.mp4"
    for bad in (
        film,
        link[:-1] + ("0" if link[-1] != "0" else "1"),
        link.replace("expires=", "expires=9"),
        f"{film}?expires={past}&signature={link_signature(secret, archive['id'], past)}",
    ):
        answer = server.http.get(bad)
        assert answer.status_code == 403, bad
        assert answer.json()["message"]
    assert server.http.get(link, headers={"Range": "bytes=999999999-"}).status_code == 416
