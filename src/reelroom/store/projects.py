"""Projects: the keys under which applications call."""

from collections.abc import Sequence

from sqlalchemy import select, update

from reelroom.store.database import Rows
from reelroom.store.tables import projects
from reelroom.store.values import ProjectRecord


class Projects(Rows[ProjectRecord]):
    """Projects by their keys."""

    table, value = projects, ProjectRecord

    async def oldest_first(self) -> Sequence[ProjectRecord]:
        """Every one of them."""
        return await self._all(select(projects).order_by(projects.c.created_at, projects.c.key))

    async def change(self, key: str, **changes: object) -> ProjectRecord | None:
        """Another secret, or its end; None when there is no such project."""
        return await self._changed(update(projects).where(projects.c.key == key).values(**changes))
