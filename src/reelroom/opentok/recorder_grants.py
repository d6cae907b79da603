"""Grants to recorders: signed words of this server that whoever joins a room is there to record, and is shown so."""

import time
from urllib.parse import quote

import jwt

from reelroom.opentok.room_names import folded
from reelroom.opentok.tokens import TokenError

_PURPOSE = "reelroom:recorder"


def write_grant(room: str, seconds: int, secret: str) -> str:
    """The grant as it stands in a link; it lasts so many seconds."""
    claims = {"aud": _PURPOSE, "room": room, "exp": int(time.time()) + seconds}
    return jwt.encode(claims, secret, algorithm="HS256")


def check_grant(text: str, room: str, secret: str) -> None:
    """Raises TokenError for a grant that is not ours, has expired, or is of another room."""
    try:
        claims = jwt.decode(text, secret, algorithms=["HS256"], audience=_PURPOSE, options={"require": ["exp"]})
    except jwt.ExpiredSignatureError:
        raise TokenError("The recorder's grant has expired") from None
    except (jwt.InvalidTokenError, ValueError):  # one that is no text, too
        raise TokenError("The recorder's grant is not valid") from None
    if not isinstance(of := claims.get("room"), str) or folded(of) != folded(room):
        raise TokenError("The recorder's grant is for another room")


def recorder_link(base_url: str, room: str, grant: str, invite: str) -> str:
    """The recorder's page with its grant, behind the # that no server sees; the invitation opens the room."""
    return f"{base_url}/room/recorder/{quote(room, safe='')}?invite={invite}#grant={grant}"
