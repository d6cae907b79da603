"""Leases: who runs what, until when; a thing whose lease has expired is anybody's to take up."""

from collections.abc import Collection, Sequence, Set
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, update

from reelroom.store.database import AlreadyThere, Rows
from reelroom.store.tables import leases, takes
from reelroom.store.time import database_us
from reelroom.store.values import Lease

_HANDED_ON = "handedOn"  # in what is said of a lease that its node has ended by itself: when (ms)


def last_sign(lease: Lease, lease_ms: int) -> int:
    """When (ms) a thing's node said for the last time that it holds it, where leases last for `lease_ms`."""
    return int(lease.said.get(_HANDED_ON, lease.until - lease_ms))


class Leases(Rows[Lease]):
    """Leases by kind and id."""

    table, value = leases, Lease

    async def time_us(self) -> int:
        """What the database's own clock says, in µs since the epoch; PostgreSQL has one."""
        return await database_us(self._scope)

    async def acquire(self, kind: str, thing: str, node: str, now: int, until: int) -> Lease | None:
        """Hold a thing from `now` until then (ms); None while another node does.

        Each acquisition has a higher fence than the one before, also where a node takes up what was its own.
        """
        key = leases.c.kind == kind, leases.c.id == thing
        free = (leases.c.node == node) | (leases.c.until <= now)
        taken = update(leases).where(*key, free).values(node=node, fence=leases.c.fence + 1, until=until, said={})
        if (held := await self._changed(taken)) is not None:
            return held
        fresh = insert(leases).values(kind=kind, id=thing, node=node, fence=1, until=until, said={})
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

    async def say(self, lease: Lease, said: dict[str, Any]) -> None:
        """How a thing stands, for other nodes; harmless when somebody else has taken it up."""
        await self._change(update(leases).where(*_same(lease)).values(said=said))

    async def held(self, kind: str, things: Collection[str], now: int) -> Sequence[Lease]:
        """The leases of those things that somebody holds now."""
        return await self._all(
            select(leases).where(leases.c.kind == kind, leases.c.id.in_(things), leases.c.until > now)
        )

    async def is_newest(self, lease: Lease) -> bool:
        """Whether nobody has held the thing since, nor will before this transaction is over."""
        query = select(leases.c.fence).where(*_same(lease)).with_for_update()
        return await self._scope.read(lambda connection: connection.scalar(query) is not None)

    async def last(self, kind: str, thing: str) -> Lease | None:
        """The lease of a thing that somebody holds, or held until they died."""
        return await self._one(select(leases).where(leases.c.kind == kind, leases.c.id == thing))

    async def extend(self, lease: Lease, until: int) -> Lease | None:
        """Hold on to a thing, however late; None when somebody else has taken it up meanwhile."""
        return await self._changed(update(leases).where(*_same(lease)).values(until=until))

    async def hand_on(self, lease: Lease, now: int) -> None:
        """It is over `now` (ms), and was held until then; harmless when somebody else has taken it up."""
        said = {**lease.said, _HANDED_ON: now}
        await self._change(update(leases).where(*_same(lease)).values(until=now, said=said))

    async def release(self, lease: Lease) -> None:
        """Let a thing go; harmless when somebody else has taken it up. Its fence is remembered."""
        await self._change(update(leases).where(*_same(lease)).values(until=0))

    async def everything(self) -> Sequence[Lease]:
        """All leases that have not been forgotten, by node, kind and id; those that were let go have no end."""
        return await self._all(select(leases).order_by(leases.c.node, leases.c.kind, leases.c.id))

    async def of_nodes(self) -> Sequence[Lease]:
        """Those by which nodes say that they live, or lived lately, by node."""
        return await self._all(select(leases).where(leases.c.kind == "node").order_by(leases.c.node))

    async def of_others(self, node: str, now: int) -> Set[tuple[str, str]]:
        """Kind and id of all that other nodes hold now."""
        query = select(leases.c.kind, leases.c.id).where(leases.c.node != node, leases.c.until > now)
        return await self._scope.read(lambda connection: {(row.kind, row.id) for row in connection.execute(query)})

    async def forget(self, before: int) -> None:
        """Remove the leases of what nobody has come back to since then (ms).

        Those of takes that are still to go on, or to the depot, stay: there the highest fence counts.
        """
        needed = select(takes.c.id).where(takes.c.removed_at.is_(None), takes.c.shipped_at.is_(None))
        gone = (leases.c.kind != "take") | leases.c.id.not_in(needed)
        await self._change(delete(leases).where(leases.c.until < before, gone))


def _same(lease: Lease) -> tuple[ColumnElement[bool], ...]:
    """Its row, as long as it is the newest: fences only rise, and no two nodes have one in common."""
    key = leases.c.kind == lease.kind, leases.c.id == lease.id
    return (*key, leases.c.node == lease.node, leases.c.fence == lease.fence)
