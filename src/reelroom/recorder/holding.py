"""Takes of sessions with their taps running: all who show or film a session share one, and hold it together."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from uuid import uuid4

from reelroom.opentok.streams import Stream
from reelroom.recorder.taps import TapFailed, Taps
from reelroom.store.database import Session, Store, Take, now_ms
from reelroom.takes.folder import Take as TakeFolder
from reelroom.takes.folder import TakeError, TakeInfo

Classes = Mapping[str, tuple[str, ...]]  # of each stream, by the track that it goes by


class SessionTakes:
    """A holder is whatever has that id: an archive, a broadcast."""

    def __init__(self, store: Store, taps: Taps) -> None:
        self._store = store
        self._taps = taps
        self._lock = asyncio.Lock()
        # Called with a session's id when its tap had to join again, and the room may know nothing any more.
        self.rejoin_listeners: list[Callable[[str], None]] = []
        # Each is told that streams of a session have these layout classes from now on.
        self.class_listeners: list[Callable[[str, Classes], Awaitable[None]]] = []

    async def hold(self, session: Session, holder: str) -> str:
        """The id of a take of the session, with its tap in the room. Raises TapFailed, OSError."""
        async with self._lock:
            if (shared := self._taps.hold(session.id, holder)) is not None:
                return shared
            take = Take(id=str(uuid4()), session_id=session.id, created_at=now_ms(), stopped_at=None)
            await self._store.add(take)
            info = TakeInfo(id=take.id, session_id=session.id, room_name="", created_at=take.created_at)
            try:
                folder = await asyncio.to_thread(TakeFolder.create, self._taps.folder(take.id), info)
                await self._taps.start(folder, lambda: self._rejoined(session.id), holder)
            except BaseException:
                await self._store.stop_take(take.id)
                raise
            return take.id

    def _rejoined(self, session_id: str) -> None:
        for listener in self.rejoin_listeners:
            listener(session_id)

    async def release(self, take_id: str, holder: str) -> None:
        """Hold a take no more; it ends with its last holder."""
        if await self._taps.stop(take_id, holder):
            await self._store.stop_take(take_id)

    async def resume(self, take: Take, holders: Sequence[str]) -> None:
        """A take that an earlier server left running goes on for these holders; with none, it ends."""
        try:
            folder = await asyncio.to_thread(TakeFolder.open, self._taps.folder(take.id))
            if not holders:
                await self._taps.end_survivor(folder)
                await self._store.stop_take(take.id)
                return
            await self._taps.start(folder, lambda: self._rejoined(take.session_id), holders[0])
        except (TapFailed, TakeError):
            await self._store.stop_take(take.id)
            return
        for holder in holders[1:]:
            self._taps.hold(take.session_id, holder)

    async def note_classes(self, session_id: str, streams: Sequence[Stream]) -> None:
        """Streams of a session have these layout classes from now on: what is composed of it follows."""
        classes = {each.track: each.classes for each in streams}
        for listener in self.class_listeners if classes else ():
            await listener(session_id, classes)
