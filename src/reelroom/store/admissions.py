"""Admissions: by which right everybody was let in, and whose right has ended."""

from collections.abc import Collection, Sequence

from sqlalchemy import delete, select, update

from reelroom.store.database import Rows
from reelroom.store.tables import admissions, invitations, visits
from reelroom.store.values import Admission

_OPEN = admissions.c.ended_at.is_(None)


class Admissions(Rows[Admission]):
    """Admissions by the identities that people have at the engine."""

    table, value = admissions, Admission

    async def by_revoked(self) -> Sequence[Admission]:
        """Those that have not ended although the invitation was taken back."""
        revoked = select(invitations.c.id).where(invitations.c.revoked_at.is_not(None))
        return await self._all(select(admissions).where(_OPEN, admissions.c.invitation.in_(revoked)))

    async def by_other_secrets(self, project: str, secrets: Collection[str]) -> Sequence[Admission]:
        """Those into a project's sessions that have not ended, by tokens that none of these secrets signed."""
        query = select(admissions).where(_OPEN, admissions.c.project == project)
        return await self._all(query.where(admissions.c.signed_with.not_in(secrets)))

    async def end(self, identity: str, now: int) -> None:
        """Whoever has that identity is not let in again, from now (ms) on."""
        await self._change(update(admissions).where(admissions.c.identity == identity, _OPEN).values(ended_at=now))

    async def set_role(self, identity: str, role: str) -> bool:
        """Whoever has that identity has another role, while they are let in; False where nobody is."""
        which = admissions.c.identity == identity, _OPEN
        return bool(await self._change(update(admissions).where(*which).values(role=role)))

    async def reopen(self, identity: str) -> None:
        """It could not be ended at the engine: it has not ended yet."""
        await self._change(update(admissions).where(admissions.c.identity == identity).values(ended_at=None))

    async def forget(self, before: int) -> int:
        """Those of before that time (ms) are needed no more where nobody is there by them."""
        present = select(visits.c.identity)
        old = admissions.c.created_at < before, admissions.c.identity.not_in(present)
        return await self._change(delete(admissions).where(*old))
