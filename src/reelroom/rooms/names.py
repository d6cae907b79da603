"""What a room may be called, and what the room is called that somebody means."""

import unicodedata
from collections.abc import Sequence

from reelroom.errors import BadRequest
from reelroom.opentok.room_names import folded, tidied
from reelroom.store.store import Store
from reelroom.store.values import Invitation

LONGEST_NAME = 128


def checked_room_name(name: str) -> str:
    """The name as it is kept, if it may be a room's. Raises BadRequest."""
    if not name.strip():
        raise BadRequest("A room needs a name")
    if len(name) > LONGEST_NAME:
        raise BadRequest(f"A room's name has at most {LONGEST_NAME} characters")
    if not is_one_line(name):
        raise BadRequest("A room's name has no control characters")
    return tidied(name)


def is_one_line(text: str) -> bool:
    """Whether a text has no line breaks, and no other letters that control."""
    return not any(unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} for letter in text)


async def room_called(store: Store, name: str) -> str:
    """The name of a room as it was written first, or as it would be kept. Raises BadRequest."""
    kept = checked_room_name(name)
    room = await store.rooms.get(kept)
    return room.name if room is not None else kept


async def invitations_into(store: Store, name: str, now: int) -> Sequence[Invitation]:
    """Those that open a room at `now` (ms), whoever wrote its name how, newest first. Raises BadRequest."""
    room = await room_called(store, name)
    spelled = [each for each in await store.invitations.names(now) if folded(each) == folded(room)]
    return await store.invitations.of_rooms([each for each in spelled if await room_called(store, each) == room], now)
