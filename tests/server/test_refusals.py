"""Each refusal over HTTP: a sentence, the right status, and nothing is changed by it."""

import json
import sqlite3
import time
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from reelroom.opentok.signing import callback_token
from reelroom.store.tables import metadata
from reelroom.store.values import Archive, KeptTake
from tests.server.conftest import House, caller
from tests.takes import RED, TakeMaker, at, coloured

NOWHERE = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
ARCHIVE, RECORDING, BARE = (f"1b4e28ba-2fa1-11d2-883f-00000000000{number}" for number in range(3))


def rows(house: House) -> dict[str, list[Any]]:
    """All that is in the database."""
    connection = sqlite3.connect(house.settings.data_dir / "reelroom.db")
    try:
        return {name: connection.execute(f"select * from {name} order by 1").fetchall() for name in metadata.tables}
    finally:
        connection.close()


async def furnish(house: House) -> str:
    """An archive whose take is there, one that records, and one whose take has been removed; returns the session."""
    session_id = await house.session()
    for name, status, stopped_at in ((ARCHIVE, "available", 1), (RECORDING, "started", None), (BARE, "available", 1)):
        take = KeptTake(
            id=name,
            session_id=session_id,
            created_at=1,
            stopped_at=stopped_at,
            removed_at=2 if name == BARE else None,
        )
        archive = Archive(
            **{"id": name, "session_id": session_id, "take_id": name, "status": status, "resolution": "640x480"},
            **{"start_us": at(0), "end_us": None if status == "started" else at(3), "created_at": 1, "updated_at": 1},
        )
        await house.server.store.add(take, archive)
    folder = house.server.taps.folder(ARCHIVE)
    folder.parent.mkdir()
    maker = TakeMaker(folder)
    maker.joins(0, "ann")
    maker.publishes(0, "ann", "camera", coloured(RED, 3, 64, 48))
    maker.write()
    return session_id


def key(house: House) -> dict[str, str]:
    """A project's own credentials."""
    claims = {"iss": house.server.keys.api_key, "ist": "project", "iat": int(time.time()), "exp": time.time() + 60}
    return {"x-opentok-auth": jwt.encode(claims, house.server.keys.api_secret, algorithm="HS256")}


