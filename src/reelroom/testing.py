"""A server for tests: its engine, taps and live streams are in memory, and do what they are told at once."""

import asyncio
import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

from livekit import api

from reelroom.config import Settings
from reelroom.engine.livekit import Engine, EngineError, Grant, OpenRoom
from reelroom.processes.capacity import Capacity
from reelroom.processes.child import Message
from reelroom.processes.machine import Machine
from reelroom.recorder.taps import TapCount, TapFailed, Taps
from reelroom.roles.everything import Server
from reelroom.takes.folder import Take


class MemoryEngine(Engine):
    """Rooms, people and tracks are what a test says; whoever comes or goes is noticed as with the real one.

    Set `down` to have every call refused.
    """

    def __init__(self) -> None:
        self.rooms: dict[str, dict[str, api.ParticipantInfo]] = {}
        self.metadata: dict[str, dict[str, Any]] = {}
        self.sent: list[tuple[str, str, str]] = []
        self.sent_to: list[tuple[str, ...]] = []  # () for everybody
        self.muted: list[tuple[str, str]] = []
        self.ended: list[tuple[str, bool]] = []
        self.down = False
        self.listener: Callable[[api.WebhookEvent], Any] | None = None

    async def notify(self, event: str, room: str, person: api.ParticipantInfo, track: str = "") -> None:
        """Tell the server of an event, as the engine's webhook does."""
        if self.listener is not None:
            info = next((each for each in person.tracks if each.sid == track), api.TrackInfo(sid=track))
            await self.listener(
                api.WebhookEvent(event=event, room=api.Room(name=room), participant=person, track=info)
            )

    async def join(self, room: str, identity: str, name: str = "", **more: Any) -> None:
        """Somebody comes into a room."""
        permission = api.ParticipantPermission(can_publish=True, can_publish_data=True)
        facts = {"permission": permission, **more}
        person = api.ParticipantInfo(identity=identity, name=name, sid=f"PA_{identity}", **facts)
        self.rooms.setdefault(room, {})[identity] = person
        await self.notify("participant_joined", room, person)

    async def publish(self, room: str, identity: str, track: str, kind: str = "video") -> None:
        """They publish their camera (`video`) or microphone (`audio`)."""
        video = kind == "video"
        source = api.TrackSource.CAMERA if video else api.TrackSource.MICROPHONE
        what = api.TrackType.VIDEO if video else api.TrackType.AUDIO
        person = self.rooms[room][identity]
        person.tracks.append(api.TrackInfo(sid=track, type=what, source=source))
        await self.notify("track_published", room, person, track)

    async def leave(self, room: str, identity: str) -> None:
        """They go, by themselves."""
        person = self.rooms[room].pop(identity)
        person.disconnect_reason = api.DisconnectReason.CLIENT_INITIATED
        await self.notify("participant_left", room, person)

    def open(self) -> None:
        """Nothing is connected to."""

    async def close(self) -> None:
        """Nothing is connected to."""

    async def answers(self) -> bool:
        return not self.down

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
        """Readable, and of no use elsewhere."""
        said = {"room": room, "identity": identity, "name": name, "attributes": attributes or {}}
        return json.dumps({**said, "hidden": grant.hidden, "recorder": grant.recorder})

    def bearer(self, access_token: str) -> tuple[str, str] | None:
        try:
            claims = json.loads(access_token)
            return claims["room"], claims["identity"]
        except (ValueError, KeyError, TypeError):
            return None

    def _called(self) -> None:
        if self.down:
            raise EngineError("the engine does not answer")

    async def is_empty(self) -> bool:
        self._called()
        return not any(self.rooms.values())

    async def open_rooms(self) -> list[OpenRoom]:
        return [] if self.down else [OpenRoom(name, len(people), 1) for name, people in self.rooms.items()]

    async def send(self, room: str, topic: str, text: str, to: Collection[str] = ()) -> bool:
        self._called()
        self.sent.append((room, topic, text))
        self.sent_to.append(tuple(to))
        return room in self.rooms

    async def describe(self, room: str, metadata: dict[str, Any]) -> bool:
        self._called()
        self.metadata[room] = metadata
        return room in self.rooms

    async def description(self, room: str) -> dict[str, Any]:
        self._called()
        return self.metadata.get(room, {})

    async def everybody(self, room: str) -> list[api.ParticipantInfo]:
        self._called()
        return list(self.rooms.get(room, {}).values())

    async def participants(self, room: str) -> list[api.ParticipantInfo]:
        return [each for each in await self.everybody(room) if not each.permission.hidden]

    async def remove(self, room: str, identity: str) -> bool:
        self._called()
        person = self.rooms.get(room, {}).pop(identity, None)
        if person is None:
            return False
        person.disconnect_reason = api.DisconnectReason.PARTICIPANT_REMOVED
        await self.notify("participant_left", room, person)
        return True

    async def mute(self, room: str, identity: str, track: str) -> bool:
        self._called()
        self.muted.append((identity, track))
        return True

    async def end_stream(self, room: str, identity: str, *, screen: bool) -> bool:
        self._called()
        self.ended.append((identity, screen))
        return identity in self.rooms.get(room, {})

    async def set_attributes(self, room: str, identity: str, attributes: dict[str, str]) -> bool:
        self._called()
        self.rooms[room][identity].attributes.update(attributes)
        return True

    async def rename(self, room: str, identity: str, name: str) -> bool:
        self._called()
        self.rooms[room][identity].name = name
        return True


