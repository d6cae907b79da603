"""What applications do with sessions: make them, see who is there, signal, mute and disconnect."""

import contextlib
import secrets
import string
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import structlog
from livekit import api

from reelroom.engine.livekit import Engine
from reelroom.engine.metadata import RoomMetadata
from reelroom.errors import BadRequest, Forbidden, NotFound, TooLarge
from reelroom.opentok.streams import CLASSES, Connection, Stream, all_streams, connection
from reelroom.opentok.tokens import ClientToken, TokenError, is_for_public_key, new_session_id, session_key, verify
from reelroom.projects.projects import Project, Projects, fingerprint
from reelroom.store.database import now_ms
from reelroom.store.store import Store
from reelroom.store.values import Session

_log = structlog.get_logger()

_LETTERS = string.ascii_letters + string.digits
_LONGEST_TYPE, _LONGEST_DATA = 128, 8192  # bytes
_SIGNAL_LACKS_DATA = 15202


@dataclass(frozen=True)
class SessionWish:
    """What `/session/create` may ask for."""

    relayed: bool = False
    always: bool = False
    archive_name: str = ""
    archive_resolution: str = "640x480"
    e2ee: bool = False


def new_session(api_key: str, wish: SessionWish = SessionWish()) -> Session:
    """A session that is not written down yet."""
    now = now_ms()
    random = "".join(secrets.choice(_LETTERS) for _ in range(24))
    return Session(
        id=new_session_id(api_key, now, random),
        created_at=now,
        project=api_key,
        media_mode="relayed" if wish.relayed else "routed",
        archive_mode="always" if wish.always else "manual",
        archive_name=wish.archive_name,
        archive_resolution=wish.archive_resolution,
        e2ee=wish.e2ee,
    )


