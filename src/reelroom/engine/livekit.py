"""LiveKit's server: its rooms, and the access tokens that open them."""

import asyncio
import json
import os
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
import jwt
from livekit import api

from reelroom.config import Settings
from reelroom.keys import Keys
from reelroom.opentok.tokens import Role

_CALL_SECONDS = 5.0
_SCREEN = (api.TrackSource.SCREEN_SHARE, api.TrackSource.SCREEN_SHARE_AUDIO)
_CAMERA = (api.TrackSource.CAMERA, api.TrackSource.MICROPHONE, api.TrackSource.UNKNOWN)
_NO_ANSWER = (api.TwirpError, aiohttp.ClientError, OSError, TimeoutError)


class EngineError(Exception):
    """The engine is not there, or did not do what it was asked."""


@dataclass(frozen=True)
class Grant:
    """What an access token allows in one room of the engine."""

    publish: bool = False
    subscribe: bool = True
    data: bool = False
    hidden: bool = False
    recorder: bool = False  # shown to everybody as one that records, and as nobody's picture


@dataclass(frozen=True)
class OpenRoom:
    """A room of the engine: how many are in it, hidden ones not counted, since when (ms since the epoch)."""

    name: str
    people: int
    since_ms: int


ROLE_GRANTS: dict[Role, Grant] = {
    "subscriber": Grant(),
    "publisher": Grant(publish=True, data=True),
    "publisheronly": Grant(publish=True, subscribe=False, data=True),
    "moderator": Grant(publish=True, data=True),
}
# No token administers a room of the engine: it would hide its bearer, and speak for others (sessions/moderation.py).


