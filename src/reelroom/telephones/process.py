"""`python -m reelroom.telephones.process`: one call, from its first ring to its end.

The program beside it, or the one that took the call, speaks SIP; this process is the participant: it takes what the
telephone says into the room, and what is said in the room to the telephone. Whoever makes it leave hangs up.
"""

import argparse
import asyncio
import contextlib
import json
import os
import socket
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any

from livekit import rtc

from reelroom.connectors.hearing import Hearing
from reelroom.egress import NotReachable, addresses, places
from reelroom.processes.inside import SECRET_VARIABLE, obey, say, unless_ended
from reelroom.processes.interrupting import unless
from reelroom.telephones import prompts, tones
from reelroom.telephones.address import SipAddress, read_address
from reelroom.telephones.digits import DIGITS_TOPIC
from reelroom.telephones.wire import FRAME_SAMPLES, RATE, Wire
from reelroom.telephones.wish import Dialling

_FRAME_SECONDS = FRAME_SAMPLES / RATE
_PATIENCE_SECONDS = 6.0  # for it to ring; then who called is answered, and it goes on ringing in the session
_HANGING_UP_SECONDS = 5.0
_QUEUE_MS = 400  # of the telephone's sound that waits to be heard
_CUSHION_MS = 60  # of silence before sound that comes after none, so that its packets may be late
_MUTE_KEYS = "*6"
_CONSENT_KEYS = {"1": True, "2": False}
_HANDED_OVER_SECONDS = 10.0  # within which a call that came in is brought here


