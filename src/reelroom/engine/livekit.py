"""LiveKit's server: its process, its rooms and the access tokens that open them."""

import asyncio
import json
import os
import signal
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import structlog
from livekit import api

from reelroom.config import Settings
from reelroom.files.durable import write_durably
from reelroom.keys import Keys
from reelroom.opentok.tokens import Role
from reelroom.processes import adoption
from reelroom.processes.child import Child, Program

_log = structlog.get_logger()

_START_SECONDS = 20.0
_CALL_SECONDS = 5.0


class EngineError(Exception):
    """The engine is not there, or did not do what it was asked."""


def engine_config(settings: Settings, keys: Keys) -> dict[str, Any]:
    """LiveKit's configuration (JSON is YAML): this server's keys and ports, loopback only unless told otherwise.

    `rtc.tcp_port` would listen on every interface whatever `bind_addresses` says, so it stays off.
    """
    rtc: dict[str, Any] = {"udp_port": settings.rtc_port, "tcp_port": 0, "use_external_ip": False}
    if settings.loopback:
        if settings.engine_listens_on == ["127.0.0.1"]:
            rtc["node_ip"] = "127.0.0.1"  # the only address to offer, in place of each that is found
        rtc |= {
            "enable_loopback_candidate": True,
            "ips": {"includes": [f"{address}/32" for address in settings.engine_listens_on]},
        }
    return {
        "port": settings.engine_port,
        "bind_addresses": settings.engine_listens_on if settings.loopback else [""],
        "rtc": rtc,
        "keys": {keys.engine_key: keys.engine_secret},
        "room": {"auto_create": True, "empty_timeout": 300, "departure_timeout": 20},
        "audio": {"update_interval": 200, "smooth_intervals": 2},
        "webhook": {"api_key": keys.engine_key, "urls": [f"{settings.own_url}/engine/events"]},
        "logging": {"level": "info", "json": True, "pion_level": "error"},
    }


@dataclass(frozen=True)
class Grant:
    """What an access token allows in one room of the engine."""

    publish: bool = False
    subscribe: bool = True
    data: bool = False
    admin: bool = False
    hidden: bool = False


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
    "moderator": Grant(publish=True, data=True, admin=True),
}


def pid_file(data_dir: Path) -> Path:
    """Where it is written down that this data directory's engine runs."""
    return data_dir / "engine.pid"


class Engine:
    """The supervised engine of this server."""

    def __init__(self, settings: Settings, keys: Keys, binary: Path) -> None:
        self._settings = settings
        self._keys = keys
        self._binary = binary
        self._config = settings.data_dir / "engine.json"
        self.child = Child("engine", self._program, forever=True, stop_signals=2)
        self._running: asyncio.Task[None] | None = None
        self._api: api.LiveKitAPI | None = None

    def _program(self) -> Program:
        return Program(
            [str(self._binary), "--config", str(self._config)],
            log=self._settings.data_dir / "logs" / "engine.log",
            pid_file=pid_file(self._settings.data_dir),
        )

    async def _survivor(self, config: str) -> int | None:
        """The engine that a killed server left behind, if it is this one; another is ended."""
        pid = adoption.living(pid_file(self._settings.data_dir))
        if pid is None:
            return None
        same = self._config.is_file() and self._config.read_text() == config
        if same and Path(f"/proc/{pid}/exe").resolve() == self._binary.resolve():
            return pid
        await adoption.end(pid, [signal.SIGTERM, signal.SIGTERM, signal.SIGKILL], 0.5)
        return None

    async def start(self) -> None:
        """Start the engine, or adopt the one that lives, and wait until it answers. Raises EngineError."""
        config = json.dumps(engine_config(self._settings, self._keys), indent=2)
        survivor = await self._survivor(config)
        write_durably(self._config, config, mode=0o600)
        self._running = asyncio.create_task(self.child.run(adopt=survivor), name="engine")
        self._api = api.LiveKitAPI(
            self._settings.engine_own_url.replace("ws", "http", 1),
            self._keys.engine_key,
            self._keys.engine_secret,
            timeout=aiohttp.ClientTimeout(total=_CALL_SECONDS),
        )
        try:
            async with asyncio.timeout(_START_SECONDS):
                while not await self.answers():
                    if self.child.restarts > 2:
                        raise EngineError(f"the engine does not start; see {self._program().log}")
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise EngineError(f"the engine does not answer; see {self._program().log}") from None

    async def stop(self) -> None:
        """End the engine."""
        if self._api is not None:
            await self._api.aclose()
        await self.child.stop(1.0)
        if self._running is not None:
            await self._running

    async def answers(self) -> bool:
        """Whether our own engine process is up and takes calls with our keys."""
        if self._api is None or self.child.pid is None:
            return False
        try:
            await self._api.room.list_rooms(api.ListRoomsRequest())
        except (aiohttp.ClientError, TimeoutError, api.TwirpError):
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
            room_admin=grant.admin,
            hidden=grant.hidden,
            recorder=grant.hidden,
        )
        token = api.AccessToken(self._keys.engine_key, self._keys.engine_secret)
        token = token.with_identity(identity).with_name(name).with_grants(grants).with_ttl(lifetime)
        return token.with_metadata(metadata).with_attributes(attributes or {}).to_jwt()

    async def open_rooms(self) -> list[OpenRoom]:
        """The rooms that are open now; none when the engine does not answer."""
        if self._api is None:
            return []
        try:
            answer = await self._api.room.list_rooms(api.ListRoomsRequest())
        except (api.TwirpError, aiohttp.ClientError, TimeoutError):
            return []
        return [OpenRoom(room.name, room.num_participants, room.creation_time * 1000) for room in answer.rooms]

    async def send(self, room: str, topic: str, text: str, identity: str | None = None) -> bool:
        """Send a text message to everybody in a room, or to one; False when nobody has opened it."""
        request = api.SendDataRequest(
            room=room,
            data=text.encode(),
            topic=topic,
            kind=api.DataPacket.Kind.RELIABLE,
            nonce=os.urandom(16),
            destination_identities=[identity] if identity else [],
        )
        return await self._call(f"a message to room {room}", "send_data", request) is not None

    async def describe(self, room: str, metadata: dict[str, Any]) -> bool:
        """Set what everybody in a room, and who joins later, sees as its metadata; False when it is not open."""
        request = api.UpdateRoomMetadataRequest(room=room, metadata=json.dumps(metadata))
        return await self._call(f"the metadata of room {room}", "update_room_metadata", request) is not None

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
        if self._api is None:
            raise EngineError("the engine is not running")
        try:
            return await getattr(self._api.room, method)(request)
        except api.TwirpError as error:
            if error.code == api.TwirpErrorCode.NOT_FOUND:
                return None
            raise EngineError(f"the engine refused {what}: {error.message}") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise EngineError(f"the engine did not take {what}: {error!r}") from error
