"""A process that is started before anybody knows what for, so that loading its program is over by then."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog

from reelroom.processes.environment import for_children
from reelroom.processes.fence import told

_log = structlog.get_logger()

_PAUSE = 3.0  # s after one was taken: what it was taken for begins first
_GRACE = 5.0  # s for one that is not needed any more, and has something to close


class Spare:
    """Keeps one process that has loaded a module of Python's, whose `main` does its work, and waits (`waiting`).

    It is taken as if the module were started then, and another one follows. Where none waits, nobody is worse off
    than without. `limit` is the longest line (bytes) of its standard output; `arguments` are those of the module's
    `load`; another one follows `pause` seconds after one was taken, unless it is None. It is `fenced` as a
    program is.
    """

    def __init__(
        self,
        module: str,
        limit: int,
        arguments: Sequence[str] = (),
        pause: float | None = _PAUSE,
        fenced: Path | None = None,
    ) -> None:
        self._module = module
        self._limit = limit
        self._arguments = arguments
        self._pause = pause
        self._fenced = fenced
        self._process: asyncio.subprocess.Process | None = None
        self._preparing: asyncio.Task[None] | None = None

    @property
    def waits(self) -> bool:
        """Whether there is one to be taken."""
        return self._process is not None and self._process.returncode is None

    def prepare(self, pause: float = 0.0) -> None:
        """Have one waiting, `pause` seconds from now."""
        if not self.waits and (self._preparing is None or self._preparing.done()):
            self._preparing = asyncio.create_task(self._prepare(pause), name=f"spare {self._module}")

    async def _prepare(self, pause: float) -> None:
        await asyncio.sleep(pause)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "reelroom.processes.waiting", self._module, *self._arguments),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                limit=self._limit,
                env={**for_children(os.environ), **told(self._fenced)},
                start_new_session=True,
            )
        except OSError as error:
            _log.warning("no process was prepared", module=self._module, error=str(error))

    def take(
        self, command: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> asyncio.subprocess.Process | None:
        """The process that waits, which now goes on as `python -m module …`; None when none waits, or for another.

        `environment` is added to its own; it writes its errors to `log`.
        """
        process, self._process = self._process, None
        if process is None or process.stdin is None or process.returncode is not None:
            return None
        if list(command[:3]) != [sys.executable, "-m", self._module]:
            self._process = process
            return None
        order = {"arguments": list(command[3:]), "environment": dict(environment), "log": str(log)}
        process.stdin.write(json.dumps(order).encode() + b"\n")
        if self._pause is not None:
            self.prepare(self._pause)
        return process

    async def close(self) -> None:
        """Have none any more."""
        if self._preparing is not None:
            self._preparing.cancel()
            await asyncio.gather(self._preparing, return_exceptions=True)
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        if process.stdin is not None:
            process.stdin.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _GRACE)
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
