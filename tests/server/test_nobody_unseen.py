"""Whoever receives media is somebody, or a recorder by this server's word: no name or token hides anybody."""

import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from livekit import api

from reelroom.engine.livekit import ROLE_GRANTS, Engine, Grant
from reelroom.opentok.recorder_grants import write_grant
from reelroom.opentok.tokens import ROLES, ClientToken, mint
from tests.server.conftest import House, caller


async def connect(house: House, folder: Path, room: str, **more: str) -> tuple[int, dict[str, Any]]:
    async with caller(house.server, folder) as http:
        session = (await http.get(f"/session/{room}")).json()
        body = {"sessionId": session["sessionId"], "token": session["token"], **more}
        answer = await http.post("/session/connect", json=body)
        return answer.status_code, answer.json()


async def test_no_name_makes_a_recorder(house: House, tmp_path: Path) -> None:
    for name in ("recorder", "Recorder", "", "tap-1", "render-1", "EGRESS"):
        status, answer = await connect(house, tmp_path, "studio", name=name)
        token = json.loads(answer["accessToken"])
        assert (status, token["hidden"], token["recorder"]) == (200, False, False), name
        assert not token["identity"].startswith(("tap-", "render-"))


async def test_a_grant_makes_a_recorder_of_its_room_while_it_lasts(house: House, tmp_path: Path) -> None:
    secret = house.server.keys.link_secret
    link = urlsplit(await house.server.rooms.grant_recorder("studio", 60))
    assert link.path == "/room/recorder/studio"
    grant = parse_qs(link.fragment)["grant"][0]
    status, answer = await connect(house, tmp_path, "studio", grant=grant)
    token = json.loads(answer["accessToken"])
    assert (status, answer["role"], token["recorder"], token["hidden"]) == (200, "subscriber", True, False)

    wrong = {
        "another room": write_grant("elsewhere", 60, secret),
        "expired": write_grant("studio", -5, secret),
        "another secret": write_grant("studio", 60, "x" * 32),
        "an invitation": parse_qs(link.query)["invite"][0],
        "nonsense": "recorder",
    }
    for why, text in wrong.items():
        status, answer = await connect(house, tmp_path, "studio", grant=text)
        assert status == 403, why
        assert "grant" in answer["message"]


def test_no_role_administers_a_room_of_the_engine(house: House) -> None:
    """Whoever does may hide themselves there, whatever their token said of it."""
    engine = Engine(house.settings, house.server.keys)
    for role in (*ROLES, "recorder"):
        grant = ROLE_GRANTS.get(role, Grant(recorder=True))  # type: ignore[call-overload]
        claims = jwt.decode(
            engine.access_token("room", "ann", "Ann", grant, timedelta(seconds=60)),
            options={"verify_signature": False},
        )
        assert not claims["video"].get("roomAdmin"), role
        assert not claims["video"].get("hidden"), role
        assert claims["video"]["canUpdateOwnMetadata"] is False, role
        assert claims["kind"] == ("egress" if role == "recorder" else "standard")


async def test_how_many_listen_is_told_before_one_comes_in(house: House, tmp_path: Path) -> None:
    async with caller(house.server, tmp_path) as http:
        assert (await http.get("/rooms/studio")).json() == {
            "people": 0,
            "names": [],
            "recorders": 0,
            "tapped": False,
            "asks": False,
            "door": "open",
        }
        assert await house.server.store.rooms.get("studio") is None  # it was not made by asking
        session = (await http.get("/session/studio")).json()["sessionId"]
        for name in ("ann", "ben"):
            await house.engine.join(session, name, name)
        await house.engine.join(session, "machine")
        house.engine.rooms[session]["machine"].permission.recorder = True
        assert (await http.get("/rooms/studio")).json() == {
            "people": 2,
            "names": ["ann", "ben"],
            "recorders": 1,
            "tapped": False,
            "asks": False,
            "door": "open",
        }
        await http.post("/render", json={"roomName": "studio"})
        assert (await http.get("/rooms/studio")).json()["tapped"]


async def test_a_session_is_told_of_every_tap_in_it(house: House) -> None:
    """Whatever it is there for: here an archive that an application asked for, and of which no render tells."""
    session = await house.session()
    await house.engine.join(session, "ann")
    await house.engine.publish(session, "ann", "TR_1")
    async with house.server.session_takes.holding(session) as take:
        assert house.engine.metadata[session]["tapped"] is True
    await house.server.session_takes.release(take)
    assert house.engine.metadata[session]["tapped"] is False


@pytest.mark.parametrize("call", ["disconnect", "mute", "unpublish"])
async def test_moderators_moderate_and_others_do_not(house: House, tmp_path: Path, call: str) -> None:
    session, keys = await house.session(), house.server.keys
    for name in ("ann", "ben"):
        await house.engine.join(session, name, name)
    now = int(time.time())
    tokens = {
        role: mint(ClientToken(session, role, now, now + 60, "1"), keys.api_key, keys.api_secret)
        for role in ROLES.values()
    }
    more = {"mute": {"track": "TR_1"}, "unpublish": {"stream": "screen"}}.get(call, {})
    body = {"sessionId": session, "connectionId": "ben", **more}
    async with caller(house.server, tmp_path) as http:
        for role, token in tokens.items():
            if role != "moderator":
                refused = await http.post(f"/session/moderate/{call}", json={**body, "token": token})
                assert (refused.status_code, refused.json()["message"]) == (403, "This takes a moderator")
        mine = {**body, "token": tokens["moderator"]}
        gone = await http.post(f"/session/moderate/{call}", json={**mine, "connectionId": "nobody"})
        assert gone.status_code == 404
        assert set(house.engine.rooms[session]) == {"ann", "ben"}
        assert (await http.post(f"/session/moderate/{call}", json=mine)).status_code == 200
    done = {
        "disconnect": set(house.engine.rooms[session]) == {"ann"},
        "mute": house.engine.muted == [("ben", "TR_1")],
        "unpublish": house.engine.ended == [("ben", True)],
    }
    assert done[call]


async def test_a_tap_cannot_be_moderated(house: House, tmp_path: Path) -> None:
    session, keys = await house.session(), house.server.keys
    await house.engine.join(session, "tap-1")
    house.engine.rooms[session]["tap-1"].permission.CopyFrom(api.ParticipantPermission(hidden=True))
    now = int(time.time())
    token = mint(ClientToken(session, "moderator", now, now + 60, "1"), keys.api_key, keys.api_secret)
    async with caller(house.server, tmp_path) as http:
        body = {"sessionId": session, "token": token, "connectionId": "tap-1"}
        assert (await http.post("/session/moderate/disconnect", json=body)).status_code == 404
