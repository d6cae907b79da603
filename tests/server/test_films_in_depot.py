"""Films lie in the depot, too: any server serves what another one made, and what nobody needs leaves it."""

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reelroom.api.links import signed
from reelroom.archives.depositing import Depositing
from reelroom.archives.film_files import FilmFiles
from reelroom.archives.superseded import superseded
from reelroom.files.deposited import Deposited, read_deposited
from reelroom.files.depot import Depot
from reelroom.files.films import SUMMARY, WORDS, Storage
from reelroom.roles.everything import Server
from reelroom.store.node import LeaseLost
from reelroom.store.transcripts import KeptTranscript
from reelroom.store.values import Archive, Bucket, KeptTake, Session
from tests.s3_server import ACCESS_KEY, SECRET_KEY, s3_server
from tests.server.conftest import caller
from tests.server.sharing import Servers

FILM = bytes(range(256)) * 40_000  # 10 MB: more than one piece


@pytest.fixture(params=["folder", "s3"])
def depot(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    if request.param == "folder":
        yield {"depot": f"file://{tmp_path}/depot"}
        return
    with s3_server(tmp_path / "s3") as s3:
        s3.make_bucket("depot")
        yield {
            "depot": "s3://depot/reelroom",
            "depot_endpoint": s3.url,
            "depot_access_key": ACCESS_KEY,
            "depot_secret_key": SECRET_KEY,
        }


def depositing(server: Server) -> Depositing:
    assert server.depositing is not None
    return server.depositing


async def in_depot(server: Server, archive: Archive) -> set[str]:
    """The suffixes of the objects that lie there."""
    names = await depositing(server)._depot.list(f"films/{archive.id}")
    return {name[32:] for name, _ in names}


def made(server: Server, archive: Archive, film: bytes = FILM) -> None:
    """A composer's work, kept here."""
    folder = server.storage.folder
    folder.mkdir(exist_ok=True)
    names = {"timeline.json": b'{"names": {"1": "Ada"}, "start": 0, "end": 9, "turns": []}', "poster.jpg": b"a face"}
    for name, data in {**names, "mp4": film}.items():
        (folder / f"{archive.id}.{name}").write_bytes(data)


async def a_film(server: Server, *, finish: bool = True) -> Archive:
    """One that this server has made, and told of."""
    await server.projects.ensure_own_project()
    session = Session(id="session", project=server.keys.api_key, created_at=1)
    take = KeptTake(id="take", session_id=session.id, created_at=1, stopped_at=2, node=server.node.name)
    await server.store.add(session)
    await server.store.add(take)
    archive = Archive(
        id="11111111-2222-4333-8444-555555555555",
        session_id=session.id,
        take_id=take.id,
        status="stopped",
        resolution="640x480",
        start_us=0,
        end_us=9_000_000,
        created_at=1,
        updated_at=1,
    )
    await server.store.add(archive)
    made(server, archive)
    assert await server.node.hold("archive", archive.id)
    if finish:
        await finished(server, archive)
        await server.node.let_go("archive", archive.id)
    return await server.archives.get(archive.id)


async def finished(server: Server, archive: Archive) -> bool:
    digest = base64.b64encode(hashlib.sha256(FILM).digest()).decode()
    return await server.archives.changes.finish(
        archive.id, by=server.node, size=len(FILM), sha256sum=digest, reason=""
    )


async def two_of(servers: Servers, depot: dict[str, Any]) -> tuple[Server, Server]:
    one, two = servers.add("one", **depot), servers.add("two", **depot)
    for each in (one, two):
        await each.node.be_known()
    return one, two


def link(server: Server, archive: Archive, suffix: str = ".mp4") -> str:
    return signed(server, f"{archive.id}{suffix}", 2**40).removeprefix(server.settings.base_url)


async def test_another_server_serves_a_film_by_its_ranges(servers: Servers, depot: dict[str, str]) -> None:
    one, two = await two_of(servers, depot)
    archive = await a_film(one)
    async with caller(one, servers.folder) as at_one, caller(two, servers.folder) as at_two:
        whole = await at_two.get(link(two, archive))
        assert (whole.status_code, whole.content) == (200, FILM)
        assert whole.headers["content-type"] == "video/mp4"
        assert whole.headers["content-length"] == str(len(FILM))
        assert ".mp4" in whole.headers["content-disposition"]
        assert whole.headers["etag"] == (await at_one.get(link(one, archive))).headers["etag"]
        for asked, start, end in (("0-99", 0, 100), ("4194300-4194400", 4194300, 4194401), ("-10", -10, None)):
            for client, server in ((at_one, one), (at_two, two)):
                some = await client.get(link(server, archive), headers={"Range": f"bytes={asked}"})
                assert (some.status_code, some.content) == (206, FILM[start:end])
                assert some.headers["content-range"].endswith(f"/{len(FILM)}")
        head = await at_two.head(link(two, archive), headers={"Range": "bytes=5-"})
        assert (head.status_code, head.headers["content-length"], head.content) == (206, str(len(FILM) - 5), b"")
        beyond = await at_two.get(link(two, archive), headers={"Range": f"bytes={len(FILM)}-"})
        assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(FILM)}")
        assert (await at_two.get(link(two, archive, ".poster.jpg"))).content == b"a face"
        assert (await at_two.get(link(two, archive, ".chat.json"))).status_code == 404
        assert two.films.suffixes(archive) == {".mp4", ".timeline.json", ".poster.jpg"}
        assert two.storage.archives() == frozenset(), "nothing of it comes to its disk"


