"""A recording starts within seconds: from `POST /render` to the `started` callback and the word in the room.

A real server, a person in the room. `started` is when the server logs that the render's stream is published,
which is when it posts the callback; the message `archiveStarted` reaches the person after its listener has
taken the callback and started the archive. Joining a room of the same engine with the Python SDK, in turns
with the recordings, gives the scale: a render joins twice, with a tap and with a stream.
"""

import asyncio
import contextlib
import json
import statistics
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from livekit import rtc
from tests.e2e.people import Person, ann
from tests.e2e.running import RunningServer

from bench.meter import Measurement, of_medians

CLAIM = "From POST /render to `started`, beside a bare join of the engine"
SECONDS = 75.0  # the bound of the whole measurement
_MOST_ROUNDS = 8
_ROOM = "bench"


@dataclass(frozen=True)
class _Round:
    """All in seconds; the last three count from the request."""

    join: float
    tap_joined: float
    started: float
    told: float


async def _join(server: RunningServer) -> float:
    """How long the Python SDK takes to join an empty room."""
    url, token = await asyncio.to_thread(server.connect, "bare", "bare")
    room = rtc.Room()
    began = time.monotonic()
    await room.connect(url, token)
    took = time.monotonic() - began
    await room.disconnect()
    return took


class _Ear:
    """Notes when `archiveStarted` reaches a person."""

    def __init__(self, person: Person) -> None:
        self.heard: asyncio.Queue[tuple[float, str]] = asyncio.Queue()
        person.room.on("data_received", self._hear)

    def _hear(self, packet: rtc.DataPacket) -> None:
        if packet.topic == "archiveStarted":
            self.heard.put_nowait((time.time(), packet.data.decode()))


def _logged(server: RunningServer, event: str, render_id: str) -> dict[str, Any]:
    for line in server.log().splitlines():
        with contextlib.suppress(ValueError):
            entry = json.loads(line)
            if entry.get("event") == event and entry.get("render") == render_id:
                return entry
    raise LookupError(f"the server's log does not say {event!r} of render {render_id}")


def _tap_joined(server: RunningServer, take_id: str) -> float:
    events = server.data_dir / "takes" / take_id / "events.jsonl"
    entries = (json.loads(line) for line in events.read_text().splitlines())
    return next(entry["at"] for entry in entries if entry["event"] == "room_joined") / 1e6


async def _round(server: RunningServer, ear: _Ear) -> _Round:
    join = await _join(server)
    asked = time.time()
    render = await asyncio.to_thread(server.record, _ROOM)
    told, text = await asyncio.wait_for(ear.heard.get(), 25)
    archive_id, session_id = text.split(":")
    entry = _logged(server, "render started", render["id"])
    started = datetime.fromisoformat(entry["timestamp"]).timestamp()
    tap_joined = _tap_joined(server, entry["take"])
    await asyncio.sleep(0.5)
    await asyncio.to_thread(server.http.get, f"/archive/stop/{archive_id}")
    await asyncio.to_thread(server.wait_for_archive, session_id, "available")  # the machine is at rest again
    return _Round(join, tap_joined - asked, started - asked, told - asked)


async def measure() -> Measurement:
    """As many rounds as the time allows; medians."""
    deadline = time.monotonic() + SECONDS
    rounds: list[_Round] = []
    with (
        tempfile.TemporaryDirectory(prefix="reelroom-bench-") as folder,
        contextlib.closing(RunningServer(Path(folder) / "data")) as server,  # whatever happens, the server ends
    ):
        person = ann()
        try:
            await asyncio.to_thread(server.start)
            await person.join(*await asyncio.to_thread(server.connect, _ROOM, person.name))
            ear = _Ear(person)
            await _join(server)  # the first one opens the room
            while len(rounds) < _MOST_ROUNDS:
                began = time.monotonic()
                rounds.append(await _round(server, ear))
                now = time.monotonic()
                if now + (now - began) * 1.5 + 10 > deadline:
                    break
        finally:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(person.leave(), 5)
    joins = [each.join for each in rounds]
    started, told = [each.started for each in rounds], [each.told for each in rounds]
    tap = statistics.median(each.tap_joined for each in rounds)
    return Measurement(
        CLAIM,
        [
            of_medians("until `started`", started, joins, "s"),
            of_medians("until told", told, joins, "s"),
        ],
        [
            f"{len(rounds)} rounds; slowest: `started` after {max(started):.2f} s, told after {max(told):.2f} s",
            f"the tap was in the room after {tap:.2f} s (median): what is said from then on is on disk",
        ],
        [] if len(rounds) >= 4 else [f"only {len(rounds)} rounds within the time"],
    )
