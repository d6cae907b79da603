"""The door of a room: whoever may comes in, or whom a moderator lets in, or nobody new."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args
from uuid import uuid4

import structlog

from reelroom.engine.livekit import Engine, EngineError
from reelroom.errors import BadRequest, Locked, NotFound, TooMany
from reelroom.sessions.calls import Sessions
from reelroom.store.database import now_ms
from reelroom.store.store import Store
from reelroom.store.values import Knock, Room

_log = structlog.get_logger()

Door = Literal["open", "waiting", "locked"]
Answer = Literal["open", "waiting", "locked", "admitted", "denied"]
DOORS: tuple[Door, ...] = get_args(Door)
TOPIC = "door"  # of an empty message to everybody in the session: moderators look at the door again

_GONE_MS = 15_000  # without a sign of life, nobody waits any more
_ADMITTED_MS = 10 * 60_000  # in which somebody who was let in is to have come
_KEPT_MS = 24 * 3_600_000
_MOST_WAITING = 100


@dataclass(frozen=True)
class DoorNow:
    """How a room's door stands, who waits before it, the first first, and whether its recordings are written down."""

    door: Door
    waiting: Sequence[Knock]
    transcribed: bool


def door_of(room: Room) -> Door:
    """How a room's door stands."""
    return next(door for door in DOORS if door == room.door)


def answer_of(door: str, knock: Knock | None) -> Answer:
    """What whoever knocked is told: the door, where they have not knocked or nobody has answered."""
    if door == "open":
        return "open"
    if knock is not None and knock.answer == "admitted":
        return "admitted"
    if knock is not None and knock.answer == "denied":
        return "denied"
    return "locked" if door == "locked" else "waiting"


class Doors:
    """Each call for moderators raises Forbidden for a token that is none's of that session."""

    def __init__(self, store: Store, engine: Engine, sessions: Sessions) -> None:
        self._store = store
        self._engine = engine
        self._sessions = sessions

    async def check(self, session_id: str, *, knock: str, before: str) -> None:
        """Whoever comes without a moderator's right: the door is open, they were let in, or they were in before.

        `before` is the access token with which they were in. Raises Locked.
        """
        room = await self._store.rooms.having(session_id)
        if room is None or room.door == "open":
            return
        if knock and (known := await self._store.knocks.get(knock)) is not None:
            fresh = (known.answered_at or 0) > now_ms() - _ADMITTED_MS
            if known.session_id == session_id and known.answer == "admitted" and fresh:
                return
        bearer = self._engine.bearer(before) if before else None
        if bearer is not None and bearer[0] == session_id:
            admission = await self._store.admissions.get(bearer[1])
            if admission is not None and admission.session_id == session_id and admission.ended_at is None:
                return
        raise Locked(
            "The room is locked: nobody new comes in"
            if room.door == "locked"
            else "A moderator of the room lets you in"
        )

    async def knock(self, session_id: str, token: str, name: str, knock_id: str) -> tuple[str, Answer]:
        """Knock, or say that one still waits; the knock's id, and what is answered. Raises NotFound, TooMany."""
        await self._sessions.open(session_id, token)
        room = await self._store.rooms.having(session_id)
        if room is None:
            raise NotFound("The session is no room's, so that it has no door")
        known = await self._store.knocks.get(knock_id) if knock_id else None
        if known is not None and known.session_id != session_id:
            raise NotFound("There is no such knock")
        answer = answer_of(room.door, known)
        now = now_ms()
        if known is not None:
            await self._store.knocks.note_seen(known.id, now)
            return known.id, answer
        if answer != "waiting":
            return "", answer
        if len(await self._store.knocks.waiting(session_id, now - _GONE_MS)) >= _MOST_WAITING:
            raise TooMany("Too many people wait before this room")
        await self._store.knocks.forget(now - _KEPT_MS)
        new = Knock(id=str(uuid4()), session_id=session_id, name=name, created_at=now, seen_at=now)
        await self._store.add(new)
        await self._tell(session_id)
        return new.id, answer

    async def look(self, session_id: str, token: str) -> DoorNow:
        """How the door stands."""
        return await self._now(await self._moderated(session_id, token))

    async def set(self, session_id: str, token: str, door: Door) -> DoorNow:
        """Open the door, or close it; whoever is in stays. Raises BadRequest."""
        if door not in DOORS:
            raise BadRequest(f"A door is one of {', '.join(DOORS)}")
        room = await self._moderated(session_id, token)
        await self._store.rooms.set_door(room.name, door)
        _log.info("door set", room=room.name, door=door)
        await self._tell(session_id)
        return await self._now(await self._moderated(session_id, token))

    async def set_transcribed(self, session_id: str, token: str, transcribed: bool) -> DoorNow:
        """Whether recordings that begin from now on may have transcripts."""
        room = await self._moderated(session_id, token)
        await self._store.rooms.set_transcribed(room.name, transcribed)
        _log.info("room is transcribed" if transcribed else "room is not transcribed", room=room.name)
        await self._tell(session_id)
        return await self._now(await self._moderated(session_id, token))

    async def answer(self, session_id: str, token: str, knock_id: str, *, admits: bool) -> DoorNow:
        """Let somebody in who waits, or turn them away. Raises NotFound."""
        room = await self._moderated(session_id, token)
        word = "admitted" if admits else "denied"
        if not await self._store.knocks.answer(session_id, knock_id, word, now_ms()):
            raise NotFound("Nobody waits by that knock")
        _log.info("knock answered", room=room.name, answer=word)
        await self._tell(session_id)
        return await self._now(room)

    async def _now(self, room: Room) -> DoorNow:
        waiting: Sequence[Knock] = ()
        if room.door == "waiting":
            waiting = await self._store.knocks.waiting(room.session_id, now_ms() - _GONE_MS)
        return DoorNow(door_of(room), waiting, room.transcribed)

    async def _moderated(self, session_id: str, token: str) -> Room:
        await self._sessions.check_moderator(session_id, token)
        room = await self._store.rooms.having(session_id)
        if room is None:
            raise NotFound("The session is no room's, so that it has no door")
        return room

    async def _tell(self, session_id: str) -> None:
        try:
            await self._engine.send(session_id, TOPIC, "")
        except EngineError as error:
            _log.warning("moderators are not told of the door", session=session_id, error=str(error))
