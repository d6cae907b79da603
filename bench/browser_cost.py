"""What a recording costs during the call, beside the way that others go: a browser on a virtual screen, filmed.

The same room, the same 720p30 camera with sound, one way after the other. Ours are the tap, which is all that a
recording needs, and the composer, which makes the film meanwhile; the live stream that nobody watches counts, too.
Beside: Xvfb, Chromium in kiosk mode on the room's recorder page, and FFmpeg's x11grab with libx264 at the
composer's own preset. The browser's sound is not recorded, which is in its favour.
"""

import asyncio
import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
from tests.e2e.running import RunningServer, wait_until

from bench import crowd
from bench.camera import FPS, HEIGHT, WIDTH
from bench.meter import Measurement, Ratio, cpu_seconds

CLAIM = "Recording a room with one 720p30 camera, beside Chromium, Xvfb and x11grab"
SECONDS = 150.0  # the bound of the whole measurement
_WINDOW = 20.0  # s
_SETTLING = 8.0  # s
_ROOM = "bench"
_DISPLAYS = range(90, 200)


@dataclass(frozen=True)
class _Cost:
    cpu: float  # of a core, in %
    memory: float  # MiB, what is shared counted in parts


def _family(pid: int) -> list[psutil.Process]:
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


async def _cost(find: Callable[[], list[psutil.Process]]) -> _Cost:
    """Of all these processes together, over a window; those that end within it do not count."""
    began = time.monotonic()
    before = {process: cpu_seconds(process) for process in find()}
    await asyncio.sleep(_WINDOW)
    cpu = memory = 0.0
    for process in find():
        with contextlib.suppress(psutil.Error):
            cpu += cpu_seconds(process) - before.get(process, 0.0)
            memory += process.memory_full_info().pss / 2**20
    return _Cost(cpu / (time.monotonic() - began) * 100, memory)


async def _ours(server: RunningServer) -> tuple[_Cost, _Cost]:
    """The tap's cost, and that of all that a recording takes."""
    render = await asyncio.to_thread(server.record, _ROOM)
    await asyncio.to_thread(
        wait_until, lambda: server.children("reelroom.composer") and server.taps(), "the recording runs"
    )
    await asyncio.sleep(_SETTLING)
    taps = [psutil.Process(pid) for pid in server.taps()]

    def rest() -> list[psutil.Process]:
        return [*server.children("reelroom.composer"), *server.children("reelroom.renders.live")]

    tap, composing = await asyncio.gather(_cost(lambda: taps), _cost(rest))
    await asyncio.to_thread(server.http.get, f"/render/stop/{render['id']}")
    await asyncio.to_thread(server.wait_for_archive, render["sessionId"], "available", 30)
    return tap, _Cost(tap.cpu + composing.cpu, tap.memory + composing.memory)


@contextlib.asynccontextmanager
async def _running(*command: str, **more: str) -> AsyncIterator[asyncio.subprocess.Process]:
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        *command, stdin=quiet, stdout=quiet, stderr=quiet, env=os.environ | more
    )
    try:
        yield process
    finally:
        family = _family(process.pid) if process.returncode is None else []
        for each in family:
            with contextlib.suppress(psutil.Error):
                each.terminate()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), 5)
        for each in family:
            with contextlib.suppress(psutil.Error):
                each.kill()
        await process.wait()


def _program(*names: str) -> str:
    for name in names:
        if found := shutil.which(name):
            return found
    raise FileNotFoundError(f"{names[0]} is missing: `make bench` brings it")


async def _filmed(server: RunningServer, folder: Path) -> tuple[_Cost, int]:
    """The cost of a browser that is filmed, and the size of its film in bytes."""
    xvfb, chromium, ffmpeg = _program("Xvfb"), _program("chromium", "google-chrome"), _program("ffmpeg")
    number = next(number for number in _DISPLAYS if not Path(f"/tmp/.X11-unix/X{number}").exists())
    display, film = f":{number}", folder / "filmed.mp4"
    screen = ["-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-nolisten", "tcp"]
    browser = [
        "--no-sandbox",
        "--kiosk",
        "--no-first-run",
        f"--window-size={WIDTH},{HEIGHT}",
        "--window-position=0,0",
    ]
    browser += [f"--user-data-dir={folder / 'profile'}", "--autoplay-policy=no-user-gesture-required"]
    browser += [f"{server.url}/room/recorder/{_ROOM}"]
    grab = ["-v", "error", "-nostdin", "-y", "-f", "x11grab", "-video_size", f"{WIDTH}x{HEIGHT}"]
    grab += ["-framerate", str(FPS), "-i", display, "-c:v", "libx264", "-preset", "veryfast", "-crf", "23"]
    grab += ["-pix_fmt", "yuv420p", "-threads", "1", str(film)]
    async with _running(xvfb, display, *screen) as x:
        await asyncio.to_thread(wait_until, Path(f"/tmp/.X11-unix/X{number}").exists, "Xvfb has a screen")
        async with _running(chromium, *browser, DISPLAY=display) as page:
            await asyncio.sleep(_SETTLING)
            async with _running(ffmpeg, *grab) as grabber:
                await asyncio.sleep(_SETTLING)
                cost = await _cost(lambda: [each for one in (x, page, grabber) for each in _family(one.pid)])
    return cost, film.stat().st_size


async def measure() -> Measurement:
    """Ours, then the browser, in the same room."""
    with (
        tempfile.TemporaryDirectory(prefix="reelroom-bench-") as name,
        contextlib.closing(RunningServer(Path(name) / "data")) as server,
    ):
        people = await crowd.Crowd.start(await crowd.build(Path(name)))
        try:
            await asyncio.to_thread(server.start)
            url, token = await asyncio.to_thread(server.connect, _ROOM, "ann")
            await people.join(url, [token])
            tap, ours = await _ours(server)
            browser, size = await _filmed(server, Path(name))
        finally:
            await people.leave()
    return Measurement(
        CLAIM,
        [
            Ratio("CPU of a core: tap", tap.cpu, browser.cpu, "%"),
            Ratio("CPU: tap and film", ours.cpu, browser.cpu, "%"),
            Ratio("memory: tap", tap.memory, browser.memory, "MiB"),
            Ratio("memory: tap and film", ours.memory, browser.memory, "MiB"),
        ],
        [
            f"windows of {_WINDOW:.0f} s, one after the other; memory is PSS",
            f"the browser's film: {size / 1024:.0f} KiB, without sound",
        ],
        [] if size > 100_000 else ["the browser's film is next to empty"],
    )