class Engine:
    """The calls to the engine of this server; each has a deadline."""

    def __init__(self, settings: Settings, keys: Keys) -> None:
        self._settings = settings
        self._keys = keys
        self._api: api.LiveKitAPI | None = None

    def open(self) -> None:
        """Be ready for calls; within a running event loop."""
        if self._api is None:
            address = self._settings.engine_own_url.replace("ws", "http", 1)
            self._api = api.LiveKitAPI(address, self._keys.engine_key, self._keys.engine_secret)

    async def close(self) -> None:
        """Make no calls any more."""
        if self._api is not None:
            await self._api.aclose()
            self._api = None

    async def answers(self) -> bool:
        """Whether there is an engine that takes calls with our keys."""
        try:
            await self._ask("list_rooms", api.ListRoomsRequest(names=["-"]))
        except (EngineError, *_NO_ANSWER):
            return False
        return True

    def access_token(
        self,
        room: str,
        identity: str,
        name: str,
        grant: Grant,
        lifetime: timedelta,
        *,
        metadata: str = "",
        attributes: dict[str, str] | None = None,
    ) -> str:
        """A LiveKit access token for one participant of one room; what it says of them they cannot change."""
        grants = api.VideoGrants(
            room_join=True,
            room=room,
            can_publish=grant.publish,
            can_subscribe=grant.subscribe,
            can_publish_data=grant.data,
            can_update_own_metadata=False,
            hidden=grant.hidden,
            recorder=grant.hidden or grant.recorder,
        )
        token = api.AccessToken(self._keys.engine_key, self._keys.engine_secret)
        token = token.with_identity(identity).with_name(name).with_grants(grants).with_ttl(lifetime)
        token = token.with_kind("egress" if grant.recorder else "standard")
        return token.with_metadata(metadata).with_attributes(attributes or {}).to_jwt()

    def bearer(self, access_token: str) -> tuple[str, str] | None:
        """The room and identity that an access token of ours was made for, also when it is over; None if not ours."""
        try:
            claims = jwt.decode(
                access_token,
                self._keys.engine_secret,
                algorithms=["HS256"],
                issuer=self._keys.engine_key,
                options={"verify_exp": False},
            )
            return str(claims["video"]["room"]), str(claims["sub"])
        except (jwt.InvalidTokenError, KeyError, TypeError):
            return None

    async def is_empty(self) -> bool:
        """Whether the engine says that nobody is in any room; False when it does not say."""
        try:
            answer = await self._ask("list_rooms", api.ListRoomsRequest())
            for room in answer.rooms:
                # A room's own count is seconds old; who has just joined is among its participants at once.
                if room.num_participants or await self.participants(room.name):
                    return False
        except (EngineError, *_NO_ANSWER):
            return False
        return True

    async def open_rooms(self) -> list[OpenRoom]:
        """The rooms that are open now; none when the engine does not answer."""
        try:
            answer = await self._ask("list_rooms", api.ListRoomsRequest())
        except (EngineError, *_NO_ANSWER):
            return []
        return [OpenRoom(room.name, room.num_participants, room.creation_time * 1000) for room in answer.rooms]

    async def send(self, room: str, topic: str, text: str, to: Collection[str] = ()) -> bool:
        """Send a text message to everybody in a room, or to some (identities); False when nobody has opened it."""
        request = api.SendDataRequest(
            room=room,
            data=text.encode(),
            topic=topic,
            kind=api.DataPacket.Kind.RELIABLE,
            nonce=os.urandom(16),
            destination_identities=list(to),
        )
        return await self._call(f"a message to room {room}", "send_data", request) is not None

    async def describe(self, room: str, metadata: dict[str, Any]) -> bool:
        """Set what everybody in a room sees as its metadata, also who joins later. False when it is not open."""
        request = api.UpdateRoomMetadataRequest(room=room, metadata=json.dumps(metadata))
        return await self._call(f"the metadata of room {room}", "update_room_metadata", request) is not None

    async def description(self, room: str) -> dict[str, Any]:
        """The metadata of a room; the engine shows changes of the last moments late."""
        found = await self._call(f"the metadata of room {room}", "list_rooms", api.ListRoomsRequest(names=[room]))
        try:
            said = json.loads(found.rooms[0].metadata)
        except (AttributeError, IndexError, ValueError):
            return {}
        return said if isinstance(said, dict) else {}

    async def everybody(self, room: str) -> list[api.ParticipantInfo]:
        """Everybody who is connected to a room, also those whom nobody sees there: taps."""
        request = api.ListParticipantsRequest(room=room)
        found = await self._call(f"who is in room {room}", "list_participants", request)
        return list(found.participants) if found else []

    async def participants(self, room: str) -> list[api.ParticipantInfo]:
        """Everybody who is connected to a room and can be seen there: no taps."""
        return [each for each in await self.everybody(room) if not each.permission.hidden]

    async def remove(self, room: str, identity: str) -> bool:
        """Disconnect a participant; False when there is none of that identity."""
        request = api.RoomParticipantIdentity(room=room, identity=identity)
        return await self._call(f"to disconnect {identity}", "remove_participant", request) is not None

    async def mute(self, room: str, identity: str, track: str) -> bool:
        """Mute a track, which its publisher may unmute; False when it is gone."""
        request = api.MuteRoomTrackRequest(room=room, identity=identity, track_sid=track, muted=True)
        return await self._call(f"to mute {track}", "mute_published_track", request) is not None

    async def end_stream(self, room: str, identity: str, *, screen: bool) -> bool:
        """End what a participant publishes as a camera, or as a screen; False when there is none of that identity.

        The right to publish it is taken from them, and given back: they may publish again, as with OpenTok.
        """
        found = await self._call(
            f"what {identity} may do", "get_participant", api.RoomParticipantIdentity(room=room, identity=identity)
        )
        if found is None:
            return False
        before = list(found.permission.can_publish_sources)
        for sources in (_CAMERA if screen else _SCREEN, before):
            del found.permission.can_publish_sources[:]
            found.permission.can_publish_sources.extend(sources)
            request = api.UpdateParticipantRequest(room=room, identity=identity, permission=found.permission)
            await self._call(f"to end a stream of {identity}", "update_participant", request)
        return True

    async def set_attributes(self, room: str, identity: str, attributes: dict[str, str]) -> bool:
        """Change some attributes of a participant; False when there is none of that identity."""
        request = api.UpdateParticipantRequest(room=room, identity=identity, attributes=attributes)
        return await self._call(f"the attributes of {identity}", "update_participant", request) is not None

    async def rename(self, room: str, identity: str, name: str) -> bool:
        """Give a participant another name; False when there is none of that identity."""
        request = api.UpdateParticipantRequest(room=room, identity=identity, name=name)
        return await self._call(f"another name of {identity}", "update_participant", request) is not None

    async def _call(self, what: str, method: str, request: Any) -> Any:
        """The engine's answer, or None when what the call is about is not there."""
        try:
            return await self._ask(method, request)
        except api.TwirpError as error:
            if error.code == api.TwirpErrorCode.NOT_FOUND:
                return None
            raise EngineError(f"the engine refused {what}: {error.message}") from error
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise EngineError(f"the engine did not take {what}: {error!r}") from error

    async def _ask(self, method: str, request: Any) -> Any:
        """One call. LiveKit's client switches its session's time limit off for each, so here is another."""
        if self._api is None:
            raise EngineError("the engine is not running")
        async with asyncio.timeout(_CALL_SECONDS):
            return await getattr(self._api.room, method)(request)
