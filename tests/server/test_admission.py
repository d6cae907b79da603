"""What a machine cannot carry does not begin: it is refused in words, or waits, and changes nothing."""

import asyncio
from dataclasses import replace

import httpx
import pytest

from reelroom.archives.calls import ArchiveOrder
from reelroom.errors import Overloaded
from reelroom.processes.capacity import Capacity
from tests.server.conftest import House
from tests.server.waiting import eventually

SMALL = Capacity(cores=2, memory_mb=8000, descriptors=10_000, busy=0.1)


def have(house: House, **changes: float) -> None:
    house.server.machine.capacity = replace(SMALL, **changes)  # type: ignore[attr-defined]


async def recording(house: House, client: httpx.AsyncClient, count: int) -> None:
    """So many rooms are being recorded."""
    for number in range(count):
        answer = await client.post("/render", json={"roomName": f"room {number}"})
        assert answer.status_code == 200, answer.text
    await eventually(lambda: _taps(house, count))


async def _taps(house: House, count: int) -> bool:
    return len(house.server.taps.running) == count  # type: ignore[attr-defined]


def refused(answer: httpx.Response, words: str) -> None:
    assert answer.status_code == 503, answer.text
    assert words in answer.json()["message"]
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize(
    ("lacking", "words"),
    [
        ({"busy": 1.91}, "too busy for another recording: 1.9 of 2 cores work, and 4 recordings run"),
        ({"memory_mb": 100}, "too little memory left for another recording: 100 MB"),
        ({"descriptors": 20}, "Too many files and connections are open"),
    ],
    ids=["processor", "memory", "descriptors"],
)
async def test_a_recording_that_the_machine_cannot_carry_is_refused_until_it_can(
    house: House, client: httpx.AsyncClient, lacking: dict[str, float], words: str
) -> None:
    have(house)
    await recording(house, client, 4)
    before = {each.id for each in await house.server.store.renders.running()}
    have(house, **lacking)
    refused(await client.post("/render", json={"roomName": "another"}), words)
    assert words in (await client.get("/readyz")).json()["message"]
    assert {each.id for each in await house.server.store.renders.running()} == before
    assert await house.server.store.rooms.get("another") is None
    again = await client.post("/render", json={"roomName": "room 0"})  # which records already
    assert again.json()["id"] in before
    have(house)
    assert (await client.post("/render", json={"roomName": "another"})).status_code == 200


async def test_recordings_that_begin_at_once_count_before_they_show_in_what_is_measured(
    house: House, client: httpx.AsyncClient
) -> None:
    have(house, busy=1.5)
    house.server.taps.joining = 0.05  # type: ignore[attr-defined]
    calls = (client.post("/render", json={"roomName": f"room {number}"}) for number in range(12))
    answers = [answer.status_code for answer in await asyncio.gather(*calls)]
    assert sorted(set(answers)) == [200, 503]
    assert answers.count(200) == 5  # 1.5 and five times 0.06 of 2 cores, of which a tenth is spared


async def test_asking_whether_there_is_room_takes_none(house: House, client: httpx.AsyncClient) -> None:
    have(house, busy=1.4)
    await recording(house, client, 4)
    for _ in range(20):
        await client.get("/readyz")
    assert (await client.post("/render", json={"roomName": "another"})).status_code == 200


async def test_an_archive_is_refused_as_a_render_is(house: House) -> None:
    session_id = await house.session()
    await house.engine.join(session_id, "ann")
    have(house, memory_mb=50)
    with pytest.raises(Overloaded, match="too little memory"):
        await house.server.session_archives.start(house.project, session_id, ArchiveOrder())
    assert await house.server.store.takes.running() == []
    assert house.engine.metadata.get(session_id, {}) == {}


async def test_a_full_disk_is_said_to_be_one(house: House, client: httpx.AsyncClient) -> None:
    house.server.taps._settings = house.settings.model_copy(update={"min_free_mb": 10**9})
    answer = await client.post("/render", json={"roomName": "room"})
    assert answer.status_code == 507
    assert "The disk is nearly full" in answer.json()["message"]
    assert await house.server.store.renders.running() == []
