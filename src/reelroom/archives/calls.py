"""Archives of sessions: several of one session are cut from one take."""

import asyncio
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import structlog
from sqlalchemy import JSON, ForeignKey, Integer, String, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from reelroom.archives.library import Archives
from reelroom.archives.limits import TOO_LONG
from reelroom.cutting.choosing import first_plan, layout_choice, with_stream, without_stream
from reelroom.cutting.plan import Plan
from reelroom.engine.livekit import Engine, EngineError
from reelroom.errors import BadRequest, Conflict, NotAllowed, NotFound, Refused
from reelroom.opentok.streams import all_streams
from reelroom.projects.projects import Project
from reelroom.recorder.holding import Classes, SessionTakes
from reelroom.recorder.taps import TapFailed
from reelroom.sessions.calls import Sessions
from reelroom.store.database import Archive, Base, Session, Store, Take, now_ms
from reelroom.takes.events import ChosenStream

_log = structlog.get_logger()

RUNNING = ("started", "paused")
_WRONG_STATE_TO_STOP, _WRONG_STATE_TO_DELETE = 15002, 15004


class ArchiveRequest(Base):
    """What an archive was asked to be, beyond what every archive has."""

    __tablename__ = "archive_requests"

    archive_id: Mapped[str] = mapped_column(ForeignKey("archives.id"), primary_key=True)
    stream_mode: Mapped[str] = mapped_column(String(8), default="auto")
    tag: Mapped[str] = mapped_column(String(255), default="")
    max_bitrate: Mapped[int | None] = mapped_column(Integer)
    quantization: Mapped[int | None] = mapped_column(Integer)
    layout: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    streams: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)


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


@dataclass(frozen=True)
class ArchiveWithRequest:
    """An archive with what it was asked to be."""

    archive: Archive
    request: ArchiveRequest


