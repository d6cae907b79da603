"""What people do with rooms: open one, come in, record, stop."""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote
from uuid import uuid4

import structlog

from reelroom.archives.library import Archives
from reelroom.config import Settings
from reelroom.cutting.recut import RecutOrder
from reelroom.engine.livekit import ROLE_GRANTS, Engine, Grant
from reelroom.errors import Forbidden, NotFound
from reelroom.keys import Keys
from reelroom.opentok.invites import Invite, write_invite
from reelroom.opentok.recorder_grants import check_grant, recorder_link, write_grant
from reelroom.opentok.room_names import folded
from reelroom.opentok.streams import CLASSES, CONSENT, ENTERED
from reelroom.opentok.tokens import ROLES, ClientToken, Role, TokenError, mint, session_key
from reelroom.recorder.quotas import Quotas
from reelroom.renders.renders import Renders
from reelroom.rooms.doors import Doors
from reelroom.rooms.names import checked_room_name, invitations_into, room_called
from reelroom.sessions.admissions import Admissions
from reelroom.sessions.calls import Sessions, new_session
from reelroom.store.database import AlreadyThere, now_ms
from reelroom.store.states import RECORDING
from reelroom.store.store import Store
from reelroom.store.values import Admission, Archive, Invitation, Render, Room, Session

_log = structlog.get_logger()

_MOST_KNOWN = 10_000
ENTRY_SECONDS = 600  # in which somebody who was let in is to have joined
FILMS_SECONDS = 30 * 24 * 3600  # by which an invitation opens the films for longer than the room


def new_invitation(
    room: str, role: Role, seconds: int, films_seconds: int | None = None, *, owner: bool = False
) -> Invitation:
    """An invitation that is not written down yet; it opens the films for so long, or a month longer than the room."""
    now = now_ms()
    films = seconds + FILMS_SECONDS if films_seconds is None else films_seconds
    return Invitation(
        id=str(uuid4()),
        room_name=room,
        role=role,
        owner=owner,
        created_at=now,
        expires_at=now + seconds * 1000,
        films_until=now + films * 1000,
    )


def invite_of(invitation: Invitation) -> Invite:
    """The words of an invitation, to be signed."""
    until, films = invitation.expires_at // 1000, invitation.films_until // 1000
    return Invite(invitation.room_name, ROLES[invitation.role], until, films, invitation.id)


@dataclass(frozen=True)
class Credentials:
    """What the page needs to come in; `owned`: this call has made an open room; `room`: its name.

    The name is as it was written first, "" where the session is no room's.
    """

    session_id: str
    token: str
    api_key: str
    owned: bool
    room: str


@dataclass(frozen=True)
class Entry:
    """What opens the engine for somebody, and in which role."""

    access_token: str
    role: Role


@dataclass(frozen=True)
class AtDoor:
    """What may open a closed door: a knock that was admitted, and the access token with which one was in before."""

    knock: str = ""
    before: str = ""


