"""Visits: who is connected to which session, as applications were told."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, select, update

from reelroom.store.database import Rows
from reelroom.store.tables import visits
from reelroom.store.values import Visit


class Visits(Rows[Visit]):
    """Visits by session and identity."""

    table, value = visits, Visit

    async def of(self, session_id: str, identity: str) -> Visit | None:
        """That of somebody in a session; within a transaction, nobody else changes it until that is over."""
        return await self._one(select(visits).where(*_key(session_id, identity)).with_for_update())

    async def all(self) -> Sequence[Visit]:
        """Everybody who is connected anywhere."""
        return await self._all(select(visits).order_by(visits.c.session_id, visits.c.identity))

    async def anybody(self, session_id: str) -> bool:
        """Whether somebody is connected to a session."""
        return await self._one(select(visits).where(visits.c.session_id == session_id).limit(1)) is not None

    async def note(self, visit: Visit) -> None:
        """Somebody is there, or publishes something else than before."""
        changed = update(visits).where(*_key(visit.session_id, visit.identity))
        if not await self._change(changed.values(connection=visit.connection, streams=visit.streams)):
            await self.add(visit)

    async def end(self, session_id: str, identity: str) -> Visit | None:
        """Somebody has left; returns what was known of them, None when nothing was."""
        return await self._changed(delete(visits).where(*_key(session_id, identity)))


def _key(session_id: str, identity: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return visits.c.session_id == session_id, visits.c.identity == identity
