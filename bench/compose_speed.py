"""Composing a film costs little more than encoding it: `reelroom compose` beside plain `ffmpeg` on the same track.

Both decode the same VP8 and Opus files and encode H.264 (libx264, veryfast, CRF 23, one thread) and AAC; the
composer also follows the events, directs, and paints the speaker's name on every picture. They run in turns.
"""

import asyncio
import os
import resource
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import av

from bench.camera import FPS, HEIGHT, WIDTH
from bench.meter import Measurement, of_medians
from bench.synthetic import AUDIO, VIDEO

CLAIM = "`reelroom compose` beside plain ffmpeg, one 720p30 VP8 track with sound"
SECONDS = 110.0  # the bound of the whole measurement
_FILM = 20  # seconds
_MOST_TURNS = 3
_NEVER_COMPILED = "PYTHONDONTWRITEBYTECODE"  # a server that is in use has compiled its modules


@dataclass(frozen=True)
class Cost:
    """Of a program, from its start to its end."""

    cpu: float  # s
    wall: float  # s


async def run(*command: str) -> Cost:
    """What a program costs from start to end. Raises RuntimeError when it fails; ends it when cancelled."""
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={name: value for name, value in os.environ.items() if name != _NEVER_COMPILED},
    )
    try:
        said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {said[-500:].decode(errors='replace')}")
    # No other child of this process ends in between, so what its children have used is what this one did.
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall)


def _ffmpeg(program: str, take: Path, film: Path) -> list[str]:
    inputs = ["-threads", "1", "-i", str(take / VIDEO), "-threads", "1", "-i", str(take / AUDIO)]
    video = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-threads", "1", "-r", str(FPS)]
    video += ["-g", str(2 * FPS), "-profile:v", "high"]
    audio = ["-c:a", "aac", "-b:a", "128k", "-ac", "2"]
    return [program, "-v", "error", "-nostdin", "-y", "-filter_threads", "1", *inputs, *video, *audio, str(film)]


def _pictures(film: Path) -> int:
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        if (stream.width, stream.height) != (WIDTH, HEIGHT):
            return 0
        return sum(1 for packet in container.demux(stream) if packet.size)


async def measure() -> Measurement:
    """CPU and wall time of both, A B A B …, medians; as many turns as the time allows."""
    program = shutil.which("ffmpeg")
    if program is None:
        raise FileNotFoundError("ffmpeg is missing: `make tools` brings it")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="reelroom-bench-") as name:
        folder = Path(name)
        take, film, plain = folder / "take", folder / "film.mp4", folder / "plain.mp4"
        await run(sys.executable, "-m", "bench.synthetic", str(take), str(_FILM))
        starts: list[Cost] = []
        ours: list[Cost] = []
        beside: list[Cost] = []
        while len(ours) < _MOST_TURNS:
            turn_began = time.monotonic()
            starts.append(await run(sys.executable, "-c", "import reelroom.cli.main, reelroom.composer.compose"))
            ours.append(await run(sys.executable, "-m", "reelroom", "compose", str(take), "-o", str(film)))
            beside.append(await run(*_ffmpeg(program, take, plain)))
            now = time.monotonic()
            if now - began + (now - turn_began) * 1.3 > SECONDS:
                break
        pictures, plain_pictures = _pictures(film), _pictures(plain)
        bits, plain_bits = film.stat().st_size * 8, plain.stat().st_size * 8
    doubts = [] if len(ours) > 1 else ["one turn only within the time: the machine is busy"]
    if min(pictures, plain_pictures) < (_FILM - 0.2) * FPS or abs(pictures - plain_pictures) > FPS // 5:
        doubts.append(f"the films differ: {pictures} and {plain_pictures} pictures")
    starting = statistics.median(cost.cpu for cost in starts)
    plain_cpu, plain_wall = [cost.cpu for cost in beside], [cost.wall for cost in beside]
    cpu = of_medians("CPU", [cost.cpu for cost in ours], plain_cpu, "s")
    started = of_medians("CPU once started", [cost.cpu - starting for cost in ours], plain_cpu, "s")
    wall = of_medians("time", [cost.wall for cost in ours], plain_wall, "s")
    return Measurement(
        CLAIM,
        [cpu, started, wall],
        [
            f"medians of {len(ours)} turns, {_FILM} s of film: {pictures} and {plain_pictures} pictures",
            f"composed {_FILM / wall.ours:.1f} times as fast as the room, ffmpeg {_FILM / wall.beside:.1f} times",
            f"of the composer's CPU, {starting:.2f} s are its start, however long the film",
            f"the films: {bits / _FILM / 1000:.0f} and {plain_bits / _FILM / 1000:.0f} kbit/s",
        ],
        doubts,
    )
