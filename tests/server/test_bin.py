"""Deleted films lie in a bin for a while, from which whoever may change them brings them back."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from reelroom.errors import Gone
from reelroom.store.database import now_ms
from reelroom.store.tables import archives
from reelroom.store.values import Archive
from tests.disks import fill, small_disk
from tests.server.conftest import House
from tests.server.test_film_links import a_room, an_archive

DAY_MS = 24 * 3600 * 1000


async def listed(client: httpx.AsyncClient, session: str, *, deleted: bool = False) -> list[dict[str, Any]]:
    return list((await client.get(f"/archive/{session}", params={"deleted": deleted})).json())


async def pass_days(house: House, archive: Archive, days: float) -> None:
    """It was deleted so long ago."""
    then = now_ms() - int(days * DAY_MS)
    async with house.server.store._database.writing() as connection:
        await connection.execute(update(archives).where(archives.c.id == archive.id).values(deleted_at=then))


async def test_what_was_deleted_is_listed_no_more_and_comes_back_as_it_was(
    house: House, client: httpx.AsyncClient
) -> None:
    await house.tell_of(("archive", "status"))
    session = await a_room(client)
    archive = await an_archive(house, session)
    url = (await listed(client, session))[0]["url"]
    assert (await client.delete(f"/archive/{archive.id}")).status_code == 204
    assert await listed(client, session) == []
    assert (await client.get(url)).status_code == 404
    (binned,) = await listed(client, session, deleted=True)
    assert binned["id"] == archive.id
    assert binned["restorableUntil"] == pytest.approx(now_ms() + 30 * DAY_MS, abs=60_000)
    assert (await client.post(f"/archive/{archive.id}/restore")).json()["status"] == "available"
    assert [each["id"] for each in await listed(client, session)] == [archive.id]
    assert await listed(client, session, deleted=True) == []
    assert (await client.get(url)).content == b"a whole film"
    assert [told["status"] for told in await house.told()] == ["deleted", "available"]


async def test_the_bin_is_emptied_after_its_time(house: House, client: httpx.AsyncClient) -> None:
    session = await a_room(client)
    old, fresh = await an_archive(house, session), await an_archive(house, session)
    for each in (old, fresh):
        await client.delete(f"/archive/{each.id}")
    await pass_days(house, old, 30.1)
    await pass_days(house, fresh, 29.9)
    await house.server.retention.look()
    assert [each["id"] for each in await listed(client, session, deleted=True)] == [fresh.id]
    assert house.server.storage.archives() == {fresh.id}
    assert (await client.post(f"/archive/{old.id}/restore")).status_code == 410
    takes = {each.id: await house.server.store.takes.get(each.take_id) for each in (old, fresh)}
    assert takes[old.id] is not None
    assert [each.id for each in await house.server.store.takes.that_may_go(before=0)] == [old.take_id]


async def test_a_film_that_was_not_made_yet_keeps_its_take_while_it_lies_in_the_bin(
    house: House, client: httpx.AsyncClient
) -> None:
    archive = await an_archive(house, await a_room(client), status="failed")
    await client.delete(f"/archive/{archive.id}")
    assert await house.server.store.takes.that_may_go(before=now_ms()) == []
    await pass_days(house, archive, 31)
    await house.server.archives.bin.empty()
    assert [each.id for each in await house.server.store.takes.that_may_go(before=0)] == [archive.take_id]


async def test_a_disk_that_is_nearly_full_empties_the_bin_first_and_no_more_than_it_must(
    tmp_path: Path, empty_database: bytes
) -> None:
    """A real disk with two deleted films and a kept one, and a file of somebody else's that takes the rest."""
    with small_disk(tmp_path / "small", 40) as disk:
        (disk / "reelroom.db").write_bytes(empty_database)
        house = House(disk, min_free_mb=5)
        await house.open()
        old, fresh, kept = [await an_archive(house, await house.session(number)) for number in range(1, 4)]
        storage, retention = house.server.storage, house.server.retention
        for each in (old, fresh, kept):
            storage.path(each.id).write_bytes(bytes(6_000_000))
        for each in (fresh, old):
            await house.server.archives.delete(each.id)
        await pass_days(house, old, 3)
        await retention.make_room()
        assert storage.archives() == {old.id, fresh.id, kept.id}, "there is room enough"
        fill(disk, leave=2_000_000)
        await retention.make_room()
        assert storage.archives() == {fresh.id, kept.id}, "what was deleted first, and no more"
        with pytest.raises(Gone, match="the disk was full"):
            await house.server.archives.restore(old.id)
        fill(disk, leave=2_000_000).rename(disk / "more")
        await retention.make_room()
        fill(disk, leave=2_000_000)
        await retention.make_room()
        assert storage.archives() == {kept.id}, "what nobody deleted stays"
        await house.abandon()


async def test_who_may_can_remove_a_film_at_once(house: House, client: httpx.AsyncClient) -> None:
    archive = await an_archive(house, await a_room(client))
    await client.delete(f"/archive/{archive.id}")
    assert (await client.delete(f"/archive/{archive.id}", params={"forever": True})).status_code == 204
    assert house.server.storage.archives() == frozenset()
    assert (await client.post(f"/archive/{archive.id}/restore")).status_code == 410


async def test_strangers_see_no_bin(house: House, client: httpx.AsyncClient) -> None:
    session = await a_room(client)
    archive = await an_archive(house, session)
    await client.delete(f"/archive/{archive.id}")
    client.cookies.clear()
    assert await listed(client, session, deleted=True) == []
    assert (await client.post(f"/archive/{archive.id}/restore")).status_code == 403


async def test_an_application_deletes_into_the_bin_too(house: House, client: httpx.AsyncClient) -> None:
    archive = await an_archive(house, await house.session())
    await house.server.session_archives.delete(house.project, archive.id)
    assert await house.server.session_archives.all(house.project, 0, 10, None) == (0, [])
    assert (await house.server.archives.restore(archive.id)).status == "available"
