"""Leases: who runs what, until when; a thing whose lease has expired is anybody's to take up."""

from collections.abc import Collection

from sqlalchemy import delete, insert, select, update

from reelroom.store.database import AlreadyThere, Rows
from reelroom.store.tables import leases
from reelroom.store.values import Lease


class Leases(Rows[Lease]):
    """Leases by kind and id."""

    table, value = leases, Lease

    async def acquire(self, kind: str, thing: str, node: str, now: int, until: int) -> Lease | None:
        """Hold a thing from `now` until then (ms); None while another node does.

        Each acquisition has a higher fence than the one before, also where a node takes up what was its own.
        """
        key = leases.c.kind == kind, leases.c.id == thing
        free = (leases.c.node == node) | (leases.c.until <= now)
        taken = update(leases).where(*key, free).values(node=node, fence=leases.c.fence + 1, until=until)
        if (held := await self._changed(taken)) is not None:
            return held
        fresh = insert(leases).values(kind=kind, id=thing, node=node, fence=1, until=until)
        try:
            return await self._changed(fresh)
        except AlreadyThere:
            return None

    async def renew(self, node: str, now: int, until: int) -> Collection[tuple[str, str, int]]:
        """Hold on to all that this node has and that has not expired; returns kind, id and fence of each."""
        held = leases.c.node == node, leases.c.until > now
        query = update(leases).where(*held).values(until=until)
        async with self._scope.writing() as connection:
            rows = await connection.execute(query.returning(leases.c.kind, leases.c.id, leases.c.fence))
            return {(row.kind, row.id, row.fence) for row in rows}

    async def release(self, lease: Lease) -> None:
        """Let a thing go; harmless when somebody else has taken it up."""
        same = leases.c.kind == lease.kind, leases.c.id == lease.id, leases.c.fence == lease.fence
        await self._change(delete(leases).where(*same))

    async def of_others(self, kind: str, node: str, now: int) -> Collection[str]:
        """The things of a kind that other nodes hold now."""
        held = leases.c.kind == kind, leases.c.node != node, leases.c.until > now
        return set(await self._texts(select(leases.c.id).where(*held)))