async def test_a_film_that_is_deleted_for_good_leaves_the_depot_whoever_deletes_it(
    servers: Servers, depot: dict[str, str]
) -> None:
    one, two = await two_of(servers, depot)
    archive = await a_film(one)
    await two.archives.delete(archive.id)
    await depositing(two).look()
    assert ".mp4" in await in_depot(two, archive), "it lies in the bin"
    await two.archives.restore(archive.id)
    async with caller(two, servers.folder) as client:
        assert (await client.get(link(two, archive))).content == FILM
    await two.archives.delete(archive.id, forever=True)
    await depositing(two).look()
    assert await in_depot(two, archive) == set()
    assert (await two.archives.get(archive.id)).deposited == ""
    await one.archives.bin.empty()
    await depositing(one).look()
    assert not list(one.storage.folder.iterdir())
    assert await in_depot(one, archive) == set()


async def test_a_depot_that_is_away_keeps_no_film_from_being_available(servers: Servers) -> None:
    one, two = await two_of(servers, {"depot": f"file://{servers.folder}/depot"})
    blocked = servers.folder / "depot" / "films"
    blocked.write_text("a file where a folder should be")
    archive = await a_film(one)
    assert archive.status == "available"
    async with caller(two, servers.folder) as client:
        answer = await client.get(link(two, archive))
        assert answer.status_code == 404
        assert "not in the depot yet" in answer.json()["message"]
        blocked.unlink()
        await depositing(one).look()
        assert (await client.get(link(two, archive))).content == FILM
        blocked.rename(servers.folder / "gone")
        away = await client.get(link(two, archive))
        assert away.status_code == 503
        assert "depot" in away.json()["message"]


async def test_who_was_frozen_while_it_brought_a_film_says_nothing_of_it(servers: Servers) -> None:
    one, two = await two_of(servers, {"depot": f"file://{servers.folder}/depot"})
    archive = await a_film(one, finish=False)
    servers.time_passes()
    assert await two.node.hold("archive", archive.id)
    with pytest.raises(LeaseLost):
        await finished(one, archive)
    assert (await two.archives.get(archive.id)).deposited == ""
    made(two, archive)
    assert await finished(two, archive)
    made(one, archive, FILM[:-1])  # what one has is another film
    await depositing(one).look()
    async with caller(one, servers.folder) as client:
        assert (await client.get(link(one, archive))).content == FILM


