"""Broadcasts: which there are, how they end, and how their plans change."""

from collections.abc import Callable, Sequence

from sqlalchemy import ColumnElement, select, update

from reelroom.store.database import Rows, now_ms
from reelroom.store.tables import broadcasts, sessions
from reelroom.store.values import Broadcast


class Broadcasts(Rows[Broadcast]):
    """Broadcasts by their ids."""

    table, value = broadcasts, Broadcast

    async def running(self) -> Sequence[Broadcast]:
        """All that have not ended."""
        return await self._all(select(broadcasts).where(broadcasts.c.status == "started"))

    async def get_of_project(self, project: str, broadcast_id: str) -> Broadcast | None:
        """The one with that id, if it is the project's."""
        return await self._one(select(broadcasts).where(broadcasts.c.id == broadcast_id, _of(project)))

    async def of_project(
        self, project: str, offset: int, count: int, session_id: str | None = None
    ) -> tuple[int, Sequence[Broadcast]]:
        """How many a project has, and some of them, newest first."""
        query = select(broadcasts).where(_of(project))
        if session_id:
            query = query.where(broadcasts.c.session_id == session_id)
        return await self._page(query.order_by(broadcasts.c.created_at.desc(), broadcasts.c.id), offset, count)

    async def end(self, broadcast_id: str, status: str, reason: str) -> Broadcast | None:
        """Write down that it is over; None when it was already."""
        runs = broadcasts.c.id == broadcast_id, broadcasts.c.status == "started"
        return await self._changed(
            update(broadcasts).where(*runs).values(status=status, reason=reason, updated_at=now_ms())
        )

    async def replan(self, broadcast_id: str, change: Callable[[str], str]) -> Broadcast | None:
        """Change its plan, beginning with the one there is; None when it does not run."""
        runs = broadcasts.c.id == broadcast_id, broadcasts.c.status == "started"
        async with self._scope.writing() as connection:
            known = await connection.scalar(select(broadcasts.c.plan).where(*runs).with_for_update())
            if known is None:
                return None
            changed = update(broadcasts).where(*runs).values(plan=change(known), updated_at=now_ms())
            row = (await connection.execute(changed.returning(*broadcasts.columns))).first()
        return None if row is None else Broadcast(**row._mapping)


def _of(project: str) -> ColumnElement[bool]:
    return broadcasts.c.session_id.in_(select(sessions.c.id).where(sessions.c.project == project))