OURS: list[tuple[str, str, Any, int, str]] = [
    ("GET", "/session/", None, 400, "room"),
    ("GET", "/session/%20%20", None, 400, "room"),
    ("GET", "/session/" + "x" * 129, None, 400, "128"),
    ("GET", "/session/a%0Ab", None, 400, "room"),
    ("POST", "/render", {"roomName": "x" * 129}, 400, "128"),
    ("POST", "/render", {"roomName": 7}, 400, "roomName"),
    ("POST", "/render", {}, 400, "roomName"),
    ("POST", "/render", {"roomName": "fine", "layout": "spiral"}, 400, "there is no layout 'spiral'"),
    ("POST", "/render", b"{broken", 400, "JSON"),
    ("POST", "/session/connect", {"sessionId": "1_none", "token": "T1==x"}, 404, "session"),
    ("GET", f"/archive/stop/{NOWHERE}", None, 404, "There is no archive"),
    ("GET", f"/render/stop/{NOWHERE}", None, 404, "There is no render"),
    ("GET", "/archive/1_none", None, 404, "There is no session"),
    ("GET", "/no/such/path", None, 404, ""),
    ("DELETE", "/render", None, 405, ""),
    ("POST", f"/archive/{NOWHERE}/recut", None, 404, "There is no archive"),
    ("POST", f"/archive/{NOWHERE}/recut/preview", {"tidy": {}}, 404, "There is no archive"),
    ("POST", f"/archive/{ARCHIVE}/recut/preview", {}, 400, "words or tidy: nothing else"),
    ("POST", f"/archive/{ARCHIVE}/recut/preview", {"tidy": {}, "from": 1}, 400, "words, tidy: either these"),
    ("POST", f"/archive/{ARCHIVE}/recut", {"ranges": []}, 400, "ranges: from 1 to 2000 are kept, not 0"),
    ("POST", f"/archive/{RECORDING}/recut", None, 409, "still recording: stop it first"),
    ("POST", f"/archive/{BARE}/recut", None, 410, "has been removed: only the film is left"),
    (
        "POST",
        f"/archive/{ARCHIVE}/recut",
        {"rules": {"shortestShot": -1}},
        400,
        "a number of seconds from 0 to 60",
    ),
    (
        "POST",
        f"/archive/{ARCHIVE}/recut",
        {"rules": {"shortestShot": 61}},
        400,
        "a number of seconds from 0 to 60",
    ),
    ("POST", f"/archive/{ARCHIVE}/recut", {"rules": {"leaveDark": 1}}, 400, "leaveDark is true or false"),
    ("POST", f"/archive/{ARCHIVE}/recut", {"rules": {"colour": 1}}, 400, "there is no rule 'colour'"),
    ("POST", f"/archive/{ARCHIVE}/recut", {"resolution": "1x1"}, 400, "is none of"),
    ("POST", f"/archive/{ARCHIVE}/recut", {"rate": 31}, 400, "is none of"),
    ("POST", f"/archive/{ARCHIVE}/recut", {"from": 2, "to": 1}, 400, "would end before it begins"),
    ("POST", f"/archive/{ARCHIVE}/recut", {"from": 100, "to": 200}, 400, "nothing was recorded then"),
    ("POST", f"/archive/{ARCHIVE}/recut", {"typo": 1}, 400, "typo"),
    ("DELETE", f"/archive/{RECORDING}", None, 409, "stop it first"),
    ("DELETE", f"/archive/{NOWHERE}", None, 404, "There is no archive"),
    ("GET", f"/films/{ARCHIVE}.mp4", None, 403, "link"),
    ("GET", "/archive/1_none?count=1001", None, 400, "count"),
    ("GET", "/archive/1_none?offset=-1", None, 400, "offset"),
    ("POST", "/render", b" " * (1 << 20) + b"{}", 413, "1048576 bytes"),
]


async def test_what_is_refused_is_said_and_changes_nothing(house: House, client: httpx.AsyncClient) -> None:
    await furnish(house)
    before = rows(house)
    # As whoever hosts the server, who may do all of it: what is refused is refused for what it is.
    headers = {"content-type": "application/json", **key(house)}
    for method, path, body, status, words in OURS:
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        answer = await client.request(method, path, content=content, headers=headers)
        refused(answer, status, words)
        assert rows(house) == before, (method, path, body)


def refused(answer: httpx.Response, status: int, words: str) -> None:
    asked = answer.request.method, answer.request.url, answer.request.content[:100], answer.text
    assert answer.status_code == status, asked
    assert answer.headers["content-type"] == "application/json", asked
    assert answer.json()["message"] and words in answer.json()["message"], asked


