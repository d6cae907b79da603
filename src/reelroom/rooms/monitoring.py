"""What the engine says of its rooms, concluded: who came and went, what was published, and what follows from it."""

import asyncio
import contextlib
import dataclasses
from collections.abc import Callable, Collection, Coroutine
from dataclasses import asdict, replace
from typing import Any

import structlog
from livekit import api

from reelroom.archives.calls import SessionArchives
from reelroom.clock import now_ms
from reelroom.engine.livekit import Engine, EngineError
from reelroom.opentok.streams import Connection, Stream, connection, streams_of
from reelroom.projects.callbacks import Callbacks
from reelroom.projects.projects import project_id
from reelroom.recorder.holding import SessionTakes
from reelroom.sessions.admissions import Admissions
from reelroom.store.database import AlreadyThere
from reelroom.store.store import Rowsets, Store
from reelroom.store.values import Session, Visit

_log = structlog.get_logger()

_SETTLE_SECONDS = 0.5  # between a publisher's first track and the stream's announcement: its id is the picture's

_COMING_AND_GOING = {"participant_joined", "participant_left", "participant_connection_aborted"}
_REASONS = {
    api.DisconnectReason.CLIENT_INITIATED: "clientDisconnected",
    api.DisconnectReason.PARTICIPANT_REMOVED: "forceDisconnected",
    api.DisconnectReason.ROOM_DELETED: "forceDisconnected",
}
# A camera that is unpublished, and a screen of which no more is shown (OpenTok's StreamEvent.reason).
_UNPUBLISHED = {"camera": "clientDisconnected", "screen": "mediaStopped"}


