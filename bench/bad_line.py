"""What a recording takes away from a call on a bad line: two rooms at once, one recorded, the other not.

In each, somebody with a camera sits behind a line of their own that delays, shuffles and loses packets both ways;
one viewer is there from the start, another joins halfway. Both lines have the same dice.
"""

import asyncio
import contextlib
import socket
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.e2e.link import Link
from tests.e2e.running import free_port

from bench.browser_camera import write_pictures
from bench.camera import FPS, TOKEN_VARIABLE
from bench.meter import Measurement, Ratio
from reelroom.cli import binaries
from reelroom.composer.side_by_side import compose_side_by_side
from reelroom.config import Settings
from reelroom.cutting.plan import Plan
from reelroom.engine.livekit import Engine, Grant
from reelroom.keys import load_keys
from reelroom.processes.child import Child, Message, Program
from reelroom.recorder.taps import Taps
from reelroom.takes.events import FileOpened, KeyframeWritten, PacketsLost
from reelroom.takes.folder import EventLog, Take, TakeInfo, extent

CLAIM = "A call with one camera on a bad line, recorded and not recorded"
SECONDS = 170.0  # the bound of the whole measurement
_WATCHED = 40.0  # s
_LINES = ((0.1, 0.03, 0.02), (0.06, 0.03, 0.05))  # delay one way, jitter (s), share lost


@dataclass(frozen=True)
class Seen:
    """What somebody at the other end was given; times in s."""

    frames: int
    gaps: list[float]
    first: float | None
    lost: int  # packets

    @property
    def standing(self) -> float:
        """For how long the picture stood still, beyond what 30 pictures a second do."""
        return sum(gap - 1 / FPS for gap in self.gaps)

    def __str__(self) -> str:
        first = "none" if self.first is None else f"{self.first:.1f} s"
        longest = max(self.gaps, default=0.0)
        return (
            f"{self.frames} pictures, {len(self.gaps)} gaps of {self.standing:.1f} s in all, the longest "
            f"{longest:.2f} s, the first picture after {first}, {self.lost} packets lost"
        )


@dataclass
class _Room:
    """A camera behind its line, two viewers, and, where it is recorded, a tap."""

    name: str
    link: Link
    folder: Path
    engine: Engine
    url: str
    children: dict[str, Child] = field(default_factory=dict)
    answers: dict[str, asyncio.Queue[Message]] = field(default_factory=dict)
    running: list[asyncio.Task[None]] = field(default_factory=list)
    number: int = 0

    def start(self, name: str, module: str, grant: Grant, url: str, *options: str, inside: bool = False) -> None:
        """A child process, in the namespace behind the line where it is `inside`."""
        command = [sys.executable, "-m", module, "--url", url, *options]
        token = self.engine.access_token(self.name, name, name, grant, timedelta(hours=1))
        program = Program(
            self.link.command(*command) if inside else command,
            log=self.folder / f"{self.name}-{name}.log",
            environment={TOKEN_VARIABLE: token},
        )
        self.answers[name] = asyncio.Queue()
        self.children[name] = Child(name, lambda: program, on_message=self.answers[name].put_nowait, most_failures=1)
        self.running.append(asyncio.create_task(self.children[name].run(), name=name))

    async def ask(self, name: str) -> dict[str, Any]:
        """What a child has counted so far. Raises TimeoutError."""
        self.number += 1
        self.children[name].tell({"number": self.number})
        async with asyncio.timeout(20):
            while (answer := await self.answers[name].get()).get("number") != self.number:
                pass
        return answer

    async def seen(self, name: str) -> Seen:
        counted = await self.ask(name)
        return Seen(counted["frames"], counted["gaps"], counted["first"], counted["lost"])

    async def close(self) -> None:
        await asyncio.gather(*(child.stop(2.0) for child in self.children.values()), return_exceptions=True)
        await asyncio.gather(*self.running, return_exceptions=True)


@dataclass(frozen=True)
class _Call:
    """What became of one room; `camera` has what the publisher counted."""

    camera: dict[str, Any]
    viewers: list[Seen]


async def _call(room: _Room, outside: str, recorded: asyncio.Event | None) -> _Call:
    camera = ("--pictures", str(room.folder / "camera.mjpeg"))
    room.start("camera", "bench.browser_camera", Grant(publish=True), outside, *camera, inside=True)
    async with asyncio.timeout(60):
        await room.answers["camera"].get()  # it is publishing
    room.start("viewer", "bench.viewer", Grant(), room.url)
    if recorded is not None:
        recorded.set()
    await asyncio.sleep(_WATCHED / 2)
    room.start("latecomer", "bench.viewer", Grant(), room.url)
    await asyncio.sleep(_WATCHED / 2)
    viewers = [await room.seen("viewer"), await room.seen("latecomer")]
    return _Call(await room.ask("camera"), viewers)


