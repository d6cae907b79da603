"""Invitations into rooms: which there are, and which were taken back."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, select, update

from reelroom.store.database import Rows
from reelroom.store.tables import invitations
from reelroom.store.values import Invitation


class Invitations(Rows[Invitation]):
    """Invitations by their ids."""

    table, value = invitations, Invitation

    async def of_rooms(self, names: Collection[str], now: int) -> Sequence[Invitation]:
        """Those into rooms of these names that open anything at `now` (ms), newest first."""
        query = select(invitations).where(invitations.c.room_name.in_(names), *_holding(now))
        return await self._all(query.order_by(invitations.c.created_at.desc(), invitations.c.id))

    async def names(self, now: int) -> Sequence[str]:
        """Of the rooms into which some open anything at `now` (ms), as those who invited wrote them."""
        query = select(invitations.c.room_name).where(*_holding(now)).distinct()
        return await self._scope.read(lambda connection: [str(row.room_name) for row in connection.execute(query)])

    async def revoke(self, invitation_id: str, now: int) -> None:
        """It opens nothing from now (ms) on; harmless again."""
        which = invitations.c.id == invitation_id, invitations.c.revoked_at.is_(None)
        await self._change(update(invitations).where(*which).values(revoked_at=now))


def _holding(now: int) -> tuple[ColumnElement[bool], ...]:
    return (
        invitations.c.revoked_at.is_(None),
        (invitations.c.expires_at > now) | (invitations.c.films_until > now),
    )