class Telephone:
    """Between a room of the engine and the program that speaks SIP."""

    def __init__(self, wire: Wire, wish: Dialling, private: bool) -> None:
        self.room = rtc.Room()
        self._wire = wire
        self._wish = wish
        self._private = private
        self._hearing = Hearing(self.room, RATE, FRAME_SAMPLES, wish.tracks)
        self._source = rtc.AudioSource(RATE, 1, queue_size_ms=_QUEUE_MS + _CUSHION_MS)
        self._track = rtc.LocalAudioTrack.create_audio_track("telephone", self._source)
        self._gone = asyncio.Event()
        self._rings = asyncio.Event()  # or was answered
        self._answered = asyncio.Event()
        self._joined = False
        self._muted = False
        self._takes_digits = False
        self._first: deque[bytes] = deque()  # what is heard before the room: tones of digits, and prompts
        self._recorded = False
        self._asked = False
        self._keys = ""
        self._checks: set[asyncio.Task[None]] = set()

    async def call(self, engine: str, token: str) -> str:
        """Returns how it ended; the server is told of every step."""
        following = asyncio.create_task(self._follow())
        leaving = asyncio.create_task(self._gone.wait())
        try:
            ringing = asyncio.create_task(self._rings.wait())
            await asyncio.wait([following, ringing], timeout=_PATIENCE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            ringing.cancel()
            if following.done():
                return following.result()
            await unless(self._gone, self._join(engine, token))
            speaking = asyncio.create_task(self._speak())
            try:
                done, _ = await asyncio.wait(
                    [following, leaving], timeout=self._wish.longest, return_when=asyncio.FIRST_COMPLETED
                )
            finally:
                speaking.cancel()
            if following in done:
                return following.result()
            self._wire.order(hangup=True)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(following, _HANGING_UP_SECONDS)
            return "it was made to leave" if leaving in done else "it has lasted for as long as a call may"
        finally:
            for task in (following, leaving):
                task.cancel()

    async def _follow(self) -> str:
        """What the telephone says and does, until the call is over; returns why it is."""
        while (received := await self._wire.receive()) is not None:
            if isinstance(received, bytes):
                await self._hear(received)
                continue
            match received.pop("event", None):
                case "ringing":
                    self._rings.set()
                    say(state="RINGING")
                case "answered":
                    self._takes_digits = bool(received.get("digits"))
                    self._answered.set()
                    self._rings.set()
                    say(state="ACTIVE")
                case "may":
                    self._answer_whether(received.get("hosts") or [])
                case "digit":
                    self._note_key(str(received["digit"]))
                case "ended":
                    code = int(received.get("code") or 0)
                    say(code=code)
                    return _words(code, str(received.get("reason") or ""))
        return "the program that speaks SIP has ended"

    def _answer_whether(self, hosts: list[str]) -> None:
        async def check() -> None:
            try:
                found = await places(hosts, private=self._private)
            except NotReachable:
                self._wire.order(allow=False)
            else:
                self._wire.order(allow=True, addresses=found)

        task = asyncio.create_task(check())
        self._checks.add(task)
        task.add_done_callback(self._checks.discard)

    async def _join(self, engine: str, token: str) -> None:
        room = self.room
        room.on("disconnected", lambda *_: self._gone.set())
        room.on("data_received", self._press)
        room.on("track_muted", lambda person, _: self._note_mute(person))
        room.on("room_metadata_changed", lambda _, text: self._note_recording(text))
        await room.connect(engine, token, rtc.RoomOptions(auto_subscribe=False))
        self._hearing.begin()
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        publication = await room.local_participant.publish_track(self._track, options)
        self._joined = True
        say(track=publication.sid)
        if not self._wish.uri:
            self._first.extend(prompts.frames("entered"))
        self._note_recording(room.metadata)

    def _note_mute(self, person: rtc.Participant) -> None:
        if person.identity == self.room.local_participant.identity and not self._muted:
            self._muted = True
            say(muted=True)

    def _note_recording(self, metadata: str) -> None:
        """Whoever only listens is told of a recording by voice."""
        try:
            recorded = bool(json.loads(metadata or "{}").get("tapped"))
        except ValueError:
            return
        if self._wish.tells and recorded and not self._recorded:
            self._asked = self._wish.asks
            self._first.extend(prompts.frames("asked" if self._asked else "recorded"))
        self._recorded = recorded

    def _note_key(self, key: str) -> None:
        """The telephone's own way to mute itself, and to be heard again; and to answer what it is asked."""
        if self._asked and key in _CONSENT_KEYS:
            self._asked = False
            say(consent=_CONSENT_KEYS[key])
        self._keys = (self._keys + key)[-len(_MUTE_KEYS) :]
        if self._keys == _MUTE_KEYS and self._joined:
            self._keys = ""
            self._muted = not self._muted
            if self._muted:
                self._track.mute()
            else:
                self._track.unmute()

    def _press(self, packet: rtc.DataPacket) -> None:
        """Digits that the server sends; what somebody in the room sends comes with a name."""
        if packet.participant is not None or packet.topic != DIGITS_TOPIC:
            return
        digits = packet.data.decode()
        if self._takes_digits:
            self._wire.order(digits=digits)
        else:
            self._first.extend(tones.frames(digits))

    async def _hear(self, sound: bytes) -> None:
        """What the telephone says goes into the room, no later than it has to be."""
        if not self._joined:
            return
        waiting = self._source.queued_duration * 1000
        if waiting > _QUEUE_MS:
            return
        if waiting == 0:
            silence = bytes(2 * RATE * _CUSHION_MS // 1000)
            await self._source.capture_frame(rtc.AudioFrame(silence, RATE, 1, len(silence) // 2))
        await self._source.capture_frame(rtc.AudioFrame(sound, RATE, 1, len(sound) // 2))

    async def _speak(self) -> None:
        """What is said in the room goes to the telephone."""
        await self._answered.wait()
        due = time.monotonic()
        while True:
            sound = self._hearing.mix.take()
            self._wire.play(self._first.popleft() if self._first else sound)
            due = max(due + _FRAME_SECONDS, time.monotonic() - 0.1)
            await asyncio.sleep(max(0.0, due - time.monotonic()))


_KNOWN = {
    401: "it wants a user name and a password",
    403: "it refused the call",
    404: "nobody has that address",
    407: "it wants a user name and a password",
    408: "nobody answered",
    480: "nobody can be reached there",
    486: "it is busy",
    488: "it takes no telephone sound (G.711)",
    600: "it is busy",
    603: "the call was declined",
}


def _words(code: int, reason: str) -> str:
    """Why a call is over, for people."""
    if not code:
        return reason or "it ended"
    return f"{_KNOWN.get(code, 'it refused the call')} ({code} {reason})"


async def _dial(wish: Dialling, address: SipAddress, arguments: argparse.Namespace) -> tuple[Wire, Any]:
    """Begin to call, at an address that was looked at. Raises NotReachable."""
    found = await addresses(address.host, address.port, private=arguments.private_addresses)
    ours, theirs = socket.socketpair()
    with theirs:
        program = await asyncio.create_subprocess_exec(
            str(arguments.sip),
            "dial",
            str(theirs.fileno()),
            pass_fds=[theirs.fileno()],
            stdin=asyncio.subprocess.DEVNULL,
        )
    wire = Wire(*await asyncio.open_connection(sock=ours))
    host = f"[{found[0]}]" if ":" in found[0] else found[0]
    first, _, last = str(arguments.media_ports).partition("-")
    order = {
        "uri": wish.uri,
        "destination": f"{host}:{address.port}",
        "transport": address.transport,
        "from": wish.sender,
        "headers": dict(wish.headers),
        "username": wish.username,
        "password": wish.password,
        "secure": wish.secure,
        "public": arguments.public_address,
        "seconds": wish.ringing,
        "firstPort": int(first or 0),
        "lastPort": int(last or 0),
    }
    wire.order(dial=order)
    return wire, program


async def _handed_over(path: Path) -> Wire:
    """A call that came in, once whoever took it has connected. Raises TimeoutError."""
    connected: asyncio.Future[Wire] = asyncio.get_running_loop().create_future()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not connected.done():
            connected.set_result(Wire(reader, writer))

    server = await asyncio.start_unix_server(connect, path)
    try:
        say(listening=True)
        return await asyncio.wait_for(connected, _HANDED_OVER_SECONDS)
    finally:
        server.close()
        path.unlink(missing_ok=True)


async def _call(arguments: argparse.Namespace) -> str:
    secret = json.loads(os.environ[SECRET_VARIABLE])
    wish = Dialling.from_json(secret["wish"])
    program: Any = None
    try:
        if arguments.socket:
            wire = await _handed_over(arguments.socket)
        else:
            wire, program = await _dial(wish, read_address(wish.uri), arguments)
    except TimeoutError:
        return "it was not handed over"
    except NotReachable as error:
        return str(error)
    telephone = Telephone(wire, wish, arguments.private_addresses)
    try:
        return await telephone.call(arguments.engine, secret["token"])
    except rtc.ConnectError as error:
        return f"the session could not be joined: {error.message}"
    finally:
        await wire.close()
        await telephone.room.disconnect()
        if program is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(program.wait(), _HANGING_UP_SECONDS)


async def _main() -> int:
    parser = argparse.ArgumentParser(prog="reelroom-telephone", description=__doc__)
    parser.add_argument("--engine", required=True)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--sip", type=Path, help="the program that speaks SIP, to call somebody")
    where.add_argument("--socket", type=Path, help="where a call that came in is brought")
    parser.add_argument("--public-address", default="")
    parser.add_argument("--media-ports", default="")
    parser.add_argument("--private-addresses", action="store_true")
    arguments = parser.parse_args()
    obey(lambda order: None)
    return await unless_ended(_call(arguments))


if __name__ == "__main__":
    sys.exit(asyncio.run(_main()))
