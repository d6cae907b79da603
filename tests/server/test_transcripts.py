"""Transcripts as applications ask for them, and are told of them."""

import json
import time
from typing import Any

import httpx
import jwt

from reelroom.archives.transcribing import NO_MODEL
from reelroom.files.films import WORDS
from tests.server.conftest import House, eventually, film


def calls(house: House) -> dict[str, str]:
    keys, now = house.server.keys, int(time.time())
    claims = {"iss": keys.api_key, "ist": "project", "iat": now, "exp": now + 60}
    return {"X-OPENTOK-AUTH": jwt.encode(claims, keys.api_secret)}


async def start(house: House, client: httpx.AsyncClient, **body: Any) -> httpx.Response:
    session_id = await house.session()
    await house.server.engine.join(session_id, "ann")  # type: ignore[attr-defined]
    path = f"/v2/project/{house.server.keys.api_key}/archive"
    return await client.post(path, json={"sessionId": session_id, **body}, headers=calls(house))


async def test_an_archive_that_asks_for_one_says_how_it_stands(house: House, client: httpx.AsyncClient) -> None:
    await house.tell_of(("archive", "status"))
    wish = {"hasTranscription": True, "transcriptionProperties": {"primaryLanguageCode": "pt-BR", "hasSummary": True}}
    answer = (await start(house, client, **wish)).json()
    assert answer["hasTranscription"] is True
    assert answer["transcription"] == {
        "status": "requested",
        "reason": "",
        "url": None,
        "primaryLanguageCode": "pt-BR",
        "hasSummary": True,
    }
    film(house, answer["id"])
    await house.server.archives.stop(answer["id"], "user initiated")

    async def available() -> bool:
        return (await house.server.archives.get(answer["id"])).status == "available"

    await eventually(available)
    house.server.transcribing.start()

    async def failed() -> list[dict[str, Any]]:
        return [told for told in await house.told() if told.get("transcription", {}).get("status") == "failed"]

    (told,) = await eventually(failed)  # the machine has no model: the application is told, and has its film
    assert told["status"] == "available" and told["transcription"]["reason"] == NO_MODEL and told["url"]


async def test_when_it_is_there_it_has_a_link(house: House, client: httpx.AsyncClient) -> None:
    answer = (await start(house, client, hasTranscription=True)).json()
    film(house, answer["id"])
    await house.server.archives.stop(answer["id"], "user initiated")

    async def available() -> bool:
        return (await house.server.archives.get(answer["id"])).status == "available"

    await eventually(available)
    for suffix in WORDS:
        house.server.storage.path(answer["id"], suffix).write_text(json.dumps({"suffix": suffix}))
    said = {"language": "en", "reason": "", "next_at": None}
    assert await house.server.archives.changes.transcribed(answer["id"], "available", by=None, **said)
    path = f"/v2/project/{house.server.keys.api_key}/archive"
    (listed,) = (await client.get(path, headers=calls(house))).json()["items"]
    assert listed["transcription"]["status"] == "available"
    assert listed["transcription"]["primaryLanguageCode"] == "en"
    link = httpx.URL(listed["transcription"]["url"])
    assert (await client.get(link.raw_path.decode())).json() == {"suffix": ".transcript.json"}
    refused = await client.get(link.copy_set_param("expires", "99999999999").raw_path.decode())
    assert refused.status_code == 403
    own = (await client.get(f"/archive/{listed['sessionId']}", headers=calls(house))).json()
    assert own == [] or own[0]["transcript"] == {
        "status": "available",
        "reason": "",
        "language": "en",
        "progress": None,
    }


async def test_what_makes_no_sense_is_refused(house: House, client: httpx.AsyncClient) -> None:
    answer = await start(house, client, hasTranscription=True, hasAudio=False)
    assert answer.status_code == 400 and "without audio" in answer.json()["message"]
    properties = {"primaryLanguageCode": "the language of Brazil"}
    path = f"/v2/project/{house.server.keys.api_key}/archive"
    body = {"sessionId": "x", "hasTranscription": True, "transcriptionProperties": properties}
    answer = await client.post(path, json=body, headers=calls(house))
    assert answer.status_code == 400 and "primaryLanguageCode" in answer.json()["message"]
    assert await house.server.store.archives.in_states("started") == []
