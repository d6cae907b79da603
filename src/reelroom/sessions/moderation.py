"""What moderators do to others, on their token's word: disconnect, mute or promote them, end their streams, or all.

Their clients ask this server, and not the engine: there, whoever administers a room may also hide themselves, give
others attributes, and say what is not so.
"""

from collections.abc import Collection
from dataclasses import replace

import structlog

from reelroom.engine.livekit import Engine
from reelroom.errors import NotFound
from reelroom.sessions.calls import Sessions
from reelroom.store.store import Store

_log = structlog.get_logger()

ROLE = "role"  # the attribute with the role that a moderator gave somebody
ENDED = "ended"  # the topic of the empty message by which everybody knows why they leave


class Moderation:
    """Each call raises Forbidden for a token that is no moderator's of that session, and NotFound for who is gone."""

    def __init__(self, store: Store, sessions: Sessions, engine: Engine) -> None:
        self._store = store
        self._sessions = sessions
        self._engine = engine

    async def disconnect(self, session_id: str, token: str, connection_id: str) -> None:
        """Make somebody leave."""
        await self._check(session_id, token, connection_id)
        await self._engine.remove(session_id, connection_id)
        _log.info("disconnected by a moderator", session=session_id, connection=connection_id)

    async def mute(self, session_id: str, token: str, connection_id: str, track: str) -> None:
        """Mute one of somebody's tracks, which they may unmute."""
        await self._check(session_id, token, connection_id)
        if not await self._engine.mute(session_id, connection_id, track):
            raise NotFound("There is no such track in the session")

    async def mute_all(self, session_id: str, token: str, *, active: bool, but: Collection[str]) -> None:
        """Mute everybody but the streams named, and whoever publishes later; `active` false lifts the latter."""
        await self._sessions.check_moderator(session_id, token)
        await self._sessions.mute_everybody(session_id, active=active, but=but)

    async def end_stream(self, session_id: str, token: str, connection_id: str, *, screen: bool) -> None:
        """End somebody's camera, or their screen; they may publish again."""
        await self._check(session_id, token, connection_id)
        async with self._store.transaction() as tx:  # so that its end is told of with its reason
            visit = await tx.visits.of(session_id, connection_id)
            name = "screen" if screen else "camera"
            if visit is not None and name in visit.streams:
                forced = {**visit.streams[name], "forced": True}
                await tx.visits.note(replace(visit, streams={**visit.streams, name: forced}))
        await self._engine.end_stream(session_id, connection_id, screen=screen)

    async def promote(self, session_id: str, token: str, connection_id: str) -> None:
        """Make somebody a moderator, too: they ask for a moderator's token themselves."""
        await self._check(session_id, token, connection_id)
        if not await self._store.admissions.set_role(connection_id, "moderator"):
            raise NotFound("Whoever that is was not let in by this server's page")
        await self._engine.set_attributes(session_id, connection_id, {ROLE: "moderator"})
        _log.info("promoted by a moderator", session=session_id, connection=connection_id)

    async def end(self, session_id: str, token: str) -> None:
        """Make everybody leave, whoever asks, too."""
        await self._sessions.check_moderator(session_id, token)
        await self._engine.send(session_id, ENDED, "")
        for each in await self._engine.participants(session_id):
            if not each.permission.recorder:
                await self._engine.remove(session_id, each.identity)
        _log.info("ended for everybody by a moderator", session=session_id)

    async def _check(self, session_id: str, token: str, connection_id: str) -> None:
        await self._sessions.check_moderator(session_id, token)
        if connection_id not in {each.identity for each in await self._engine.participants(session_id)}:
            raise NotFound("No client with that connection id is connected to the session")
