"""Films over many rooms: found by title and room, sorted, a page at a time, as far as one may see them."""

import json
import time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from reelroom.store.values import Archive, KeptTake
from tests.server.conftest import House
from tests.server.test_film_links import an_archive
from tests.server.waiting import eventually


async def opened(client: httpx.AsyncClient, room: str) -> str:
    """The session of a room that the client owns from now on."""
    return str((await client.get(f"/session/{room}")).json()["sessionId"])


async def found(client: httpx.AsyncClient, *sessions: str, **more: Any) -> tuple[int, list[str]]:
    answer = (await client.get("/archives", params={"session": list(sessions), **more})).json()
    return answer["count"], [each["film"]["name"] for each in answer["items"]]


async def test_films_are_found_by_title_and_room_and_sorted(house: House, client: httpx.AsyncClient) -> None:
    standup, board = await opened(client, "Weekly Standup"), await opened(client, "board")
    for number, (session, name, seconds) in enumerate(
        [(standup, "Launch 100 %", 60), (standup, "ÜBERBLICK", 10), (board, "Budget_2027", 90), (board, "Plan B", 30)]
    ):
        take = KeptTake(id=str(uuid4()), session_id=session, created_at=1, stopped_at=2)
        archive = Archive(
            id=str(uuid4()),
            session_id=session,
            take_id=take.id,
            name=name,
            status="available",
            start_us=1,
            resolution="1280x720",
            duration_ms=seconds * 1000,
            created_at=number,
            updated_at=1,
        )
        await house.server.store.add(take, archive)
    both = (standup, board)
    assert await found(client, *both) == (4, ["Plan B", "Budget_2027", "ÜBERBLICK", "Launch 100 %"])
    assert await found(client, *both, sort="oldest", count=1, offset=1) == (4, ["ÜBERBLICK"])
    assert (await found(client, *both, sort="longest"))[1][0] == "Budget_2027"
    assert (await found(client, *both, sort="title"))[1][:2] == ["Budget_2027", "Launch 100 %"]
    assert await found(client, *both, q="launch") == (1, ["Launch 100 %"])
    assert await found(client, *both, q="überblick") == (1, ["ÜBERBLICK"])
    assert await found(client, *both, q="100 %") == (1, ["Launch 100 %"])
    assert await found(client, *both, q="t_2") == (1, ["Budget_2027"])
    assert await found(client, *both, q="n_s") == (0, [])  # no wildcard
    assert await found(client, *both, q="STANDUP") == (2, ["ÜBERBLICK", "Launch 100 %"])
    assert await found(client, standup, q="budget") == (0, [])


async def test_asking_for_a_room_makes_none(house: House, client: httpx.AsyncClient) -> None:
    assert (await client.get("/archives", params={"room": "nowhere"})).json() == {"count": 0, "items": []}
    assert await house.server.store.rooms.get("nowhere") is None
    session = await opened(client, "board")
    archive = await an_archive(house, session)
    (seen,) = (await client.get("/archives", params={"room": "board"})).json()["items"]
    assert (seen["room"], seen["film"]["id"], seen["film"]["mayEdit"]) == ("board", archive.id, True)


async def test_others_see_no_bin_and_may_not_edit(house: House, client: httpx.AsyncClient) -> None:
    session = await opened(client, "board")
    kept, gone = await an_archive(house, session, name="kept"), await an_archive(house, session, name="gone")
    await client.delete(f"/archive/{gone.id}")
    assert await found(client, session) == (1, ["kept"])
    assert await found(client, session, deleted=True) == (1, ["gone"])
    client.cookies.clear()
    assert await found(client, session, deleted=True) == (0, [])
    (seen,) = (await client.get("/archives", params={"session": session})).json()["items"]
    assert (seen["film"]["id"], seen["film"]["mayEdit"]) == (kept.id, False)
    for wrong in ({"sort": "sideways"}, {"count": 101}, {"offset": -1}, {"session": ["1"] * 101}):
        assert (await client.get("/archives", params=wrong)).status_code == 400


