"""Sessions and rooms."""

from collections.abc import Collection

from sqlalchemy import bindparam, select, update

from reelroom.store.database import Rows
from reelroom.store.tables import renders, rooms, sessions
from reelroom.store.values import Room, Session

_RENDERED = select(renders.c.room_session_id).where(renders.c.session_id == bindparam("session"))
_OF_SESSION = select(rooms).where((rooms.c.session_id == bindparam("session")) | rooms.c.session_id.in_(_RENDERED))


class Sessions(Rows[Session]):
    """Sessions by their ids."""

    table, value = sessions, Session

    async def set_muted(self, session_id: str, muted: bool) -> None:
        """Whether what is published into a session from now on begins muted."""
        await self._change(update(sessions).where(sessions.c.id == session_id).values(muted=muted))


class Rooms(Rows[Room]):
    """Rooms by their names."""

    table, value = rooms, Room

    async def of_session(self, session_id: str) -> Room | None:
        """The room whose session it is, or the one whose render publishes into it."""
        return await self._one(_OF_SESSION, session=session_id)

    async def names(self, sessions: Collection[str]) -> dict[str, str]:
        """The names of the rooms that have these sessions, by them."""
        found = await self._all(select(rooms).where(rooms.c.session_id.in_(sessions)))
        return {room.session_id: room.name for room in found}
