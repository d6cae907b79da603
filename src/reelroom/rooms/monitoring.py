"""What the engine says of its rooms, concluded: who came and went, what was published, and what follows from it."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import structlog
from livekit import api

from reelroom.archives.calls import SessionArchives
from reelroom.engine.livekit import Engine, EngineError
from reelroom.opentok.streams import Connection, Stream, connection, streams_of
from reelroom.projects.callbacks import Callbacks
from reelroom.recorder.holding import SessionTakes
from reelroom.store.database import Session, Store

_log = structlog.get_logger()

_SETTLE_SECONDS = 0.5  # between a publisher's first track and the stream's announcement: its id is the picture's

_COMING_AND_GOING = {"participant_joined", "participant_left", "participant_connection_aborted"}
_REASONS = {
    api.DisconnectReason.CLIENT_INITIATED: "clientDisconnected",
    api.DisconnectReason.PARTICIPANT_REMOVED: "forceDisconnected",
    api.DisconnectReason.ROOM_DELETED: "forceDisconnected",
}


@dataclass
class _Visit:
    """One connection, and its streams as they were announced; by publisher, so that their ids stay."""

    connection: Connection
    streams: dict[bool, Stream] = field(default_factory=dict)  # whether a screen -> stream


class Monitoring:
    """Takes the engine's events, in the order in which they happened in each room."""

    def __init__(
        self, store: Store, engine: Engine, callbacks: Callbacks, archives: SessionArchives, takes: SessionTakes
    ) -> None:
        self._store = store
        self._engine = engine
        self._callbacks = callbacks
        self._archives = archives
        self._takes = takes
        self._visits: dict[str, dict[str, _Visit]] = {}  # session -> identity -> visit
        self._under_way: set[asyncio.Task[None]] = set()
        # Each is told of a session into which somebody came, or which they left: taps, too, whom nobody sees.
        self.audience_listeners: list[Callable[[str], None]] = []

    async def take(self, event: api.WebhookEvent) -> None:
        """Conclude what follows from one event."""
        person = event.participant
        if event.event in _COMING_AND_GOING:
            for listener in self.audience_listeners:
                listener(event.room.name)
        session = await self._store.session(event.room.name) if event.room.name else None
        if session is None or not person.identity or person.permission.hidden or person.identity.startswith("tap-"):
            return
        match event.event:
            case "participant_joined":
                await self._joined(session, person)
            case "participant_left" | "participant_connection_aborted":
                await self._left(session, person)
            case "track_published":
                await self._published(session, person, event.track)
            case "track_unpublished":
                await self._unpublished(session, person, event.track)

    async def _joined(self, session: Session, person: api.ParticipantInfo) -> None:
        visit = _Visit(connection(person))
        self._visits.setdefault(session.id, {})[person.identity] = visit
        await self._tell(session, "connection", "created", connection=_connection_answer(visit.connection))
        if session.archive_mode == "always":
            self._later(self._archives.archive_always(session))

    async def _left(self, session: Session, person: api.ParticipantInfo) -> None:
        visit = self._visits.get(session.id, {}).pop(person.identity, None)
        if visit is None:
            return
        reason = _REASONS.get(person.disconnect_reason, "networkDisconnected")
        for is_screen in list(visit.streams):
            await self._gone(session, visit, is_screen, reason)
        await self._tell(
            session, "connection", "destroyed", connection=_connection_answer(visit.connection), reason=reason
        )
        if not self._visits[session.id]:
            del self._visits[session.id]

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
        visit = self._visits.get(session.id, {}).get(identity)
        if visit is None or identity not in people:
            return
        for stream in streams_of(people[identity]):
            _, is_screen = stream.publisher
            if stream.name and not people[identity].name and not is_screen:
                # OpenTok names publishers, not connections: who came without a name has that of what they publish.
                await self._engine.rename(session.id, identity, stream.name)
            if is_screen not in visit.streams:
                visit.streams[is_screen] = stream
                if stream.classes:
                    await self._takes.note_classes(session.id, [stream])
                await self._tell(session, "stream", "created", stream=_stream_answer(stream))

    async def _unpublished(self, session: Session, person: api.ParticipantInfo, track: api.TrackInfo) -> None:
        visit = self._visits.get(session.id, {}).get(person.identity)
        if visit is None:
            return
        for is_screen, stream in list(visit.streams.items()):
            tracks = {stream.audio_track, stream.video_track} - {"", track.sid}
            still = {each.sid for each in person.tracks} - {track.sid}
            if track.sid in {stream.audio_track, stream.video_track} and not tracks & still:
                await self._gone(session, visit, is_screen, "mediaStopped")

    async def _gone(self, session: Session, visit: _Visit, is_screen: bool, reason: str) -> None:
        stream = visit.streams.pop(is_screen)
        await self._tell(session, "stream", "destroyed", stream=_stream_answer(stream), reason=reason)

    async def _tell(self, session: Session, group: str, event: str, **facts: Any) -> None:
        payload = {
            "sessionId": session.id,
            "projectId": session.project,
            "event": f"{group}{event.capitalize()}",
            "timestamp": time.time_ns() // 1_000_000,
            **facts,
        }
        if not session.project.isdecimal():
            payload["applicationId"] = payload.pop("projectId")
        await self._callbacks.tell(session.project, group, event, payload, about=session.id)

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


def _connection_answer(one: Connection) -> dict[str, Any]:
    return {"id": one.id, "createdAt": one.created_at, "data": one.data}


def _stream_answer(stream: Stream) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "id": stream.id,
        "connection": _connection_answer(stream.connection),
        "createdAt": time.time_ns() // 1_000_000,
        "name": stream.name,
    }
    if stream.video_type:
        answer["videoType"] = stream.video_type
    return answer
