"""Live captions of sessions: started and stopped by applications, and by whoever wants to read them in a room."""

import asyncio
import contextlib
import json
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import structlog

from reelroom.captions.answer import captions_answer
from reelroom.captions.order import CAPTIONS_TOPIC, CaptionsOrder
from reelroom.config import Settings
from reelroom.engine.livekit import Engine, EngineError, Grant
from reelroom.engine.metadata import RoomMetadata
from reelroom.errors import BadRequest, Conflict, Forbidden, NotFound, NotSetUp, Overloaded
from reelroom.opentok.streams import CAPTIONS_PUBLISHED, CAPTIONS_WANTED
from reelroom.opentok.tokens import session_key
from reelroom.processes.child import Child, GaveUp, Message, Program
from reelroom.processes.inside import SECRET_VARIABLE
from reelroom.processes.machine import Machine
from reelroom.projects.callbacks import Callbacks
from reelroom.projects.projects import Project, Projects
from reelroom.sessions.calls import Sessions
from reelroom.store.captionings import Captioning
from reelroom.store.database import AlreadyThere, now_ms
from reelroom.store.node import LeaseLost, Node
from reelroom.store.store import Store
from reelroom.store.values import Session
from reelroom.transcribing.models import HOW_TO_GET_ONE, model_in_use

_log = structlog.get_logger()

LONGEST_SECONDS = 4 * 3600  # as in the cloud
_MOST_FAILURES = 5
_GRACE_SECONDS = 5.0  # it may be listening to some seconds
_TOKEN_LIFE = timedelta(hours=24)
_ALREADY_ON = 60003


@dataclass(frozen=True)
class CaptionsWish:
    """What an application may ask for; `max_duration` in s."""

    language: str = "en-US"
    partial: bool = True
    max_duration: int = LONGEST_SECONDS
    callback_url: str = ""


def _already_on() -> Conflict:
    return Conflict("Live captions of this session have been started already", code=_ALREADY_ON)


class _Running:
    """One captioning; `over` is done with its status and why."""

    def __init__(self, captioning: Captioning) -> None:
        self.captioning = captioning
        self.over: asyncio.Future[tuple[str, str]] = asyncio.get_running_loop().create_future()
        self.said: asyncio.Queue[Message] = asyncio.Queue()
        self.ready = asyncio.Event()
        self.lag: float | None = None

    def receive(self, message: Message) -> None:
        if "ready" in message:
            self.ready.set()
        elif "over" in message:
            self.end(str(message["over"]["status"]), str(message["over"]["reason"]))
        elif "caption" in message:
            self.said.put_nowait(message)
        elif "lag" in message:
            self.lag = float(message["lag"])

    def end(self, status: str, reason: str) -> None:
        if not self.over.done():
            self.over.set_result((status, reason))


