"""Telephones of sessions: called, let in, sent digits, hung up; each call is a process that is a participant."""

import asyncio
import contextlib
import json
import re
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import structlog

from reelroom.config import Settings
from reelroom.engine.livekit import Engine, EngineError, Grant
from reelroom.errors import BadRequest, Conflict, Forbidden, NotFound, Overloaded, Refused
from reelroom.measures import TELEPHONE_CALLS
from reelroom.opentok.stream_ids import stream_id
from reelroom.opentok.streams import CAPTIONS_PUBLISHED, CONSENT
from reelroom.processes.child import Child, GaveUp, Message, Program
from reelroom.processes.inside import SECRET_VARIABLE
from reelroom.projects.callbacks import Callbacks
from reelroom.projects.projects import Project, project_id
from reelroom.sessions.calls import Sessions
from reelroom.store.database import now_ms
from reelroom.store.node import LeaseLost, Node
from reelroom.store.store import Rowsets, Store
from reelroom.store.values import Session, TelephoneCall
from reelroom.telephones.address import read_address
from reelroom.telephones.digits import DIGITS_TOPIC
from reelroom.telephones.wish import Dialling

_log = structlog.get_logger()

_START_SECONDS = 25.0  # the process starts, it rings or is given up after some seconds, and it joins
_GRACE_SECONDS = 8.0  # to hang up, which the other side is to acknowledge
_MARGIN = timedelta(minutes=10)
_DIGITS = re.compile(r"[0-9A-Da-d*#p]{1,100}")
_RESTARTED = "the server was restarted"


class NoAnswer(Refused):
    """The other side did not take the call."""


class _Running:
    """One call; `in_session` is set once it has a stream there, `listening` once one that came in may be brought."""

    def __init__(self, call: TelephoneCall, project: str) -> None:
        self.call = call
        self.project = project
        self.in_session = asyncio.Event()
        self.listening = asyncio.Event()
        self.reason = ""
        self.code = 0
        self.child: Any = None
        self.task: asyncio.Task[None] | None = None
        self.messages: asyncio.Queue[Message] = asyncio.Queue()


