"""Broadcasts of sessions: started, stopped, laid out; each runs as a `Broadcasting`."""

import asyncio
import contextlib
import functools
import shutil
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import structlog

from reelroom.broadcasts.answer import BroadcastCallbacks, Outputs, connecting
from reelroom.broadcasts.running import Broadcasting, hls_folder
from reelroom.clock import now_us
from reelroom.config import Settings
from reelroom.cutting.choosing import first_plan, layout_choice
from reelroom.cutting.plan import Plan, PlanError, read_plan
from reelroom.egress import NotPublic, NotReachable, addresses
from reelroom.engine.livekit import Engine
from reelroom.errors import BadRequest, Conflict, NotFound
from reelroom.opentok.streams import all_streams
from reelroom.processes.child import Child
from reelroom.projects.projects import Project
from reelroom.recorder.holding import Classes, SessionTakes
from reelroom.recorder.taps import TapFailed
from reelroom.sessions.calls import Sessions
from reelroom.sessions.chosen_streams import ChosenStreams
from reelroom.store.database import AlreadyThere, now_ms
from reelroom.store.node import LeaseLost, Node
from reelroom.store.store import Store
from reelroom.store.values import Broadcast, Session

_log = structlog.get_logger()

_LINGER_SECONDS = 20.0  # players are some segments behind when a broadcast ends


@dataclass(frozen=True)
class BroadcastWish:
    """What a start may ask for; `hls` is None where no HLS is wanted. See `Broadcast`."""

    hls: dict[str, Any] | None = None
    rtmp: list[dict[str, Any]] = field(default_factory=list)
    resolution: str = "640x480"
    stream_mode: str = "auto"
    tag: str = ""
    has_audio: bool = True
    has_video: bool = True
    max_duration: int = 14_400
    max_bitrate: int | None = None
    layout: dict[str, Any] = field(default_factory=lambda: {"type": "bestFit"})


