"""What this machine's clock is off by: the clock of the database is the one that all servers have."""

from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy import text

from reelroom.clock import machine_us, offset_us, set_offset
from reelroom.store.database import Scope

_log = structlog.get_logger()

_TIMES = 3  # that it is asked: the quickest answer tells best
_KEEPS = 20_000  # µs: clocks that are set by NTP agree within less, and room time is not to tremble
_LONGEST = 1_000_000  # µs: an answer that took longer says too little
_WORTH_SAYING = 500_000  # µs

_QUESTION = text("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)")


async def database_us(scope: Scope) -> int:
    """What the clock of a PostgreSQL server says, in µs since the epoch."""
    return int(await scope.read(lambda connection: connection.scalar(_QUESTION)))


async def measured(ask: Callable[[], Awaitable[int]]) -> int | None:
    """What (µs) is to be added to this machine's clock for it to say what `ask` does; None where nobody can tell."""
    best: tuple[int, int] | None = None
    for _ in range(_TIMES):
        before = machine_us()
        there = await ask()
        took = machine_us() - before
        if 0 <= took <= _LONGEST and (best is None or took < best[0]):
            best = took, there - before - took // 2
    return best[1] if best is not None else None


def kept(offset: int, measured: int) -> int:
    """The offset from now on: small differences are of the measuring."""
    return offset if abs(measured - offset) <= _KEEPS else measured


async def agree(ask: Callable[[], Awaitable[int]]) -> None:
    """This server's time is the database's from now on."""
    found = await measured(ask)
    if found is None or (now := kept(offset_us(), found)) == offset_us():
        return
    if abs(now - offset_us()) >= _WORTH_SAYING:
        _log.warning("this machine's clock is off: the database's is taken instead", seconds=round(-now / 1e6, 3))
    set_offset(now)
