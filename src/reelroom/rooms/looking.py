"""What is told of a room to whoever is about to come in."""

from dataclasses import dataclass

from reelroom.engine.livekit import Engine
from reelroom.rooms.doors import Door, door_of
from reelroom.rooms.names import checked_room_name
from reelroom.store.store import Store

_NAMES_TOLD = 6


@dataclass(frozen=True)
class RoomLook:
    """Who receives what is sent in a room: people, recorders, and whether a tap of this server's does.

    `names` are those of the first who came, while the door is open.
    """

    people: int
    names: tuple[str, ...]
    recorders: int
    tapped: bool
    door: Door = "open"


class Looking:
    """Looks into rooms from outside."""

    def __init__(self, store: Store, engine: Engine) -> None:
        self._store = store
        self._engine = engine

    async def look(self, name: str) -> RoomLook:
        """Who receives what is sent in a room now. Raises BadRequest, EngineError."""
        room = await self._store.rooms.get(checked_room_name(name))
        if room is None:
            return RoomLook(0, (), 0, tapped=False)
        seen = await self._engine.participants(room.session_id)
        people = sorted((each for each in seen if not each.permission.recorder), key=lambda each: each.joined_at_ms)
        tapped = await self._store.takes.running_in(room.session_id) is not None
        door = door_of(room)
        names = tuple(each.name for each in people[:_NAMES_TOLD]) if door == "open" else ()
        return RoomLook(len(people), names, len(seen) - len(people), tapped=tapped, door=door)
