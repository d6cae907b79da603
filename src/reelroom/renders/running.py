"""One render that runs: what publishes its stream, whether that is watched, and why it ends."""

import asyncio
import contextlib
import shutil
import sys
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from reelroom.config import Settings
from reelroom.engine.livekit import Engine, Grant
from reelroom.layouts.names import Size
from reelroom.processes.child import Child, Message, Program
from reelroom.processes.crashes import LastEnd
from reelroom.processes.inside import PAGE_VARIABLE, SECRET_VARIABLE
from reelroom.processes.interrupting import unless
from reelroom.processes.spare import Spare
from reelroom.recorder.holding import SessionTakes
from reelroom.renders.audience import Audience
from reelroom.renders.page_process import ShownPage
from reelroom.store.values import Render
from reelroom.takes.folder import Take
from reelroom.takes.stage import RENDER_IDENTITY

LIVE, PAGE = "reelroom.renders.live", "reelroom.renders.page.process"
_PUBLISH_SECONDS = 20.0
_WARM_SECONDS = 15  # for which a render that an application asked for waits to be watched, with its stream under way
_GRACE_SECONDS = 5.0  # a browser closes in one; killed, it would leave its profile
_TOKEN_LIFE = timedelta(hours=24)


class WhatWaits(Protocol):
    """Processes that have loaded what publishes a room, and a page."""

    room: Spare
    page: Spare


def pages_folder(settings: Settings) -> Path:
    """Where browsers have their profiles."""
    return settings.data_dir.resolve() / "pages"


class Rendering:
    """Keeps the processes of a render for so many seconds, 0 for no end.

    `child` keeps its live stream running; what publishes may be one of the `spares`, which have loaded already.
    """

    def __init__(
        self,
        render: Render,
        seconds: int,
        settings: Settings,
        engine: Engine,
        takes: SessionTakes,
        spares: WhatWaits,
        child: Callable[..., Any] = Child,
    ) -> None:
        self.render = render
        self.task: asyncio.Task[None] | None = None  # what sees it through
        self._seconds = seconds
        self._settings = settings
        self._engine = engine
        self._takes = takes
        self._spares = spares
        self._child = child
        self._stopped = asyncio.Event()
        self._reason = "Stop Requested"
        self._live: Child | None = None
        self._page: ShownPage | None = None
        self._audience: Audience | None = None
        self._watching: asyncio.Task[None] | None = None
        self._last_end = LastEnd()

    @property
    def shows_page(self) -> bool:
        """Whether it is a page that is shown, and no room."""
        return self.render.take_id is None

    @property
    def pid(self) -> int | None:
        """The id of the process that publishes, while it runs."""
        return self._live.pid if self._live else None

    def took(self) -> dict[str, dict[str, int]]:
        """For the log: how long after the call (ms) a page had got how far."""
        return self._page.took() if self._page is not None else {}

    def stop(self, reason: str) -> None:
        """It is over, for this reason."""
        if not self._stopped.is_set():
            self._reason = reason
            self._stopped.set()

    def look(self, session_id: str) -> None:
        """Somebody, hidden or not, came into a session or left it: if it is this one's, it may be watched now."""
        if self._audience is not None and self.render.session_id == session_id:
            self._audience.look()

    async def unless_stopped(self, beginning: Coroutine[Any, Any, str]) -> str:
        """What it returns, or "" when the render is stopped before."""
        return await unless(self._stopped, beginning) or ""

    async def until_stopped(self) -> str:
        """Returns why it is over. Raises PageFailed."""
        if self._page is None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), self._seconds or None)
                return self._reason
            return "Max duration exceeded"
        return await self._page.until(self._stopped, self._seconds) or self._reason

    async def publish(self) -> str:
        """Start what publishes; returns the track that the stream goes by.

        Raises TapFailed, PageFailed, GaveUp, OSError, TimeoutError.
        """
        if self.shows_page:
            self._page = ShownPage(self.render, self._page_program())
            self._keep_told(self._page.child)
            return await self._page.published()
        return await self._cut()

    async def end(self) -> None:
        """End what publishes."""
        if self._watching is not None:
            self._watching.cancel()
        if self._live is not None:
            await self._live.stop(_GRACE_SECONDS)
        for profile in (self._profile(), *self._page.profiles) if self._page is not None else ():
            await asyncio.to_thread(shutil.rmtree, profile, ignore_errors=True)

    def _keep_told(self, live: Child) -> None:
        """From now on, tell what publishes whether anybody receives it."""
        self._live = live
        self._audience = Audience(self._engine, self.render.session_id, live.tell)
        self._watching = asyncio.create_task(self._audience.keep_told(), name=f"audience {self.render.id}")

    async def _cut(self) -> str:
        """Start tap and live stream side by side; returns the track that the stream goes by."""
        render = self.render
        take = await self._takes.folder(render.take_id or "", render.room_name or "")
        published: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def receive(message: Message) -> None:
            if "track" in message and not published.done():
                published.set_result(message["track"])

        live = self._child(
            "live",
            lambda: self._live_program(take),
            ids={"render": render.id},
            forever=True,
            most_failures=None,
            on_message=receive,
            on_restart=self._last_end.was,
        )
        self._keep_told(live)
        running_live = asyncio.create_task(live.run(), name=f"live {render.id}")
        joining = asyncio.create_task(self._takes.join(render.take_id or ""))
        try:
            async with asyncio.timeout(_PUBLISH_SECONDS):
                await joining
                return await published
        except TimeoutError:
            raise TimeoutError("the stream could not be published in time") from None
        finally:
            joining.cancel()
            if not published.done():
                await live.stop(_GRACE_SECONDS)
                running_live.cancel()

    def _live_program(self, take: Take) -> Program:
        render, size = self.render, Size.parse(self.render.resolution)
        command = [sys.executable, "-m", LIVE, "--take", str(take.folder)]
        command += ["--loudness", str(self._settings.loudness)]
        command += ["--url", self._settings.engine_own_url, "--width", str(size.width), "--height", str(size.height)]
        command += ["--layout", render.layout] if render.layout else []
        note = take.folder / "films" / f"{render.id}.decoding"
        command += ["--note", str(note), *self._last_end.arguments()]
        if render.running_in is None:  # the archive of a recording of ours is cut from the room, not from this stream
            command += ["--warm-seconds", str(_WARM_SECONDS)]
        log = take.folder / "live.log"
        secret, within = {SECRET_VARIABLE: self._token()}, self._settings.data_dir
        return Program(command, log=log, environment=secret, spare=self._spares.room, fenced=within)

    def _page_program(self) -> Program:
        size = Size.parse(self.render.resolution)
        command = [sys.executable, "-m", PAGE]
        command += ["--profile", str(self._profile()), "--engine", self._settings.engine_own_url]
        command += ["--width", str(size.width), "--height", str(size.height), "--warm-seconds", str(_WARM_SECONDS)]
        if self._settings.render_private_addresses:
            command.append("--private-addresses")
        log = self._settings.data_dir / "logs" / "pages.log"
        secrets = {SECRET_VARIABLE: self._token(), PAGE_VARIABLE: self.render.url}
        return Program(command, log=log, environment=secrets, spare=self._spares.page)

    def _profile(self) -> Path:
        return pages_folder(self._settings) / self.render.id

    def _token(self) -> str:
        return self._engine.access_token(
            self.render.session_id,
            f"{RENDER_IDENTITY}{self.render.id}",
            self.render.name or self.render.room_name or "",
            Grant(publish=True, subscribe=True),
            lifetime=_TOKEN_LIFE,
            metadata=self.render.connection_data,
        )
