"""Invitations: signed links into a room, with a role and an end."""

from dataclasses import dataclass
from urllib.parse import quote

import jwt

from reelroom.opentok.tokens import ROLES, Role, TokenError

PARAMETER = "invite"  # of the link's query
_PURPOSE = "reelroom:invitation"


@dataclass(frozen=True)
class Invite:
    """Who brings it may come into the room in that role until `expires` (s since the epoch).

    The room's films it opens until `films_until`, or as long. By its `id` it is taken back; "" for none.
    """

    room: str
    role: Role
    expires: int
    films_until: int = 0
    id: str = ""

    @property
    def end(self) -> int:
        """When (s) it opens nothing any more."""
        return max(self.expires, self.films_until)


def write_invite(invite: Invite, secret: str) -> str:
    """The invitation as it stands in a link."""
    claims: dict[str, str | int] = {"aud": _PURPOSE, "room": invite.room, "role": invite.role, "exp": invite.end}
    if invite.films_until:
        claims |= {"room_until": invite.expires, "films_until": invite.films_until}
    if invite.id:
        claims["jti"] = invite.id
    return jwt.encode(claims, secret, algorithm="HS256")


def invite_link(base_url: str, room: str, text: str) -> str:
    """The link that is given to people; `base_url` is the server's address."""
    return f"{base_url}/room/{quote(room, safe='')}?{PARAMETER}={text}"


def read_invite(text: str, secret: str) -> Invite:
    """Raises TokenError for an invitation that is not ours, or opens nothing any more."""
    try:
        claims = jwt.decode(text, secret, algorithms=["HS256"], audience=_PURPOSE, options={"require": ["exp"]})
    except jwt.ExpiredSignatureError:
        raise TokenError("The invitation has expired") from None
    except (jwt.InvalidTokenError, ValueError):  # one that is no text, too
        raise TokenError("The invitation is not valid") from None
    if claims.get("role") not in ROLES or not isinstance(claims.get("room"), str):
        raise TokenError("The invitation is not valid")
    end = int(claims["exp"])
    until, films = claims.get("room_until", end), claims.get("films_until", end)
    if not isinstance(until, int) or not isinstance(films, int):
        raise TokenError("The invitation is not valid")
    return Invite(claims["room"], claims["role"], until, films, str(claims.get("jti", "")))
