"""Live captions of sessions: which there are, and how they ended."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, update

from reelroom.store.database import Rows, now_ms
from reelroom.store.tables import captionings


@dataclass(frozen=True, kw_only=True)
class Captioning:
    """Live captions of a session, from their start to their end: `status` is started, stopped or failed.

    `language` is as it was asked for (BCP 47), "" to find it out. `partial`: what is being said is shown, too. `own`:
    somebody in the room wanted them, and they end when nobody does. `max_duration` in s. One of a session runs at a
    time.
    """

    id: str
    session_id: str
    status: str = "started"
    reason: str = ""
    language: str = ""
    partial: bool = True
    own: bool = False
    max_duration: int
    callback_url: str = ""
    created_at: int
    updated_at: int


class Captionings(Rows[Captioning]):
    """Captionings by their ids."""

    table, value = captionings, Captioning

    async def running(self) -> Sequence[Captioning]:
        """All that run, oldest first."""
        query = select(captionings).where(captionings.c.status == "started")
        return await self._all(query.order_by(captionings.c.created_at, captionings.c.id))

    async def running_in(self, session_id: str) -> Captioning | None:
        """The one that runs in a session."""
        query = select(captionings).where(captionings.c.status == "started", captionings.c.session_id == session_id)
        return await self._one(query)

    async def end(self, captioning_id: str, status: str, reason: str) -> Captioning | None:
        """It has ended; None when it had already."""
        runs = captionings.c.id == captioning_id, captionings.c.status == "started"
        ended = update(captionings).where(*runs).values(status=status, reason=reason, updated_at=now_ms())
        return await self._changed(ended)
