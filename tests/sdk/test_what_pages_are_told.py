"""What a session's page learns of archives and mutes, and what the API takes that no SDK here sends."""

import asyncio
import json
import time
from typing import Any

import httpx
import jwt
import pytest
from livekit import rtc
from opentok import Client, MediaModes

from tests.e2e.people import ben
from tests.e2e.running import RunningServer
from tests.sdk.conftest import SMALL, MakeMeeting, eventually
from tests.sdk.proofs import PLAIN, Proofs
from tests.sdk.wire import Wire

NOBODY = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"


@pytest.mark.parametrize("location", ["null", "2001:db8::1", "Frankfurt", "", "10.0.0.1", "10.0.0.1,10.0.0.2"])
def test_a_location_is_ignored_whatever_it_says(
    sdk_server: RunningServer, key_and_secret: tuple[str, str], location: str
) -> None:
    key, secret = key_and_secret
    token = jwt.encode({"iss": key, "ist": "project", "iat": int(time.time())}, secret)  # no `exp`, as Java signs
    answer = sdk_server.http.post(
        "/session/create",
        data={"archiveMode": "manual", "location": location, "p2p.preference": "disabled"},
        headers={"X-OPENTOK-AUTH": token, "Accept": "application/json"},
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()[0]["session_id"].startswith("1_")


def told(room: rtc.Room, part: str) -> Any:
    return json.loads(room.metadata or "{}").get(part)


async def test_a_session_is_told_of_its_archives_and_mutes(
    sdk_server: RunningServer, key_and_secret: tuple[str, str], meet: MakeMeeting
) -> None:
    client = Client(*key_and_secret, api_url=sdk_server.url)
    session = (await asyncio.to_thread(client.create_session, media_mode=MediaModes.routed)).session_id
    meeting = await meet(session, [client.generate_token(session)])
    room = meeting.people[0].room

    first = await asyncio.to_thread(client.start_archive, session, name="one")
    await eventually(lambda: told(room, "archives") == [{"id": first.id, "name": "one"}], "the first is told of")
    second = await asyncio.to_thread(client.start_archive, session, name="two", multi_archive_tag="b")
    both = [{"id": first.id, "name": "one"}, {"id": second.id, "name": "two"}]
    await eventually(lambda: told(room, "archives") == both, "both are told of")
    late = await meeting.join(ben(**SMALL), client.generate_token(session), publish=False)
    assert told(late.room, "archives") == both
    await asyncio.to_thread(client.stop_archive, first.id)
    await eventually(lambda: told(room, "archives") == both[1:], "the end of the first is told")

    await asyncio.to_thread(client.mute_all, session, [])
    await eventually(lambda: (told(room, "mute") or {}).get("active") is True, "the mute is told of")
    assert told(room, "archives") == both[1:]
    before = told(room, "mute")["at"]
    await asyncio.to_thread(client.mute_all, session, [])
    await eventually(lambda: told(room, "mute")["at"] > before, "another mute is told of")
    await asyncio.to_thread(client.disable_force_mute, session)
    await eventually(lambda: told(room, "mute")["active"] is False, "the end of the mute is told")
    await asyncio.to_thread(client.stop_archive, second.id)
    await eventually(lambda: told(room, "archives") == [], "the end of the second is told")


class Plain:
    """Calls the API as its own project, without an SDK."""

    def __init__(self, wire: Wire, proofs: Proofs, key: str, secret: str) -> None:
        self._wire, self._proofs, self._key, self._secret = wire, proofs, key, secret

    def __call__(self, method: str, path: str, json: Any = None) -> httpx.Response:
        token = jwt.encode({"iss": self._key, "ist": "project", "iat": int(time.time())}, self._secret)
        url = f"{self._wire.url}/v2/project/{self._key}{path}"
        with self._proofs.noting(PLAIN, path):
            return httpx.request(method, url, json=json, headers={"X-OPENTOK-AUTH": token}, trust_env=False)


@pytest.fixture
def plain(wire: Wire, proofs: Proofs, key_and_secret: tuple[str, str]) -> Plain:
    return Plain(wire, proofs, *key_and_secret)


@pytest.fixture
def stranger(wire: Wire, proofs: Proofs, key_and_secret: tuple[str, str]) -> Plain:
    return Plain(wire, proofs, key_and_secret[0], "another-secret-" * 3)


def test_connections_are_listed(plain: Plain, wire: Wire, key_and_secret: tuple[str, str]) -> None:
    session = Client(*key_and_secret, api_url=wire.url).create_session(media_mode=MediaModes.routed).session_id
    assert plain("GET", f"/session/{session}/connection").json()["items"] == []
    assert plain("GET", "/session/1_nosuchsession/connection").status_code == 404


def test_where_archives_are_uploaded_is_set_and_taken_back_and_strangers_learn_nothing(
    plain: Plain, stranger: Plain
) -> None:
    bucket = {"accessKey": "a", "secretKey": "s", "bucket": "b", "endpoint": "https://127.0.0.1:9"}
    assert plain("PUT", "/archive/storage", {"type": "s3", "config": bucket}).status_code == 200
    assert plain("DELETE", "/archive/storage").status_code == 204
    assert plain("PUT", "/archive/storage", {"type": "ftp", "config": bucket}).status_code == 400
    assert stranger("DELETE", "/archive/storage").status_code == 403
    assert stranger("GET", "/callback").status_code == 403
