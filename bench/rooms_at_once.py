"""How many recordings this machine carries at once: rooms with one 720p30 camera each, until packets get lost.

First the taps alone, then with a composer behind each of them. The cameras send what was encoded before; they, the
engine and all recordings share the machine.
"""

import asyncio
import contextlib
import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import psutil
from tests.e2e.running import free_port

from bench import crowd
from bench.camera import FPS, HEIGHT, WIDTH
from bench.meter import Measurement, Ratio
from reelroom.cli import binaries
from reelroom.composer.compose import SLACK
from reelroom.config import Settings
from reelroom.cutting.plan import Plan
from reelroom.engine.livekit import Engine, Grant
from reelroom.engine.local import LocalEngine
from reelroom.keys import load_keys
from reelroom.processes.child import Child, Message, Program
from reelroom.recorder.taps import TapFailed, Taps
from reelroom.takes.events import FileOpened, PacketsLost
from reelroom.takes.folder import EventLog, Take, TakeInfo
from reelroom.takes.matroska import TrackFile

CLAIM = "Recordings of one 720p30 camera with sound, carried at once without losing a packet"
SECONDS = 300.0  # the bound of the whole measurement
_WINDOW = 10.0  # s
_STEPS = {False: (8, 16, 24, 32, 48), True: (1, 2, 3, 4, 6, 8, 12)}  # by whether they are composed
_ENOUGH = 0.99  # of the packets due: what is in flight at the ends of a window counts in one of them
_LATEST = 3.0  # s after a window by which what was due in it has come: late is not lost, a film waits for it
_PACKETS = {"video": FPS, "audio": 50}  # a second
_MOST_BEHIND = 3_000_000  # µs that a composer may lie behind the room and still be called following
_OPENING = 20.0  # s


