"""What everybody in a room is told as its metadata: put together in the store, so that all servers say the same."""

import contextlib
from typing import Any

from reelroom.engine.livekit import Engine, EngineError
from reelroom.store.database import AlreadyThere
from reelroom.store.store import Store
from reelroom.store.values import Announcement


class RoomMetadata:
    """Each part of the server tells what it knows; what others have told stays."""

    def __init__(self, store: Store, engine: Engine) -> None:
        self._store = store
        self._engine = engine

    async def tell(self, room: str, facts: dict[str, Any]) -> bool:
        """Tell everybody in a room, and who joins later. False when the room is not open. Raises EngineError.

        Of several who tell at once each looks whether somebody was later, so that the last word is said last.
        """
        if await self._store.announcements.get(room) is None:  # what a server said that kept it in memory
            with contextlib.suppress(EngineError):
                facts = await self._engine.description(room) | facts
        told = await self._change(room, facts)
        while True:
            is_open = await self._engine.describe(room, told.facts)
            newest = await self._store.announcements.get(room) or told
            if newest.version <= told.version:
                return is_open
            told = newest

    async def _change(self, room: str, facts: dict[str, Any]) -> Announcement:
        try:
            return await self._store.announcements.change(room, facts)
        except AlreadyThere:  # somebody else was the first to tell
            return await self._store.announcements.change(room, facts)