class Sessions:
    """The calls of the API about sessions; each raises NotFound for a session that is not the project's."""

    def __init__(self, store: Store, engine: Engine, projects: Projects) -> None:
        self._store = store
        self._engine = engine
        self._metadata = RoomMetadata(store, engine)
        self._projects = projects

    async def create(self, project: Project, wish: SessionWish) -> Session:
        """A new session. Raises BadRequest for a wish that contradicts itself."""
        if wish.always and wish.relayed:
            raise BadRequest("A session that is always archived must be routed (p2p.preference=disabled)")
        if wish.always and wish.e2ee:
            raise BadRequest("A session that is encrypted end to end cannot be archived")
        session = new_session(project.key, wish)
        await self._store.add(session)
        _log.info("session made", session=session.id, project=project.key)
        return session

    async def open(self, session_id: str, token: str) -> ClientToken:
        """What a client token grants in a session, of whichever project. Raises NotFound, Forbidden."""
        granted, _ = await self.open_signed(session_id, token)
        return granted

    async def open_signed(self, session_id: str, token: str) -> tuple[ClientToken, str]:
        """As `open`, and the fingerprint of what has signed the token."""
        project = await self._projects.get(session_key(session_id) or "")
        if project is None or await self._store.sessions.get(session_id) is None:
            raise NotFound(f"There is no session {session_id[:300]}")
        if not project.enabled:
            raise Forbidden("The project is disabled")
        try:
            granted, secret = _verified(token, project, time.time())
        except TokenError as error:
            raise Forbidden(str(error)) from None
        if granted.session_id != session_id:
            raise Forbidden("The token is for another session")
        if granted.invitation:
            invitation = await self._store.invitations.get(granted.invitation)
            if invitation is None or invitation.revoked_at is not None:
                raise Forbidden("The invitation was taken back")
        return granted, fingerprint(secret)

    async def check_moderator(self, session_id: str, token: str) -> None:
        """Raises Forbidden for a token that is no moderator's of that session."""
        granted = await self.open(session_id, token)
        if granted.role != "moderator":
            raise Forbidden("This takes a moderator")

    async def present(self, session_id: str, access_token: str) -> str:
        """The identity of whoever is in a session with that access token of the engine's; raises as `person`."""
        return (await self.person(session_id, access_token)).identity

    async def person(self, session_id: str, access_token: str) -> api.ParticipantInfo:
        """Whoever is in a session with that access token of the engine's.

        Raises NotFound when they are not there, Forbidden for a token that is not theirs for this session.
        """
        bearer = self._engine.bearer(access_token)
        if bearer is None or bearer[0] != session_id:
            raise Forbidden("This takes the access token with which you are in the session")
        for person in await self._engine.participants(session_id):
            if person.identity == bearer[1]:
                return person
        raise NotFound("You are not in this session")

    async def get(self, project: Project, session_id: str) -> Session:
        """A session of that project. Raises NotFound."""
        session = await self._store.sessions.get(session_id) if session_key(session_id) == project.key else None
        if session is None:
            raise NotFound(f"There is no session {session_id[:300]}")
        return session

    async def connections(self, project: Project, session_id: str) -> list[Connection]:
        """Who is connected, in the order in which they came."""
        await self.get(project, session_id)
        people = await self._engine.participants(session_id)
        return sorted((connection(each) for each in people), key=lambda each: (each.created_at, each.id))

    async def streams(self, project: Project, session_id: str) -> list[Stream]:
        """What is published, in the order in which the publishers came."""
        await self.get(project, session_id)
        return all_streams(await self._engine.participants(session_id))

    async def stream(self, project: Project, session_id: str, stream_id: str) -> Stream:
        """Raises NotFound."""
        for stream in await self.streams(project, session_id):
            if stream_id in stream.ids:
                return stream
        raise NotFound(f"There is no stream {stream_id[:300]} in this session")

    async def microphone(self, project: Project, session_id: str, stream_id: str) -> str:
        """The engine's id of the sound of a stream that was asked for. Raises BadRequest."""
        try:
            stream = await self.stream(project, session_id, stream_id)
        except NotFound as error:
            raise BadRequest(f"streams: {error.message}") from None
        if not stream.audio_track:
            raise BadRequest(f"streams: {stream_id} has no sound")
        return stream.audio_track

    async def ids_of_stream(self, project: Project, session_id: str, stream_id: str) -> frozenset[str]:
        """All ids of a stream that may be gone by now."""
        try:
            return (await self.stream(project, session_id, stream_id)).ids
        except NotFound:
            return frozenset({stream_id})

    async def signal(
        self, project: Project, session_id: str, kind: str, data: str | None, connection_id: str | None = None
    ) -> None:
        """Send a message to everybody, or to one. Raises BadRequest, NotFound, TooLarge."""
        if data is None:
            raise BadRequest("A signal needs data", code=_SIGNAL_LACKS_DATA)
        if len(kind.encode()) > _LONGEST_TYPE:
            raise TooLarge(f"A signal's type has at most {_LONGEST_TYPE} bytes")
        if len(data.encode()) > _LONGEST_DATA:
            raise TooLarge(f"A signal's data has at most {_LONGEST_DATA} bytes")
        connected = {each.id for each in await self.connections(project, session_id)}
        if connection_id is not None and connection_id not in connected:
            raise NotFound("No client with that connection id is connected to the session")
        if not connected:
            raise NotFound("No clients are connected to the session")
        await self._engine.send(session_id, kind, data, [connection_id] if connection_id else ())

    async def disconnect(self, project: Project, session_id: str, connection_id: str) -> None:
        """Make a client leave. Raises NotFound."""
        if connection_id not in {each.id for each in await self.connections(project, session_id)}:
            raise NotFound("No client with that connection id is connected to the session")
        await self._engine.remove(session_id, connection_id)

    async def mute_stream(self, project: Project, session_id: str, stream_id: str) -> None:
        """Mute a stream's sound. Raises NotFound."""
        await self._mute(session_id, await self.stream(project, session_id, stream_id))

    async def mute_all(self, project: Project, session_id: str, *, active: bool, but: Collection[str]) -> None:
        """As `mute_everybody`, in a session of the project. Raises NotFound."""
        await self.get(project, session_id)
        await self.mute_everybody(session_id, active=active, but=but)

    async def mute_everybody(self, session_id: str, *, active: bool, but: Collection[str]) -> None:
        """Mute all but the streams named, and whoever publishes later; `active` false lifts the latter."""
        await self._store.sessions.set_muted(session_id, active)
        await self._metadata.tell(session_id, {"mute": {"active": active, "at": now_ms()}})
        if active:
            for stream in all_streams(await self._engine.participants(session_id)):
                if stream.ids.isdisjoint(but):
                    await self._mute(session_id, stream)

    async def _mute(self, session_id: str, stream: Stream) -> None:
        if stream.audio_track:
            await self._engine.mute(session_id, stream.connection.id, stream.audio_track)

    async def set_classes(
        self, project: Project, session_id: str, classes: Mapping[str, Sequence[str]]
    ) -> list[Stream]:
        """Give streams new layout classes; returns all that were named. Raises BadRequest, changing nothing."""
        known = {stream.id: stream for stream in await self.streams(project, session_id)}
        if unknown := sorted(set(classes) - set(known)):
            raise BadRequest(f"There is no stream {unknown[0][:300]} in this session")
        for stream_id, names in classes.items():
            attributes = {f"{CLASSES}:{known[stream_id].track}": " ".join(names)}
            await self._engine.set_attributes(session_id, known[stream_id].connection.id, attributes)
        return [stream for stream in await self.streams(project, session_id) if stream.id in classes]


def _verified(token: str, project: Project, now: float) -> tuple[ClientToken, str]:
    """What a token grants, and the secret or the key that signed it. Raises TokenError."""
    *older, last = reversed(project.secrets(int(now * 1000)))
    for secret in older:
        with contextlib.suppress(TokenError):
            return verify(token, project.key, secret, now), secret
    granted = verify(token, project.key, last, now, project.public_key)
    return granted, project.public_key if is_for_public_key(token, project.public_key) else last
