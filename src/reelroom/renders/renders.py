"""Renders: a room being taken and cut live into a session of its own, from start to stop."""

import asyncio
import contextlib
import shutil
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import structlog

from reelroom.config import Settings
from reelroom.engine.livekit import Engine, EngineError, Grant
from reelroom.errors import NotFound
from reelroom.files.space import DISK_SAYS_NO, why_disk_refused
from reelroom.layouts.names import Size
from reelroom.measures import RECORDING_STARTED
from reelroom.opentok.stream_ids import stream_id
from reelroom.opentok.tokens import session_key
from reelroom.processes.child import Child, GaveUp, Message, Program
from reelroom.processes.crashes import LastEnd
from reelroom.processes.inside import SECRET_VARIABLE
from reelroom.projects.callbacks import Callbacks
from reelroom.recorder.holding import SessionTakes
from reelroom.recorder.taps import TapFailed
from reelroom.renders.announcing import Announcing
from reelroom.renders.audience import Audience
from reelroom.renders.page_process import PageFailed, ShownPage
from reelroom.store.database import AlreadyThere, CannotWrite, now_ms
from reelroom.store.store import Rowsets, Store
from reelroom.store.values import Render, Room, Session
from reelroom.takes.folder import Take
from reelroom.takes.stage import RENDER_IDENTITY

_log = structlog.get_logger()

_PUBLISH_SECONDS = 20.0
_WARM_SECONDS = 15  # for which a render that an application asked for waits to be watched, with its stream under way
_GRACE_SECONDS = 5.0  # a browser closes in one; killed, it would leave its profile
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0  # s between two attempts to write down what must be
_TOKEN_LIFE = timedelta(hours=24)


@dataclass(frozen=True)
class RenderWish:
    """What a render through the API asks for; `room` where it is a room that is cut, else a page is shown."""

    url: str
    room: Room | None = None
    resolution: str = "1280x720"
    max_duration: int = 7200
    name: str = ""
    callback_url: str = ""
    connection_data: str = ""


@dataclass
class _Running:
    wish: RenderWish
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    reason: str = "Stop Requested"
    task: asyncio.Task[None] | None = None
    live: Child | None = None
    page: ShownPage | None = None
    audience: Audience | None = None
    watching: asyncio.Task[None] | None = None