class MemoryMachine(Machine):
    """A machine that has what a test says: `capacity`."""

    def __init__(self) -> None:
        super().__init__()
        self.capacity = Capacity(cores=64, memory_mb=64_000, descriptors=10_000, busy=0)

    def now(self) -> Capacity:
        return self.capacity


class MemoryTaps(Taps):
    """Taps that are in their rooms after `joining` seconds, or do not get in while `refused` is set.

    `running` are the takes that are being written; they hold what a test puts there.
    """

    def __init__(self, settings: Settings, engine: MemoryEngine, machine: "MemoryMachine") -> None:
        super().__init__(settings, engine, Path("tap"), machine)
        self.running: set[str] = set()
        self._joined_at: dict[str, float] = {}
        self.joining = 0.0
        self.refused = False
        self.started: list[str] = []
        self.counted: dict[str, TapCount] = {}

    def _began(self) -> Sequence[float]:
        return [self._joined_at.get(take_id, 0.0) for take_id in self.running]

    def joined(self, take_id: str) -> bool:
        return take_id in self.running

    async def start(self, take: Take, on_rejoined: Callable[[], None]) -> None:
        await asyncio.sleep(self.joining)
        if self.refused:
            raise TapFailed("the tap did not get into the room")
        self.running.add(take.info.id)
        self._joined_at[take.info.id] = time.monotonic()
        self.started.append(take.info.id)

    async def end_survivor(self, take: Take) -> None:
        self.running.discard(take.info.id)

    async def stop(self, take_id: str) -> None:
        self.running.discard(take_id)

    async def stop_all(self) -> None:
        self.running.clear()

    async def leave_all(self) -> None:
        """They go on without this server."""

    def running_takes(self) -> Collection[str]:
        return list(self.running)

    def counts(self) -> Mapping[str, TapCount]:
        return {take_id: self.counted.get(take_id, TapCount(0, 0)) for take_id in self.running}

    def lost(self, take_id: str) -> int:
        return self.counted.get(take_id, TapCount(0, 0)).lost

    def pid(self, take_id: str) -> int | None:
        return None


class MemoryStream:
    """A live stream that is published at once, under the track `TR_live`."""

    pid = None
    obstacle = ""

    def __init__(self, *_: object, on_message: Callable[[Message], None], **more: object) -> None:
        self._on_message = on_message
        self._over = asyncio.Event()
        self.told: list[Mapping[str, Any]] = []

    async def run(self) -> None:
        self._on_message({"track": "TR_live"})
        await self._over.wait()

    def tell(self, message: Message) -> None:
        """Keep an order."""
        self.told.append(message)

    async def stop(self, grace: float) -> None:
        self._over.set()


class MemoryBroadcast:
    """A broadcast's process whose HLS is live at once, until it is told the end."""

    pid = None

    def __init__(self, *_: object, on_message: Callable[[Message], None], **more: object) -> None:
        self._on_message = on_message
        self._over = asyncio.Event()

    async def run(self) -> None:
        self._on_message({"output": "hls", "status": "live"})
        await self._over.wait()

    def tell(self, message: Message) -> None:
        """It ends when it is told so; all else is as it is."""
        if message.get("end") is not None:
            self._over.set()

    async def stop(self, grace: float) -> None:
        self._over.set()


class MemoryTelephone:
    """A call that rings, is in its session and is answered at once; a test ends it through `hang_up`."""

    pid = None
    refusal: tuple[int, str] | None = None  # with what the next ones are refused

    def __init__(self, *_: object, on_message: Callable[[Message], None], **more: object) -> None:
        self._on_message = on_message
        self._over = asyncio.Event()

    async def run(self) -> None:
        if self.refusal is not None:
            code, words = self.refusal
            self._on_message({"code": code})
            self._on_message({"failure": words})
            return
        for message in ({"state": "RINGING"}, {"track": "TR_telephone"}, {"state": "ACTIVE"}):
            self._on_message(message)
        await self._over.wait()

    def hang_up(self) -> None:
        """The other side has had enough."""
        self._on_message({"failure": "the other side hung up"})
        self._over.set()

    async def stop(self, grace: float) -> None:
        self._over.set()


class MemoryCaptions:
    """A process of live captions that waits; a test has it say things through `say`."""

    pid = None
    all: ClassVar[list["MemoryCaptions"]] = []

    def __init__(self, *_: object, on_message: Callable[[Message], None], **more: object) -> None:
        self.say = on_message
        self._over = asyncio.Event()
        self.all.append(self)

    async def run(self) -> None:
        await self._over.wait()

    async def stop(self, grace: float) -> None:
        self._over.set()


def memory_server(settings: Settings, engine: MemoryEngine | None = None) -> Server:
    """A server on a migrated database; hand over the `engine` of another one to adopt it, and who is there."""
    known = engine or MemoryEngine()
    machine = MemoryMachine()
    taps = MemoryTaps(settings, known, machine)
    server = Server(
        settings, Path("engine"), Path("tap"), sip_binary=Path("sip"), engine=known, taps=taps, machine=machine
    )
    server.session_telephones.child = MemoryTelephone
    server.session_captions.child = MemoryCaptions
    server.renders.child = MemoryStream
    server.session_broadcasts.child = MemoryBroadcast
    known.listener = server.monitoring.take
    return server