@pytest.mark.slow
async def test_ten_thousand_films_are_no_matter(house: House, client: httpx.AsyncClient) -> None:
    session = await opened(client, "board")
    take = KeptTake(id=str(uuid4()), session_id=session, created_at=1, stopped_at=2)
    many = [
        Archive(
            id=str(uuid4()),
            session_id=session,
            take_id=take.id,
            name=f"Film {number}",
            status="available",
            resolution="1280x720",
            start_us=1,
            created_at=number,
            updated_at=1,
        )
        for number in range(10_000)
    ]
    await house.server.store.add(take, *many)
    begun = time.process_time()
    assert await found(client, session, count=2) == (10_000, ["Film 9999", "Film 9998"])
    assert (await found(client, session, q="film 77", count=1))[0] == sum(
        "77" in str(number) for number in range(10_000)
    )
    assert time.process_time() - begun < 1


def beside(house: House, archive: Archive, suffix: str, what: dict[str, Any]) -> None:
    house.server.storage.path(archive.id, suffix).write_text(json.dumps(what))


def a_transcript(*said: tuple[str, float, str]) -> dict[str, Any]:
    def words(start: float, text: str) -> list[dict[str, Any]]:
        each = enumerate(text.split())
        return [{"from": start + n / 2, "to": start + n / 2 + 0.4, "text": f" {word}"} for n, word in each]

    return {"passages": [{"name": name, "language": "en", "words": words(at, text)} for name, at, text in said]}


async def test_what_was_said_and_written_is_found_by_who_may_see_it(house: House, client: httpx.AsyncClient) -> None:
    session = await opened(client, "board")
    archive, other = await an_archive(house, session, name="one"), await an_archive(house, session, name="two")
    beside(
        house, archive, ".timeline.json", {"start": 5_000_000, "end": 95_000_000, "names": {"a": "Ann", "b": "Zoë"}}
    )
    beside(house, archive, ".chat.json", {"messages": [{"at": 47_500, "name": "Zoë", "text": "the BUDGET is here"}]})
    said = a_transcript(("Ann", 12.5, "So what about the budget?"), ("Zoë", 30, "We have one."))
    beside(house, archive, ".transcript.json", said)
    house.server.finding.start()

    async def seen(**more: Any) -> list[dict[str, Any]]:
        answer = await client.get("/archives", params={"session": session, **more})
        return list(answer.json()["items"])

    (film,) = await eventually(lambda: seen(q="budget zoe"))
    assert (film["film"]["id"], film["people"], film["moments"]) == (archive.id, ["Ann", "Zoë"], 2)
    assert film["hits"] == [
        {"at": 12.5, "kind": "words", "name": "Ann", "text": "So what about the budget?", "marks": [[18, 24]]},
        {"at": 42.5, "kind": "chat", "name": "Zoë", "text": "the BUDGET is here", "marks": [[4, 10]]},
    ]
    assert [each["film"]["id"] for each in await seen(person="zoe")] == [archive.id]
    assert await seen(person="budget") == []
    assert {each["film"]["id"] for each in await seen()} == {archive.id, other.id}
    assert all(each["hits"] == [] for each in await seen())

    beside(house, archive, ".transcript.json", a_transcript(("Ann", 12.5, "So what about costs?")))
    assert await house.server.archives.changes.transcribed(archive.id, "available", by=None)
    assert len(await eventually(lambda: seen(q="costs"))) == 1
    assert len((await seen(q="budget"))[0]["hits"]) == 1  # what was written stays

    await client.delete(f"/archive/{archive.id}")
    assert await seen(q="costs") == []
    assert len(await seen(q="costs", deleted=True)) == 1
    client.cookies.clear()
    assert await seen(q="costs", deleted=True) == []
    await house.server.archives.bin.throw_away(archive.id)
    assert await house.server.store.film_texts.of_archives([archive.id]) == {}
    await house.server.finding.close()


async def test_what_a_film_in_a_bucket_held_is_still_found(house: House, client: httpx.AsyncClient) -> None:
    session = await opened(client, "board")
    archive = await an_archive(house, session)
    beside(house, archive, ".timeline.json", {"start": 0, "names": {"a": "Ann"}})
    beside(house, archive, ".chat.json", {"messages": [{"at": 500, "name": "Ann", "text": "hello there"}]})
    await house.server.finding.look()
    house.server.storage.remove(archive.id)  # as it is done once it lies in the bucket
    beside(house, archive, ".transcript.json", a_transcript(("Ben", 1, "and words")))
    await house.server.store.archives.touch(archive.id)
    await house.server.finding.look()
    for sought in ("hello", "words", "ann", "ben"):
        assert (await found(client, session, q=sought))[0] == 1, sought
