"""What the server remembers: rooms, renders, takes and archives, in one database."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, String, event, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from reelroom.opentok.tokens import session_key
from reelroom.store.schema import DatabaseError, database_url, pending
from reelroom.store.states import ARCHIVE_MOVES, RENDER_MOVES, UNFINISHED


def now_ms() -> int:
    """The time in ms since the epoch."""
    return time.time_ns() // 1_000_000


class Base(DeclarativeBase):
    """All tables; ids are UUIDs as text, times in ms since the epoch unless a name ends in _us."""


def _project_of_id(context: Any) -> str:
    return session_key(context.get_current_parameters()["id"]) or ""


class Session(Base):
    """An OpenTok session: a room's own, one that a render publishes into, or an application's.

    `project` is the key in its id. `muted`: what is published from now on begins muted.
    """

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    created_at: Mapped[int] = mapped_column(BigInteger)
    project: Mapped[str] = mapped_column(String(64), index=True, default=_project_of_id)
    media_mode: Mapped[str] = mapped_column(String(8), default="routed")
    archive_mode: Mapped[str] = mapped_column(String(8), default="manual")
    archive_name: Mapped[str] = mapped_column(String(80), default="")
    archive_resolution: Mapped[str] = mapped_column(String(16), default="640x480")
    e2ee: Mapped[bool] = mapped_column(Boolean, default=False)
    muted: Mapped[bool] = mapped_column(Boolean, default=False)


class Room(Base):
    """A name that people share, and the session behind it."""

    __tablename__ = "rooms"

    name: Mapped[str] = mapped_column(String(128), primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"), unique=True)
    created_at: Mapped[int] = mapped_column(BigInteger)


class Take(Base):
    """A recording on disk; it runs while `stopped_at` is null, and may be cut until `removed_at` is set."""

    __tablename__ = "takes"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"), index=True)
    created_at: Mapped[int] = mapped_column(BigInteger)
    stopped_at: Mapped[int | None] = mapped_column(BigInteger)
    removed_at: Mapped[int | None] = mapped_column(BigInteger)


class Render(Base):
    """A room being cut live, or a page being shown, as a stream in a session.

    `room_name`, `room_session_id` and `take_id` are null where a page is shown. `layout` is that of the film, "" for
    the default one.
    """

    __tablename__ = "renders"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    room_name: Mapped[str | None] = mapped_column(ForeignKey("rooms.name"), index=True)
    room_session_id: Mapped[str | None] = mapped_column(ForeignKey("sessions.id"))
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"), index=True)
    take_id: Mapped[str | None] = mapped_column(ForeignKey("takes.id"))
    name: Mapped[str] = mapped_column(String(200), default="")
    max_duration: Mapped[int] = mapped_column(BigInteger, default=0)
    url: Mapped[str] = mapped_column(String(2048))
    callback_url: Mapped[str] = mapped_column(String(2048))
    resolution: Mapped[str] = mapped_column(String(16))
    layout: Mapped[str] = mapped_column(String(32), default="")
    status: Mapped[str] = mapped_column(String(16), index=True)
    reason: Mapped[str] = mapped_column(String(1024), default="")
    stream_id: Mapped[str | None] = mapped_column(String(255))
    # The room while its render is starting or started, else null: at most one render runs in a room.
    running_in: Mapped[str | None] = mapped_column(String(128), unique=True)
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)


class Archive(Base):
    """A film of a take: from `start_us` to `end_us` (µs of room time; null while it is recording).

    `recut_of` is the archive that it was cut from again.
    """

    __tablename__ = "archives"
    __table_args__ = (Index("ix_archives_session_created", "session_id", "created_at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id"))
    render_id: Mapped[str | None] = mapped_column(ForeignKey("renders.id"), unique=True)
    take_id: Mapped[str] = mapped_column(ForeignKey("takes.id"), index=True)
    name: Mapped[str] = mapped_column(String(255), default="")
    status: Mapped[str] = mapped_column(String(16), index=True)
    reason: Mapped[str] = mapped_column(String(1024), default="")
    resolution: Mapped[str] = mapped_column(String(16))
    output_mode: Mapped[str] = mapped_column(String(16), default="composed")
    has_audio: Mapped[bool] = mapped_column(Boolean, default=True)
    has_video: Mapped[bool] = mapped_column(Boolean, default=True)
    recut_of: Mapped[str | None] = mapped_column(String(36))
    start_us: Mapped[int] = mapped_column(BigInteger)
    end_us: Mapped[int | None] = mapped_column(BigInteger)
    duration_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    sha256sum: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)


_Row = TypeVar("_Row", bound=Base)


class AlreadyThere(Exception):
    """A row with that key exists: somebody else was first."""


def _use_wal(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


async def find_archive(data_dir: Path, archive_id: str) -> Archive | None:
    """An archive of a data directory, whether a server works there or not. Raises DatabaseError."""
    if not (data_dir / "reelroom.db").exists():
        raise DatabaseError(f"{data_dir} is no data directory: it holds no reelroom.db")
    url = database_url(data_dir)
    if await asyncio.to_thread(pending, url):
        raise DatabaseError("The database is of an earlier version: `reelroom upgrade` brings it up")
    store = Store(url)
    try:
        return await store.archive(archive_id)
    finally:
        await store.close()


class Store:
    """Short transactions, one a call; what is returned is detached from the database."""

    def __init__(self, url: str) -> None:
        self._engine: AsyncEngine = create_async_engine(url)
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine.sync_engine, "connect", _use_wal)
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)
        # Each is told of an archive that was added or has moved, after the fact.
        self.archive_listeners: list[Callable[[Archive], Awaitable[None]]] = []

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncSession]:
        async with self._sessions() as session, session.begin():
            yield session

    def transaction(self) -> AbstractAsyncContextManager[AsyncSession]:
        """For the modules that keep tables of their own."""
        return self._transaction()

    async def add(self, *rows: Base) -> None:
        """Write new rows, all or none. Raises AlreadyThere when one of them is taken."""
        try:
            async with self._transaction() as session:
                for row in rows:
                    session.add(row)
                    await session.flush()
        except IntegrityError as error:
            raise AlreadyThere(str(error.orig)) from error
        for row in rows:
            if isinstance(row, Archive):
                await self._tell(row.id)

    async def _tell(self, archive_id: str) -> None:
        archive = await self.archive(archive_id)
        if archive is not None:
            for listener in self.archive_listeners:
                await listener(archive)

    async def session(self, session_id: str) -> Session | None:
        """The session with that id."""
        return await self._get(Session, session_id)

    async def room(self, name: str) -> Room | None:
        """The room of that name."""
        return await self._get(Room, name)

    async def room_names(self) -> dict[str, str]:
        """The names of all rooms, by their sessions."""
        async with self._sessions() as session:
            return {room.session_id: room.name for room in await session.scalars(select(Room))}

    async def room_of_session(self, session_id: str) -> Room | None:
        """The room whose session it is, or the one whose render publishes into it."""
        rendered = select(Render.room_session_id).where(Render.session_id == session_id)
        query = select(Room).where((Room.session_id == session_id) | Room.session_id.in_(rendered))
        async with self._sessions() as session:
            return await session.scalar(query.limit(1))

    async def render(self, render_id: str) -> Render | None:
        """The render with that id."""
        return await self._get(Render, render_id)

    async def archive(self, archive_id: str) -> Archive | None:
        """The archive with that id."""
        return await self._get(Archive, archive_id)

    async def take(self, take_id: str) -> Take | None:
        """The take with that id."""
        return await self._get(Take, take_id)

    async def _get(self, table: type[_Row], key: str) -> _Row | None:
        async with self._sessions() as session:
            return await session.get(table, key)

    async def running_render(self, room_name: str) -> Render | None:
        """The render that runs in that room."""
        async with self._sessions() as session:
            return await session.scalar(select(Render).where(Render.running_in == room_name))

    async def archive_of_render(self, render_id: str) -> Archive | None:
        """The archive that a render's own listener started."""
        async with self._sessions() as session:
            return await session.scalar(select(Archive).where(Archive.render_id == render_id))

    async def archives_of_session(self, session_id: str) -> Sequence[Archive]:
        """Newest first, without the deleted: those of the session, or of the renders of the room that has it."""
        rendered = select(Render.session_id).where(Render.room_session_id == session_id)
        query = (
            select(Archive)
            .where((Archive.session_id == session_id) | Archive.session_id.in_(rendered))
            .where(Archive.status != "deleted")
            .order_by(Archive.created_at.desc(), Archive.id)
        )
        async with self._sessions() as session:
            return (await session.scalars(query)).all()

    async def renders_in(self, *statuses: str) -> Sequence[Render]:
        """All renders in one of those states."""
        async with self._sessions() as session:
            return (await session.scalars(select(Render).where(Render.status.in_(statuses)))).all()

    async def archives_in(self, *statuses: str) -> Sequence[Archive]:
        """All archives in one of those states."""
        async with self._sessions() as session:
            return (await session.scalars(select(Archive).where(Archive.status.in_(statuses)))).all()

    async def running_takes(self) -> Sequence[Take]:
        """All takes that have not been stopped."""
        async with self._sessions() as session:
            return (await session.scalars(select(Take).where(Take.stopped_at.is_(None)))).all()

    async def stop_take(self, take_id: str) -> None:
        """The take ends now."""
        async with self._transaction() as session:
            await session.execute(
                update(Take).where(Take.id == take_id, Take.stopped_at.is_(None)).values(stopped_at=now_ms())
            )

    async def stopped_takes(self, before: int) -> Sequence[Take]:
        """The takes that were stopped before that time (ms), with no archive that is still being made."""
        unfinished = select(Archive.take_id).where(Archive.status.in_(UNFINISHED))
        query = select(Take).where(Take.stopped_at < before, Take.removed_at.is_(None), Take.id.not_in(unfinished))
        async with self._sessions() as session:
            return (await session.scalars(query)).all()

    async def removed_takes(self, take_ids: Collection[str]) -> Sequence[str]:
        """Those of the takes that are marked as removed."""
        query = select(Take.id).where(Take.id.in_(take_ids), Take.removed_at.is_not(None))
        async with self._sessions() as session:
            return (await session.scalars(query)).all()

    async def mark_removed(self, take_id: str) -> None:
        """The take may be cut no more."""
        async with self._transaction() as session:
            await session.execute(update(Take).where(Take.id == take_id).values(removed_at=now_ms()))

    async def move_render(self, render_id: str, status: str, **changes: object) -> bool:
        """Change a render's state; False, and nothing is changed, when it may not go there from where it is."""
        if status in {"stopped", "failed"}:
            changes["running_in"] = None
        allowed = RENDER_MOVES[status]
        return await self._move(Render, render_id, allowed, {"status": status, **changes})

    async def move_archive(self, archive_id: str, status: str, **changes: object) -> bool:
        """Change an archive's state; False, and nothing is changed, when it may not go there."""
        moved = await self._move(Archive, archive_id, ARCHIVE_MOVES[status], {"status": status, **changes})
        if moved:
            await self._tell(archive_id)
        return moved

    async def set_muted(self, session_id: str, muted: bool) -> None:
        """Whether what is published into a session from now on begins muted."""
        async with self._transaction() as session:
            await session.execute(update(Session).where(Session.id == session_id).values(muted=muted))

    async def note_duration(self, archive_id: str, duration_ms: int) -> None:
        """How long an archive's film is."""
        async with self._transaction() as session:
            await session.execute(update(Archive).where(Archive.id == archive_id).values(duration_ms=duration_ms))

    async def _move(
        self,
        table: type[Render] | type[Archive],
        key: str,
        allowed: frozenset[str],
        changes: dict[str, object],
    ) -> bool:
        async with self._transaction() as session:
            moved = await session.execute(
                update(table)
                .where(table.id == key, table.status.in_(allowed))
                .values(**changes, updated_at=now_ms())
                .returning(table.id)
            )
            return moved.first() is not None