@dataclass
class _Recording:
    """One room's take, its track files, and its composer."""

    take: Take
    log: EventLog = field(init=False)
    files: dict[str, TrackFile] = field(default_factory=dict)
    lost: int = 0
    composer: Child | None = None
    behind: int = 0  # µs

    def __post_init__(self) -> None:
        self.log = EventLog(self.take.events_path)

    def count(self) -> dict[str, int]:
        """The packets of sound and the pictures on disk so far."""
        for event in self.log.poll():
            if isinstance(event, FileOpened):
                self.files[event.kind] = TrackFile(self.take.folder / event.file)
            elif isinstance(event, PacketsLost):
                self.lost += event.count
        for file in self.files.values():
            file.poll()
        return {kind: len(file) for kind, file in self.files.items()}

    def hear(self, message: Message) -> None:
        self.behind = int(message.get("behind", self.behind))

    def compose(self) -> asyncio.Task[None]:
        """Follow the take with a composer, from now on."""
        command = [sys.executable, "-m", "reelroom.composer", "--take", str(self.take.folder)]
        command += ["--output", str(self.take.folder / "film.mp4"), "--start", str(time.time_ns() // 1000)]
        program = Program(command, log=self.take.folder / "composer.log")
        self.composer = Child("composer", lambda: program, on_message=self.hear)
        return asyncio.create_task(self.composer.run())


class _House:
    """An engine, and as many rooms as are opened in it, all of them recorded."""

    def __init__(self, folder: Path, program: Path) -> None:
        engine, tap = binaries.engine_binary(), binaries.tap_binary()
        if engine is None or tap is None:
            raise FileNotFoundError("the engine or the tap is missing: `make setup` builds them")
        self._settings = Settings(
            host="127.0.0.1", data_dir=folder, engine_port=free_port(), rtc_port=free_port(socket.SOCK_DGRAM)
        )
        self._folder = folder
        self._crowd = program
        keys = load_keys(folder)
        self.engine = Engine(self._settings, keys)
        self.local_engine = LocalEngine(self._settings, keys, engine, self.engine)
        self._taps = Taps(self._settings, self.engine, tap)

    @contextlib.asynccontextmanager
    async def recordings(self, count: int, *, composed: bool) -> AsyncIterator[list[_Recording]]:
        """That many rooms with somebody in each, being recorded. Raises TapFailed, TimeoutError."""
        names = [f"room-{count}-{composed}-{number}" for number in range(count)]
        tokens = [self.engine.access_token(n, n, n, Grant(publish=True), timedelta(hours=1)) for n in names]
        people = await crowd.Crowd.start(self._crowd)
        recordings: list[_Recording] = []
        composing: list[asyncio.Task[None]] = []
        try:
            async with asyncio.timeout(_OPENING + count):
                await people.join(self._settings.engine_own_url, tokens)
                for name in names:
                    info = TakeInfo(id=name, session_id=name, room_name=name, created_at=time.time_ns() // 1_000_000)
                    take = Take.create(self._taps.folder(name), info)
                    recordings.append(_Recording(take))
                    await self._taps.start(take, lambda: None)
                while not all(len(each.count()) == len(_PACKETS) for each in recordings):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)  # nothing tells us that a file has grown
            if composed:
                composing = [each.compose() for each in recordings]
            yield recordings
        finally:
            await asyncio.gather(*(each.composer.stop(1.0) for each in recordings if each.composer))
            await asyncio.gather(*composing, return_exceptions=True)
            await self._taps.stop_all()
            await people.leave()
            for each in recordings:
                for file in each.files.values():
                    file.close()
                shutil.rmtree(each.take.folder)


@dataclass(frozen=True)
class _Verdict:
    """Why a number of recordings was too many ("" when it was not), and how much of the machine it took (0 to 1)."""

    trouble: str
    busy: float


async def _try(house: _House, count: int, *, composed: bool) -> _Verdict:
    try:
        async with house.recordings(count, composed=composed) as recordings:
            await asyncio.sleep(8 if composed else 3)  # composers start, buffers settle
            losses = [each.lost for each in recordings]
            before, began = [each.count() for each in recordings], time.monotonic()
            psutil.cpu_percent()
            await asyncio.sleep(_WINDOW)
            busy = psutil.cpu_percent() / 100
            seconds = time.monotonic() - began
            share = _share(before, recordings, seconds)
            while share[0] < _ENOUGH and time.monotonic() < began + seconds + _LATEST:
                await asyncio.sleep(0.1)
                share = _share(before, recordings, seconds)
            lost = sum(each.lost for each in recordings) - sum(losses)
            behind = max(each.behind for each in recordings)
    except (TapFailed, RuntimeError, TimeoutError) as error:
        return _Verdict(f"they did not start: {error or 'too slow'}", 1.0)
    if lost:
        return _Verdict(f"{lost} packets were lost", busy)
    if share[0] < _ENOUGH:
        return _Verdict(f"{share[0]:.0%} of the {share[1]} came", busy)
    if composed and behind > Plan().rules.look_ahead + SLACK + _MOST_BEHIND:
        return _Verdict(f"a composer was {behind / 1e6:.1f} s behind", busy)
    return _Verdict("", busy)


def _share(before: list[dict[str, int]], recordings: list[_Recording], seconds: float) -> tuple[float, str]:
    """The least share of what was due in so many seconds that any recording has of one kind, and which."""
    now = [each.count() for each in recordings]
    return min(
        ((late[kind] - early[kind]) / (seconds * rate), kind)
        for early, late in zip(before, now, strict=True)
        for kind, rate in _PACKETS.items()
    )


async def _most(house: _House, deadline: float, *, composed: bool) -> tuple[int, list[str]]:
    """The largest number that was carried, and what happened on the way."""
    carried, facts = 0, []
    what = "taps and composers" if composed else "taps"
    for count in _STEPS[composed]:
        if time.monotonic() + _WINDOW + 15 + count > deadline:
            facts.append(f"more than {carried} {what} were not tried: the time was over")
            break
        verdict = await _try(house, count, composed=composed)
        if verdict.trouble:
            facts.append(f"{count} {what}: {verdict.trouble}, {verdict.busy:.0%} of the machine busy")
            break
        facts.append(f"{count} {what}: nothing lost, {verdict.busy:.0%} of the machine busy")
        carried = count
    return carried, facts


async def measure() -> Measurement:
    """More and more rooms, a window of 10 s each; taps alone first."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="reelroom-bench-") as name:
        folder = Path(name)
        house = _House(folder, await crowd.build(folder))
        await house.local_engine.start()
        try:
            taps, facts = await _most(house, began + SECONDS * 0.65, composed=False)
            composed, more = await _most(house, began + SECONDS - 5, composed=True)
        finally:
            await house.local_engine.stop()
    doubts = [] if composed else ["not even one composer followed: the machine is busy"]
    cores = os.cpu_count() or 1
    return Measurement(
        CLAIM,
        [Ratio("recordings at once", taps, composed, "rooms"), Ratio("taps a core", taps, cores, "")],
        [*facts, *more, f"{WIDTH}x{HEIGHT}, {FPS} fps; the cameras and the engine are on the same {cores} cores"],
        doubts,
    )
