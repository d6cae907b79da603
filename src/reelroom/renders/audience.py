"""Who receives a render's stream: the engine is asked, for the stream itself cannot see everybody.

Taps are hidden from everybody in a room, and the engine tells a publisher nothing of a hidden subscriber, not even
that it subscribed. But its list of participants has them all.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable

from livekit import api

from reelroom.engine.livekit import Engine, EngineError
from reelroom.processes.child import Message
from reelroom.takes.stage import RENDER_IDENTITY

_PAUSE_SECONDS = 2.0  # between two looks when the engine announces nothing: an announcement may be lost


def is_watched(people: Iterable[api.ParticipantInfo]) -> bool:
    """Whether somebody of a session, hidden or not, may receive what a render publishes into it."""
    return any(not person.identity.startswith(RENDER_IDENTITY) for person in people)


class Audience:
    """Tells a render's stream whether anybody receives it, at each change."""

    def __init__(self, engine: Engine, session_id: str, tell: Callable[[Message], None]) -> None:
        self.session_id = session_id
        self._engine = engine
        self._tell = tell
        self._look = asyncio.Event()

    def look(self) -> None:
        """Somebody came or went: look now."""
        self._look.set()

    async def keep_told(self) -> None:
        """Until cancelled."""
        told: bool | None = None
        while True:
            self._look.clear()
            with contextlib.suppress(EngineError):  # it is asked again soon
                watched = is_watched(await self._engine.everybody(self.session_id))
                if watched is not told:
                    self._tell({"watched": watched})
                    told = watched
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._look.wait(), _PAUSE_SECONDS)
