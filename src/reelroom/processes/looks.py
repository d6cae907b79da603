"""Looks that come again and again: one that fails is said in the log, and the next one comes all the same."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

_log = structlog.get_logger()

_AFTER_FAILURE = 5.0  # s, at most


class Looks:
    """Calls `look`, again and again, `pause` (s) after it has ended; sooner where it says so, or `woken` is set.

    The first comes at once, unless `at_once` is false. `problem` is what the log says of a look that raised.
    """

    def __init__(
        self,
        look: Callable[[], Awaitable[float | None]],
        pause: float,
        problem: str,
        *,
        woken: asyncio.Event | None = None,
        at_once: bool = True,
    ) -> None:
        self._look = look
        self._pause = pause
        self._problem = problem
        self._woken = woken or asyncio.Event()
        self._at_once = at_once
        self._task: asyncio.Task[None] | None = None

    def start(self, name: str) -> None:
        """Look from now on."""
        self._task = asyncio.create_task(self._run(), name=name)

    def wake(self) -> None:
        """Look now."""
        self._woken.set()

    async def close(self) -> None:
        """Look no more; a look that is under way is broken off."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        if not self._at_once:
            await asyncio.sleep(self._pause)
        while True:
            self._woken.clear()
            try:
                pause = await self._look()
            except Exception:
                _log.exception(self._problem)
                pause = min(_AFTER_FAILURE, self._pause)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pause if pause is None else pause):  # not wait_for: until Python
                    await self._woken.wait()  # 3.12 it may lose a cancellation
