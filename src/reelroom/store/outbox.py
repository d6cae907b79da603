"""Callbacks that wait to be delivered: written with the state they tell of, claimed by whoever delivers them."""

from collections.abc import Sequence
from dataclasses import asdict
from urllib.parse import urlsplit

from sqlalchemy import and_, delete, func, insert, select, update

from reelroom.store.database import Rows, now_ms
from reelroom.store.tables import callbacks, deliveries
from reelroom.store.values import Callback, Delivery, NewDelivery

_KEPT_MS = 7 * 24 * 3600 * 1000  # how long deliveries can be looked at
_OPEN = deliveries.c.next_at.is_not(None)


class Callbacks(Rows[Callback]):
    """Where projects want to be told."""

    table, value = callbacks, Callback

    async def of_project(self, project: str) -> Sequence[Callback]:
        """A project's, oldest first."""
        query = select(callbacks).where(callbacks.c.project == project)
        return await self._all(query.order_by(callbacks.c.created_at, callbacks.c.id))

    async def remove(self, project: str, callback_id: str) -> bool:
        """False when the project has none with that id."""
        found = callbacks.c.project == project, callbacks.c.id == callback_id
        return await self._change(delete(callbacks).where(*found)) > 0


class Outbox(Rows[Delivery]):
    """Deliveries by their numbers."""

    table, value = deliveries, Delivery

    async def post(self, delivery: NewDelivery) -> None:
        """Write it down, to go out after all that was written down before about the same thing."""
        values = {
            **asdict(delivery),
            "host": host_of(delivery.url),
            "attempts": 0,
            "next_at": delivery.created_at,
            "delivered_at": None,
            "problem": "",
            "claimed_by": "",
            "claimed_until": 0,
        }
        await self._change(insert(deliveries).values(**values))

    async def claim(self, node: str, now: int, until: int, most: int, most_each: int) -> Sequence[Delivery]:
        """Take what may go out `now` (ms) into this node's hands `until` then.

        Of each thing and URL that is the oldest that is open, when its time has come. No project has more than
        `most_each` of one host in hand at a time, so that one that stalls delays nobody else.
        """
        heads = select(func.min(deliveries.c.id)).where(_OPEN).group_by(deliveries.c.about, deliveries.c.url)
        due = and_(deliveries.c.id.in_(heads), deliveries.c.next_at <= now, deliveries.c.claimed_until <= now)
        place = deliveries.c.project, deliveries.c.host
        number = func.row_number().over(partition_by=place, order_by=(deliveries.c.next_at, deliveries.c.id))
        ranked = select(deliveries.c.id, *place, number.label("number")).where(due).subquery()
        in_hand = (
            select(*place, func.count().label("count"))
            .where(_OPEN, deliveries.c.claimed_until > now)
            .group_by(*place)
            .subquery()
        )
        same = and_(in_hand.c.project == ranked.c.project, in_hand.c.host == ranked.c.host)
        fair = (
            select(ranked.c.id)
            .outerjoin(in_hand, same)
            .where(ranked.c.number + func.coalesce(in_hand.c.count, 0) <= most_each)
        )
        # Of two nodes that look at once the second leaves out what the first has locked; on SQLite it waits.
        query = select(deliveries.c.id).where(deliveries.c.id.in_(fair), deliveries.c.claimed_until <= now)
        query = query.order_by(deliveries.c.next_at, deliveries.c.id).limit(most).with_for_update(skip_locked=True)
        async with self._scope.writing() as connection:
            ids = list(await connection.scalars(query))
            if not ids:
                return []
            claim = update(deliveries).where(deliveries.c.id.in_(ids), deliveries.c.claimed_until <= now)
            claim = claim.values(claimed_by=node, claimed_until=until)
            rows = await connection.execute(claim.returning(*deliveries.columns))
            return sorted((Delivery(**row._mapping) for row in rows), key=lambda each: each.id)

    async def settle(self, delivery: Delivery, **changes: object) -> bool:
        """What came of an attempt; False when somebody else has claimed it since."""
        held = deliveries.c.id == delivery.id, deliveries.c.claimed_by == delivery.claimed_by
        values = {**changes, "attempts": deliveries.c.attempts + 1, "claimed_until": 0}
        query = update(deliveries).where(*held, deliveries.c.claimed_until == delivery.claimed_until)
        return await self._change(query.values(**values)) > 0

    async def let_go(self, node: str) -> None:
        """What an earlier run of this node had in hand may go out."""
        held = deliveries.c.claimed_by == node, deliveries.c.claimed_until > 0
        await self._change(update(deliveries).where(*held).values(claimed_until=0))

    async def next_time(self) -> int | None:
        """When (ms) the next attempt of any that nobody has in hand is due."""
        moment = func.min(func.coalesce(deliveries.c.next_at, 0))
        query = select(moment).where(_OPEN, deliveries.c.claimed_until == 0)
        return await self._scope.read(lambda connection: connection.scalar(query))

    async def waiting(self) -> int:
        """How many have neither been delivered nor given up."""
        return await self._count(select(deliveries.c.id).where(_OPEN))

    async def forget_old(self) -> None:
        """Remove what was settled a week ago."""
        settled = deliveries.c.next_at.is_(None), deliveries.c.created_at < now_ms() - _KEPT_MS
        await self._change(delete(deliveries).where(*settled))

    async def newest(self, count: int, *, pending: bool = False) -> Sequence[Delivery]:
        """The newest first."""
        query = select(deliveries).order_by(deliveries.c.id.desc()).limit(count)
        return await self._all(query.where(_OPEN) if pending else query)


def host_of(url: str) -> str:
    """The host and port of an address, "" where it has none."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2].lower()[:255]
    except ValueError:
        return ""
