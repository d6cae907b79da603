"""Transcripts as applications ask for them, and are told of them."""

import json
import time
from pathlib import Path
from typing import Any

import httpx
import jwt
from opentok.archives import Archive as OpenTokArchive
from vonage_video.models import Archive as VonageArchive
from vonage_video.models import CreateArchiveRequest

from reelroom.archives.transcribing import NO_MODEL
from reelroom.composer.film import Film
from reelroom.files.films import WORDS, checksum
from reelroom.store.values import Archive, Upload
from tests.captions import read
from tests.meetings import MODEL
from tests.server.conftest import House, caller, film
from tests.server.waiting import eventually
from tests.test_film import LOOK, shoot


def calls(house: House) -> dict[str, str]:
    keys, now = house.server.keys, int(time.time())
    claims = {"iss": keys.api_key, "ist": "project", "iat": now, "exp": now + 60}
    return {"X-OPENTOK-AUTH": jwt.encode(claims, keys.api_secret)}


async def start(house: House, client: httpx.AsyncClient, number: int = 1, **body: Any) -> httpx.Response:
    house.films_by_hand()
    session_id = await house.session(number)
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
        "summary": {"status": "requested", "reason": "", "url": None, "outdated": False},
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


async def test_in_a_room_that_wants_nothing_written_down_nothing_is(tmp_path: Path, empty_database: bytes) -> None:
    """The next recordings, and no film that is cut from them, though the server writes all others down."""
    (tmp_path / "reelroom.db").write_bytes(empty_database)
    house = House(tmp_path, transcripts="always", speech_model=str(MODEL))
    await house.open()
    server = house.server
    try:
        async with caller(server, tmp_path) as client:
            opened = (await client.get("/session/studio")).json()
            mine = {"sessionId": opened["sessionId"], "token": opened["token"]}
            assert (await client.post("/session/moderate/door", json=mine)).json()["transcripts"] is True
            made = []
            for wish in (True, False):
                told = await client.post("/session/moderate/door", json={**mine, "transcripts": wish})
                assert told.json() == {"door": "open", "waiting": [], "transcripts": wish}
                render = (await client.post("/render", json={"roomName": "studio"})).json()

                async def archive(session: str = render["sessionId"]) -> Archive | None:
                    return next(iter(await server.store.archives.of_session(session)), None)

                made.append(await eventually(archive))
                await client.get(f"/render/stop/{render['id']}")
            assert [await server.store.transcripts.get(each.id) is not None for each in made] == [True, False]
            assert not await server.archives.may_be_transcribed(made[1])
            async with caller(server, tmp_path) as other:
                ben = (await other.get("/session/studio")).json()
                wish = {"sessionId": ben["sessionId"], "token": ben["token"], "transcripts": True}
                assert (await other.post("/session/moderate/door", json=wish)).status_code == 403
    finally:
        await server.stop()


async def test_when_it_is_there_it_has_a_link(house: House, client: httpx.AsyncClient) -> None:
    answer = (await start(house, client, hasTranscription=True)).json()
    film(house, answer["id"])
    await house.server.archives.stop(answer["id"], "user initiated")

    async def available() -> bool:
        return (await house.server.archives.get(answer["id"])).status == "available"

    await eventually(available)
    for suffix in WORDS:
        house.server.storage.path(answer["id"], suffix).write_text(json.dumps({"suffix": suffix}))
    said: dict[str, Any] = {"language": "en", "reason": "", "next_at": None}
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
        "summary": None,
        "canSumUp": False,
    }


def said(house: House, archive_id: str, text: str = " Good morning.") -> None:
    """A film of two seconds is made, and Ann is heard in it."""
    path = house.server.storage.path
    path("x").parent.mkdir(exist_ok=True)
    with Film(path(archive_id), LOOK) as made:
        shoot(made, range(60))
    word = {"from": 0.5, "to": 1.5, "text": text, "confidence": 0.9}
    passage = {
        "participant": "ann",
        "name": "Ann",
        "from": 0.5,
        "to": 1.5,
        "language": "en",
        "text": text,
        "words": [word],
    }
    transcript = {"version": 1, "language": "en", "model": "base", "duration": 2.0, "passages": [passage]}
    turn = {"start": 1_400_000, "end": 3_000_000, "participant": "ann"}
    timeline = {
        "version": 1,
        "start": 1_000_000,
        "end": 3_000_000,
        "shots": [],
        "names": {"ann": "Ann"},
        "turns": [turn],
    }
    path(archive_id, ".transcript.json").write_text(json.dumps(transcript))
    path(archive_id, ".timeline.json").write_text(json.dumps(timeline))


