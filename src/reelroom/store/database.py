"""One database: its connections, its transactions, and rows that become values."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import asdict
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import Connection, Executable, Select, Table, event, func, insert, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

_ReadT = TypeVar("_ReadT")
# The database cannot be written at the moment: the disk is full, the server is gone, somebody else is at it.
CannotWrite = OperationalError


def now_ms() -> int:
    """The time in ms since the epoch."""
    return time.time_ns() // 1_000_000


class AlreadyThere(Exception):
    """A row with that key exists, or one that excludes it: somebody else was first."""


class Scope(Protocol):
    """Where queries run: each in a transaction of its own, or all in one."""

    def reading(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """For queries that change nothing."""

    def writing(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """For queries that do; what they read nobody else changes meanwhile, on SQLite."""


def _use_wal(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    # The driver begins nothing by itself. Who writes locks at once: a reader that turned writer would be refused.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


class Database:
    """Each query in a short transaction of its own."""

    def __init__(self, url: str) -> None:
        on_sqlite = url.startswith("sqlite")
        options: dict[str, Any] = (
            {"connect_args": {"isolation_level": None}} if on_sqlite else {"pool_pre_ping": True}
        )
        self._engine: AsyncEngine = create_async_engine(url, **options)
        self._writer = self._engine.execution_options(writes=True)
        if on_sqlite:
            event.listen(self._engine.sync_engine, "connect", _use_wal)
            event.listen(self._engine.sync_engine, "begin", _begin)

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()

    def reading(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._engine.connect()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with self._writer.begin() as connection:
                yield connection
        except IntegrityError as error:
            raise AlreadyThere(str(error.orig)) from error


class Joined:
    """All queries in the transaction that is open."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        yield self._connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        yield self._connection


_T = TypeVar("_T")


class Rows(Generic[_T]):
    """The rows of one table, as values of one type."""

    table: Table
    value: type[_T]

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def add(self, *values: _T) -> None:
        """Write new rows, all or none. Raises AlreadyThere."""
        async with self._scope.writing() as connection:
            for value in values:
                await connection.execute(insert(self.table).values(**asdict(value)))  # type: ignore[call-overload]

    async def get(self, key: str) -> _T | None:
        """The one with that key."""
        (column,) = self.table.primary_key.columns
        return await self._one(select(self.table).where(column == key))

    async def _one(self, query: Select[Any]) -> _T | None:
        async with self._scope.reading() as connection:
            row = (await connection.execute(query.limit(1))).first()
        return None if row is None else self.value(**row._mapping)

    async def _all(self, query: Select[Any]) -> Sequence[_T]:
        async with self._scope.reading() as connection:
            return [self.value(**row._mapping) for row in await connection.execute(query)]

    async def _texts(self, query: Select[Any]) -> Sequence[str]:
        async with self._scope.reading() as connection:
            return list(await connection.scalars(query))

    async def _count(self, query: Select[Any]) -> int:
        """How many rows a query has."""
        async with self._scope.reading() as connection:
            return await connection.scalar(select(func.count()).select_from(query.subquery())) or 0

    async def _page(self, query: Select[Any], offset: int, count: int) -> tuple[int, Sequence[_T]]:
        """How many rows there are, and some of them."""
        return await self._count(query), await self._all(query.offset(offset).limit(count))

    async def _change(self, query: Executable) -> int:
        """Returns how many rows were changed."""
        async with self._scope.writing() as connection:
            return (await connection.execute(query)).rowcount

    async def _changed(self, query: Any) -> _T | None:
        """Change one row; returns it as it is then, None when there was none to change."""
        async with self._scope.writing() as connection:
            row = (await connection.execute(query.returning(*self.table.columns))).first()
        return None if row is None else self.value(**row._mapping)
