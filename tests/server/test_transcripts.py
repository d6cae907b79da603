"""Transcripts as applications ask for them, and are told of them."""

import asyncio
import json
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from reelroom.archives.transcribing import NO_MODEL
from reelroom.composer.captioned import NotCaptioned
from reelroom.composer.film import Film
from reelroom.files.films import WORDS, checksum
from reelroom.store.database import now_ms
from reelroom.store.values import Archive, Upload
from reelroom.transcripts.corrections import reworded
from reelroom.transcripts.words import Word
from tests.captions import read
from tests.meetings import MODEL
from tests.server.conftest import House, caller, eventually, film
from tests.test_film import LOOK, shoot


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


async def finished(house: House, client: httpx.AsyncClient) -> str:
    """An archive that is available, whose transcript was asked for."""
    answer = (await start(house, client, hasTranscription=True)).json()
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


async def test_where_the_disk_has_no_space_for_its_copy_a_film_gets_its_captions_later(
    house: House, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive_id = await finished(house, client)
    path, words, store = house.server.storage.path(archive_id), house.server.transcribing.words, house.server.store
    known, free = path.read_bytes(), float(house.settings.min_free_mb)  # there is none for the film itself
    monkeypatch.setattr("reelroom.archives.film_words.free_mb", lambda _: free)
    await transcribed(house, archive_id)
    pauses = []
    for _ in range(3):
        kept = await store.transcripts.get(archive_id)
        assert kept is not None and kept.status == "available" and kept.write_at is not None
        pauses.append(kept.write_at - now_ms())
        assert await store.transcripts.to_be_written(house.server.node.name, now_ms(), 9) == []
        await words.look(kept.write_at)
    assert pauses[0] > 20_000 and pauses[2] > 2 * pauses[0]
    assert path.read_bytes() == known and not list(path.parent.glob("*.partial"))
    free += 1
    await words.look(now_ms() + 3_600_000)
    assert read(path) == [(0.5, 1.5, "Ann: Good morning.")]
    assert (await house.server.archives.get(archive_id)).sha256sum == checksum(path)[0]
    assert await store.transcripts.to_be_written(house.server.node.name, 2**50, 9) == []


async def test_one_film_that_cannot_be_written_keeps_no_other_waiting(
    house: House, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive_id = await finished(house, client)
    await transcribed(house, archive_id)
    store, words = house.server.store, house.server.transcribing.words
    one = await house.server.archives.get(archive_id)
    await store.add(replace(one, id="other", render_id=None))
    kept = await store.transcripts.get(archive_id)
    assert kept is not None
    await store.add(replace(kept, archive_id="other"))
    said(house, "other")
    await store.transcripts.write_later(archive_id, 1)
    await store.transcripts.write_later("other", 2)
    give = words.give

    async def broken(archive: Archive) -> dict[str, Any] | None:
        if archive.id == archive_id:
            raise RuntimeError("nobody foresaw this")
        return await give(archive)

    monkeypatch.setattr(words, "give", broken)
    await words.look(now_ms())
    assert read(house.server.storage.path("other")) == [(0.5, 1.5, "Ann: Good morning.")]


async def test_a_line_is_corrected_while_a_film_is_written_which_the_end_of_the_server_waits_for(
    house: House, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive_id = await finished(house, client)
    await transcribed(house, archive_id)
    begun, may_go_on, written = threading.Event(), threading.Event(), threading.Event()

    def slow(*_: Any) -> None:
        begun.set()
        may_go_on.wait(30)
        written.set()
        raise NotCaptioned("this test has no film")

    monkeypatch.setattr("reelroom.archives.film_words.captioned", slow)
    words = house.server.transcribing.words
    giving = asyncio.create_task(words.give(await house.server.archives.get(archive_id)))
    try:
        await asyncio.to_thread(begun.wait, 30)
        body = {"participant": "ann", "from": 0.5, "text": "Good evening."}
        path = f"/archive/{archive_id}/transcript/corrections"
        async with asyncio.timeout(20):
            answer = await client.post(path, json=body, headers=calls(house))
        assert answer.status_code == 200 and not written.is_set()
        giving.cancel()
        await asyncio.gather(giving, return_exceptions=True)
        closing = asyncio.create_task(words.close())
        for _ in range(5):
            await asyncio.sleep(0)
        assert not closing.done()
    finally:
        may_go_on.set()
    await closing
    assert written.is_set()


async def line(house: House, archive_id: str) -> dict[str, Any]:
    (found,) = json.loads(house.server.storage.path(archive_id, ".transcript.json").read_bytes())["passages"]
    return dict(found)


async def transcribed(house: House, archive_id: str) -> None:
    file = await house.server.transcribing.words.give(await house.server.archives.get(archive_id))
    changes: dict[str, Any] = {"language": "en", "reason": "", "next_at": None}
    await house.server.archives.changes.transcribed(archive_id, "available", by=None, file=file, **changes)


async def test_a_line_is_corrected_everywhere_and_can_be_as_it_was_heard(
    house: House, client: httpx.AsyncClient
) -> None:
    archive_id = await finished(house, client)
    await transcribed(house, archive_id)
    house.server.storage.path(archive_id, ".chapters.vtt").write_text("WEBVTT\n")
    path, storage = f"/archive/{archive_id}/transcript/corrections", house.server.storage
    body = {"participant": "ann", "from": 0.5, "text": "Good  evening, all.", "name": "Beth"}
    answer = await client.post(path, json=body, headers=calls(house))
    assert answer.status_code == 200, answer.text
    found = await line(house, archive_id)
    assert (found["text"], found["name"], found["participant"]) == ("Good evening, all.", "Beth", "ann")
    assert found["corrected"]["heard"]["text"] == "Good morning." and found["corrected"]["heard"]["name"] == "Ann"
    texts = [storage.path(archive_id, suffix).read_text() for suffix in (*WORDS[1:], ".chapters.vtt")]
    assert all("Beth" in text and "Good evening, all." in text and "morning" not in text for text in texts)
    before = await house.server.archives.get(archive_id)
    await house.server.transcribing.words.look(now_ms() + 60_000)
    assert read(storage.path(archive_id)) == [(0.5, 1.5, "Beth: Good evening, all.")]
    after = await house.server.archives.get(archive_id)
    assert (after.sha256sum, after.size) == checksum(storage.path(archive_id)) and after.sha256sum != before.sha256sum
    assert await house.server.store.transcripts.to_be_written(house.server.node.name, now_ms() + 60_000, 9) == []

    await client.post(path, json=body | {"text": "Good evening!", "name": "Cleo"}, headers=calls(house))
    again = await line(house, archive_id)
    assert (again["text"], again["name"]) == ("Good evening!", "Cleo")
    assert again["corrected"]["heard"] == found["corrected"]["heard"], "what was heard is not what was corrected"
    assert (await client.delete(f"{path}/{found['corrected']['id']}", headers=calls(house))).status_code == 404
    undone = await client.delete(f"{path}/{again['corrected']['id']}", headers=calls(house))
    assert undone.status_code == 200
    heard = await line(house, archive_id)
    assert (heard["text"], heard["name"], "corrected" in heard) == ("Good morning.", "Ann", False)
    assert await house.server.store.corrections.of_take(after.take_id) == []


async def test_a_correction_is_kept_when_the_transcript_is_made_again_and_goes_with_the_last_film(
    house: House, client: httpx.AsyncClient
) -> None:
    archive_id = await finished(house, client)
    await transcribed(house, archive_id)
    body = {"participant": "ann", "from": 0.5, "text": "Good evening."}
    await client.post(f"/archive/{archive_id}/transcript/corrections", json=body, headers=calls(house))
    said(house, archive_id, " Foot warning.")  # by another model
    await transcribed(house, archive_id)
    found = await line(house, archive_id)
    assert (found["text"], found["corrected"]["heard"]["text"]) == ("Good evening.", "Foot warning.")
    take_id = (await house.server.archives.get(archive_id)).take_id
    await house.server.archives.delete(archive_id)
    assert len(await house.server.store.corrections.of_take(take_id)) == 1, "it can be restored"
    await house.server.archives.delete(archive_id, forever=True)
    assert await house.server.store.corrections.of_take(take_id) == []


async def test_a_line_that_is_corrected_in_a_film_and_in_a_part_of_it_stands_in_both_once(
    house: House, client: httpx.AsyncClient
) -> None:
    archive_id = await finished(house, client)
    await transcribed(house, archive_id)
    server, path = house.server, "/archive/{}/transcript/corrections"
    words = [
        {"from": 0.5, "to": 1.0, "text": " Good", "confidence": 0.9},
        {"from": 1.0, "to": 1.5, "text": " morning.", "confidence": 0.9},
    ]
    heard = server.storage.path(archive_id, ".transcript.json")
    text = json.loads(heard.read_bytes())
    text["passages"][0]["words"] = words
    heard.write_text(json.dumps(text))
    body = {"participant": "ann", "from": 0.5, "text": "Bad evening.", "name": "Beth"}
    assert (await client.post(path.format(archive_id), json=body, headers=calls(house))).status_code == 200

    whole = await server.archives.get(archive_id)
    at = whole.start_us + 1_000_000
    await server.store.add(replace(whole, id="part", render_id=None, start_us=at))
    kept = await server.store.transcripts.get(archive_id)
    assert kept is not None
    await server.store.add(replace(kept, archive_id="part"))
    text["passages"][0] |= {"from": 0.0, "to": 0.5, "words": [words[1] | {"from": 0.0, "to": 0.5}]}
    server.storage.path("part", ".transcript.json").write_text(json.dumps(text | {"duration": 1.0}))
    await transcribed(house, "part")
    assert (await line(house, "part"))["text"] == "evening."
    body |= {"from": 0.0, "text": "night."}
    answer = await client.post(path.format("part"), json=body, headers=calls(house))
    assert answer.status_code == 200, answer.text
    await server.transcribing.words.look(now_ms() + 60_000)
    assert (await line(house, "part"))["text"] == "night."
    passages = json.loads(heard.read_bytes())["passages"]
    assert [(each["text"], each["name"]) for each in passages] == [("Bad", "Beth"), ("night.", "Beth")]


async def test_long_lines_are_compared_beside_everything_else(
    house: House, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive_id = await finished(house, client)
    compared, own = [], threading.current_thread()

    def watched(heard: Sequence[Word], text: str) -> tuple[Word, ...]:
        compared.append(threading.current_thread() is own)
        return reworded(heard, text)

    monkeypatch.setattr("reelroom.archives.corrections.reworded", watched)
    body = {"participant": "ann", "from": 0.5, "text": "Good evening."}
    path = f"/archive/{archive_id}/transcript/corrections"
    assert (await client.post(path, json=body, headers=calls(house))).status_code == 200
    assert compared == [False]


async def test_what_cannot_be_corrected_is_refused(house: House, client: httpx.AsyncClient) -> None:
    archive_id = await finished(house, client)
    path = f"/archive/{archive_id}/transcript/corrections"
    body = {"participant": "ann", "from": 0.5, "text": "Good evening."}
    refused = await client.post(path, json=body | {"text": "  "}, headers=calls(house))
    assert refused.status_code == 400 and "say what was said" in refused.json()["message"]
    for wrong in ({"from": 0.7}, {"participant": "ben"}):
        refused = await client.post(path, json=body | wrong, headers=calls(house))
        assert refused.status_code == 404 and "no such line" in refused.json()["message"]
    house.server.storage.path(archive_id, ".transcript.json").unlink()
    refused = await client.post(path, json=body, headers=calls(house))
    assert refused.status_code == 409 and "has no transcript" in refused.json()["message"]


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


async def test_what_makes_no_sense_is_refused(house: House, client: httpx.AsyncClient) -> None:
    answer = await start(house, client, hasTranscription=True, hasAudio=False)
    assert answer.status_code == 400 and "without audio" in answer.json()["message"]
    properties = {"primaryLanguageCode": "the language of Brazil"}
    path = f"/v2/project/{house.server.keys.api_key}/archive"
    body = {"sessionId": "x", "hasTranscription": True, "transcriptionProperties": properties}
    answer = await client.post(path, json=body, headers=calls(house))
    assert answer.status_code == 400 and "primaryLanguageCode" in answer.json()["message"]
    assert await house.server.store.archives.in_states("started") == []
