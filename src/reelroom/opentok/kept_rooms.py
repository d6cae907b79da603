"""The rooms that a browser has been in, and by which invitations: one signed cookie, however many they are."""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from uuid import UUID

from reelroom.opentok.room_names import folded

# All headers of a request have 8 KiB in front of many a proxy (nginx: large_client_header_buffers): this takes 2.
MOST_ROOMS = 60
_MARK = 8  # bytes that stand for a room's name
_ID = 16  # bytes of an invitation's id; zeros for none
_SIGNATURE = 32


@dataclass(frozen=True)
class KeptRooms:
    """Marks of rooms, each with the id of the invitation into it ("" for none), the latest first."""

    rooms: tuple[tuple[bytes, str], ...] = ()

    def has(self, room: str) -> bool:
        """Whether the browser has been there; in whichever spelling."""
        return any(mark == _mark(room) for mark, _ in self.rooms)

    def invitation(self, room: str) -> str:
        """The id of the one into the room; "" for none."""
        return next((invitation for mark, invitation in self.rooms if mark == _mark(room)), "")

    def with_room(self, room: str, invitation: str = "") -> "KeptRooms":
        """The same after another visit, which takes no invitation away; of too many rooms the oldest are forgotten.

        What stands among the first half stays where it is: one visit after the other is no reason to write it anew.
        """
        mark, kept = _mark(room), invitation or self.invitation(room)
        if (mark, kept) in self.rooms[: MOST_ROOMS // 2]:
            return self
        others = tuple(each for each in self.rooms if each[0] != mark)
        return KeptRooms(((mark, kept), *others)[:MOST_ROOMS])


def write_kept_rooms(kept: KeptRooms, secret: str) -> str:
    """As a cookie has it."""
    rooms = b"".join(mark + (UUID(invitation).bytes if invitation else bytes(_ID)) for mark, invitation in kept.rooms)
    return base64.urlsafe_b64encode(_signature(rooms, secret) + rooms).decode().rstrip("=")


def read_kept_rooms(text: str, secret: str) -> KeptRooms:
    """What a cookie says; one that is not ours says nothing."""
    try:
        read = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return KeptRooms()
    signature, rooms = read[:_SIGNATURE], read[_SIGNATURE:]
    if not hmac.compare_digest(_signature(rooms, secret), signature):
        return KeptRooms()
    step = _MARK + _ID
    each = (rooms[at : at + step] for at in range(0, len(rooms), step))
    return KeptRooms(tuple((one[:_MARK], str(UUID(bytes=one[_MARK:])) if any(one[_MARK:]) else "") for one in each))


def _mark(room: str) -> bytes:
    return hashlib.sha256(folded(room).encode(errors="surrogatepass")).digest()[:_MARK]


def _signature(rooms: bytes, secret: str) -> bytes:
    return hmac.new(secret.encode(), b"rooms of a browser:" + rooms, hashlib.sha256).digest()