APPLICATIONS: list[tuple[str, str, Any, int, str]] = [
    ("POST", "/archive", {"sessionId": "1_none"}, 404, ""),
    ("POST", "/archive", {}, 400, "sessionId"),
    ("POST", "/archive", {"sessionId": "SESSION"}, 400, "Nobody is connected"),
    ("POST", f"/archive/{ARCHIVE}/stop", None, 409, "available"),
    ("PUT", f"/archive/{ARCHIVE}/layout", {"type": "spiral"}, 400, ""),
    ("PATCH", f"/archive/{ARCHIVE}/streams", {"addStream": "x"}, 405, "streamMode"),
    ("POST", "/broadcast", {"sessionId": "SESSION", "outputs": {}}, 400, ""),
    ("POST", "/broadcast", {"sessionId": "1_none", "outputs": {"hls": {}}}, 404, ""),
    ("POST", f"/broadcast/{NOWHERE}/stop", None, 404, "There is no broadcast"),
    ("POST", "/render", {"sessionId": "SESSION", "token": "x", "url": "ftp://x"}, 400, "url"),
    ("DELETE", f"/render/{NOWHERE}", None, 404, ""),
    ("POST", "/session/SESSION/signal", {"type": "x" * 129, "data": ""}, 413, ""),
    ("DELETE", "/session/SESSION/connection/nobody", None, 404, ""),
    ("POST", "/session/SESSION/stream/none/mute", None, 404, ""),
    ("GET", "/session/SESSION/stream/none", None, 404, "Nobody publishes"),
    ("POST", "/captions", {}, 400, "sessionId"),
    ("POST", "/captions", {"sessionId": "SESSION", "token": "x", "maxDuration": 5}, 400, "maxDuration"),
    ("GET", f"/captions/{NOWHERE}", None, 404, "There are no captions"),
    ("POST", f"/captions/{NOWHERE}/stop", None, 404, "There are no captions"),
]


async def test_an_application_is_refused_in_words(house: House, client: httpx.AsyncClient) -> None:
    session_id = await furnish(house)
    before = rows(house)
    headers = {"content-type": "application/json", **key(house)}
    for method, path, body, status, words in APPLICATIONS:
        written = json.dumps(body).replace("SESSION", session_id) if body is not None else ""
        where = f"/v2/project/{house.server.keys.api_key}{path.replace('SESSION', session_id)}"
        refused(await client.request(method, where, content=written.encode(), headers=headers), status, words)
        unsigned = await client.request(method, where, content=written.encode())
        assert unsigned.status_code in {401, 403}, (method, path, unsigned.text)
        assert rows(house) == before, (method, path, body)


@pytest.mark.parametrize("seconds", [0, 0.0, 60])
async def test_a_rule_of_no_seconds_is_a_rule(house: House, client: httpx.AsyncClient, seconds: float) -> None:
    """docs/formats.md: a rule's times are from 0 s on."""
    await furnish(house)
    rules = {"shortestShot": seconds, "silence": seconds}
    answer = await client.post(f"/archive/{ARCHIVE}/recut", json={"rules": rules}, headers=key(house))
    assert answer.status_code == 200, answer.text
    known = await house.server.archives.get(answer.json()["id"])
    kept = json.loads(known.plan)["rules"]
    assert (kept["shortestShot"], kept["silence"]) == (seconds * 10**6,) * 2


async def test_a_callback_that_nobody_signed_starts_nothing(house: House, client: httpx.AsyncClient) -> None:
    before = rows(house)
    body = json.dumps({"streamId": "s", "id": NOWHERE, "sessionId": "s", "status": "started"}).encode()
    now, secret = int(time.time()), house.server.keys.callback_secret
    for token in ("", callback_token("x" * 64, body, now), callback_token(secret, b"{}", now)):
        answer = await client.post("/render/status", content=body, headers={"authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.json()["message"]) == (403, "The callback is not signed by this server")
    signed = {"authorization": f"Bearer {callback_token(secret, body, now)}"}
    assert (await client.post("/render/status", content=body, headers=signed)).status_code == 404
    assert rows(house) == before


async def test_an_engine_that_does_not_answer_is_said_to_be_away(house: House, client: httpx.AsyncClient) -> None:
    house.engine.down = True
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["message"]) == (503, "The media engine does not answer")
    assert (await client.get("/healthz")).status_code == 200


async def test_who_calls_too_often_waits(house: House, tmp_path: Path) -> None:
    house.server.settings = house.settings.model_copy(update={"calls_per_minute": 2})
    async with caller(house.server, tmp_path) as client:
        answers = [await client.get("/session/room") for _ in range(5)]
        assert answers[0].status_code == 200
        refused(answers[-1], 429, "Too many calls from this address")
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 30
        assert (await client.get("/healthz")).status_code == 200
