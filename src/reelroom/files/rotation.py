"""Logs that programs write for months: kept to a size, while they are being written."""

import asyncio
import contextlib
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import structlog

_log = structlog.get_logger()

MOST_BYTES = 10_000_000  # of a log; as much of what came before is kept beside it
_EVERY = 20.0  # seconds between two looks


def rotate(log: Path, most_bytes: int = MOST_BYTES) -> bool:
    """Put what a log holds aside as `.1` once it is too large; True when it was. Blocking.

    Whoever writes it has it open for appending, and goes on at its new end: so it is copied and cut off, not renamed.
    """
    try:
        if log.stat().st_size <= most_bytes:
            return False
    except FileNotFoundError:
        return False
    aside = log.with_name(log.name + ".1")
    try:
        shutil.copyfile(log, aside)
    except OSError:  # no room for it: all the more reason to let it go
        aside.unlink(missing_ok=True)
    os.truncate(log, 0)
    return True


class Rotation:
    """Looks after the logs that `logs` lists anew each time."""

    def __init__(self, logs: Callable[[], Iterable[Path]]) -> None:
        self._logs = logs
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._look_now_and_then(), name="rotation")

    async def _look_now_and_then(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self._look)
            except (OSError, RuntimeError) as error:
                _log.warning("logs could not be rotated", error=str(error))
            await asyncio.sleep(_EVERY)

    def _look(self) -> None:
        for log in self._logs():
            rotate(log)

    async def close(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task


def logs_of(data_dir: Path) -> list[Path]:
    """All logs of a data directory: the server's children's, and those in the takes. Blocking."""
    return [*(data_dir / "logs").glob("*.log"), *(data_dir / "takes").glob("*/*.log")]
