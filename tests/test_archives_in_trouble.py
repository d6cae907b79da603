"""Archives whose disks fail, and whose composers are killed: the film is late, and whole."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from reelroom.archives.film_now import FilmNow
from reelroom.files.films import Storage
from reelroom.store.values import Archive
from tests.archive_world import World, streams, two_people
from tests.disks import fill, make_read_only, small_disk
from tests.takes import RED


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await World.open(tmp_path)
    yield world
    await world.close()


async def wait_for_obstacle(world: World, archive: Archive) -> str:
    async with asyncio.timeout(60):
        while not (film := world.archives.made_here().get(archive.id, FilmNow())).obstacle:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return film.obstacle


def test_films_may_be_kept_on_another_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path / "archives", 8) as disk:
        made = tmp_path / "a.mp4"
        made.write_bytes(b"film")
        made.with_suffix(".poster.jpg").write_bytes(b"poster")
        storage = Storage(disk)
        assert storage.keep(made, "b").read_bytes() == b"film"
        assert sorted(path.name for path in disk.iterdir()) == ["b.mp4", "b.poster.jpg"]
        assert not made.exists()
        storage.remove("b")
        assert not list(disk.iterdir())
        made.write_bytes(bytes(9 << 20))
        with pytest.raises(OSError, match="No space left"):
            storage.keep(made, "b")
        assert made.exists()
        assert not list(disk.iterdir())


async def test_a_full_disk_is_waited_out(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 24) as disk:
        world = await World.open(disk)
        archive = await world.archive(await world.take(two_people), 0, 5)
        filler = await asyncio.to_thread(fill, disk, 8192)
        world.archives.resume(archive)
        assert await wait_for_obstacle(world, archive) == "the disk is full"
        assert (await world.archives.get(archive.id)).status == "stopped"
        filler.unlink()
        made = await world.settled(archive.id)
        assert (made.status, made.reason, made.duration_ms) == ("available", "user initiated", 5000)
        assert streams(world.storage.path(archive.id))[0] == pytest.approx(5, abs=0.1)
        await world.close()


async def test_a_disk_that_cannot_be_written_is_waited_out(tmp_path: Path) -> None:
    with small_disk(tmp_path / "takes", 24) as disk:
        world = await World.open(tmp_path)
        archive = await world.archive(await world.take(two_people), 0, 1)
        make_read_only(disk)
        world.archives.resume(archive)
        assert await wait_for_obstacle(world, archive) == (
            "the data directory cannot be written: it is mounted read-only"
        )
        make_read_only(disk, False)
        assert (await world.settled(archive.id)).status == "available"
        await world.close()


async def test_a_server_that_stops_while_the_disk_is_full_goes_on_later(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 24) as disk:
        world = await World.open(disk)
        archive = await world.archive(await world.take(two_people), 0, 2)
        filler = await asyncio.to_thread(fill, disk, 8192)
        world.archives.resume(archive)
        await wait_for_obstacle(world, archive)
        began = time.monotonic()
        await world.close()
        assert time.monotonic() - began < 3
        filler.unlink()
        world = await World.open(disk)
        (left,) = await world.store.archives.in_states("stopped")
        assert (await world.made(left)).status == "available"
        await world.close()


async def test_a_composer_that_is_killed_again_and_again_fails_no_archive(world: World) -> None:
    """As the kernel does where memory is short: it is no fault of the film."""
    take = await world.take(lambda take: take.person(0, "ann", RED, 440, 5, speaks=((1, 2.8),)))
    archive = await world.archive(take, 0, 5)
    world.archives.resume(archive)
    killed: set[int] = set()
    while len(killed) < 7:
        pid = world.archives.pid(archive.id)
        if pid is not None and pid not in killed:
            killed.add(pid)
            os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(0.01)
    made = await world.settled(archive.id)
    assert (made.status, made.duration_ms) == ("available", 5000)
