"""Archives without a server: a data directory, its store, and takes that tests make."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import av

from reelroom.archives.library import Archives
from reelroom.config import Settings
from reelroom.files.films import Storage
from reelroom.store.schema import database_url, migrate
from reelroom.store.store import Store
from reelroom.store.values import Archive, KeptTake, Session
from tests.takes import BLUE, RED, SECOND, START, TakeMaker


class World:
    """A data directory with a store and its archives; times are in s from the start of a take."""

    def __init__(self, data_dir: Path, **settings: Any) -> None:
        self.settings = Settings(data_dir=data_dir, **settings)
        self.store = Store(database_url(data_dir))
        self.storage = Storage(data_dir / "archives")
        self.archives = Archives(self.settings, self.store, self.storage)

    @classmethod
    async def open(cls, data_dir: Path, **settings: Any) -> "World":
        await asyncio.to_thread(migrate, database_url(data_dir))
        world = cls(data_dir, **settings)
        if await world.store.sessions.get("session") is None:
            await world.store.add(Session(id="session", created_at=1))
        return world

    async def take(self, fill_in: Callable[[TakeMaker], object], stopped_at: int | None = 1) -> str:
        maker = TakeMaker(self.settings.data_dir / "takes" / str(uuid4()))
        fill_in(maker)
        maker.write()
        take_id = maker.folder.name
        await self.store.add(KeptTake(id=take_id, session_id="session", created_at=1, stopped_at=stopped_at))
        return take_id

    async def archive(self, take_id: str, begin: float, end: float | None, **changes: Any) -> Archive:
        fields = {
            "id": str(uuid4()),
            "session_id": "session",
            "take_id": take_id,
            "name": "demo",
            "status": "stopped" if end is not None else "started",
            "reason": "user initiated",
            "resolution": "320x180",
            "start_us": START + round(begin * SECOND),
            "end_us": None if end is None else START + round(end * SECOND),
            "created_at": 1_764_000_000_000,
            "updated_at": 1,
        }
        archive = Archive(**(fields | changes))
        await self.store.add(archive)
        return archive

    async def made(self, archive: Archive) -> Archive:
        self.archives.resume(archive)
        return await self.settled(archive.id)

    async def settled(self, archive_id: str, seconds: float = 60) -> Archive:
        async with asyncio.timeout(seconds):
            archive = await self.archives.get(archive_id)
            while archive.status not in {"available", "failed"} or self.archives.is_in_use(archive.take_id):
                await asyncio.sleep(0.05)
                archive = await self.archives.get(archive_id)
        return archive

    async def close(self) -> None:
        await self.archives.close()
        await self.store.close()


def two_people(take: TakeMaker) -> None:
    take.event(2, "data_received", participant="ann", topic="chat", text='{"text": "Hello", "at": 1}')
    take.person(0, "ann", RED, 440, 5, speaks=((1, 2.8),))
    take.person(0.1, "bob", BLUE, 1000, 5, speaks=((3, 4.5),))


def streams(path: Path) -> tuple[float, set[str]]:
    with av.open(str(path)) as container:
        return (container.duration or 0) / 1e6, {stream.type for stream in container.streams} - {"data"}