class Rooms:
    """The use cases."""

    def __init__(
        self,
        settings: Settings,
        keys: Keys,
        store: Store,
        engine: Engine,
        renders: Renders,
        archives: Archives,
        sessions: Sessions,
        admissions: Admissions,
        quotas: Quotas,
        doors: Doors,
    ) -> None:
        self._settings = settings
        self._keys = keys
        self._store = store
        self._engine = engine
        self._renders = renders
        self._archives = archives
        self._sessions = sessions
        self._admissions = admissions
        self._quotas = quotas
        self._doors = doors
        self._known: dict[str, Room] = {}
        self._room_of: dict[str, Room] = {}  # by session
        renders.record = self.render_started

    def _new_session(self) -> Session:
        return new_session(self._keys.api_key)

    async def _room(self, name: str) -> tuple[Room, bool]:
        """The room, and whether it was made just now."""
        if (known := self._known.get(name)) is not None:
            return known, False
        name = checked_room_name(name)
        room = await self._store.rooms.get(name)
        if room is not None:
            self._remember(room)
            return room, False
        session = self._new_session()
        room = Room(
            name=name,
            session_id=session.id,
            created_at=session.created_at,
            visited=False,
            folded=folded(name),
        )
        try:
            await self._store.add(session, room)
        except AlreadyThere:
            first = await self._store.rooms.get(name)
            if first is None:
                raise
            return first, False
        _log.info("room made", room=name, session=session.id)
        return room, True

    def _remember(self, room: Room) -> None:
        """A room that was visited keeps its session for ever, so it need not be asked for again."""
        if not room.visited:
            return
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[room.name] = room

    async def of_session(self, session_id: str) -> Room | None:
        """The room whose session it is, or the one whose render publishes into it."""
        if (known := self._room_of.get(session_id)) is not None:
            return known
        room = await self._store.rooms.of_session(session_id)
        if room is not None and room.visited:  # and it stays that session's
            if len(self._room_of) >= _MOST_KNOWN:
                self._room_of.clear()
            self._room_of[session_id] = room
        return room

    async def named(self, name: str) -> Room | None:
        """The room of that name, which is not made by asking; None when there is none. Raises BadRequest."""
        return await self._store.rooms.get(checked_room_name(name))

    async def called(self, name: str) -> str:
        """The name of a room as it was written first, or as it would be kept. Raises BadRequest."""
        return await room_called(self._store, name)

    async def invite(
        self, name: str, role: Role, seconds: int, films_seconds: int | None = None, *, owner: bool = False
    ) -> tuple[Invitation, Invite]:
        """An invitation into a room, which need not exist yet; it opens the films for longer. Raises BadRequest."""
        invitation = new_invitation(await self.called(name), role, seconds, films_seconds, owner=owner)
        await self._store.add(invitation)
        return invitation, invite_of(invitation)

    async def invitations(self, name: str) -> Sequence[Invitation]:
        """Those of a room that open anything, newest first."""
        return await invitations_into(self._store, name, now_ms())

    async def invitation(self, invitation_id: str) -> Invitation:
        """Raises NotFound."""
        invitation = await self._store.invitations.get(invitation_id)
        if invitation is None:
            raise NotFound("There is no such invitation")
        return invitation

    async def revoke(self, invitation: Invitation) -> None:
        """It opens nothing any more, and whoever came by it leaves; harmless again."""
        await self._store.invitations.revoke(invitation.id, now_ms())
        _log.info("invitation taken back", room=invitation.room_name, invitation=invitation.id)

    async def open(self, name: str, role: Role | None = None, invitation: str = "") -> Credentials:
        """The session of the room, made at the first call, and a fresh token. Raises BadRequest.

        Without a role, whoever makes an open room owns and moderates it, and who comes later publishes. The token is
        worth something while the `invitation` is (its id; "" for none).
        """
        room, made = await self._room(name)
        owned = made and self._settings.auth == "open"
        role = role or ("moderator" if owned else "publisher")
        return self._credentials(room.session_id, room.name, role, invitation, owned=owned)

    def _credentials(
        self, session_id: str, room: str, role: Role, invitation: str, *, owned: bool = False
    ) -> Credentials:
        now = int(time.time())
        token = ClientToken(
            session_id=session_id,
            role=role,
            create_time=now,
            expire_time=now + self._settings.token_seconds,
            nonce=str(secrets.randbelow(1_000_000)),
            invitation=invitation,
        )
        text = mint(token, self._keys.api_key, self._keys.api_secret)
        return Credentials(session_id, text, self._keys.api_key, owned, room)

    async def connect(
        self, session_id: str, token: str, name: str, grant: str = "", at_door: AtDoor = AtDoor()
    ) -> Entry:
        """An access token of the engine's with the rights of `token`'s role.

        With a recorder's `grant` its bearer is shown as a recorder: no name makes anybody one.

        Raises NotFound for an unknown session, Forbidden for a token or a grant that does not open it, Locked at a
        closed door.
        """
        granted, signed_with = await self._sessions.open_signed(session_id, token)
        if grant:
            await self._check_grant(session_id, grant)
        elif granted.role != "moderator":
            await self._doors.check(session_id, knock=at_door.knock, before=at_door.before)
        # The engine renews its tokens for whoever is there, for as long as they are; so they need not live long.
        lifetime = timedelta(seconds=max(1, min(ENTRY_SECONDS, granted.expire_time - time.time())))
        admission = Admission(
            identity=str(uuid4()),
            session_id=session_id,
            project=session_key(session_id) or "",
            signed_with=signed_with,
            invitation=granted.invitation,
            created_at=now_ms(),
        )
        await self._admissions.admit(admission)
        if (room := await self.of_session(session_id)) is not None and not room.visited:
            await self._store.rooms.note_visit(session_id)
        access = self._engine.access_token(
            session_id,
            admission.identity,
            name,
            Grant(recorder=True) if grant else ROLE_GRANTS[granted.role],
            lifetime,
            metadata=granted.connection_data,
            attributes={ENTERED: str(now_ms())}
            | ({CLASSES: " ".join(granted.layout_classes)} if granted.layout_classes else {})
            | ({CONSENT: "asked"} if await self._asks(session_id) and not grant else {}),
        )
        return Entry(access, "subscriber" if grant else granted.role)

    async def promoted(self, session_id: str, access_token: str) -> Credentials:
        """A moderator's token for somebody whom a moderator made one. Raises Forbidden."""
        bearer = self._engine.bearer(access_token)
        admission = await self._store.admissions.get(bearer[1]) if bearer and bearer[0] == session_id else None
        if admission is None or admission.ended_at is not None or admission.role != "moderator":
            raise Forbidden("Nobody has made you a moderator of this session")
        room = await self._store.rooms.having(session_id)
        return self._credentials(session_id, room.name if room else "", "moderator", admission.invitation)

    async def end_recording(self, session_id: str) -> None:
        """What records the room that has this session ends, if something does."""
        room = await self._store.rooms.having(session_id)
        if room is None:
            return
        if (running := await self._store.renders.running_in(room.name)) is not None:
            await self.stop_render(running.id)

    async def _asks(self, session_id: str) -> bool:
        """Whether people in a session are asked before they are recorded: in rooms; applications ask their own."""
        if self._settings.consent != "ask":
            return False
        return await self._store.rooms.having(session_id) is not None

    async def answer_consent(self, session_id: str, access_token: str, *, agrees: bool) -> None:
        """Somebody who is in a room says whether they may be recorded; everybody there, and the tap, is told.

        Raises NotFound when they are not there, Forbidden for a token that is not theirs for this session.
        """
        identity = await self._sessions.present(session_id, access_token)
        answer = "given" if agrees else "declined"
        await self._engine.set_attributes(session_id, identity, {CONSENT: answer})
        _log.info("answered whether they may be recorded", session=session_id, connection=identity, consent=answer)

    async def _check_grant(self, session_id: str, grant: str) -> None:
        room = await self.of_session(session_id)
        try:
            check_grant(grant, room.name if room else "", self._keys.link_secret)
        except TokenError as error:
            raise Forbidden(str(error)) from None

    async def grant_recorder(self, name: str, seconds: int) -> str:
        """A link to the recorder's page of a room, for so long. Raises BadRequest."""
        name = await self.called(name)
        grant = write_grant(name, seconds, self._keys.link_secret)
        _, invite = await self.invite(name, "subscriber", seconds, 0)
        return recorder_link(self._settings.base_url, name, grant, write_invite(invite, self._keys.link_secret))

    async def record(self, room_name: str, layout: str = "", address: str = "") -> tuple[Render, bool]:
        """Start a render of the room, or name the one that runs; and whether it has made an open room.

        The film has that layout, or the default one. `address` is that of whoever asks without a key, else "".

        Raises BadRequest, TooMany, OutOfSpace, Overloaded.
        """
        name = await self.called(room_name)
        RecutOrder(layout=layout or None).check()
        if (running := await self._store.renders.running_in(name)) is not None:
            return running, False
        async with self._quotas.beginning(self._keys.api_key, address) as begun:
            await self._renders.admit()
            render, made = await self._record(name, layout)
            begun(render.id)
        return render, made

    async def _record(self, name: str, layout: str) -> tuple[Render, bool]:
        room, made = await self._room(name)
        render = await self._renders.start(
            room,
            self._new_session(),
            url=f"{self._settings.base_url}/room/recorder/{quote(room.name, safe='')}",
            callback_url=f"{self._settings.own_url}/render/status",
            layout=layout,
        )
        return render, made and self._settings.auth == "open"

    async def render_started(self, render_id: str, session_id: str) -> None:
        """A render's stream is there: start its archive and tell the room. Raises NotFound."""
        render = await self._renders.get(render_id)
        if render.session_id != session_id:
            raise NotFound(f"There is no render {render_id} of session {session_id[:300]}")
        if render.status != "started":
            return  # stopped before its callback came
        archive = await self._archives.start(render)
        await self._renders.announcing.announce(render, "recording", archive)
        await self._renders.announcing.signal(render, "archiveStarted", f"{archive.id}:{render.session_id}")

    async def stop_render(self, render_id: str, reason: str = "session ended") -> None:
        """End a render and the archive that it feeds. Raises NotFound."""
        render = await self._renders.get(render_id)
        archive = await self._store.archives.of_render(render_id)
        if archive is not None:
            await self._stop(archive, reason)
        await self._renders.stop(render.id)

    async def stop_archive(self, archive_id: str) -> None:
        """End an archive and the render that exists for it. Raises NotFound."""
        await self.end_archive(await self._archives.get(archive_id), "user initiated")

    async def end_archive(self, archive: Archive, reason: str) -> None:
        """End an archive for a reason, and the render that exists for it."""
        await self._stop(archive, reason)
        if archive.render_id is not None:
            await self._renders.stop(archive.render_id)

    async def _stop(self, archive: Archive, reason: str) -> None:
        if archive.status not in RECORDING:
            return
        await self._archives.stop(archive.id, reason)
        if archive.render_id and (render := await self._store.renders.get(archive.render_id)):
            await self._renders.announcing.announce(render, "stopping", archive)
            await self._renders.announcing.signal(render, "archiveStopped", f"{archive.id}:{render.session_id}")
