"""What runs at a time is bounded, by project, by address and by machine; what waits is, too."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest

from reelroom.api.app import create_app
from reelroom.archives.calls import ArchiveOrder
from reelroom.archives.queue import has_room
from reelroom.cutting.recut import RecutOrder
from reelroom.errors import NotFound, Overloaded, TooMany
from reelroom.store.database import now_ms
from tests.server.conftest import House

DAYS = 24 * 3600 * 1000


@pytest.fixture
async def client(house: House, tmp_path: Path) -> Any:
    """Calls from one address of the network."""
    (tmp_path / "page" / "assets").mkdir(parents=True)
    (tmp_path / "page" / "index.html").write_text("<!doctype html>")
    app = create_app(house.server, tmp_path / "page")
    transport = httpx.ASGITransport(app, client=("2001:db8:1:2::3", 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


def limited(house: House, **settings: Any) -> None:
    """From now on with these settings."""
    changed = house.server.settings.model_copy(update=settings)
    house.server.quotas._settings = house.server.archives._settings = changed
    house.server.taps._settings = changed


async def test_an_address_has_so_many_recordings_running(house: House, client: httpx.AsyncClient) -> None:
    limited(house, most_of_an_address=2)
    renders = [(await client.post("/render", json={"roomName": f"room {number}"})).json() for number in range(2)]
    again = await client.post("/render", json={"roomName": "room 0"})
    assert again.json()["id"] == renders[0]["id"]  # it asks for nothing more
    refused = await client.post("/render", json={"roomName": "room 2"})
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
    assert refused.json()["message"].startswith("2 recordings that your address has begun run already")
    with pytest.raises(TooMany):
        await house.server.rooms.record("room 2", address="2001:db8:1:2::/64")  # counted as the guard counts
    await house.server.rooms.record("room 3", address="192.0.2.1")
    await client.get(f"/render/stop/{renders[0]['id']}")
    assert (await client.post("/render", json={"roomName": "room 2"})).status_code == 200


async def test_a_project_has_so_much_running(house: House) -> None:
    limited(house, most_of_a_project=2)
    quotas, project = house.server.quotas, house.project.key
    session = await house.session()
    await house.engine.join(session, "ann")
    async with quotas.beginning(project), quotas.beginning(project):
        with pytest.raises(TooMany, match="REELROOM_MOST_OF_A_PROJECT"):
            async with quotas.beginning(project):
                pass
        async with quotas.beginning("another"):
            pass
    for tag in ("one", "two"):
        async with quotas.beginning(project):
            archive = await house.server.session_archives.start(house.project, session, ArchiveOrder(tag=tag))
    with pytest.raises(TooMany):
        async with quotas.beginning(project):
            pass
    await house.server.session_archives.stop(house.project, archive.id)
    async with quotas.beginning(project):
        pass
    with pytest.raises(TooMany):
        async with quotas.beginning(project, beside=1):
            pass


async def test_a_machine_carries_no_more_than_it_is_to(house: House) -> None:
    limited(house, most_recordings=1)
    await house.server.rooms.record("first")
    with pytest.raises(Overloaded, match="1 recordings run on this machine"):
        await house.server.rooms.record("second")
    assert await house.server.store.rooms.get("second") is None


async def test_films_that_wait_to_be_made_are_bounded(house: House) -> None:
    session = await house.session()
    await house.engine.join(session, "ann")
    archive = await house.server.session_archives.start(house.project, session, ArchiveOrder())
    await house.server.session_archives.stop(house.project, archive.id)
    store, stopped = house.server.store, await house.server.archives.get(archive.id)
    await store.add(*(replace(stopped, id=str(uuid4()), tag=str(each), recut_of=archive.id) for each in range(2)))
    await has_room(store, archive.take_id, 15)
    with pytest.raises(TooMany, match="of this recording"):
        await has_room(store, archive.take_id, 10)
    with pytest.raises(Overloaded, match="2 films wait"):
        await has_room(store, "another take", 2)
    limited(house, most_recuts=10)
    with pytest.raises(TooMany):
        await house.server.archives.recut(archive.id, RecutOrder())


async def test_rooms_that_nobody_entered_go(house: House) -> None:
    rooms = house.server.rooms
    visited = await rooms.open("visited")
    await rooms.connect(visited.session_id, visited.token, "Ann")
    invited = await rooms.open("invited")
    await rooms.invite("invited", "publisher", 90 * 24 * 3600)
    await rooms.record("recorded")
    asked = await rooms.open("asked for")
    await rooms.invite("asked for", "moderator", 90 * 24 * 3600, owner=True)
    expiry, now = house.server.room_expiry, now_ms()
    await expiry.look(now + 2 * DAYS)  # its tokens live for a day longer
    assert await house.server.store.rooms.get("asked for") is not None
    await expiry.look(now + 4 * DAYS)
    kept = [name for name in ("visited", "invited", "recorded", "asked for") if await _is_there(house, name)]
    assert kept == ["visited", "invited", "recorded"]
    with pytest.raises(NotFound):
        await rooms.connect(asked.session_id, asked.token, "Ann")
    assert (await rooms.open("asked for")).owned  # a new room, of whoever asks now
    assert (await rooms.open("invited")).session_id == invited.session_id
    assert await house.server.rooms.invitations("asked for") == []


async def _is_there(house: House, name: str) -> bool:
    return await house.server.store.rooms.get(name) is not None


async def test_a_room_of_a_name_with_every_letter_expires_too(house: House, client: httpx.AsyncClient) -> None:
    name = "Über Café #1?x=%41"
    assert (await client.get(f"/session/{quote(name, safe='')}")).status_code == 200
    await house.server.room_expiry.look(now_ms() + 4 * DAYS)
    assert not await _is_there(house, name)