class SessionArchives:
    """The calls of the API about archives; each raises NotFound for what is not the project's."""

    def __init__(
        self, store: Store, engine: Engine, takes: SessionTakes, archives: Archives, sessions: Sessions
    ) -> None:
        self._store = store
        self._engine = engine
        self._takes = takes
        self._archives = archives
        self._sessions = sessions
        self._starting = asyncio.Lock()
        self._announcing = asyncio.Lock()  # so that the newest is told last
        self._choosing = asyncio.Lock()  # a change of streams begins with those there are
        self._under_way: set[asyncio.Task[None]] = set()
        store.archive_listeners.append(self._moved)
        takes.rejoin_listeners.append(lambda session_id: self._later(self._announce(session_id)))
        takes.class_listeners.append(self._note_classes)

    async def start(self, project: Project, session_id: str, wish: ArchiveOrder) -> ArchiveWithRequest:
        """An archive of a session from now on. Raises BadRequest, Conflict, TapFailed."""
        session = await self._sessions.get(project, session_id)
        if session.media_mode == "relayed":
            raise Conflict("The session is relayed: only routed sessions can be archived")
        if session.e2ee:
            raise Conflict("The session is encrypted end to end, and cannot be archived")
        if not await self._engine.participants(session_id):
            raise BadRequest("Nobody is connected to the session")
        async with self._starting:
            return await self._start(session, wish)

    async def _start(self, session: Session, wish: ArchiveOrder) -> ArchiveWithRequest:
        for running in await self.running(session.id):
            if running.request.tag == wish.tag:
                what = "with that multiArchiveTag " if wish.tag else ""
                raise Conflict(f"The session is being archived {what}already")
        archive_id = str(uuid4())
        take_id = await self._takes.hold(session, archive_id)
        now = now_ms()
        archive = Archive(
            id=archive_id,
            session_id=session.id,
            render_id=None,
            take_id=take_id,
            name=wish.name,
            status="started",
            resolution=wish.resolution,
            output_mode=wish.output_mode,
            has_audio=wish.has_audio,
            has_video=wish.has_video,
            start_us=time.time_ns() // 1000,
            created_at=now,
            updated_at=now,
        )
        request = ArchiveRequest(
            archive_id=archive.id,
            stream_mode=wish.stream_mode,
            tag=wish.tag,
            max_bitrate=wish.max_bitrate,
            quantization=wish.quantization,
            layout=wish.layout,
        )
        try:
            await self._archives.begin(archive, await self._plan(archive, wish), request)
        except BaseException:
            await self._takes.release(take_id, archive_id)
            raise
        return ArchiveWithRequest(archive, request)

    async def _plan(self, archive: Archive, wish: ArchiveOrder) -> Plan:
        return first_plan(
            archive.resolution,
            wish.layout,
            wish.stream_mode,
            all_streams(await self._engine.participants(archive.session_id)),
            has_audio=wish.has_audio,
            has_video=wish.has_video,
            max_bitrate=wish.max_bitrate,
            quantization=wish.quantization,
        )

    async def _note_classes(self, session_id: str, classes: Classes) -> None:
        for asked in await self.running(session_id):
            if asked.archive.render_id is None:
                await self._archives.set_layout_classes(asked.archive.id, dict(classes))

    async def resume(self, take: Take, *, fresh: bool) -> None:
        """A take that an earlier server left running goes on for its archives, or ends when that was long ago."""
        archives = [each.archive for each in await self.running(take.session_id) if each.archive.take_id == take.id]
        await self._takes.resume(take, [archive.id for archive in archives] if fresh else [])

    async def _moved(self, archive: Archive) -> None:
        """An archive has changed: who is there is told; when it records no more, its take has one less to run for."""
        self._later(self._announce(archive.session_id))
        if archive.render_id is None and archive.status not in RUNNING:
            self._later(self._end(archive))

    async def _end(self, archive: Archive) -> None:
        """Let the take go; where a session is always archived, one that became too long is followed by another."""
        if archive.status == "stopped" and archive.reason == TOO_LONG and not (await self.asked(archive)).request.tag:
            session = await self._store.session(archive.session_id)
            if session is not None and session.archive_mode == "always":
                await self.archive_always(session)
        await self._takes.release(archive.take_id, archive.id)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def running(self, session_id: str) -> Sequence[ArchiveWithRequest]:
        """The archives of a session that record."""
        return await self._find(Archive.session_id == session_id, Archive.status.in_(RUNNING))

    async def _find(self, *conditions: Any) -> Sequence[ArchiveWithRequest]:
        query = (
            select(Archive, ArchiveRequest)
            .outerjoin(ArchiveRequest, ArchiveRequest.archive_id == Archive.id)
            .where(*conditions)
            .order_by(Archive.created_at.desc(), Archive.id)
        )
        async with self._store.transaction() as session:
            return [_asked(archive, request) for archive, request in (await session.execute(query)).all()]

    async def asked(self, archive: Archive) -> ArchiveWithRequest:
        """An archive with what it was asked to be."""
        async with self._store.transaction() as session:
            return _asked(archive, await session.get(ArchiveRequest, archive.id))

    async def get(self, project: Project, archive_id: str) -> ArchiveWithRequest:
        """Raises NotFound."""
        found = await self._find(
            Archive.id == archive_id,
            Archive.session_id.in_(select(Session.id).where(Session.project == project.key)),
        )
        if not found:
            raise NotFound(f"There is no archive {archive_id[:100]}")
        return found[0]

    async def all(
        self, project: Project, offset: int, count: int, session_id: str | None
    ) -> tuple[int, Sequence[ArchiveWithRequest]]:
        """How many there are, and some of them, newest first; deleted ones are left out."""
        of_project = select(Session.id).where(Session.project == project.key)
        conditions = [Archive.session_id.in_(of_project), Archive.status != "deleted"]
        if session_id:
            conditions.append(Archive.session_id == session_id)
        query = (
            select(Archive, ArchiveRequest)
            .outerjoin(ArchiveRequest, ArchiveRequest.archive_id == Archive.id)
            .where(*conditions)
            .order_by(Archive.created_at.desc(), Archive.id)
            .offset(offset)
            .limit(count)
        )
        async with self._store.transaction() as session:
            total = await session.scalar(select(func.count()).select_from(Archive).where(*conditions))
            rows = (await session.execute(query)).all()
        return total or 0, [_asked(archive, request) for archive, request in rows]

    async def stop(self, project: Project, archive_id: str) -> ArchiveWithRequest:
        """Harmless when it has been stopped already; ignored where a session is always archived. Raises Conflict."""
        asked = await self.get(project, archive_id)
        if asked.archive.status not in {*RUNNING, "stopped"}:
            raise Conflict(f"The archive is {asked.archive.status}, not started", code=_WRONG_STATE_TO_STOP)
        session = await self._store.session(asked.archive.session_id)
        if session is not None and session.archive_mode == "always" and not asked.request.tag:
            return asked
        await self._archives.stop(archive_id, "user initiated")
        return await self.get(project, archive_id)

    async def delete(self, project: Project, archive_id: str) -> None:
        """Remove an archive's film. Raises Conflict."""
        archive = (await self.get(project, archive_id)).archive
        if archive.status == "deleted":
            return
        if archive.status not in {"available", "uploaded"}:
            raise Conflict(f"The archive is {archive.status}, not available", code=_WRONG_STATE_TO_DELETE)
        await self._archives.delete(archive_id)

    async def set_layout(self, project: Project, archive_id: str, layout: dict[str, Any]) -> ArchiveWithRequest:
        """Raises BadRequest."""
        asked = await self.get(project, archive_id)
        if asked.archive.status not in RUNNING:
            raise BadRequest("The archive does not record any more: its layout stays")
        choice = layout_choice(layout)
        await self._change(archive_id, layout=layout)
        await self._archives.set_layout(archive_id, choice)
        return await self.get(project, archive_id)

    async def add_stream(
        self, project: Project, archive_id: str, stream_id: str, has_audio: bool, has_video: bool
    ) -> None:
        """Raises BadRequest, NotAllowed."""
        async with self._choosing:
            asked = await self._manual(project, archive_id)
            stream = await self._sessions.stream(project, asked.archive.session_id, stream_id)
            one = {"streamId": stream.track, "hasAudio": has_audio, "hasVideo": has_video}
            await self._choose(asked, with_stream(asked.request.streams, one, "An archive"))

    async def remove_stream(self, project: Project, archive_id: str, stream_id: str) -> None:
        """Raises NotFound, NotAllowed."""
        async with self._choosing:
            asked = await self._manual(project, archive_id)
            ids = await self._sessions.ids_of_stream(project, asked.archive.session_id, stream_id)
            await self._choose(asked, without_stream(asked.request.streams, stream_id, ids, "The archive"))

    async def _choose(self, asked: ArchiveWithRequest, streams: list[dict[str, Any]]) -> None:
        await self._change(asked.archive.id, streams=streams)
        if asked.archive.status in RUNNING:
            chosen = [ChosenStream.model_validate(each) for each in streams]
            await self._archives.set_streams(asked.archive.id, chosen)

    async def _manual(self, project: Project, archive_id: str) -> ArchiveWithRequest:
        asked = await self.get(project, archive_id)
        if asked.request.stream_mode != "manual":
            raise NotAllowed("The archive chooses its streams by itself (streamMode auto)")
        return asked

    async def _change(self, archive_id: str, **changes: Any) -> None:
        query = update(ArchiveRequest).where(ArchiveRequest.archive_id == archive_id).values(**changes)
        async with self._store.transaction() as session:
            await session.execute(query)

    async def archive_always(self, session: Session) -> None:
        """A session that is always archived has an archive while somebody is there; a failure is logged."""
        wish = ArchiveOrder(name=session.archive_name, resolution=session.archive_resolution)
        try:
            async with self._starting:
                if any(not each.request.tag for each in await self.running(session.id)):
                    return
                if await self._engine.participants(session.id):
                    await self._start(session, wish)
        except (Refused, TapFailed, EngineError, OSError) as error:
            _log.error("session not archived", session=session.id, error=str(error))

    async def _announce(self, session_id: str) -> None:
        """Everybody in a session, and who joins later, learns which archives record it (docs/opentok.md).

        Where a render of the room runs, the recording that our own page shows is the render's, which says so itself.
        """
        async with self._announcing:
            running = [each.archive for each in await self.running(session_id)]
            told: dict[str, Any] = {"archives": [{"id": each.id, "name": each.name} for each in reversed(running)]}
            renders = await self._store.renders_in("starting", "started")
            if not any(each.room_session_id == session_id for each in renders):
                told |= {"recording": _recording(running[-1]) if running else None, "notice": None}
            try:
                await self._engine.describe(session_id, told)
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


def _asked(archive: Archive, request: ArchiveRequest | None) -> ArchiveWithRequest:
    if request is None:  # an archive of a render's, started by its own listener
        request = ArchiveRequest(archive_id=archive.id, stream_mode="auto", tag="", layout={}, streams=[])
    return ArchiveWithRequest(archive, request)
