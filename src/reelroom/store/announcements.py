"""Announcements: what everybody in a room is told, put together from what each part of the server knows."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select, update

from reelroom.store.database import Rows
from reelroom.store.tables import announcements
from reelroom.store.values import Announcement


class Announcements(Rows[Announcement]):
    """Announcements by room."""

    table, value = announcements, Announcement

    async def change(self, room: str, facts: Mapping[str, Any]) -> Announcement:
        """Tell these facts, too; the rest stays. Raises AlreadyThere when somebody else was the first to tell any."""
        this = announcements.c.room == room
        async with self._scope.writing() as connection:
            row = (await connection.execute(select(announcements).where(this).with_for_update())).first()
            if row is None:
                fresh = Announcement(room=room, facts=dict(facts), version=1)
                await connection.execute(insert(announcements).values(room=room, facts=fresh.facts, version=1))
                return fresh
            changed = Announcement(room=room, facts={**row.facts, **facts}, version=row.version + 1)
            values = {"facts": changed.facts, "version": changed.version}
            await connection.execute(update(announcements).where(this).values(**values))
        return changed