async def finished(house: House, client: httpx.AsyncClient, number: int = 1) -> str:
    """An archive that is available, whose transcript was asked for."""
    answer = (await start(house, client, number, hasTranscription=True)).json()
    said(house, answer["id"])
    began = (await house.server.archives.get(answer["id"])).start_us
    await house.server.archives.stop(answer["id"], "user initiated", end_us=began + 2_000_000)  # as its film

    async def available() -> bool:
        return (await house.server.archives.get(answer["id"])).status == "available"

    await eventually(available)
    return str(answer["id"])


async def test_a_film_has_what_is_said_in_it_and_its_row_says_what_the_file_is(
    house: House, client: httpx.AsyncClient
) -> None:
    archive_id = await finished(house, client)
    before = await house.server.archives.get(archive_id)
    file = await house.server.transcribing.words.give(await house.server.archives.get(archive_id))
    path = house.server.storage.path(archive_id)
    assert read(path) == [(0.5, 1.5, "Ann: Good morning.")]
    changes: dict[str, Any] = {"language": "en", "reason": "", "next_at": None}
    await house.server.archives.changes.transcribed(archive_id, "available", by=None, file=file, **changes)
    after = await house.server.archives.get(archive_id)
    assert (after.sha256sum, after.size) == checksum(path) and after.sha256sum != before.sha256sum


async def test_a_film_on_its_way_to_a_bucket_stays_as_it_is(house: House, client: httpx.AsyncClient) -> None:
    archive_id = await finished(house, client)
    upload = Upload(archive_id=archive_id, project=house.server.keys.api_key, node="n", next_at=1, created_at=1)
    await house.server.store.add(upload)
    known = house.server.storage.path(archive_id).read_bytes()
    assert await house.server.transcribing.words.give(await house.server.archives.get(archive_id)) == {}
    assert house.server.storage.path(archive_id).read_bytes() == known


async def transcribed(house: House, archive_id: str) -> None:
    file = await house.server.transcribing.words.give(await house.server.archives.get(archive_id))
    changes: dict[str, Any] = {"language": "en", "reason": "", "next_at": None}
    await house.server.archives.changes.transcribed(archive_id, "available", by=None, file=file, **changes)


async def test_a_film_that_was_deleted_meanwhile_comes_back_with_its_transcript(
    house: House, client: httpx.AsyncClient
) -> None:
    archive_id = await finished(house, client)
    await house.server.archives.delete(archive_id)
    changes: dict[str, Any] = {"language": "en", "reason": "", "next_at": None}
    assert not await house.server.archives.changes.transcribed(archive_id, "available", by=None, **changes)
    assert (await house.server.archives.restore(archive_id)).status == "available"
    kept = await house.server.store.transcripts.get(archive_id)
    assert kept is not None and (kept.status, kept.next_at) == ("available", None)
    assert house.server.storage.has(archive_id)


async def test_sdks_that_know_transcriptions_ask_for_one_and_read_it(house: House, client: httpx.AsyncClient) -> None:
    wish = CreateArchiveRequest(session_id="one", output_mode="individual", has_transcription=True)
    sent = wish.model_dump(by_alias=True, exclude_none=True, mode="json") | {
        "transcriptionProperties": {"primaryLanguageCode": "ja-JP", "hasSummary": True}
    }
    del sent["sessionId"]
    answer = (await start(house, client, **sent)).json()
    read = VonageArchive(**answer)
    assert read.has_transcription is True and read.transcription is not None
    told = read.transcription
    assert (told.status, told.primaryLanguageCode, told.hasSummary) == ("requested", "ja-JP", True)
    assert OpenTokArchive(None, answer).has_transcription is True


async def test_what_makes_no_sense_is_refused(house: House, client: httpx.AsyncClient) -> None:
    answer = await start(house, client, hasTranscription=True, hasAudio=False)
    assert answer.status_code == 400 and "without audio" in answer.json()["message"]
    properties = {"primaryLanguageCode": "the language of Brazil"}
    path = f"/v2/project/{house.server.keys.api_key}/archive"
    body = {"sessionId": "x", "hasTranscription": True, "transcriptionProperties": properties}
    answer = await client.post(path, json=body, headers=calls(house))
    assert answer.status_code == 400 and "primaryLanguageCode" in answer.json()["message"]
    assert await house.server.store.archives.in_states("started") == []
