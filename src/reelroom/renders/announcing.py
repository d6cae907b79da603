"""What a room is told of its recording: everybody in it, and who joins later."""

from typing import Any

import structlog

from reelroom.engine.livekit import Engine, EngineError
from reelroom.engine.metadata import RoomMetadata
from reelroom.store.store import Store
from reelroom.store.values import Archive, Render

_log = structlog.get_logger()


class Announcing:
    """Of renders that were started in their room; of others nobody there is told."""

    def __init__(self, store: Store, engine: Engine) -> None:
        self._store = store
        self._engine = engine
        self._metadata = RoomMetadata(store, engine)

    async def state(self, render: Render) -> None:
        """Say how a recording stands that starts or goes on."""
        archive = await self._store.archives.of_render(render.id)
        await self.announce(render, "recording" if archive else "starting", archive)

    async def announce(
        self, render: Render, state: str | None, archive: Archive | None = None, notice: str | None = None
    ) -> None:
        """Say it as the room's metadata; a `state` of None: it is over."""
        if not render.own:
            return
        recording: dict[str, Any] | None = None
        if state is not None:
            recording = {
                "state": state,
                "renderId": render.id,
                "archiveId": archive.id if archive else None,
                "renderedSessionId": render.session_id,
                "startedAt": archive.created_at if archive else render.created_at,
            }
        try:
            await self._metadata.tell(render.room_session_id or "", {"recording": recording, "notice": notice})
        except EngineError as error:
            _log.warning("room not told", render=render.id, error=str(error))

    async def signal(self, render: Render, topic: str, text: str) -> None:
        """Send a message to everybody in the render's room."""
        try:
            await self._engine.send(render.room_session_id or "", topic, text)
        except EngineError as error:
            _log.warning("room not signalled", render=render.id, topic=topic, error=str(error))