class Renders:
    """Starts and stops renders; one runs in a room at a time."""

    def __init__(
        self, settings: Settings, store: Store, engine: Engine, takes: SessionTakes, callbacks: Callbacks
    ) -> None:
        self._settings = settings
        self._store = store
        self._engine = engine
        self._takes = takes
        self._callbacks = callbacks
        self._running: dict[str, _Running] = {}
        self._under_way: set[asyncio.Task[None]] = set()
        self.announcing = Announcing(store, engine)
        self.child: Callable[..., Any] = Child  # what keeps a live stream running
        # Starts the archive of a recording of ours whose stream is there, by its id and its session's.
        self.record: Callable[[str, str], Awaitable[None]] | None = None
        takes.rejoin_listeners.append(self._rejoined)

    async def get(self, render_id: str) -> Render:
        """Raises NotFound."""
        render = await self._store.renders.get(render_id)
        if render is None:
            raise NotFound(f"There is no render {render_id}")
        return render

    async def start(self, room: Room, session: Session, *, callback_url: str, url: str, layout: str = "") -> Render:
        """Write down a render of `room` into the new `session` and set it going; the one that runs, if one does."""
        if runs_already := await self._store.renders.running_in(room.name):
            return runs_already
        now = now_ms()
        try:
            async with self._callbacks.telling() as tx:
                await tx.sessions.add(session)
                take = await self._takes.reserve(tx, room.session_id)
                render = Render(
                    id=str(uuid4()),
                    room_name=room.name,
                    room_session_id=room.session_id,
                    session_id=session.id,
                    take_id=take.id,
                    url=url,
                    callback_url=callback_url,
                    resolution="1280x720",
                    layout=layout,
                    own=True,
                    status="starting",
                    running_in=room.name,
                    created_at=now,
                    updated_at=now,
                )
                await tx.renders.add(render)
        except AlreadyThere:
            first = await self._store.renders.running_in(room.name)
            if first is None:  # it ran, and stopped in between
                return await self.start(room, session, callback_url=callback_url, url=url, layout=layout)
            return first
        await self.resume(render)
        return render

    async def resume(self, render: Render) -> None:
        """Set a render of a room going, for the first time or after the server was killed."""
        left = render.max_duration - (now_ms() - render.created_at) // 1000
        self._set_off(render, RenderWish(render.url, max_duration=max(1, left) if render.max_duration else 0))

    async def end_interrupted(self, render: Render) -> None:
        """End a render that an earlier server left running, too long ago to go on."""
        await self._move(render, "stopped", reason="the server was restarted")

    async def admit(self) -> None:
        """Whether another render may begin. Raises OutOfSpace, Overloaded."""
        await self._takes.admit()

    async def start_into(self, session: Session, wish: RenderWish) -> Render:
        """Write down a render into an existing session and set it going; any number may run in a room.

        Raises OutOfSpace, Overloaded.
        """
        await self._takes.admit(shows_page=wish.room is None)
        now = now_ms()
        room = wish.room
        async with self._store.transaction() as tx:
            take = await self._takes.reserve(tx, room.session_id) if room else None
            render = Render(
                id=str(uuid4()),
                room_name=room.name if room else None,
                room_session_id=room.session_id if room else None,
                session_id=session.id,
                take_id=take.id if take else None,
                name=wish.name,
                max_duration=wish.max_duration,
                url=wish.url,
                callback_url=wish.callback_url,
                resolution=wish.resolution,
                status="starting",
                created_at=now,
                updated_at=now,
            )
            await tx.renders.add(render)
        self._set_off(render, wish)
        return render

    def _set_off(self, render: Render, wish: RenderWish) -> None:
        running = self._running[render.id] = _Running(wish)
        running.task = asyncio.create_task(self._run(render, running), name=f"render {render.id}")

    async def stop(self, render_id: str, reason: str = "Stop Requested") -> None:
        """End a render; harmless when it has ended already."""
        running = self._running.get(render_id)
        if running is not None:
            running.reason = reason
        if (render := await self._store.renders.get(render_id)) is not None:
            await self._move(render, "stopped", reason=reason)
        if running is not None:
            running.stop.set()

    async def _move(self, render: Render, status: str, *, reason: str = "", tell: bool = True, **more: Any) -> bool:
        """Change a render's state and write down who is told of it; False when it may not go there."""
        if reason:
            more["reason"] = reason
        async with self._callbacks.telling() as tx:
            moved = await tx.renders.move(render.id, status, **more)
            if moved is not None and tell:
                await self._write_callbacks(tx, moved)
        return moved is not None

    async def _write_callbacks(self, tx: Rowsets, render: Render) -> None:
        payload = {
            "streamId": stream_id(render.stream_id or ""),
            "id": render.id,
            "sessionId": render.session_id,
            "status": render.status,
        }
        if render.reason:
            payload["reason"] = render.reason
        project = session_key(render.session_id) or ""
        if not render.own:  # what follows from a recording of ours is ours to do
            await self._callbacks.post(tx, render.callback_url, payload, about=render.id, project=project)
        await self._callbacks.tell(tx, project, "render", "status", payload, about=render.id)

    async def _run(self, render: Render, running: _Running) -> None:
        log = _log.bind(render=render.id, room=render.room_name, take=render.take_id)
        status, reason = "failed", ""
        try:
            await self.announcing.state(render)
            track = await self._unless_stopped(running, self._set_going(render, running))
            again = await self._store.archives.of_render(render.id) is not None  # it goes on after a crash
            if track and await self._move(render, "started", stream_id=track, tell=not again):
                RECORDING_STARTED.observe(max(0, now_ms() - render.created_at) / 1000)
                log.info("render started", track=track)
                if render.own and not again:
                    await self._unless_stopped(running, self._record(render))
            status, reason = "stopped", await self._until_stopped(running)
        except (TapFailed, PageFailed, GaveUp, EngineError, OSError, TimeoutError) as error:
            reason = str(error) or "the stream could not be published in time"
            if isinstance(error, OSError) and error.errno in DISK_SAYS_NO:
                reason = why_disk_refused(error)
            log.error("render failed", reason=reason)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            reason = f"internal error: {type(error).__name__}"
            log.exception("render failed")
        finally:
            if running.watching is not None:
                running.watching.cancel()
            if running.live is not None:
                await running.live.stop(_GRACE_SECONDS)
            if running.page is not None:
                await asyncio.to_thread(shutil.rmtree, self._profile(render), ignore_errors=True)
            self._running.pop(render.id, None)
        await _insist(lambda: self._move(render, status, reason=reason), log)
        if render.take_id is not None:
            await _insist(lambda: self._takes.release(render.take_id or ""), log)
        await self.announcing.announce(render, None, notice=reason if status == "failed" else None)

    async def _record(self, render: Render) -> str:
        """Start the archive of a recording; what is in the way (a full disk, say) is waited out."""
        pause = _SHORTEST_PAUSE
        while self.record is not None:
            try:
                await self.record(render.id, render.session_id)
                break
            except Exception:
                _log.exception("archive not started", render=render.id, pause=pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        return ""

    async def _unless_stopped(self, running: _Running, beginning: Coroutine[Any, Any, str]) -> str:
        """What it returns, or "" when the render is stopped before."""
        begin, stop = asyncio.create_task(beginning), asyncio.create_task(running.stop.wait())
        try:
            await asyncio.wait({begin, stop}, return_when="FIRST_COMPLETED")
            return await begin if begin.done() else ""
        finally:
            stop.cancel()
            begin.cancel()
            await asyncio.gather(begin, stop, return_exceptions=True)

    async def _until_stopped(self, running: _Running) -> str:
        """Returns why it is over. Raises PageFailed."""
        if running.page is None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(running.stop.wait(), running.wish.max_duration or None)
                return running.reason
            return "Max duration exceeded"
        return await running.page.until(running.stop, running.wish.max_duration) or running.reason

    async def _set_going(self, render: Render, running: _Running) -> str:
        """Start what publishes; returns the track that the stream goes by."""
        if render.take_id is None:
            running.page = ShownPage(render, self._page_program(render, running.wish))
            self._keep_told(render, running, running.page.child)
            return await running.page.published()
        return await self._cut(render, running)

    def _keep_told(self, render: Render, running: _Running, live: Child) -> None:
        """From now on, tell what publishes whether anybody receives it."""
        running.live = live
        running.audience = Audience(self._engine, render.session_id, live.tell)
        running.watching = asyncio.create_task(running.audience.keep_told(), name=f"audience {render.id}")

    def look(self, session_id: str) -> None:
        """Somebody, hidden or not, came into a session or left it: its renders are watched now, or no more."""
        for running in self._running.values():
            if running.audience is not None and running.audience.session_id == session_id:
                running.audience.look()

    def _page_program(self, render: Render, wish: RenderWish) -> Program:
        token = self._token(render, wish)
        size = Size.parse(render.resolution)
        command = [
            sys.executable,
            "-m",
            "reelroom.renders.page",
            "--url",
            render.url,
            "--profile",
            str(self._profile(render)),
        ]
        command += [
            "--engine",
            self._settings.engine_own_url,
            "--width",
            str(size.width),
            "--height",
            str(size.height),
        ]
        command += ["--warm-seconds", str(_WARM_SECONDS)]
        if self._settings.render_private_addresses:
            command.append("--private-addresses")
        log = self._settings.data_dir / "logs" / "pages.log"
        return Program(command, log=log, environment={SECRET_VARIABLE: token})

    def _profile(self, render: Render) -> Path:
        return self._settings.data_dir.resolve() / "pages" / render.id

    async def _cut(self, render: Render, running: _Running) -> str:
        """Start tap and live stream side by side; returns the track that the stream goes by."""
        take = await self._takes.folder(render.take_id or "", render.room_name or "")
        published: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def receive(message: Message) -> None:
            if "track" in message and not published.done():
                published.set_result(message["track"])

        last_end = LastEnd()
        live = self.child(
            "live",
            lambda: self._live_program(render, running.wish, take, last_end),
            ids={"render": render.id},
            forever=True,
            most_failures=None,
            on_message=receive,
            on_restart=last_end.was,
        )
        self._keep_told(render, running, live)
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

    def _live_program(self, render: Render, wish: RenderWish, take: Take, last_end: LastEnd) -> Program:
        token = self._token(render, wish)
        size = Size.parse(render.resolution)
        command = [sys.executable, "-m", "reelroom.renders.live", "--take", str(take.folder)]
        command += ["--url", self._settings.engine_own_url, "--width", str(size.width), "--height", str(size.height)]
        command += ["--layout", render.layout] if render.layout else []
        command += ["--note", str(take.folder / "films" / f"{render.id}.decoding"), *last_end.arguments()]
        if render.running_in is None:  # the archive of a recording of ours is cut from the room, not from this stream
            command += ["--warm-seconds", str(_WARM_SECONDS)]
        return Program(command, log=take.folder / "live.log", environment={SECRET_VARIABLE: token})

    def _token(self, render: Render, wish: RenderWish) -> str:
        return self._engine.access_token(
            render.session_id,
            f"{RENDER_IDENTITY}{render.id}",
            render.name or render.room_name or "",
            Grant(publish=True, subscribe=True),
            lifetime=_TOKEN_LIFE,
            metadata=wish.connection_data,
        )

    def _rejoined(self, session_id: str) -> None:
        """The tap of a session came back: the room may know nothing any more."""
        task = asyncio.create_task(self._announce_again(session_id))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _announce_again(self, session_id: str) -> None:
        for render in await self._store.renders.running():
            if render.room_session_id == session_id and render.id in self._running:
                await self.announcing.state(render)

    def running(self) -> Sequence[str]:
        """The ids of the renders that run here."""
        return list(self._running)

    def live_pid(self, render_id: str) -> int | None:
        """The process id of a render's live stream, while it runs."""
        running = self._running.get(render_id)
        return running.live.pid if running and running.live else None

    async def leave(self, reason: str) -> None:
        """Let the recordings of rooms go on, for the next server to take up; renders of pages end."""
        rooms = [running for running in self._running.values() if running.page is None]
        for running in rooms:
            if running.task is not None:
                running.task.cancel()
        await asyncio.gather(*(running.task for running in rooms if running.task), return_exceptions=True)
        await self.close(reason)

    async def close(self, reason: str) -> None:
        """End all renders and wait until their takes are complete."""
        tasks = [running.task for running in self._running.values() if running.task]
        for render_id in list(self._running):
            await self.stop(render_id, reason)
        _, late = await asyncio.wait(tasks, timeout=8.0) if tasks else (set(), set())
        for task in (*late, *self._under_way):
            task.cancel()
        await asyncio.gather(*late, *self._under_way, return_exceptions=True)


async def _insist(write: Callable[[], Awaitable[object]], log: Any) -> None:
    """How a render ended is written down, however long the database cannot be written."""
    pause = _SHORTEST_PAUSE
    while True:
        try:
            await write()
            return
        except CannotWrite as error:
            log.error("the end of a render cannot be written down", error=str(error.orig), pause=pause)
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