async def test_words_that_are_made_anew_elsewhere_are_those_that_count(servers: Servers) -> None:
    one, two = await two_of(servers, {"depot": f"file://{servers.folder}/depot"})
    archive = await a_film(one)
    for server, text in ((one, "first words"), (two, "other words")):
        server.storage.folder.mkdir(exist_ok=True)
        for suffix in WORDS:
            server.storage.path(archive.id, suffix).write_text(json.dumps(text))
        assert await server.node.hold("transcript", archive.id)
        await depositing(server).words_made(archive.id, "")
        await server.node.let_go("transcript", archive.id)
    await depositing(one).look()
    archive = await one.archives.get(archive.id)
    for server in (one, two):
        assert json.loads(await server.films.read(archive, WORDS[0]) or b"") == "other words"
        assert ".mp4" in server.films.suffixes(archive)


async def test_a_summary_that_one_server_has_made_is_read_from_each(servers: Servers) -> None:
    one, two = await two_of(servers, {"depot": f"file://{servers.folder}/depot"})
    archive = await a_film(one)
    asked = KeptTranscript(archive_id=archive.id, node=one.node.name, next_at=None, created_at=1, updated_at=1)
    await one.store.add(asked)
    for text in ("first", "made again"):
        known = await one.store.transcripts.ask_for_summary(archive.id, len(text))
        assert known is not None and await one.node.hold("summary", archive.id)
        one.storage.path(archive.id, SUMMARY).write_text(text)
        assert await one.archives.changes.summed_up(known, "available", "", by=one.node)
        assert not await one.archives.changes.summed_up(known, "available", "", by=one.node), "it is settled"
        await one.node.let_go("summary", archive.id)
        assert await two.films.read(await two.archives.get(archive.id), SUMMARY) == text.encode()


async def test_a_film_that_has_got_captions_comes_anew(servers: Servers) -> None:
    one, two = await two_of(servers, {"depot": f"file://{servers.folder}/depot"})
    archive = await a_film(one)
    captioned = FILM + b"captions"
    file = {"sha256sum": base64.b64encode(hashlib.sha256(captioned).digest()).decode(), "size": len(captioned)}
    await one.store.add(
        KeptTranscript(archive_id=archive.id, node=one.node.name, next_at=1, created_at=1, updated_at=1)
    )
    one.storage.path(archive.id).write_bytes(captioned)
    assert await one.node.hold("transcript", archive.id)
    blocked = servers.folder / "depot" / "films"
    blocked.rename(servers.folder / "away")
    blocked.write_text("a file where a folder should be")
    assert await one.archives.changes.transcribed(archive.id, "available", by=one.node, file=file, next_at=None)
    blocked.unlink()
    (servers.folder / "away").rename(blocked)
    async with caller(two, servers.folder) as client:
        assert (await client.get(link(two, archive))).content == FILM
        await depositing(one).look()
        assert (await client.get(link(two, archive))).content == captioned


async def test_a_film_that_became_another_leaves_the_depot_once_nobody_can_be_watching(
    servers: Servers, depot: dict[str, str]
) -> None:
    one, _ = await two_of(servers, depot)
    archive = await a_film(one)
    known = read_deposited(archive.deposited)
    store, folder = depositing(one)._depot, f"films/{archive.id}"
    for name in (f"{'a' * 32}.mp4", f"{'b' * 32}.captions.vtt"):
        await store.create(f"{folder}/{name}", b"of before")
    superseded = depositing(one).superseded
    await superseded.look()
    assert len(await store.list(folder)) == len(known) + 2, "somebody may be watching it"
    await superseded.look(datetime.now(UTC) + timedelta(hours=25))
    there = {name for name, _ in await store.list(folder)}
    assert there == {f"{file.digest}{suffix}" for suffix, file in known.items()}
    async with caller(one, servers.folder) as client:
        assert (await client.get(link(one, archive))).content == FILM


def test_an_earlier_film_was_in_use_until_the_next_one_came() -> None:
    now = datetime(2026, 1, 10, tzinfo=UTC)
    first, second, words = (
        f"{digit * 32}{suffix}" for digit, suffix in (("a", ".mp4"), ("b", ".mp4"), ("c", ".vtt"))
    )
    came = {first: now - timedelta(days=9), second: now - timedelta(hours=2), words: now - timedelta(days=2)}
    known = {".mp4": Deposited("b" * 32, 1)}
    assert superseded(came, known, now) == [words]
    assert superseded(came, known, now + timedelta(days=1)) == [first, words]
    assert superseded(came, {".mp4": Deposited("a" * 32, 1)}, now + timedelta(days=1)) == [second, words]


