"""What is said in films comes into them, and is corrected, as applications ask for it."""

import asyncio
import json
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import httpx
import pytest

from reelroom.composer.captioned import NotCaptioned
from reelroom.files.films import WORDS, checksum
from reelroom.store.database import now_ms
from reelroom.store.values import Archive
from reelroom.transcripts.corrections import reworded
from reelroom.transcripts.words import Word
from tests.captions import read
from tests.server.conftest import House
from tests.server.test_transcripts import calls, finished, said, transcribed


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
