"""Archives of sessions: several of one session are cut from one take."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import structlog

from reelroom.archives.library import Archives
from reelroom.archives.limits import TOO_LONG
from reelroom.archives.transcript_order import TranscriptOrder
from reelroom.clock import now_us
from reelroom.cutting.choosing import first_plan, layout_choice
from reelroom.cutting.plan import Plan, Splice
from reelroom.engine.livekit import Engine, EngineError
from reelroom.engine.metadata import RoomMetadata
from reelroom.errors import BadRequest, Conflict, NotFound, Refused
from reelroom.opentok.streams import all_streams
from reelroom.projects.projects import Project
from reelroom.recorder.holding import Classes, SessionTakes
from reelroom.recorder.taps import TapFailed
from reelroom.sessions.calls import Sessions
from reelroom.sessions.chosen_streams import ChosenStreams
from reelroom.store.database import AlreadyThere, now_ms
from reelroom.store.states import RECORDING
from reelroom.store.store import Store
from reelroom.store.values import Archive, Session

_log = structlog.get_logger()

_WRONG_STATE_TO_STOP, _WRONG_STATE_TO_DELETE = 15002, 15004


@dataclass(frozen=True)
class ArchiveOrder:
    """What a start may ask for."""

    name: str = ""
    resolution: str = "640x480"
    output_mode: str = "composed"
    stream_mode: str = "auto"
    tag: str = ""
    has_audio: bool = True
    has_video: bool = True
    max_bitrate: int | None = None
    quantization: int | None = None
    layout: dict[str, Any] = field(default_factory=lambda: {"type": "bestFit"})
    transcript: TranscriptOrder | None = None
    splice: Splice | None = None  # None: as the host has it
    key: str = field(default="", repr=False)  # opens what is encrypted end to end; it is not kept


class SessionArchives:
    """The calls of the API about archives; each raises NotFound for what is not the project's."""

    def __init__(
        self, store: Store, engine: Engine, takes: SessionTakes, archives: Archives, sessions: Sessions
    ) -> None:
        self._store = store
        self._engine = engine
        self._metadata = RoomMetadata(store, engine)
        self._takes = takes
        self._archives = archives
        self._sessions = sessions
        self.streams = ChosenStreams("archive", sessions, self.get, self._replan)
        self._announcing = asyncio.Lock()  # so that the newest is told last
        self._under_way: set[asyncio.Task[None]] = set()
        archives.changes.listeners.append(self._moved)
        takes.rejoin_listeners.append(lambda session_id: self._later(self._announce(session_id)))
        takes.class_listeners.append(self._note_classes)

    async def start(self, project: Project, session_id: str, wish: ArchiveOrder) -> Archive:
        """An archive of a session from now on. Raises BadRequest, Conflict, TapFailed."""
        session = await self._sessions.get(project, session_id)
        if session.media_mode == "relayed":
            raise Conflict("The session is relayed: only routed sessions can be archived")
        if session.e2ee and not wish.key:
            raise Conflict("The session is encrypted end to end: it is archived with its key alone (encryptionKey)")
        if not await self._engine.participants(session_id):
            raise BadRequest("Nobody is connected to the session")
        return await self._start(session, wish)

    async def _start(self, session: Session, wish: ArchiveOrder) -> Archive:
        self._refuse_second(await self.running(session.id), wish.tag)
        plan = await self._plan(session.id, wish)
        async with self._takes.holding(session.id) as take_id:
            now = now_ms()
            archive = Archive(
                id=str(uuid4()),
                session_id=session.id,
                take_id=take_id,
                name=wish.name,
                status="started",
                resolution=wish.resolution,
                output_mode=wish.output_mode,
                stream_mode=wish.stream_mode,
                tag=wish.tag,
                has_audio=wish.has_audio,
                has_video=wish.has_video,
                plan=plan.to_json(),
                start_us=now_us(),
                created_at=now,
                updated_at=now,
            )
            try:
                await self._archives.begin(archive, wish.transcript, wish.key)
            except AlreadyThere:
                self._refuse_second([archive], wish.tag)
        return archive

    def _refuse_second(self, running: Sequence[Archive], tag: str) -> None:
        if any(each.tag == tag for each in running):
            what = "with that multiArchiveTag " if tag else ""
            raise Conflict(f"The session is being archived {what}already")

    async def _plan(self, session_id: str, wish: ArchiveOrder) -> Plan:
        return first_plan(
            wish.resolution,
            wish.layout,
            wish.stream_mode,
            all_streams(await self._engine.participants(session_id)),
            has_audio=wish.has_audio,
            has_video=wish.has_video,
            max_bitrate=wish.max_bitrate,
            quantization=wish.quantization,
            loudness=self._archives.loudness,
            splice=wish.splice or self._archives.splice,
        )

    async def _note_classes(self, session_id: str, classes: Classes) -> None:
        for archive in await self.running(session_id):
            if archive.render_id is None:
                await self._archives.set_layout_classes(archive.id, dict(classes))

    async def _moved(self, archive: Archive) -> None:
        """An archive has changed: who is there is told; when it records no more, its take has one less to run for."""
        self._later(self._announce(archive.session_id))
        if archive.render_id is None and archive.recut_of is None and archive.status not in RECORDING:
            self._later(self._end(archive))

    async def _end(self, archive: Archive) -> None:
        """Let the take go; where a session is always archived, one that became too long is followed by another."""
        if archive.status == "stopped" and archive.reason == TOO_LONG and not archive.tag:
            session = await self._store.sessions.get(archive.session_id)
            if session is not None and session.archive_mode == "always":
                await self.archive_always(session)
        await self._takes.release(archive.take_id)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        async def guarded() -> None:
            try:
                await work
            except Exception:
                _log.exception("a change of an archive was not followed up")

        task = asyncio.create_task(guarded())
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def close(self) -> None:
        """Wait for what follows from archives that have ended."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def running(self, session_id: str) -> Sequence[Archive]:
        """The archives of a session that record."""
        return await self._store.archives.recording(session_id)

    async def get(self, project: Project, archive_id: str) -> Archive:
        """Raises NotFound."""
        archive = await self._store.archives.get_of_project(project.key, archive_id)
        if archive is None:
            raise NotFound(f"There is no archive {archive_id[:100]}")
        return archive

    async def all(
        self, project: Project, offset: int, count: int, session_id: str | None
    ) -> tuple[int, Sequence[Archive]]:
        """How many there are, and some of them, newest first; deleted ones are left out."""
        return await self._store.archives.of_project(project.key, offset, count, session_id)

    async def stop(self, project: Project, archive_id: str) -> Archive:
        """Harmless when it has been stopped already; ignored where a session is always archived. Raises Conflict."""
        archive = await self.get(project, archive_id)
        if archive.status not in {*RECORDING, "stopped"}:
            raise Conflict(f"The archive is {archive.status}, not started", code=_WRONG_STATE_TO_STOP)
        session = await self._store.sessions.get(archive.session_id)
        if session is not None and session.archive_mode == "always" and not archive.tag:
            return archive
        await self._archives.stop(archive_id, "user initiated")
        return await self.get(project, archive_id)

    async def delete(self, project: Project, archive_id: str) -> None:
        """Remove an archive's film, also one that failed or is still being made. Raises Conflict while it records."""
        archive = await self.get(project, archive_id)
        if archive.status in RECORDING:
            raise Conflict(f"The archive is {archive.status}, not available", code=_WRONG_STATE_TO_DELETE)
        await self._archives.delete(archive_id)

    async def set_layout(self, project: Project, archive_id: str, layout: dict[str, Any]) -> Archive:
        """Raises BadRequest."""
        archive = await self.get(project, archive_id)
        if archive.status not in RECORDING:
            raise BadRequest("The archive does not record any more: its layout stays")
        if archive.output_mode == "individual":
            raise BadRequest("An individual archive has no layout: each of its tracks is a file")
        await self._archives.set_layout(archive_id, layout_choice(layout))
        return await self.get(project, archive_id)

    async def _replan(self, archive: Archive, change: Callable[[Plan], Plan]) -> bool:
        if archive.status in RECORDING:
            await self._archives.replan(archive.id, change)
        return archive.status in RECORDING

    async def archive_always(self, session: Session) -> None:
        """A session that is always archived has an archive while somebody is there; a failure is logged."""
        wish = ArchiveOrder(name=session.archive_name, resolution=session.archive_resolution)
        try:
            if any(not each.tag for each in await self.running(session.id)):
                return
            if await self._engine.participants(session.id):
                await self._start(session, wish)
        except Conflict:
            return  # somebody else was first
        except (Refused, TapFailed, EngineError, OSError) as error:
            _log.error("session not archived", session=session.id, error=str(error))

    async def _announce(self, session_id: str) -> None:
        """Everybody in a session, and who joins later, learns which archives record it (docs/opentok.md).

        Where a render of the room runs, the recording that our own page shows is the render's, which says so itself.
        """
        async with self._announcing:
            running = await self.running(session_id)
            told: dict[str, Any] = {"archives": [{"id": each.id, "name": each.name} for each in reversed(running)]}
            renders = await self._store.renders.running()
            if not any(each.room_session_id == session_id for each in renders):
                told |= {"recording": _recording(running[-1]) if running else None, "notice": None}
            try:
                await self._metadata.tell(session_id, told)
            except EngineError as error:
                _log.warning("session not told", session=session_id, error=str(error))


def _recording(archive: Archive) -> dict[str, Any]:
    return {
        "state": "recording",
        "renderId": None,
        "archiveId": archive.id,
        "renderedSessionId": archive.session_id,
        "startedAt": archive.created_at,
    }