async def test_what_went_to_a_bucket_leaves_the_depot_but_for_its_words(servers: Servers) -> None:
    one, two = await two_of(servers, {"depot": f"file://{servers.folder}/depot"})
    archive = await a_film(one)
    one.storage.path(archive.id, WORDS[0]).write_text("{}")
    await depositing(one).look()
    await one.archives.changes.move(archive.id, "uploaded")
    one.storage.remove(archive.id, WORDS)
    assert await depositing(one)._see_to_each([await one.archives.get(archive.id)])
    assert await in_depot(two, archive) == {WORDS[0]}
    assert two.films.suffixes(await two.archives.get(archive.id)) == {WORDS[0]}


async def test_a_film_for_a_bucket_does_not_come_to_the_depot(servers: Servers) -> None:
    one, _ = await two_of(servers, {"depot": f"file://{servers.folder}/depot"})
    archive = await a_film(one, finish=False)
    bucket = Bucket(project=one.keys.api_key, kind="s3", config={}, fallback=False, created_at=1)
    await one.store.add(bucket)
    await finished(one, archive)
    assert (await one.archives.get(archive.id)).deposited == ""


async def test_words_are_forgotten_by_who_makes_others_alone(servers: Servers) -> None:
    one, two = await two_of(servers, {"depot": f"file://{servers.folder}/depot"})
    archive = await a_film(one)
    for suffix in WORDS:
        one.storage.path(archive.id, suffix).write_text("{}")
    await depositing(one).look()
    archive = await one.archives.get(archive.id)
    two.storage.folder.mkdir(exist_ok=True)
    two.storage.path(archive.id, WORDS[0]).write_text("late words")
    with pytest.raises(LeaseLost):
        await depositing(two).words_made(archive.id, "")
    assert (await one.archives.get(archive.id)).deposited == archive.deposited
    two.storage.path(archive.id, WORDS[0]).unlink()
    await two.transcribing.words.follow(archive)  # a correction was undone there
    assert (await one.archives.get(archive.id)).deposited == archive.deposited
    assert two.films.suffixes(await two.archives.get(archive.id)) >= set(WORDS)


async def test_what_is_said_of_the_depot_is_found_by_another_server(servers: Servers) -> None:
    """A server that made nothing of a film reads who is in it, and what is said."""
    one, two = await two_of(servers, {"depot": f"file://{servers.folder}/depot"})
    archive = await a_film(one)
    await two.finding._read(archive)
    (found,) = (await two.store.film_texts.of_archives([archive.id])).values()
    assert found.people == ["Ada"]


async def test_nothing_is_held_in_memory_but_a_piece(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = await two_of(servers, {"depot": f"file://{servers.folder}/depot"})
    archive = await a_film(one)
    sizes: list[int] = []
    read = Depot.read_range

    async def watched(self: Depot, key: str, start: int, end: int) -> bytes:
        sizes.append(end - start)
        return await read(self, key, start, end)

    monkeypatch.setattr(Depot, "read_range", watched)
    pieces = two.films.pieces(archive, ".mp4")
    await anext(pieces)
    assert sizes == [4 << 20], "what nobody has asked for yet is not read"
    assert b"".join([piece async for piece in pieces]) == FILM[4 << 20 :]


def test_without_a_depot_only_what_lies_here_counts(tmp_path: Path) -> None:
    films = FilmFiles(Storage(tmp_path))
    archive = Archive(
        id="a", session_id="s", take_id="t", status="available", resolution="640x480", start_us=0, created_at=1,
        updated_at=1, deposited='{".mp4": ["00", 1]}',
    )  # fmt: skip
    assert films.suffixes(archive) == frozenset()
    assert read_deposited(archive.deposited)[".mp4"].size == 1