class Monitoring:
    """Takes the engine's events, in the order in which they happened in each room."""

    def __init__(
        self,
        store: Store,
        engine: Engine,
        callbacks: Callbacks,
        archives: SessionArchives,
        takes: SessionTakes,
        admissions: Admissions,
    ) -> None:
        self._store = store
        self._engine = engine
        self._callbacks = callbacks
        self._archives = archives
        self._takes = takes
        self._admissions = admissions
        self._under_way: set[asyncio.Task[None]] = set()
        # Each is told of a session into which somebody came, or which they left: taps, too, whom nobody sees.
        self.audience_listeners: list[Callable[[str], None]] = []
        # Each is told of whom somebody made to leave, by their connection's id.
        self.removal_listeners: list[Callable[[str], Coroutine[Any, Any, None]]] = []

    async def take(self, event: api.WebhookEvent) -> None:
        """Conclude what follows from one event."""
        person = event.participant
        if event.event in _COMING_AND_GOING:
            for listener in self.audience_listeners:
                try:
                    listener(event.room.name)
                except Exception:
                    _log.exception("somebody's coming or going was not followed up", session=event.room.name)
        session = await self._store.sessions.get(event.room.name) if event.room.name else None
        if session is None or not _is_seen(person):
            return
        match event.event:
            case "participant_joined":
                if not await self._admissions.turns_away(session.id, person.identity):
                    await self._joined(session, person)
            case "participant_left" | "participant_connection_aborted":
                reason = _REASONS.get(person.disconnect_reason, "networkDisconnected")
                if person.disconnect_reason == api.DisconnectReason.PARTICIPANT_REMOVED:
                    await self._admissions.end(person.identity)
                    for tell in self.removal_listeners:
                        self._later(tell(person.identity))
                await self._left(session, person.identity, reason)
            case "track_published":
                await self._published(session, person, event.track)
            case "track_unpublished":
                await self._unpublished(session, person, event.track.sid)

    async def catch_up(self) -> None:
        """Who came, left, began or ended to publish while no server listened is told of now, as the engine has it."""
        known: dict[str, set[str]] = {}
        for visit in await self._store.visits.all():
            known.setdefault(visit.session_id, set()).add(visit.identity)
        for session_id in {*known, *(room.name for room in await self._engine.open_rooms())}:
            try:
                session = await self._store.sessions.get(session_id)
                if session is not None:
                    await self._catch_up(session, known.get(session_id, set()))
            except EngineError as error:
                _log.warning("who is there could not be asked", session=session_id, error=str(error))

    async def _catch_up(self, session: Session, known: Collection[str]) -> None:
        people = {each.identity: each for each in await self._engine.participants(session.id) if _is_seen(each)}
        for identity in sorted(set(known) - set(people)):
            await self._left(session, identity, "networkDisconnected")
        for identity, person in people.items():
            if await self._admissions.turns_away(session.id, identity):
                continue
            if identity not in known:
                await self._joined(session, person)
            else:
                await self._unpublished(session, person, "")
            if person.tracks:
                self._later(self._settle(session, identity))
        if people and session.archive_mode == "always":
            self._later(self._archives.archive_always(session))

    async def _joined(self, session: Session, person: api.ParticipantInfo) -> None:
        visit = Visit(session_id=session.id, identity=person.identity, connection=asdict(connection(person)))
        with contextlib.suppress(AlreadyThere):  # another server was told, too, and was first
            async with self._callbacks.telling() as tx:
                known = await tx.visits.of(session.id, person.identity)
                if known is None or known.connection != visit.connection:
                    if not await tx.visits.anybody(session.id):
                        await tx.chat_lines.forget(session.id)  # whose end was never seen
                        await self._tell(tx, session, "session", "created")
                    await tx.visits.note(visit)
                    created = _connection_answer(visit.connection)
                    await self._tell(tx, session, "connection", "created", connection=created)
        if session.archive_mode == "always":
            self._later(self._archives.archive_always(session))

    async def _left(self, session: Session, identity: str, reason: str) -> None:
        async with self._callbacks.telling() as tx:
            visit = await tx.visits.end(session.id, identity)
            if visit is None:
                return
            for stream in visit.streams.values():
                await self._tell(tx, session, "stream", "destroyed", stream=_stream_answer(stream), reason=reason)
            gone = _connection_answer(visit.connection)
            await self._tell(tx, session, "connection", "destroyed", connection=gone, reason=reason)
            if not await tx.visits.anybody(session.id):
                await self._tell(tx, session, "session", "destroyed")
                await tx.chat_lines.forget(session.id)  # the next meeting is another one

    async def _published(self, session: Session, person: api.ParticipantInfo, track: api.TrackInfo) -> None:
        if session.muted and track.type == api.TrackType.AUDIO:
            try:
                await self._engine.mute(session.id, person.identity, track.sid)
            except EngineError as error:
                _log.warning("newcomer not muted", session=session.id, error=str(error))
        self._later(self._settle(session, person.identity))

    async def _settle(self, session: Session, identity: str) -> None:
        await asyncio.sleep(_SETTLE_SECONDS)
        people = {each.identity: each for each in await self._engine.participants(session.id)}
        if identity not in people:
            return
        for stream in streams_of(people[identity]):
            _, is_screen = stream.publisher
            if stream.name and not people[identity].name and not is_screen:
                # OpenTok names publishers, not connections: who came without a name has that of what they publish.
                await self._engine.rename(session.id, identity, stream.name)
            async with self._callbacks.telling() as tx:
                visit = await tx.visits.of(session.id, identity)
                if visit is None or _publisher(stream) in visit.streams:
                    continue
                published = {**asdict(stream), "created_at": now_ms()}
                await tx.visits.note(replace(visit, streams={**visit.streams, _publisher(stream): published}))
                await self._tell(tx, session, "stream", "created", stream=_stream_answer(published))
            if stream.classes:
                await self._takes.note_classes(session.id, [stream])

    async def _unpublished(self, session: Session, person: api.ParticipantInfo, track: str) -> None:
        """Streams of which no track is published any more, now that this one (its id) is gone, have ended."""
        still = {each.sid for each in person.tracks} - {track}
        async with self._callbacks.telling() as tx:
            visit = await tx.visits.of(session.id, person.identity)
            if visit is None:
                return
            streams = {name: _stream(each) for name, each in visit.streams.items()}
            ended = {name for name, each in streams.items() if not {each.audio_track, each.video_track} & still}
            if not ended:
                return
            left = {name: each for name, each in visit.streams.items() if name not in ended}
            await tx.visits.note(replace(visit, streams=left))
            for name in sorted(ended):
                gone = visit.streams[name]
                reason = "forceUnpublished" if gone.get("forced") else _UNPUBLISHED[name]
                await self._tell(tx, session, "stream", "destroyed", stream=_stream_answer(gone), reason=reason)

    async def _tell(self, tx: Rowsets, session: Session, group: str, event: str, **facts: Any) -> None:
        payload = {
            "sessionId": session.id,
            **project_id(session.project),
            "event": f"{group}{event.capitalize()}",
            "timestamp": now_ms(),
            **facts,
        }
        await self._callbacks.tell(tx, session.project, group, event, payload, about=session.id)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        async def guarded() -> None:
            try:
                await work
            except EngineError as error:
                _log.warning("engine event not followed up", error=str(error))
            except Exception:
                _log.exception("engine event not followed up")

        task = asyncio.create_task(guarded())
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def close(self) -> None:
        """Conclude nothing more."""
        for task in list(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)


def _is_seen(person: api.ParticipantInfo) -> bool:
    """Whether applications are told of somebody: they never are of taps."""
    return bool(person.identity) and not person.permission.hidden and not person.identity.startswith("tap-")


def _publisher(stream: Stream) -> str:
    """What a stream goes by while its tracks may change, so that its id stays."""
    return "screen" if stream.publisher[1] else "camera"


def _stream(kept: dict[str, Any]) -> Stream:
    """As it was announced."""
    fields = {each.name: kept[each.name] for each in dataclasses.fields(Stream)}
    return Stream(**{**fields, "connection": Connection(**kept["connection"]), "classes": tuple(kept["classes"])})


def _connection_answer(one: dict[str, Any]) -> dict[str, Any]:
    return {"id": one["id"], "createdAt": one["created_at"], "data": one["data"]}


def _stream_answer(kept: dict[str, Any]) -> dict[str, Any]:
    stream = _stream(kept)
    answer: dict[str, Any] = {
        "id": stream.id,
        "connection": _connection_answer(asdict(stream.connection)),
        "createdAt": kept.get("created_at", stream.connection.created_at),  # what is older was kept without
        "name": stream.name,
    }
    if stream.video_type:
        answer["videoType"] = stream.video_type
    return answer
