"""Rooms that nobody ever entered go after a while; a name that is asked for again is a new room."""

import structlog

from reelroom.archives.bin import DAY_MS
from reelroom.config import Settings
from reelroom.processes.looks import Looks
from reelroom.store.database import now_ms
from reelroom.store.store import Store

_log = structlog.get_logger()

_EVERY_SECONDS = 600.0


class RoomExpiry:
    """Looks now and then. A room that was entered, recorded or is invited into stays."""

    def __init__(self, settings: Settings, store: Store) -> None:
        # The tokens that were given for it are worth nothing by then.
        self._keep_ms = int(settings.keep_unvisited_days * DAY_MS) + settings.token_seconds * 1000
        self._store = store
        problem = "rooms that nobody entered could not be removed"
        self._looks = Looks(lambda: self.look(now_ms()), _EVERY_SECONDS, problem)

    def start(self) -> None:
        """Look from now on."""
        self._looks.start("rooms")

    async def look(self, now: int) -> None:
        """Remove those whose time was over by `now` (ms)."""
        while gone := await self._store.rooms.forget_unvisited(now - self._keep_ms, now):
            _log.info("rooms that nobody entered removed", count=gone)

    async def close(self) -> None:
        """Look no more."""
        await self._looks.close()
