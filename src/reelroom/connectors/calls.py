"""Audio connectors of sessions: started and stopped; each is a process that joins as a participant."""

import asyncio
import contextlib
import json
import sys
from datetime import timedelta
from uuid import uuid4

import structlog

from reelroom.config import Settings
from reelroom.connectors.wish import Connecting
from reelroom.engine.livekit import Engine, Grant
from reelroom.errors import BadRequest, Conflict, Forbidden, NotFound, Overloaded
from reelroom.processes.child import Child, GaveUp, Message, Program
from reelroom.processes.inside import SECRET_VARIABLE
from reelroom.projects.projects import Project
from reelroom.sessions.calls import Sessions
from reelroom.store.node import DRAINS, Node

_log = structlog.get_logger()

_START_SECONDS = 20.0  # the process starts, joins, and connects within 6 s
_GRACE_SECONDS = 5.0
_TOKEN_LIFE = timedelta(hours=24)


class _Running:
    """One connector; `connected` is done with "" once it is, or with why it is not."""

    def __init__(self, project: str, connection_id: str) -> None:
        self.project = project
        self.connection_id = connection_id
        self.connected: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.child: Child | None = None
        self.task: asyncio.Task[None] | None = None
        self.reason = ""

    def receive(self, message: Message) -> None:
        if "failure" in message:
            self.reason = str(message["failure"])
        elif "connected" in message and not self.connected.done():
            self.connected.set_result("")


class SessionConnectors:
    """The calls of the API about audio connectors; each raises NotFound for what is not the project's."""

    def __init__(self, settings: Settings, engine: Engine, sessions: Sessions, node: Node) -> None:
        self._settings = settings
        self._engine = engine
        self._sessions = sessions
        self._node = node
        self._running: dict[str, _Running] = {}

    @property
    def runs(self) -> int:
        """How many run here."""
        return len(self._running)

    async def start(
        self, project: Project, session_id: str, token: str, wish: Connecting, streams: list[str] | None
    ) -> tuple[str, str]:
        """Connect; returns the ids of the connector and of its connection.

        Raises BadRequest, Conflict, Overloaded.
        """
        session = await self._sessions.get(project, session_id)
        if session.media_mode == "relayed":
            raise Conflict("The session is relayed: only routed sessions have audio connectors")
        if session.e2ee:
            raise Conflict("The session is encrypted end to end: there is nothing to hear")
        try:
            granted = await self._sessions.open(session_id, token)
        except Forbidden as error:
            raise BadRequest(f"token: {error.message}") from None
        if wish.bidirectional and granted.role == "subscriber":
            raise BadRequest("token: its role must be publisher where sound comes back")
        if streams is not None:
            tracks = [await self._sessions.microphone(project, session_id, each) for each in streams]
            wish = Connecting(**{**vars(wish), "tracks": tracks})
        if self._node.draining:  # looked at last: what begins is counted at once, and waited for
            raise Overloaded(DRAINS)
        running = _Running(project.key, str(uuid4()))
        running.child = Child(
            "connector",
            lambda: self._program(session_id, running, wish, granted.connection_data),
            ids={"session": session_id, "connection": running.connection_id},
            forever=True,
            most_failures=1,
            on_message=running.receive,
        )
        connector_id = str(uuid4())
        self._running[connector_id] = running
        running.task = asyncio.create_task(self._see_through(connector_id, running), name=f"connector {connector_id}")
        done, _ = await asyncio.wait({running.connected}, timeout=_START_SECONDS)
        problem = running.connected.result() if done else "The connector did not start in time"
        if problem:
            await self._end(running)
            raise BadRequest(f"websocket: {problem}")
        return connector_id, running.connection_id

    def _program(self, session_id: str, running: _Running, wish: Connecting, data: str) -> Program:
        grant = Grant(publish=wish.bidirectional, subscribe=True)
        token = self._engine.access_token(
            session_id, running.connection_id, "", grant, lifetime=_TOKEN_LIFE, metadata=data
        )
        command = [sys.executable, "-m", "reelroom.connectors.process", "--engine", self._settings.engine_own_url]
        if self._settings.private_destinations:
            command.append("--private-addresses")
        secret = json.dumps({"token": token, "wish": wish.to_json()})
        log = self._settings.data_dir / "logs" / "connectors.log"
        return Program(command, log=log, environment={SECRET_VARIABLE: secret}, fenced=self._settings.data_dir)

    async def _see_through(self, connector_id: str, running: _Running) -> None:
        assert running.child is not None
        try:
            with contextlib.suppress(GaveUp):
                await running.child.run()
        finally:
            self._running.pop(connector_id, None)
            reason = running.reason or "it failed"
            if not running.connected.done():
                running.connected.set_result(reason)
            _log.info("audio connector ended", connection=running.connection_id, reason=reason)

    def running_of(self, project: Project) -> int:
        """How many of a project's run here."""
        return sum(1 for running in self._running.values() if running.project == project.key)

    async def stop(self, project: Project, connector_id: str) -> None:
        """End a connector. Raises NotFound."""
        running = self._running.get(connector_id)
        if running is None or running.project != project.key:
            raise NotFound(f"There is no audio connector {connector_id[:100]}")
        await self._end(running)

    async def remove(self, connection_id: str) -> None:
        """Its connection was made to leave: a client that has not joined quite yet would try again, and be back."""
        for running in [each for each in self._running.values() if each.connection_id == connection_id]:
            await self._end(running, "it was made to leave")

    async def _end(self, running: _Running, reason: str = "stop requested") -> None:
        running.reason = running.reason or reason
        if running.child is not None:
            await running.child.stop(_GRACE_SECONDS)
        if running.task is not None:
            await asyncio.gather(running.task, return_exceptions=True)

    async def close(self) -> None:
        """End all connectors."""
        await asyncio.gather(*(self._end(running) for running in list(self._running.values())))