class SessionTelephones:
    """The calls of the API about telephones; each raises NotFound for what is not the project's."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        engine: Engine,
        sessions: Sessions,
        callbacks: Callbacks,
        node: Node,
        sip_binary: Path | None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._engine = engine
        self._sessions = sessions
        self._callbacks = callbacks
        self._node = node
        self._sip_binary = sip_binary
        self._running: dict[str, _Running] = {}
        self.child: Callable[..., Any] = Child  # what keeps a call's process running
        node.when_lost("call", self._give_up)

    async def dial(
        self,
        project: Project,
        session_id: str,
        token: str,
        wish: Dialling,
        *,
        streams: Sequence[str] | None = None,
        observe_mute: bool = False,
    ) -> TelephoneCall:
        """Call somebody into a session; returns once it rings there. Raises BadRequest, Conflict."""
        if self._sip_binary is None:
            raise BadRequest("This server has no program that speaks SIP: `reelroom doctor` says how to get it")
        session = await self._sessions.get(project, session_id)
        if session.media_mode == "relayed":
            raise Conflict("The session is relayed: only routed sessions can be called from")
        if session.e2ee:
            raise Conflict("The session is encrypted end to end: a telephone cannot take part")
        try:
            granted = await self._sessions.open(session_id, token)
        except Forbidden as error:
            raise BadRequest(f"token: {error.message}") from None
        if granted.role == "subscriber":
            raise BadRequest("token: its role must be publisher, for a telephone to be heard")
        if streams:
            tracks = [await self._sessions.microphone(project, session_id, each) for each in streams]
            wish = replace(wish, tracks=tracks)
        if not await self._engine.participants(session_id):
            raise NotFound("Nobody is connected to the session")
        wish = await self._told(session, wish)
        name, data = read_address(wish.uri).name, granted.connection_data
        running = await self._begin(session, wish, name, data, self._dials(), observe_mute=observe_mute)
        return await self._in_session(running)

    async def come_in(self, session: Session, name: str, socket: Path) -> TelephoneCall:
        """Let somebody in who has called; returns once the call may be brought to the socket.

        Raises NoAnswer when the process for it does not start.
        """
        wish = await self._told(session, Dialling(""))
        running = await self._begin(session, wish, name, "", ["--socket", str(socket)], state="RINGING")
        await self._until(running, running.listening)
        return running.call

    async def _told(self, session: Session, wish: Dialling) -> Dialling:
        """In rooms people are told that they are recorded, by voice; applications tell their own."""
        room = await self._store.rooms.of_session(session.id)
        tells = room is not None and room.session_id == session.id
        asks = tells and self._settings.consent == "ask"
        return replace(wish, longest=self._settings.sip_longest_seconds, tells=tells, asks=asks)

    async def _begin(
        self, session: Session, wish: Dialling, name: str, data: str, how: list[str], **more: Any
    ) -> _Running:
        """`how` the process comes to its call; `more` of its row. Raises Overloaded."""
        if why_not := self._node.why_not("call"):
            raise Overloaded(why_not)
        now = now_ms()
        call = TelephoneCall(
            id=str(uuid4()),
            session_id=session.id,
            connection_id=str(uuid4()),
            created_at=now,
            updated_at=now,
            **more,
        )
        running = _Running(call, session.project)
        async with self._callbacks.telling() as tx:
            await self._node.claim(tx, "call", call.id)
            await tx.telephone_calls.add(call)
            await self._tell(tx, running, "created", "callCreated", state=call.state)
        self._running[call.id] = running
        running.child = self.child(
            "telephone",
            lambda: self._program(call, wish, name, data, how),
            ids={"session": session.id, "call": call.id},
            forever=True,
            most_failures=1,
            on_message=running.messages.put_nowait,
        )
        running.task = asyncio.create_task(self._see_through(running), name=f"call {call.id}")
        return running

    async def _in_session(self, running: _Running) -> TelephoneCall:
        """The call once it is in the session. Raises NoAnswer when it does not come to that."""
        await self._until(running, running.in_session)
        return running.call

    async def _until(self, running: _Running, event: asyncio.Event) -> None:
        assert running.task is not None
        waiting = asyncio.create_task(event.wait())
        try:
            await asyncio.wait({waiting, running.task}, timeout=_START_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if not event.is_set():
            await self._end(running, "it did not start in time")
            raise NoAnswer(f"sip: {running.reason}")

    def _dials(self) -> list[str]:
        ports = ["--media-ports", self._settings.sip_media_ports]
        return ["--sip", str(self._sip_binary), "--public-address", self._settings.sip_public_address, *ports]

    def _program(self, call: TelephoneCall, wish: Dialling, name: str, data: str, how: list[str]) -> Program:
        token = self._engine.access_token(
            call.session_id,
            call.connection_id,
            name,
            Grant(publish=True, subscribe=True),
            lifetime=timedelta(seconds=wish.longest) + _MARGIN,
            metadata=data,
            # Captions of it may be made: nobody there could say so.
            attributes={CAPTIONS_PUBLISHED: "yes", **({CONSENT: "asked"} if wish.asks else {})},
        )
        command = [sys.executable, "-m", "reelroom.telephones.process", "--engine", self._settings.engine_own_url]
        command += how
        if self._settings.private_destinations:
            command.append("--private-addresses")
        secret = json.dumps({"token": token, "wish": wish.to_json()})
        log = self._settings.data_dir / "logs" / "telephones.log"
        return Program(command, log=log, environment={SECRET_VARIABLE: secret}, fenced=self._settings.data_dir)

    async def _see_through(self, running: _Running) -> None:
        """From its start to its end, which is written down here, and nowhere else."""
        call = running.call
        await self._node.hold("call", call.id)
        noting = asyncio.create_task(self._note_all(running))
        try:
            with contextlib.suppress(GaveUp):
                await running.child.run()
            await running.messages.join()
        finally:
            noting.cancel()
            self._running.pop(call.id, None)
        running.reason = running.reason or "it failed"
        _log.info("telephone call ended", call=call.id, code=running.code, reason=running.reason)
        with contextlib.suppress(EngineError):  # a process that was killed could not leave
            await self._engine.remove(call.session_id, call.connection_id)
        TELEPHONE_CALLS.labels(str(running.code)).inc()
        try:
            await self._write(running, "HANGUP", code=running.code, reason=running.reason[:1024])
            await self._node.let_go("call", call.id)
        except LeaseLost as error:
            _log.error("telephone call is given up", call=call.id, why=str(error))

    async def _note_all(self, running: _Running) -> None:
        while True:
            message = await running.messages.get()
            try:
                await self._note(running, message)
            except LeaseLost as error:
                running.reason = str(error)
            except Exception:
                _log.exception("what a telephone said was not noted", call=running.call.id)
            finally:
                running.messages.task_done()

    async def _note(self, running: _Running, message: Message) -> None:
        if "failure" in message:
            running.reason = running.reason or str(message["failure"])
        elif "code" in message:
            running.code = int(message["code"])
        elif "listening" in message:
            running.listening.set()
        elif "consent" in message:
            answer = "given" if message["consent"] else "declined"
            await self._engine.set_attributes(running.call.session_id, running.call.connection_id, {CONSENT: answer})
        elif "state" in message:
            await self._write(running, str(message["state"]))
        elif "track" in message:
            running.call = replace(running.call, stream_id=stream_id(str(message["track"])))
            async with self._store.transaction() as tx:
                await self._node.confirm(tx, "call", running.call.id)
                await tx.telephone_calls.enter(running.call.id, running.call.stream_id)
            running.in_session.set()
        elif "muted" in message and running.call.observe_mute:
            async with self._callbacks.telling() as tx:
                await self._tell(tx, running, "muteForced", "muteForced")

    async def _write(self, running: _Running, state: str, **changes: Any) -> None:
        """The call's next state, and who is told of it. Raises LeaseLost."""
        async with self._callbacks.telling() as tx:
            await self._node.confirm(tx, "call", running.call.id)
            moved = await tx.telephone_calls.move(running.call.id, state, **changes)
            if moved is None:
                return
            running.call = moved
            await self._tell_state(tx, running)

    async def _tell_state(self, tx: Rowsets, running: _Running) -> None:
        call = running.call
        if call.state == "HANGUP":
            ended = {"state": call.state, "reason_code": call.code, "reason_message": call.reason}
            await self._tell(tx, running, "destroyed", "callDestroyed", **ended)
        else:
            await self._tell(tx, running, "updated", "callUpdated", state=call.state)

    async def _tell(self, tx: Rowsets, running: _Running, event: str, name: str, **more: Any) -> None:
        call = running.call
        about = {"id": call.id, "connectionId": call.connection_id, "createdAt": call.created_at}
        payload = {
            "sessionId": call.session_id,
            **project_id(running.project),
            "event": name,
            "timestamp": now_ms(),
            "call": about,
            **more,
        }
        await self._callbacks.tell(tx, running.project, "sip_call", event, payload, about=f"call {call.id}")

    async def press(self, project: Project, session_id: str, digits: str, connection_id: str | None = None) -> None:
        """Have digits pressed at a telephone of a session, or at all of them. Raises BadRequest, NotFound."""
        await self._sessions.get(project, session_id)
        if not _DIGITS.fullmatch(digits):
            raise BadRequest("digits: 0 to 9, *, # and p (a pause of half a second), at most 100")
        calls = [each for each in await self._store.telephone_calls.running(session_id) if each.stream_id]
        if connection_id is not None:
            calls = [each for each in calls if each.connection_id == connection_id]
        if not calls:
            whom = "with that connection id " if connection_id is not None else ""
            raise NotFound(f"No telephone {whom}is in the session")
        for call in calls:
            await self._engine.send(session_id, DIGITS_TOPIC, digits, [call.connection_id])

    async def take_up(self, running: Sequence[TelephoneCall], held: Collection[tuple[str, str]]) -> None:
        """End the calls of a server that is gone: their processes ended with it. `held` is what others hold."""
        for call in running:
            if call.id in self._running or ("call", call.id) in held:
                continue
            if await self._node.hold("call", call.id) is None:
                continue
            session = await self._store.sessions.get(call.session_id)
            left = _Running(call, session.project if session is not None else "")
            with contextlib.suppress(LeaseLost):
                await self._write(left, "HANGUP", reason=_RESTARTED)
            await self._node.let_go("call", call.id)

    async def _give_up(self, call_id: str) -> None:
        if (running := self._running.get(call_id)) is not None:
            await self._end(running, _RESTARTED)

    async def remove(self, connection_id: str) -> None:
        """Its connection was made to leave: a client that has not joined quite yet would try again, and be back."""
        for running in [each for each in self._running.values() if each.call.connection_id == connection_id]:
            await self._end(running, "it was made to leave")

    async def _end(self, running: _Running, reason: str) -> None:
        running.reason = running.reason or reason
        await running.child.stop(_GRACE_SECONDS)
        if running.task is not None:
            await asyncio.gather(running.task, return_exceptions=True)

    async def close(self, reason: str) -> None:
        """Hang up all calls."""
        await asyncio.gather(*(self._end(running, reason) for running in list(self._running.values())))