class SessionCaptions:
    """The calls of the API about live captions; each raises NotFound for what is not the project's."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        engine: Engine,
        sessions: Sessions,
        projects: Projects,
        callbacks: Callbacks,
        machine: Machine,
        node: Node,
    ) -> None:
        self._settings = settings
        self._store = store
        self._engine = engine
        self._sessions = sessions
        self._projects = projects
        self._callbacks = callbacks
        self._machine = machine
        self._node = node
        self._metadata = RoomMetadata(store, engine)
        self._running: dict[str, _Running] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._leaving = False
        self.child: Callable[..., Any] = Child
        node.when_lost("captions", self._give_up)

    @property
    def possible(self) -> bool:
        """Whether the host has chosen a model, and wants live captions at all."""
        return self._settings.captions != "never" and model_in_use(self._settings) is not None

    async def start(self, project: Project, session_id: str, token: str, wish: CaptionsWish) -> Captioning:
        """Begin captions of a session. Raises BadRequest, Conflict, NotSetUp, Overloaded."""
        session = await self._sessions.get(project, session_id)
        try:
            granted = await self._sessions.open(session_id, token)
        except Forbidden as error:
            raise BadRequest(f"token: {error.message}") from None
        if granted.role != "moderator":
            raise BadRequest("token: its role must be moderator")
        return await self._begin(session, wish, own=False)

    async def _begin(self, session: Session, wish: CaptionsWish, *, own: bool) -> Captioning:
        if await self._store.captionings.running_in(session.id) is not None:
            raise _already_on()
        self._check(session)
        now = now_ms()
        captioning = Captioning(
            id=str(uuid4()),
            session_id=session.id,
            language=wish.language,
            partial=wish.partial,
            own=own,
            max_duration=wish.max_duration,
            callback_url=wish.callback_url,
            created_at=now,
            updated_at=now,
        )
        try:
            async with self._callbacks.telling() as tx:
                await tx.captionings.add(captioning)
                await self._node.claim(tx, "captions", captioning.id)
                await self._tell(tx, captioning)
        except AlreadyThere:
            raise _already_on() from None
        self._set_off(captioning)
        return captioning

    def _check(self, session: Session) -> None:
        if session.media_mode == "relayed":
            raise Conflict("The session is relayed: only routed sessions have captions")
        if session.e2ee:
            raise Conflict("The session is encrypted end to end: there is nothing to hear")
        if self._settings.captions == "never":
            raise NotSetUp("This server makes no live captions (REELROOM_CAPTIONS=never)")
        if model_in_use(self._settings) is None:
            raise NotSetUp(f"This server has no model for speech: {HOW_TO_GET_ONE}")
        running = sum(not each.over.done() for each in self._running.values())
        if why_not := self._machine.now().why_no_captions(running):
            raise Overloaded(why_not)

    async def _tell(self, tx: Any, captioning: Captioning) -> None:
        project = await self._projects.get(session_key(captioning.session_id) or "")
        if project is not None and captioning.callback_url:
            told, about = captions_answer(captioning, project), f"captions {captioning.id}"
            await self._callbacks.post(tx, captioning.callback_url, told, about=about, project=project.key)

    async def get(self, project: Project, captioning_id: str) -> Captioning:
        """Raises NotFound."""
        found = await self._store.captionings.get(captioning_id)
        if found is None or session_key(found.session_id) != project.key:
            raise NotFound(f"There are no captions {captioning_id[:100]}")
        return found

    async def stop(self, project: Project, captioning_id: str) -> None:
        """Raises NotFound, also for those that have ended."""
        captioning = await self.get(project, captioning_id)
        if not await self._end(captioning, "stopped", "stop requested"):
            raise NotFound(f"The captions {captioning_id[:100]} have ended already")
        if (running := self._running.get(captioning_id)) is not None:
            running.end("stopped", "stop requested")

    async def want(
        self, session_id: str, access_token: str, *, wanted: bool | None = None, published: bool | None = None
    ) -> None:
        """Somebody in a session wants to read captions, or lets them be made of what they say.

        In a room they begin with who wants them first. Raises as `start`, and Forbidden.
        """
        identity = await self._sessions.present(session_id, access_token)
        if wanted:
            await self._ensure(session_id)
        asked = {CAPTIONS_WANTED: wanted, CAPTIONS_PUBLISHED: published}
        attributes = {name: "yes" if value else "" for name, value in asked.items() if value is not None}
        await self._engine.set_attributes(session_id, identity, attributes)

    async def _ensure(self, session_id: str) -> None:
        if await self._store.rooms.having(session_id) is None:
            return  # an application starts them in its own sessions
        if await self._store.captionings.running_in(session_id) is not None:
            return
        session = await self._store.sessions.get(session_id)
        assert session is not None
        with contextlib.suppress(Conflict):  # somebody else was first
            await self._begin(session, CaptionsWish(language=""), own=True)

    def _set_off(self, captioning: Captioning) -> None:
        if captioning.id in self._running or self._leaving:
            return
        self._running[captioning.id] = running = _Running(captioning)
        task = asyncio.create_task(self._see_through(running), name=f"captions {captioning.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _see_through(self, running: _Running) -> None:
        captioning = running.captioning
        try:
            if await self._node.hold("captions", captioning.id) is None:
                return
            _log.info("captions started", captions=captioning.id, session=captioning.session_id)
            status, reason = await self._run(running)
            if self._leaving:
                return  # the next server goes on with them
            with contextlib.suppress(LeaseLost):
                await self._end(captioning, status, reason, by=self._node)
            await self._node.let_go("captions", captioning.id)
        except Exception:
            _log.exception("captions failed", captions=captioning.id)
        finally:
            self._running.pop(captioning.id, None)

    async def _run(self, running: _Running) -> tuple[str, str]:
        captioning = running.captioning
        everybody = await self._store.rooms.of_session(captioning.session_id) is not None
        child = self.child(
            "captions",
            lambda: self._program(captioning, everybody=everybody),
            ids={"captions": captioning.id, "session": captioning.session_id},
            forever=True,
            most_failures=_MOST_FAILURES,
            on_message=running.receive,
        )
        await self._say(captioning.session_id, {"on": True, "ready": False})  # before anybody listens
        working = asyncio.create_task(child.run())
        sending = asyncio.create_task(self._send(running))
        left = captioning.created_at / 1000 + captioning.max_duration - now_ms() / 1000
        try:
            await asyncio.wait({working, running.over}, timeout=max(0.0, left), return_when="FIRST_COMPLETED")
            if running.over.done():
                return running.over.result()
            if not working.done():
                return "stopped", "maximum duration exceeded"
            try:
                await working
            except GaveUp as error:
                return "failed", str(error)[:1024]
            return "failed", "internal error: it ended by itself"
        finally:
            await child.stop(_GRACE_SECONDS)
            sending.cancel()
            await asyncio.gather(working, sending, return_exceptions=True)

    def _program(self, captioning: Captioning, *, everybody: bool) -> Program:
        # Unseen, as taps are: the room's metadata tells everybody.
        token = self._engine.access_token(
            captioning.session_id,
            f"captions-{captioning.id}",
            "",
            Grant(subscribe=True, hidden=True),
            lifetime=_TOKEN_LIFE,
        )
        order = CaptionsOrder(
            *(captioning.language, captioning.partial, captioning.own, everybody, self._settings.empty_seconds)
        )
        command = [sys.executable, "-m", "reelroom.captions.process", "--engine", self._settings.engine_own_url]
        command += ["--model", str(model_in_use(self._settings))]
        secret = json.dumps({"token": token, "order": order.to_json()})
        log = self._settings.data_dir / "logs" / "captions.log"
        return Program(command, log=log, environment={SECRET_VARIABLE: secret}, fenced=self._settings.data_dir)

    async def _send(self, running: _Running) -> None:
        """Captions go out in the order in which they came, from nobody in the room, so that nobody can forge them."""
        await running.ready.wait()
        await self._say(running.captioning.session_id, {"on": True, "ready": True})
        while True:
            message = await running.said.get()
            text = json.dumps(message["caption"])
            try:
                await self._engine.send(running.captioning.session_id, CAPTIONS_TOPIC, text, message["to"])
            except EngineError as error:
                _log.warning("a caption was not sent", captions=running.captioning.id, error=str(error))

    async def _say(self, session_id: str, facts: dict[str, Any]) -> None:
        try:
            await self._metadata.tell(session_id, {"captions": facts})
        except EngineError as error:
            _log.warning("session not told of its captions", session=session_id, error=str(error))

    async def _end(self, captioning: Captioning, status: str, reason: str, *, by: Node | None = None) -> bool:
        """Write down that they are over; False when they were already. Raises LeaseLost where `by` holds them not."""
        async with self._callbacks.telling() as tx:
            if by is not None:
                await by.confirm(tx, "captions", captioning.id)
            ended = await tx.captionings.end(captioning.id, status, reason)
            if ended is not None:
                await self._tell(tx, ended)
        if ended is None:
            return False
        _log.info("captions ended", captions=captioning.id, status=status, reason=reason)
        await self._say(captioning.session_id, {"on": False, "problem": reason if status == "failed" else ""})
        return True

    def lag(self, captioning_id: str) -> float | None:
        """How long (s) after it was said the last caption came; None where that is not known here."""
        running = self._running.get(captioning_id)
        return running.lag if running else None

    async def take_up(self, running: Sequence[Captioning], held: Collection[tuple[str, str]]) -> None:
        """Go on with those that no server makes any more; `held` is what others hold."""
        for captioning in running:
            if captioning.id in self._running or ("captions", captioning.id) in held:
                continue
            if model_in_use(self._settings) is not None:
                self._set_off(captioning)
            elif await self._node.hold("captions", captioning.id) is not None:
                with contextlib.suppress(LeaseLost):
                    await self._end(captioning, "failed", "this server has no model for speech", by=self._node)
                await self._node.let_go("captions", captioning.id)

    async def follow_rows(self, running: Collection[Captioning]) -> None:
        """What another server has stopped ends here, too: `running` are all that run, as they are kept."""
        kept = {captioning.id for captioning in running}
        for each in list(self._running.values()):
            if each.captioning.id not in kept:
                known = await self._store.captionings.get(each.captioning.id)
                if known is not None and known.status != "started":
                    each.end(known.status, known.reason)

    async def _give_up(self, captioning_id: str) -> None:
        if (running := self._running.get(captioning_id)) is not None:
            running.end("stopped", "another server has taken them up")

    async def close(self, reason: str) -> None:
        """End all captions."""
        for running in list(self._running.values()):
            running.end("stopped", reason)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def leave(self) -> None:
        """Leave them to the next server."""
        self._leaving = True
        await self.close("")
