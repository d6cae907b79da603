"""Invitations into rooms: which there are, and which were taken back."""

from collections.abc import Sequence

from sqlalchemy import select, update

from reelroom.store.database import Rows
from reelroom.store.tables import invitations
from reelroom.store.values import Invitation


class Invitations(Rows[Invitation]):
    """Invitations by their ids."""

    table, value = invitations, Invitation

    async def of_room(self, name: str, now: int) -> Sequence[Invitation]:
        """Those of a room that open anything at `now` (ms), newest first."""
        holding = (
            invitations.c.revoked_at.is_(None),
            (invitations.c.expires_at > now) | (invitations.c.films_until > now),
        )
        query = select(invitations).where(invitations.c.room_name == name, *holding)
        return await self._all(query.order_by(invitations.c.created_at.desc(), invitations.c.id))

    async def revoke(self, invitation_id: str, now: int) -> None:
        """It opens nothing from now (ms) on; harmless again."""
        which = invitations.c.id == invitation_id, invitations.c.revoked_at.is_(None)
        await self._change(update(invitations).where(*which).values(revoked_at=now))