class SessionBroadcasts:
    """The calls of the API about broadcasts; each raises NotFound for what is not the project's."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        engine: Engine,
        takes: SessionTakes,
        sessions: Sessions,
        node: Node,
        callbacks: BroadcastCallbacks,
    ) -> None:
        self._callbacks = callbacks
        self._settings = settings
        self._store = store
        self._engine = engine
        self._takes = takes
        self._sessions = sessions
        self._folder = settings.data_dir.resolve() / "broadcasts"
        self._node = node
        self.streams = ChosenStreams("broadcast", sessions, self.get, self._replan)
        self._running: dict[str, Broadcasting] = {}
        self._under_way: set[asyncio.Task[None]] = set()
        self._closing = asyncio.Event()
        self.child: Callable[..., Any] = Child  # what keeps a broadcast's process running
        takes.class_listeners.append(self._note_classes)
        node.when_lost("broadcast", self._give_up)
        node.ask("broadcast", self._say)

    async def start(self, project: Project, session_id: str, wish: BroadcastWish) -> Broadcast:
        """A broadcast of a session from now on. Raises BadRequest, Conflict, TapFailed."""
        session = await self._sessions.get(project, session_id)
        if session.media_mode == "relayed":
            raise Conflict("The session is relayed: only routed sessions can be broadcast")
        if session.e2ee:
            raise Conflict("The session is encrypted end to end, and cannot be broadcast")
        if not await self._engine.participants(session_id):
            raise BadRequest("Nobody is connected to the session")
        await self._check(wish)
        return await self._start(session, wish)

    async def _check(self, wish: BroadcastWish) -> None:
        """Whether its RTMP servers may be reached, where they are known already."""
        for output in wish.rtmp:
            try:
                parts = urlsplit(output["serverUrl"])
                port = parts.port or 1935
            except ValueError:
                raise BadRequest("outputs.rtmp.serverUrl: it is no address") from None
            try:
                await addresses(parts.hostname or "", port, private=self._settings.private_destinations)
            except NotPublic as error:
                raise BadRequest(
                    f"outputs.rtmp.serverUrl: {error}; REELROOM_PRIVATE_DESTINATIONS lets broadcasts go there"
                ) from None
            except NotReachable:
                continue  # its status will say so

    async def _start(self, session: Session, wish: BroadcastWish) -> Broadcast:
        plan = await self._plan(session.id, wish)
        async with self._takes.holding(session.id) as take_id:
            now = now_ms()
            broadcast = Broadcast(
                id=str(uuid4()),
                session_id=session.id,
                take_id=take_id,
                status="started",
                resolution=wish.resolution,
                stream_mode=wish.stream_mode,
                tag=wish.tag,
                has_audio=wish.has_audio,
                has_video=wish.has_video,
                max_duration=wish.max_duration,
                max_bitrate=wish.max_bitrate,
                hls=wish.hls,
                rtmp=wish.rtmp,
                plan=plan.to_json(),
                created_at=now,
                updated_at=now,
            )
            try:
                async with self._callbacks.telling() as tx:
                    if not await tx.takes.goes_on(take_id):
                        raise TapFailed("the take has ended")
                    await tx.broadcasts.add(broadcast)
                    await self._callbacks.write(tx, broadcast, connecting(broadcast))
            except AlreadyThere:
                what = "with that multiBroadcastTag " if wish.tag else ""
                raise Conflict(f"The session is being broadcast {what}already") from None
        if await self._takes.hold(take_id):
            self._set_off(broadcast)  # otherwise whoever has its take finds it
        return broadcast

    def _set_off(self, broadcast: Broadcast) -> None:
        if broadcast.id in self._running:
            return
        take = self._settings.data_dir / "takes" / broadcast.take_id
        child = functools.partial(self.child, wanted=lambda: self._node.may_run("broadcast", broadcast.id))
        running = Broadcasting(broadcast, self._settings, take, self._folder / broadcast.id, child)
        self._running[broadcast.id] = running
        self._later(self._see_through(running))

    async def _plan(self, session_id: str, wish: BroadcastWish) -> Plan:
        return first_plan(
            wish.resolution,
            wish.layout,
            wish.stream_mode,
            all_streams(await self._engine.participants(session_id)),
            has_audio=wish.has_audio,
            has_video=wish.has_video,
            loudness=self._settings.loudness,
        )

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _see_through(self, running: Broadcasting) -> None:
        broadcast = running.broadcast
        if await self._node.hold("broadcast", broadcast.id) is None:
            self._running.pop(broadcast.id, None)
            return
        _log.info("broadcast started", broadcast=broadcast.id, session=broadcast.session_id)
        try:
            status, reason = await running.run()
        except Exception as error:
            _log.exception("broadcast failed", broadcast=broadcast.id)
            status, reason = "failed", f"internal error: {type(error).__name__}"
        self._running.pop(broadcast.id, None)
        try:
            await self._end(broadcast.id, status, reason, by=self._node)
            await self._takes.release(broadcast.take_id)
            await self._node.let_go("broadcast", broadcast.id)
        except LeaseLost as error:
            _log.error("broadcast is given up", broadcast=broadcast.id, why=str(error))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), _LINGER_SECONDS)
        await asyncio.to_thread(running.remove)

    async def _end(self, broadcast_id: str, status: str, reason: str, *, by: Node | None = None) -> bool:
        """Write down that a broadcast is over; False when it was already.

        `by` is the node that runs it, where only that one may say so. Raises LeaseLost.
        """
        async with self._callbacks.telling() as tx:
            if by is not None:
                await by.confirm(tx, "broadcast", broadcast_id)
            ended = await tx.broadcasts.end(broadcast_id, status, reason)
            if ended is not None:
                await self._callbacks.write(tx, ended, None)
        if ended is not None:
            _log.info("broadcast ended", broadcast=broadcast_id, status=status, reason=reason)
        return ended is not None

    async def _note_classes(self, session_id: str, classes: Classes) -> None:
        at = now_us()
        for broadcast in await self._store.broadcasts.running():
            if broadcast.session_id == session_id:
                await self._replan(broadcast, lambda plan: plan.with_classes(at, dict(classes)))

    async def _replan(self, broadcast: Broadcast, change: Callable[[Plan], Plan]) -> Broadcast | None:
        """Change the plan of a broadcast and tell its process; None when it has ended. Raises what `change` does."""

        def changed(known: str) -> str:
            plan = read_plan(
                known, broadcast.resolution, has_audio=broadcast.has_audio, has_video=broadcast.has_video
            )
            return change(plan).to_json()

        try:
            replanned = await self._store.broadcasts.replan(broadcast.id, changed)
        except PlanError as error:
            raise Conflict(f"The broadcast cannot be changed: {error}") from None
        if replanned is not None and (running := self._running.get(broadcast.id)) is not None:
            running.look(replanned)
        return replanned

    async def outputs(self, broadcasts: Sequence[Broadcast]) -> Mapping[str, Outputs]:
        """How the outputs of those stand that run, by id; elsewhere, as it was a few seconds ago."""
        started = [each for each in broadcasts if each.status == "started"]
        told = await self._node.told("broadcast", [each.id for each in started if each.id not in self._running])
        said = {each.id: self._say(each.id) or told.get(each.id) for each in started}
        begins = {each.id: connecting(each) for each in started}
        return begins | {each: Outputs(**facts) for each, facts in said.items() if facts is not None}

    def _say(self, broadcast_id: str) -> dict[str, Any] | None:
        running = self._running.get(broadcast_id)
        return None if running is None else asdict(Outputs(running.hls_status, list(running.rtmp_statuses)))

    def hls_folder(self, broadcast_id: str) -> Path:
        """Where a broadcast's playlist and segments are; they are removed a moment after its end."""
        return hls_folder(self._folder / broadcast_id)

    def pid(self, broadcast_id: str) -> int | None:
        """The id of a broadcast's process, while it runs."""
        running = self._running.get(broadcast_id)
        return running.pid if running else None

    async def get(self, project: Project, broadcast_id: str) -> Broadcast:
        """Raises NotFound."""
        broadcast = await self._store.broadcasts.get_of_project(project.key, broadcast_id)
        if broadcast is None:
            raise NotFound(f"There is no broadcast {broadcast_id[:100]}")
        return broadcast

    async def all(
        self, project: Project, offset: int, count: int, session_id: str | None
    ) -> tuple[int, Sequence[Broadcast]]:
        """How many there are, and some of them, newest first."""
        return await self._store.broadcasts.of_project(project.key, offset, count, session_id)

    async def stop(self, project: Project, broadcast_id: str) -> Broadcast:
        """Raises Conflict when it has ended already."""
        broadcast = await self.get(project, broadcast_id)
        reason = "user initiated"
        if not await self._end(broadcast_id, "stopped", reason):
            raise Conflict(f"The broadcast is {broadcast.status}, not started")
        if (running := self._running.get(broadcast_id)) is not None:
            running.stop(reason)
        return await self.get(project, broadcast_id)

    async def set_layout(self, project: Project, broadcast_id: str, layout: dict[str, Any]) -> Broadcast:
        """Raises BadRequest."""
        broadcast = await self.get(project, broadcast_id)
        at, choice = now_us(), layout_choice(layout)
        if await self._replan(broadcast, lambda plan: plan.with_layout(at, choice)) is None:
            raise BadRequest("The broadcast does not run any more: its layout stays")
        return await self.get(project, broadcast_id)

    async def take_up(self, running: Sequence[Broadcast], held: Collection[tuple[str, str]]) -> None:
        """Run what another server has written down for us; end what was interrupted: whoever watched has seen it end.

        `held` is what others hold.
        """
        for broadcast in running:
            if broadcast.id in self._running or ("broadcast", broadcast.id) in held:
                continue
            if ("take", broadcast.take_id) in held:
                continue  # whoever has the take is about to
            lease = await self._node.hold("broadcast", broadcast.id)
            if lease is None:
                continue
            if lease.fence == 1 and self._node.holds("take", broadcast.take_id):
                self._set_off(broadcast)
                continue
            await self._end(broadcast.id, "stopped", "the server was restarted")
            await self._node.let_go("broadcast", broadcast.id)

    async def follow_rows(self, running: Sequence[Broadcast]) -> None:
        """What another server has done to broadcasts that run here: `running` are all that do, as they are kept."""
        kept = {broadcast.id: broadcast for broadcast in running}
        for each in list(self._running.values()):
            known, broadcast = each.broadcast, kept.get(each.broadcast.id)
            if broadcast is None:
                broadcast = await self._store.broadcasts.get(known.id)
                if broadcast is not None and broadcast.status != "started":
                    each.stop(broadcast.reason)
            elif broadcast.plan != known.plan:
                each.look(broadcast)

    async def remove_left(self) -> None:
        """Remove the files of broadcasts that an earlier run of this server left."""
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    async def _give_up(self, broadcast_id: str) -> None:
        """Another server has ended it: so do we, and write nothing."""
        if (running := self._running.get(broadcast_id)) is not None:
            running.stop("the server was restarted")

    async def close(self, reason: str) -> None:
        """End all broadcasts."""
        self._closing.set()
        for running in self._running.values():
            running.stop(reason)
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=8.0)
