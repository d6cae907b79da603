"""Renders: a room being taken and cut live into a session of its own, from start to stop."""

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import uuid4

import structlog

from reelroom.config import Settings
from reelroom.engine.livekit import Engine, EngineError
from reelroom.errors import NotFound
from reelroom.files.space import DISK_SAYS_NO, why_disk_refused
from reelroom.measures import RECORDING_STARTED
from reelroom.opentok.stream_ids import stream_id
from reelroom.opentok.tokens import session_key
from reelroom.processes.child import Child, GaveUp
from reelroom.projects.callbacks import Callbacks
from reelroom.recorder.holding import SessionTakes
from reelroom.recorder.taps import TapFailed
from reelroom.renders.announcing import Announcing
from reelroom.renders.page_process import PageFailed
from reelroom.renders.running import Rendering
from reelroom.renders.spares import Spares
from reelroom.store.database import AlreadyThere, CannotWrite, now_ms
from reelroom.store.node import LeaseLost, Node
from reelroom.store.store import Rowsets, Store
from reelroom.store.values import Render, Room, Session

_log = structlog.get_logger()

_NOBODY = "no server that records had room for it"
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0  # s between two attempts to write down what must be
_T = TypeVar("_T")


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


class Renders:
    """Starts and stops renders; one runs in a room at a time."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        engine: Engine,
        takes: SessionTakes,
        callbacks: Callbacks,
        node: Node,
    ) -> None:
        self._settings = settings
        self._store = store
        self._engine = engine
        self._takes = takes
        self._callbacks = callbacks
        self._node = node
        self._running: dict[str, Rendering] = {}
        self._under_way: set[asyncio.Task[None]] = set()
        self.announcing = Announcing(store, engine)
        self.child: Callable[..., Any] = Child  # what keeps a live stream running
        self._spares = Spares(settings, store, takes)
        # Starts the archive of a recording of ours whose stream is there, by its id and its session's.
        self.record: Callable[[str, str], Awaitable[None]] | None = None
        takes.rejoin_listeners.append(self._rejoined)
        node.when_lost("render", self._give_up)

    def prepare(self) -> None:
        """Have what the next render starts with wait, so that it starts sooner."""
        self._spares.prepare()

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
                await self._add(tx, render)
        except AlreadyThere:
            first = await self._store.renders.running_in(room.name)
            if first is None:  # it ran, and stopped in between
                return await self.start(room, session, callback_url=callback_url, url=url, layout=layout)
            return first
        await self.resume(render)
        return render

    async def resume(self, render: Render) -> None:
        """Set a render of a room going here: for the first time, or where another server was killed."""
        left = render.max_duration - (now_ms() - render.created_at) // 1000
        self._set_off(render, max(1, left) if render.max_duration else 0)

    async def end_interrupted(self, render: Render, *, never_begun: bool = False) -> None:
        """End a render that no server runs, and that it is too late to go on with, or that nobody had room for."""
        if await self._node.hold("render", render.id):
            status, reason = ("failed", _NOBODY) if never_begun else ("stopped", "the server was restarted")
            await self._move(render, status, reason=reason)
            await self._node.let_go("render", render.id)
            if never_begun:
                await self.announcing.announce(render, None, notice=reason)

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
                connection_data=wish.connection_data,
                status="starting",
                created_at=now,
                updated_at=now,
            )
            await self._add(tx, render)
        self._set_off(render, render.max_duration)
        if room is None:
            self._spares.page_begins()
        return render

    async def _add(self, tx: Rowsets, render: Render) -> None:
        await tx.renders.add(render)
        await self._node.claim(tx, "render", render.id)

    def _set_off(self, render: Render, seconds: int) -> None:
        if render.id in self._running:
            return
        child = functools.partial(self.child, wanted=lambda: self._node.may_run("render", render.id))
        rendering = Rendering(render, seconds, self._settings, self._engine, self._takes, self._spares, child)
        self._running[render.id] = rendering
        rendering.task = asyncio.create_task(self._see_through(rendering), name=f"render {render.id}")

    async def stop(self, render_id: str, reason: str = "Stop Requested") -> None:
        """End a render, whoever runs it; harmless when it has ended already."""
        rendering = self._running.get(render_id)
        if (render := await self._store.renders.get(render_id)) is not None:
            await self._move(render, "stopped", reason=reason)
        if rendering is not None:
            rendering.stop(reason)

    async def follow_rows(self, running: Sequence[Render]) -> None:
        """What runs here ends when another server has ended it: `running` are all that do, as they are kept."""
        known = {render.id for render in running}
        for rendering in list(self._running.values()):
            if rendering.render.id not in known:
                kept = await self._store.renders.get(rendering.render.id)
                if kept is not None and kept.status not in {"starting", "started"}:
                    rendering.stop(kept.reason)

    async def _move(
        self, render: Render, status: str, *, reason: str = "", tell: bool = True, ours: bool = False, **more: Any
    ) -> bool:
        """Change a render's state and write down who is told of it; False when it may not go there.

        `ours`: only whoever runs it may say so. Raises LeaseLost.
        """
        if reason:
            more["reason"] = reason
        async with self._callbacks.telling() as tx:
            if ours:
                await self._node.confirm(tx, "render", render.id)
            moved = await tx.renders.move(render.id, status, **more)
            if moved is not None and tell:
                await self._write_callbacks(tx, moved)
        return moved is not None

    async def _write_callbacks(self, tx: Rowsets, render: Render) -> None:
        payload = {
            **({"streamId": stream_id(render.stream_id)} if render.stream_id else {}),
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

    async def _see_through(self, rendering: Rendering) -> None:
        render = rendering.render
        log = _log.bind(render=render.id, room=render.room_name, take=render.take_id)
        try:
            if await _insist(lambda: self._is_ours(render), log):
                await self._run(rendering, log)
                await self._node.let_go("render", render.id)
        except LeaseLost as error:
            log.error("render is given up", why=str(error))
        finally:
            if self._running.get(render.id) is rendering:
                del self._running[render.id]

    async def _is_ours(self, render: Render) -> bool:
        """Whether this server runs it: whoever has the take does."""
        if render.take_id is not None and not await self._takes.hold(render.take_id):
            return False
        return await self._node.hold("render", render.id) is not None

    async def _run(self, rendering: Rendering, log: Any) -> None:
        render, status, reason = rendering.render, "failed", ""
        try:
            async with self._announced(render):
                track = await rendering.unless_stopped(rendering.publish())
            again = await self._store.archives.of_render(render.id) is not None  # it goes on after a crash
            if track and await self._move(render, "started", ours=True, stream_id=track, tell=not again):
                RECORDING_STARTED.observe(max(0, now_ms() - render.created_at) / 1000)
                log.info("render started", track=track, **rendering.took())
                if render.own and not again:
                    await rendering.unless_stopped(self._record(render))
            status, reason = "stopped", await rendering.until_stopped()
        except (TapFailed, PageFailed, GaveUp, EngineError, OSError, TimeoutError) as error:
            reason = str(error) or "the stream could not be published in time"
            if isinstance(error, OSError) and error.errno in DISK_SAYS_NO:
                reason = why_disk_refused(error)
            log.error("render failed", reason=reason)
        except (asyncio.CancelledError, LeaseLost):
            raise
        except Exception as error:
            reason = f"internal error: {type(error).__name__}"
            log.exception("render failed")
        finally:
            await rendering.end()
            self._running.pop(render.id, None)
        await _insist(lambda: self._move(render, status, reason=reason, ours=True), log)
        if render.take_id is not None:
            await _insist(lambda: self._takes.release(render.take_id or ""), log)
        await self.announcing.announce(render, None, notice=reason if status == "failed" else None)

    @asynccontextmanager
    async def _announced(self, render: Render) -> AsyncIterator[None]:
        """Tell the room that a recording begins, which holds nothing up; whatever is said later is said after it."""
        announcing = asyncio.create_task(self.announcing.state(render))
        try:
            yield
            await announcing
        finally:
            announcing.cancel()
            await asyncio.gather(announcing, return_exceptions=True)

    async def _give_up(self, render_id: str) -> None:
        """Another server has taken a render up: end what publishes it here, and write nothing."""
        if (rendering := self._running.get(render_id)) is not None and rendering.task is not None:
            rendering.task.cancel()
            await asyncio.gather(rendering.task, return_exceptions=True)

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

    def look(self, session_id: str) -> None:
        """Somebody, hidden or not, came into a session or left it: its renders are watched now, or no more."""
        for rendering in self._running.values():
            rendering.look(session_id)

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
        """The process id of a render's live stream, while it runs here."""
        rendering = self._running.get(render_id)
        return rendering.pid if rendering else None

    async def leave(self, reason: str) -> None:
        """Let the recordings of rooms go on, for the next server to take up; renders of pages end."""
        rooms = [rendering for rendering in self._running.values() if not rendering.shows_page]
        for rendering in rooms:
            if rendering.task is not None:
                rendering.task.cancel()
        await asyncio.gather(*(each.task for each in rooms if each.task), return_exceptions=True)
        await self.close(reason)

    async def close(self, reason: str) -> None:
        """End all renders and wait until their takes are complete."""
        await self._spares.close()
        tasks = [running.task for running in self._running.values() if running.task]
        for render_id in list(self._running):
            await self.stop(render_id, reason)
        _, late = await asyncio.wait(tasks, timeout=8.0) if tasks else (set(), set())
        for task in (*late, *self._under_way):
            task.cancel()
        await asyncio.gather(*late, *self._under_way, return_exceptions=True)


async def _insist(write: Callable[[], Awaitable[_T]], log: Any) -> _T:
    """What must be written down is, however long the database cannot be written."""
    pause = _SHORTEST_PAUSE
    while True:
        try:
            return await write()
        except CannotWrite as error:
            log.error("a render cannot be written down", error=str(error.orig), pause=pause)
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
