"""Films come to the depot whatever else fails, and give way on a full disk once they are there."""

import asyncio
import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reelroom.composer.text_tracks import Texts
from reelroom.files.films import WORDS, Storage
from reelroom.store.database import now_ms
from reelroom.store.transcripts import KeptTranscript
from reelroom.store.values import Upload
from tests.server.conftest import caller
from tests.server.sharing import Servers
from tests.server.test_films_in_depot import FILM, a_film, depositing, in_depot, link, made, two_of
from tests.server.waiting import eventually


async def test_on_a_full_disk_films_that_the_depot_has_give_way_first(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = await two_of(servers, {"depot": f"file://{servers.folder}/depot"})
    archive = await a_film(one)
    free = iter([1.0, 1000.0])
    monkeypatch.setattr("reelroom.archives.retention.free_mb", lambda _: next(free))
    await one.retention.make_room()
    assert not one.storage.has(archive.id)
    assert one.storage.has(archive.id, ".poster.jpg")
    async with caller(one, servers.folder) as client:
        assert (await client.get(link(one, archive))).content == FILM


async def test_a_film_whose_captions_the_depot_does_not_have_yet_stays_here(servers: Servers) -> None:
    one, _ = await two_of(servers, {"depot": f"file://{servers.folder}/depot"})
    archive = await a_film(one)
    captioned = FILM + b"captions"
    one.storage.path(archive.id).write_bytes(captioned)
    digest = base64.b64encode(hashlib.sha256(captioned).digest()).decode()
    async with one.store.transaction() as tx:
        await tx.archives.touch(archive.id, sha256sum=digest, size=len(captioned))
    assert not await depositing(one).make_room()
    assert one.storage.path(archive.id).read_bytes() == captioned
    await depositing(one).look()
    assert await depositing(one).make_room(), "it is there now"
    assert not one.storage.has(archive.id)


async def test_a_film_that_gave_way_comes_back_to_follow_a_correction_once_there_is_space(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = await two_of(servers, {"depot": f"file://{servers.folder}/depot"})
    archive = await a_film(one)
    transcript = KeptTranscript(
        archive_id=archive.id, node=one.node.name, status="available", next_at=None, created_at=1, updated_at=1
    )
    await one.store.add(transcript)
    text = {"version": 1, "language": "en", "model": "base", "duration": 9.0, "passages": []}
    one.storage.path(archive.id, WORDS[0]).write_text(json.dumps(text))
    await depositing(one).look()
    assert await depositing(one).make_room()

    def captioned(film: Path, beside: Path, _: Texts) -> None:
        beside.write_bytes(film.read_bytes() + b"captions")

    monkeypatch.setattr("reelroom.archives.film_words.captioned", captioned)
    free = one.settings.min_free_mb + 1.5 * len(FILM) / 1e6  # for the film, not for its copy
    monkeypatch.setattr("reelroom.archives.film_words.free_mb", lambda _: free)
    await one.store.transcripts.write_later(archive.id, 1)
    await one.transcribing.words.look(2)
    assert not one.storage.has(archive.id)
    free *= 2
    await one.transcribing.words.look(now_ms() + 3_600_000)
    await depositing(one).look()
    async with caller(two, servers.folder) as client:
        assert (await client.get(link(two, archive))).content == FILM + b"captions"
    digest = base64.b64encode(hashlib.sha256(FILM + b"captions").digest()).decode()
    assert (await two.archives.get(archive.id)).sha256sum == digest
    assert not list(one.storage.folder.glob("*.partial"))


async def test_where_no_film_can_give_way_the_database_is_not_asked_each_second(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = await two_of(servers, {"depot": f"file://{servers.folder}/depot"})
    archive = await a_film(one)
    await one.store.add(
        Upload(archive_id=archive.id, project=one.keys.api_key, node="one", next_at=2**50, created_at=1)
    )
    asked: list[str] = []
    read = Storage.suffixes

    def watched(self: Storage) -> Any:
        asked.append("all")
        return read(self)

    monkeypatch.setattr(Storage, "suffixes", watched)
    for _ in range(5):
        assert not await depositing(one).make_room()
    assert len(asked) == 1


async def test_one_film_that_cannot_be_brought_keeps_no_other_waiting(servers: Servers) -> None:
    one, _ = await two_of(servers, {"depot": f"file://{servers.folder}/depot"})
    archive = await a_film(one)
    ids = [f"{number}{archive.id[1:]}" for number in range(2, 9)]
    for number, each in enumerate(ids):
        await one.store.add(replace(archive, id=each, deposited=""))
        made(one, replace(archive, id=each))
        if number < 5:  # more than are tried in a row
            (servers.folder / "depot" / "films" / each).write_text("a file where a folder should be")

    async def there(some: Sequence[str]) -> bool:
        return all(each.deposited for each in await one.store.archives.of_ids(some))

    looks = 0
    while not await there(ids[5:]):
        assert not await depositing(one).look()
        looks += 1
        assert looks < 4
    for each in ids[:5]:
        (servers.folder / "depot" / "films" / each).unlink()
    assert await depositing(one).look()
    assert await there(ids)


async def test_on_a_server_that_is_never_idle_all_films_are_looked_at_too(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = await two_of(servers, {"depot": f"file://{servers.folder}/depot"})
    archive = await a_film(one)
    monkeypatch.setattr("reelroom.archives.depositing._EVERY", 0.2)
    looked = asyncio.Event()
    leave = type(two.store.archives).to_leave_the_depot

    async def watched(self: Any) -> Any:
        looked.set()
        return await leave(self)

    monkeypatch.setattr(type(two.store.archives), "to_leave_the_depot", watched)
    depositing(two).start()
    await looked.wait()

    async def gone() -> bool:
        depositing(two).notice("another film")  # sooner than all are due
        return await in_depot(two, archive) == set()

    await one.archives.delete(archive.id, forever=True)
    await eventually(gone)


async def test_a_film_that_is_still_on_its_way_to_a_bucket_stays_here(servers: Servers) -> None:
    one, _ = await two_of(servers, {"depot": f"file://{servers.folder}/depot"})
    archive = await a_film(one)
    project = one.keys.api_key
    await one.store.add(
        Upload(archive_id=archive.id, project=project, node=one.node.name, next_at=2**50, created_at=1)
    )
    assert not await depositing(one).make_room()
    assert one.storage.has(archive.id)
