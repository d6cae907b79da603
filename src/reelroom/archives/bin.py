"""The bin: films that were deleted, for as long as they can be restored."""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from reelroom.config import Settings
from reelroom.files.films import Storage
from reelroom.store.database import now_ms
from reelroom.store.store import Store
from reelroom.store.values import Archive

_log = structlog.get_logger()

DAY_MS = 24 * 3600 * 1000
_AT_ONCE = 500  # ids in a query


class Bin:
    """What lies in it, and what is removed from it."""

    def __init__(self, settings: Settings, store: Store, storage: Storage) -> None:
        self._keep_ms = int(settings.keep_deleted_days * DAY_MS)
        self._store = store
        self._storage = storage
        self.thrown: Callable[[str], None] = lambda _archive_id: None  # told of what is to leave the depot, too

    async def of_session(self, session_id: str) -> Sequence[Archive]:
        """The archives of a session that can be restored, newest first."""
        return await self._store.archives.in_bin(session_id)

    def until(self, archive: Archive) -> int | None:
        """Until when (ms) a deleted archive can be restored; None for any other."""
        if archive.deleted_from is None or archive.deleted_at is None:
            return None
        return archive.deleted_at + self._keep_ms

    async def throw_away(self, archive_id: str) -> None:
        """One archive cannot be restored any more, and its files here are removed."""
        await self._store.archives.empty_bin(archive_id=archive_id)
        await asyncio.to_thread(self._storage.remove, archive_id)
        self.thrown(archive_id)

    async def oldest_here(self) -> str | None:
        """Of the films that lie here, that which was deleted first; None when the bin holds none of them."""
        here = await asyncio.to_thread(self._storage.archives)
        return next((binned for binned in await self._store.archives.binned() if binned in here), None)

    async def empty(self) -> None:
        """What has been there for its time goes, with the files that lie here."""
        await self._store.archives.empty_bin(before=now_ms() - self._keep_ms)
        here = sorted(await asyncio.to_thread(self._storage.archives))
        for some in range(0, len(here), _AT_ONCE):
            for archive_id in await self._store.archives.gone(here[some : some + _AT_ONCE]):
                await asyncio.to_thread(self._storage.remove, archive_id)
                _log.info("film removed from the bin", archive=archive_id)
