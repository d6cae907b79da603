"""Everybody in a session is told whether a tap of this server receives what they send: nobody sees the tap itself."""

import asyncio

import structlog

from reelroom.engine.livekit import Engine, EngineError
from reelroom.engine.metadata import RoomMetadata
from reelroom.recorder.holding import SessionTakes
from reelroom.store.store import Store

_log = structlog.get_logger()


class TapsTold:
    """Says so as the room's metadata, whatever the tap is there for: an archive, a broadcast or a render."""

    def __init__(self, store: Store, engine: Engine, takes: SessionTakes) -> None:
        self._metadata = RoomMetadata(store, engine)
        self._under_way: set[asyncio.Task[None]] = set()
        takes.tap_listeners.append(self._tell)
        takes.rejoin_listeners.append(self._again)

    async def _tell(self, session_id: str, tapped: bool) -> None:
        try:
            await self._metadata.tell(session_id, {"tapped": tapped})
        except EngineError as error:
            _log.warning("session not told of its tap", session=session_id, error=str(error))

    def _again(self, session_id: str) -> None:
        """The tap came back: the engine may have lost what the room was told."""
        task = asyncio.create_task(self._tell(session_id, True))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def close(self) -> None:
        """Tell nothing more."""
        for task in list(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
