"""A connection that writes, whose queries are not broken off: who is cancelled meanwhile is so once they are over.

A query that is broken off in its driver leaves the transaction open, and on SQLite nobody writes until garbage is
collected: for minutes, on a quiet server.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult, Executable, ScalarResult
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

_T = TypeVar("_T")


async def whole(work: Coroutine[Any, Any, _T]) -> _T:
    """What `work` returns or raises; cancelled meanwhile, whoever waits for it goes when it is over."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        if not task.cancelled():
            task.exception()  # has been looked at
        raise cancelled
    return task.result()


class Writing:
    """The queries of one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def execute(self, query: Executable) -> CursorResult[Any]:
        """All rows of a query."""
        return await whole(self._connection.execute(query))

    async def scalar(self, query: Executable) -> Any:
        """The first column of its first row; None where there is none."""
        return await whole(self._connection.scalar(query))

    async def scalars(self, query: Executable) -> ScalarResult[Any]:
        """The first columns of its rows."""
        return await whole(self._connection.scalars(query))

    async def run_sync(self, work: Callable[[Connection], _T]) -> _T:
        """What `work` does with the connection."""
        return await whole(self._connection.run_sync(work))


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[Writing]:
    """All that is written within, or nothing when an exception leaves it."""
    connection = engine.connect()
    try:
        await whole(_begin(connection))
        yield Writing(connection)
        await whole(connection.commit())
    finally:
        if connection.sync_connection is not None:
            await whole(connection.close())  # what is not committed is undone


async def _begin(connection: AsyncConnection) -> None:
    await connection.start()
    await connection.begin()