@dataclass(frozen=True)
class _Taken:
    """What the take holds, and how long a film of it stands still."""

    lost: int  # packets
    keyframes: int
    frozen_ms: int
    film_ms: int

    @classmethod
    async def of(cls, take: Take) -> "_Taken":
        events = EventLog(take.events_path).poll()
        begin, end = extent(take)
        first = min(event.at for event in events if isinstance(event, FileOpened))
        film = await asyncio.to_thread(
            compose_side_by_side,
            take,
            take.folder / "film.mp4",
            start=max(begin, first),
            end=end,
            plan=Plan(width=320, height=180),
            jobs=1,
            progress=lambda moment, behind: None,
            extras=False,
        )
        return cls(
            sum(event.count for event in events if isinstance(event, PacketsLost)),
            sum(isinstance(event, KeyframeWritten) for event in events),
            film.damage.frozen_ms,
            (end - first) // 1000,
        )


async def _line(folder: Path, delay: float, jitter: float, loss: float) -> tuple[_Call, _Call, _Taken]:
    """Two calls over the same kind of line, one of them recorded."""
    with contextlib.ExitStack() as lines:
        links = [
            lines.enter_context(Link(delay=delay, jitter=jitter, loss=loss, subnet=f"10.213.{number}"))
            for number in (77, 78)
        ]
        settings = Settings(
            host="127.0.0.1",
            data_dir=folder,
            engine_port=free_port(),
            rtc_port=free_port(socket.SOCK_DGRAM),
            engine_addresses=",".join(link.outside for link in links),
        )
        engine_program, tap_program = binaries.engine_binary(), binaries.tap_binary()
        if engine_program is None or tap_program is None:
            raise FileNotFoundError("the engine or the tap is missing: `make setup` builds them")
        engine = Engine(settings, load_keys(folder), engine_program)
        taps = Taps(settings, engine, tap_program)
        names = ("recorded", "unrecorded")
        rooms = [
            _Room(name, link, folder, engine, settings.engine_own_url)
            for name, link in zip(names, links, strict=True)
        ]
        take = Take.create(
            taps.folder("bench"),
            TakeInfo(id="bench", session_id="recorded", room_name="bench", created_at=time.time_ns() // 1_000_000),
        )
        await asyncio.to_thread(write_pictures, folder / "camera.mjpeg")
        await engine.start()
        recorded = asyncio.Event()

        async def record() -> None:
            await recorded.wait()
            await taps.start(take, lambda: None)

        try:
            outside = [f"ws://{room.link.outside}:{settings.engine_port}" for room in rooms]
            with_tap, without, _ = await asyncio.gather(
                _call(rooms[0], outside[0], recorded), _call(rooms[1], outside[1], None), record()
            )
        finally:
            await asyncio.gather(*(room.close() for room in rooms))
            await taps.stop_all()
            await engine.stop()
    return with_tap, without, await _Taken.of(take)


def _told(what: str, call: _Call) -> list[str]:
    counted = call.camera
    camera = (
        f"{counted['asked']} keyframe requests, {counted['keyframes']} keyframes, {counted['pictures']} pictures, "
        f"{counted['bytes'] // 1000} kB, {counted['resent']} packets sent again"
    )
    viewers = zip(("viewer", "latecomer"), call.viewers, strict=True)
    return [f"{what}: {camera}", *(f"{what}, {name}: {seen}" for name, seen in viewers)]


async def measure() -> Measurement:
    """One call of 40 s over each line."""
    ratios, facts = [], []
    for delay, jitter, loss in _LINES:
        line = f"{2 * delay * 1000:.0f} ms round trip, {loss:.0%} lost"
        with tempfile.TemporaryDirectory(prefix="reelroom-bench-") as folder:
            recorded, unrecorded, taken = await _line(Path(folder), delay, jitter, loss)
        facts.append(f"{line}:")
        facts += [f"  {fact}" for fact in _told("recorded", recorded) + _told("unrecorded", unrecorded)]
        facts.append(
            f"  the take: {taken.lost} packets lost, {taken.keyframes} keyframes; "
            f"its film stands still for {taken.frozen_ms} ms of {taken.film_ms / 1000:.1f} s"
        )
        pictures, standing = (
            [sum(of(seen) for seen in call.viewers) for call in (recorded, unrecorded)]
            for of in (lambda seen: seen.frames, lambda seen: seen.standing)
        )
        ratios += [
            Ratio(f"{loss:.0%} lost: viewers' pictures", *pictures, ""),
            Ratio(f"{loss:.0%} lost: viewers' gaps", *standing, "s"),
            Ratio(f"{loss:.0%} lost: requests", recorded.camera["asked"], unrecorded.camera["asked"], ""),
        ]
    return Measurement(CLAIM, ratios, facts)
