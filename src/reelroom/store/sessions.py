"""Sessions and rooms."""

from collections.abc import Collection

from sqlalchemy import bindparam, delete, exists, select, union_all, update

from reelroom.opentok.room_names import folded
from reelroom.store.database import Rows
from reelroom.store.states import RECORDING
from reelroom.store.tables import (
    archives,
    broadcasts,
    invitations,
    renders,
    rooms,
    sessions,
    takes,
    telephone_calls,
    telephone_numbers,
)
from reelroom.store.values import Room, Session

_RENDERED = select(renders.c.room_session_id).where(renders.c.session_id == bindparam("session"))
_OF_SESSION = select(rooms).where((rooms.c.session_id == bindparam("session")) | rooms.c.session_id.in_(_RENDERED))

_SPELLED = select(rooms).where(rooms.c.folded == bindparam("folded"))

_AT_ONCE = 500


class Sessions(Rows[Session]):
    """Sessions by their ids."""

    table, value = sessions, Session

    async def set_muted(self, session_id: str, muted: bool) -> None:
        """Whether what is published into a session from now on begins muted."""
        await self._change(update(sessions).where(sessions.c.id == session_id).values(muted=muted))

    async def running_of(self, project: str) -> int:
        """How many recordings, renders, broadcasts and telephone calls of a project's sessions run."""
        running = (
            select(renders.c.session_id).where(renders.c.status.in_(("starting", "started"))),
            select(archives.c.session_id).where(archives.c.status.in_(RECORDING), archives.c.render_id.is_(None)),
            select(broadcasts.c.session_id).where(broadcasts.c.status == "started"),
            select(telephone_calls.c.session_id).where(telephone_calls.c.state != "HANGUP"),
        )
        all_running = union_all(*running).subquery()
        own = select(all_running.c.session_id).join(sessions, sessions.c.id == all_running.c.session_id)
        return await self._count(own.where(sessions.c.project == project))


class Rooms(Rows[Room]):
    """Rooms by their names."""

    table, value = rooms, Room

    async def get(self, key: str) -> Room | None:
        """The room of that name, in whichever spelling; where that is a name of its own since long ago, that one."""
        return await super().get(key) or await self._one(_SPELLED, folded=folded(key))

    async def of_session(self, session_id: str) -> Room | None:
        """The room whose session it is, or the one whose render publishes into it."""
        return await self._one(_OF_SESSION, session=session_id)

    async def having(self, session_id: str) -> Room | None:
        """The room whose own session it is; renders publish into others."""
        room = await self.of_session(session_id)
        return room if room is not None and room.session_id == session_id else None

    async def names(self, sessions: Collection[str]) -> dict[str, str]:
        """The names of the rooms that have these sessions, by them."""
        found = await self._all(select(rooms).where(rooms.c.session_id.in_(sessions)))
        return {room.session_id: room.name for room in found}

    async def note_visit(self, session_id: str) -> None:
        """Somebody is let into the room that has this session: it stays."""
        first = rooms.c.session_id == session_id, ~rooms.c.visited
        await self._change(update(rooms).where(*first).values(visited=True))

    async def set_door(self, name: str, door: str) -> None:
        """Who comes into a room from now on."""
        await self._change(update(rooms).where(rooms.c.name == name).values(door=door))

    async def set_transcribed(self, name: str, transcribed: bool) -> None:
        """Whether what is recorded in a room from now on may be written down."""
        await self._change(update(rooms).where(rooms.c.name == name).values(transcribed=transcribed))

    async def forget_unvisited(self, before: int, now: int) -> int:
        """Remove some rooms made before that time (ms) that nobody entered, recorded, or is invited into `now` (ms).

        Returns how many: 0 when there are none left.
        """
        invited = exists().where(
            invitations.c.room_name == rooms.c.name,
            ~invitations.c.owner,
            invitations.c.revoked_at.is_(None),
            invitations.c.expires_at > now,
        )
        used = (
            exists().where(each.c.session_id == rooms.c.session_id) for each in (takes, archives, broadcasts, renders)
        )
        rendered = exists().where(renders.c.room_name == rooms.c.name)
        called = exists().where(telephone_calls.c.session_id == rooms.c.session_id)
        numbered = exists().where(telephone_numbers.c.session_id == rooms.c.session_id)
        unused = ~invited, ~rendered, ~called, ~numbered, *(~each for each in used)
        found = select(rooms.c.name).where(~rooms.c.visited, rooms.c.created_at < before, *unused).limit(_AT_ONCE)
        async with self._scope.writing() as connection:
            gone = await connection.execute(delete(rooms).where(rooms.c.name.in_(found)).returning(*rooms.columns))
            removed = [Room(**row._mapping) for row in gone]
            if removed:
                names, ids = [room.name for room in removed], [room.session_id for room in removed]
                await connection.execute(delete(invitations).where(invitations.c.room_name.in_(names)))
                await connection.execute(delete(sessions).where(sessions.c.id.in_(ids)))
        return len(removed)
