"""Callbacks that wait to be delivered, kept in the store until they are taken or a day has passed."""

from collections.abc import Collection, Sequence

from sqlalchemy import BigInteger, Integer, String, Text, delete, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from reelroom.store.database import Base, Store, now_ms

_KEPT_MS = 7 * 24 * 3600 * 1000  # how long deliveries can be looked at


class Callback(Base):
    """Where a project wants to be told of an event of a group."""

    __tablename__ = "callbacks"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    project: Mapped[str] = mapped_column(String(64), index=True)
    group: Mapped[str] = mapped_column(String(16))
    event: Mapped[str] = mapped_column(String(16))
    url: Mapped[str] = mapped_column(String(2048))
    created_at: Mapped[int] = mapped_column(BigInteger)


class Delivery(Base):
    """One body for one URL; deliveries `about` the same thing go out in the order of their ids.

    `next_at` (ms) is null once it was taken or given up.
    """

    __tablename__ = "deliveries"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    project: Mapped[str] = mapped_column(String(64))
    about: Mapped[str] = mapped_column(String(255))
    url: Mapped[str] = mapped_column(String(2048))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[int] = mapped_column(BigInteger)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    next_at: Mapped[int | None] = mapped_column(BigInteger, index=True)
    taken_at: Mapped[int | None] = mapped_column(BigInteger)
    problem: Mapped[str] = mapped_column(String(255), default="")


async def due(store: Store, now: int, busy: Collection[tuple[str, str]], most: int) -> Sequence[Delivery]:
    """What may go out now (ms): of each thing and URL the oldest that is open, when its time has come."""
    heads = select(func.min(Delivery.id)).where(Delivery.next_at.is_not(None)).group_by(Delivery.about, Delivery.url)
    query = select(Delivery).where(Delivery.id.in_(heads), Delivery.next_at <= now).order_by(Delivery.id)
    async with store.transaction() as session:
        found = (await session.scalars(query.limit(most + len(busy)))).all()
    return [each for each in found if (each.about, each.url) not in busy][:most]


async def next_time(store: Store) -> int | None:
    """When (ms) the next attempt of any delivery is due."""
    async with store.transaction() as session:
        return await session.scalar(select(func.min(Delivery.next_at)))


async def waiting(store: Store) -> int:
    """How many deliveries have neither been taken nor given up."""
    async with store.transaction() as session:
        return await session.scalar(select(func.count()).where(Delivery.next_at.is_not(None))) or 0


async def note_attempt(store: Store, delivery_id: int, **changes: object) -> None:
    """What came of an attempt."""
    values = {**changes, "attempts": Delivery.attempts + 1}
    async with store.transaction() as session:
        await session.execute(update(Delivery).where(Delivery.id == delivery_id).values(**values))


async def forget_old(store: Store) -> None:
    """Remove what was settled a week ago."""
    settled = Delivery.next_at.is_(None), Delivery.created_at < now_ms() - _KEPT_MS
    async with store.transaction() as session:
        await session.execute(delete(Delivery).where(*settled))


async def newest_deliveries(store: Store, count: int, *, pending: bool = False) -> Sequence[Delivery]:
    """The newest first."""
    query = select(Delivery).order_by(Delivery.id.desc()).limit(count)
    if pending:
        query = query.where(Delivery.next_at.is_not(None))
    async with store.transaction() as session:
        return (await session.scalars(query)).all()


async def callbacks_of(store: Store, project: str) -> Sequence[Callback]:
    """A project's callbacks, oldest first."""
    query = select(Callback).where(Callback.project == project).order_by(Callback.created_at, Callback.id)
    async with store.transaction() as session:
        return (await session.scalars(query)).all()


async def remove_callback(store: Store, project: str, callback_id: str) -> bool:
    """False when the project has none with that id."""
    query = delete(Callback).where(Callback.project == project, Callback.id == callback_id).returning(Callback.id)
    async with store.transaction() as session:
        return (await session.execute(query)).first() is not None
