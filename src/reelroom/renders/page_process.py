"""A page that is shown in a session: the process that shows it, from its first message to its end."""

import asyncio
import contextlib
from pathlib import Path
from typing import Any

from reelroom.processes.child import Child, GaveUp, Message, Program
from reelroom.store.values import Render

_PUBLISH_SECONDS = 60.0


class PageFailed(Exception):
    """The page cannot be shown; the message says why."""


class ShownPage:
    """One attempt to show a page: a page that was loaded twice would not be the same page."""

    def __init__(self, render: Render, program: Program) -> None:
        self._stream: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._failure = ""
        self.profiles: list[Path] = []  # of a browser that had waited for a page: it has one of another name
        self._began = render.created_at
        self._steps: dict[str, int] = {}  # when (ms since the epoch) the program had got how far
        self.child = Child(
            "page",
            lambda: program,
            ids={"render": render.id},
            forever=True,
            most_failures=1,
            on_message=self._receive,
        )
        self._running = asyncio.create_task(self._run(), name=f"page {render.id}")

    def _receive(self, message: Message) -> None:
        if "failure" in message:
            self._failure = str(message["failure"])
        elif "profile" in message:
            self.profiles.append(Path(str(message["profile"])))
        elif "track" in message and not self._stream.done():
            self._steps = {str(step): int(at) for step, at in (message.get("steps") or {}).items()}
            self._stream.set_result(str(message["track"]))

    async def _run(self) -> None:
        with contextlib.suppress(GaveUp):
            await self.child.run()

    async def published(self) -> str:
        """The track that the stream goes by, once there is one. Raises PageFailed."""
        either: set[asyncio.Future[Any]] = {self._stream, self._running}
        await asyncio.wait(either, timeout=_PUBLISH_SECONDS, return_when="FIRST_COMPLETED")
        if self._stream.done():
            return self._stream.result()
        raise PageFailed(self._failure or "Could not load URL")

    def took(self) -> dict[str, dict[str, int]]:
        """For the log: how long after the call (ms) the page had got how far."""
        return {"took_ms": {step: at - self._began for step, at in self._steps.items()}}

    async def until(self, stop: asyncio.Event, seconds: int) -> str:
        """Returns "" when `stop` was set, or why it is over after `seconds` at most. Raises PageFailed."""
        stopped = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait({stopped, self._running}, timeout=seconds or None, return_when="FIRST_COMPLETED")
        stopped.cancel()
        if not done:
            return "Max duration exceeded"
        if stop.is_set():
            return ""
        raise PageFailed(self._failure or "The page crashed")
