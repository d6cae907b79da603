"""Renders: which run, and which state follows which."""

from collections.abc import Sequence

from sqlalchemy import select, update

from reelroom.store.database import Rows, now_ms
from reelroom.store.states import RENDER_MOVES
from reelroom.store.tables import renders, sessions
from reelroom.store.values import Render


class Renders(Rows[Render]):
    """Renders by their ids."""

    table, value = renders, Render

    async def running_in(self, room_name: str) -> Render | None:
        """The one that records that room."""
        return await self._one(select(renders).where(renders.c.running_in == room_name))

    async def running(self) -> Sequence[Render]:
        """All that start or have started."""
        return await self._all(select(renders).where(renders.c.status.in_(("starting", "started"))))

    async def page_since(self, at: int) -> bool:
        """Whether a page was asked for since then (ms); a room's has a take."""
        lately = select(renders).where(renders.c.take_id.is_(None), renders.c.created_at >= at)
        return await self._one(lately.limit(1)) is not None

    async def of_project(self, project: str, offset: int, count: int) -> tuple[int, Sequence[Render]]:
        """How many a project has, and some of them, newest first."""
        own = renders.c.session_id.in_(select(sessions.c.id).where(sessions.c.project == project))
        query = select(renders).where(own).order_by(renders.c.created_at.desc(), renders.c.id)
        return await self._page(query, offset, count)

    async def move(self, render_id: str, status: str, **changes: object) -> Render | None:
        """Change its state; None, and nothing is changed, when it may not go there from where it is."""
        if status in {"stopped", "failed"}:
            changes["running_in"] = None
        may = renders.c.id == render_id, renders.c.status.in_(RENDER_MOVES[status])
        return await self._changed(update(renders).where(*may).values(status=status, updated_at=now_ms(), **changes))
