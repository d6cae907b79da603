"""One database: its connections, its transactions, and rows that become values."""

import functools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import asdict
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import (
    Connection,
    Engine,
    Executable,
    Result,
    Select,
    Table,
    bindparam,
    create_engine,
    event,
    func,
    insert,
    make_url,
    select,
)
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from reelroom import clock
from reelroom.store.writing import Writing, transaction

_Read = TypeVar("_Read")
# The database cannot be written at the moment: the disk is full, the server is gone, somebody else is at it.
CannotWrite = OperationalError


now_ms = clock.now_ms  # what rows have their times of


class AlreadyThere(Exception):
    """A row with that key exists, or one that excludes it: somebody else was first."""


class Scope(Protocol):
    """Where queries run: each in a transaction of its own, or all in one."""

    async def read(self, work: Callable[[Connection], _Read]) -> _Read:
        """What `work` finds by one query that changes nothing."""

    def writing(self) -> AbstractAsyncContextManager[Writing]:
        """For queries that do; what they read nobody else changes meanwhile, on SQLite."""


def _use_wal(connection: Any, _record: Any) -> None:
    _set(connection, "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000")


def _only_read(connection: Any, _record: Any) -> None:
    _set(connection, "query_only=ON", "busy_timeout=1000")


def _set(connection: Any, *pragmas: str) -> None:
    cursor = connection.cursor()
    for pragma in pragmas:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    # The driver begins nothing by itself. Who writes locks at once: a reader that turned writer would be refused.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


class _Reader:
    """Reads from a SQLite file, at once.

    A row is found in less time than it takes to hand the question to a thread and the answer back. The asynchronous
    driver does that seven times for a query, and even with one visit to a thread Python's own driver gives up the
    interpreter's lock at each row, and may have it back 5 ms later where there is much to do. Readers of a WAL wait
    for no writer.
    """

    def __init__(self, url: str) -> None:
        file = make_url(url).set(drivername="sqlite")
        self._engine: Engine = create_engine(file, connect_args={"isolation_level": None})
        event.listen(self._engine, "connect", _only_read)

    def read(self, work: Callable[[Connection], _Read]) -> _Read:
        """One query sees one moment without a transaction around it."""
        with self._engine.connect() as connection:
            return work(connection)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


class Database:
    """Each query in a short transaction of its own."""

    def __init__(self, url: str) -> None:
        on_sqlite = url.startswith("sqlite")
        options: dict[str, Any] = (
            {"connect_args": {"isolation_level": None}} if on_sqlite else {"pool_pre_ping": True}
        )
        self._engine: AsyncEngine = create_async_engine(url, **options)
        self._reader = _Reader(url) if on_sqlite else None
        if on_sqlite:
            event.listen(self._engine.sync_engine, "connect", _use_wal)
            event.listen(self._engine.sync_engine, "begin", _begin)

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()
        if self._reader is not None:
            self._reader.close()

    async def read(self, work: Callable[[Connection], _Read]) -> _Read:
        if self._reader is not None:
            return self._reader.read(work)
        async with self._engine.connect() as connection:
            return await connection.run_sync(work)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Writing]:
        try:
            async with transaction(self._engine) as writing:
                yield writing
        except IntegrityError as error:
            raise AlreadyThere(str(error.orig)) from error


class Joined:
    """All queries in the transaction that is open."""

    def __init__(self, connection: Writing) -> None:
        self._connection = connection

    async def read(self, work: Callable[[Connection], _Read]) -> _Read:
        return await self._connection.run_sync(work)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Writing]:
        yield self._connection


_T = TypeVar("_T")


@functools.cache
def _by_key(table: Table) -> Select[Any]:
    """One row. A query that is asked often is made once: to put it together takes longer than to run it."""
    (column,) = table.primary_key.columns
    return select(table).where(column == bindparam("key"))


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
        return await self._one(_by_key(self.table), key=key)

    async def _one(self, query: Select[Any], **sought: object) -> _T | None:
        """Of a query that finds one at most."""
        found = await self._all(query, **sought)
        return found[0] if found else None

    async def _all(self, query: Select[Any], **sought: object) -> Sequence[_T]:
        """`sought`: what the query calls by `bindparam`."""
        return await self._scope.read(lambda connection: self._values(connection.execute(query, sought)))

    def _values(self, rows: Result[Any]) -> Sequence[_T]:
        names = tuple(rows.keys())
        return [self.value(**dict(zip(names, row, strict=True))) for row in rows.all()]

    async def _texts(self, query: Select[Any]) -> Sequence[str]:
        return await self._scope.read(lambda connection: list(connection.scalars(query)))

    async def _count(self, query: Select[Any]) -> int:
        """How many rows a query has."""
        counted = select(func.count()).select_from(query.subquery())
        return await self._scope.read(lambda connection: connection.scalar(counted)) or 0

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
