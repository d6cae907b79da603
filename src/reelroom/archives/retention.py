"""Takes are kept for a set time after they were stopped, and deleted films in the bin, then removed; films stay.

Where the disk is nearly full, what lies in the bin gives way before its time: before a recording is refused or ends.
"""

import asyncio
import shutil
from pathlib import Path

import structlog

from reelroom.archives.bin import DAY_MS
from reelroom.archives.depositing import Depositing
from reelroom.archives.library import Archives
from reelroom.config import Settings
from reelroom.files.durable import sync_folder
from reelroom.files.space import free_mb
from reelroom.processes.looks import Looks
from reelroom.recorder.shipping import Shipping
from reelroom.store.database import now_ms
from reelroom.store.store import Store

_log = structlog.get_logger()

_LONGEST_PAUSE = 3600.0  # seconds between two looks
_SPACE_SECONDS = 1.0  # between two looks at how much of the disk is free


class Retention:
    """Removes what is too old, now and then."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        archives: Archives,
        shipping: Shipping | None = None,
        depositing: Depositing | None = None,
    ) -> None:
        self._shipping = shipping
        self._depositing = depositing
        self._keep_ms = settings.keep_takes_days * DAY_MS
        self._data_dir = settings.data_dir
        self._least_mb = settings.min_free_mb
        self._takes = settings.data_dir / "takes"
        self._store = store
        self._archives = archives
        seldom = min(_LONGEST_PAUSE, max(1.0, self._keep_ms / 24_000))
        self._looks = Looks(self.look, seldom, "old takes could not be removed")
        self._looks_at_space = Looks(self.make_room, _SPACE_SECONDS, "no room could be made on the disk")

    def start(self) -> None:
        """Begin to look."""
        self._looks.start("retention")
        self._looks_at_space.start("space")

    async def make_room(self) -> None:
        """Where the disk lets no recording start, films that the depot has, too, give way, the oldest first.

        Then the bin does: what was deleted first before the rest.
        """
        while (free := await asyncio.to_thread(free_mb, self._data_dir)) < self._least_mb:
            if self._depositing is not None and await self._depositing.make_room():
                continue
            oldest = await self._archives.bin.oldest_here()
            if oldest is None:
                return
            _log.warning(
                "a deleted film is removed before its time: the disk is nearly full",
                archive=oldest,
                free_mb=round(free),
                needed_mb=self._least_mb,
            )
            await self._archives.bin.throw_away(oldest)
            await self._remove_takes()

    async def look(self) -> None:
        """Remove the takes whose time is over, of those that lie here; what was left half removed goes, too.

        The bin first: the takes of what it held may go with it.
        """
        await self._archives.bin.empty()
        await self._remove_takes()

    async def _remove_takes(self) -> None:
        here = set(await asyncio.to_thread(self._folders))
        over = await self._store.takes.that_may_go(before=now_ms() - int(self._keep_ms))
        for take in await self._archives.whereabouts.of_the_gone(over):
            await self._archives.whereabouts.remove_from_depot(take.id)  # first: nobody would come back to it
            await self._store.takes.mark_removed(take.id)
            _log.info("take of a server that is gone removed", take=take.id, stopped_at=take.stopped_at)
        for take in over:
            if take.id not in here:
                continue  # it is another server's to remove
            async with self._archives.takes_lock:
                if self._archives.is_in_use(take.id):
                    continue
                await self._store.takes.mark_removed(take.id)
            _log.info("take removed", take=take.id, stopped_at=take.stopped_at)
        for take_id in await self._store.takes.removed(here):
            if self._shipping is not None:
                await self._shipping.remove(take_id)  # first: what is here brings this server back to it
            await asyncio.to_thread(self._remove, self._takes / take_id)

    def _folders(self) -> list[str]:
        return [path.name for path in self._takes.iterdir()] if self._takes.is_dir() else []

    def _remove(self, folder: Path) -> None:
        (folder / "take.json").unlink(missing_ok=True)  # first: from now on it is no take
        shutil.rmtree(folder)
        sync_folder(self._takes)

    async def close(self) -> None:
        """Look no more."""
        await self._looks.close()
        await self._looks_at_space.close()
