"""A page is recorded within seconds: from an application's click to `archiveStarted` in its room.

The application is of the cloud's kind: the click renders a page of its own into a new session; when it is told that
the render has started, it archives that session, in which nobody else is, and signals the room. A real server and a
person in the room; the page's own site is on this machine, too. Beside it, in turns: how long this machine's Chromium
takes to start and show the same page, with nothing of ours. The first page finds no browser that waits, and stands
apart; before each later one the next browser is waited for. What it takes of the processor until people are told is
measured, too, by program: seconds of a busy machine say little, and those stay the same.
"""

import asyncio
import contextlib
import http.server
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from livekit import rtc
from tests.e2e.application import GREEN_WITH_A_TONE, Application
from tests.e2e.pages import chromium
from tests.e2e.people import Person, ann
from tests.e2e.running import RunningServer, wait_until

from bench.meter import Measurement, of_medians

CLAIM = "From the click to `archiveStarted` for a page, beside Chromium that starts and shows it"
SECONDS = 150.0  # the bound of the whole measurement
_MOST_ROUNDS = 6


@dataclass(frozen=True)
class _Round:
    """In seconds; the middle three count from the click, `steps` are those of the page's program.

    `waited`: a browser waited for it.
    """

    waited: bool
    chromium: float
    called_back: float
    archived: float
    told: float
    steps: dict[str, float]
    cpu: dict[str, float]


class _Site:
    """Serves the page, and takes callbacks: the first `started` begins the archive and tells the room."""

    def __init__(self, application: Application, room_session: str) -> None:
        site = self
        self.called_back: dict[str, float] = {}
        self.archived: dict[str, float] = {}
        self.archives: dict[str, str] = {}

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(GREEN_WITH_A_TONE.encode())

            def do_POST(self) -> None:
                arrived = time.time()
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(204)
                self.end_headers()
                session = body["sessionId"]
                if body["status"] != "started" or session in site.called_back:
                    return
                site.called_back[session] = arrived
                archive = application.archive(session)
                site.archives[session] = archive["id"]
                site.archived[session] = time.time()
                data = {"type": "archiveStarted", "data": f"{archive['id']}:{session}"}
                application.project("POST", f"/session/{room_session}/signal", json=data)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@contextlib.contextmanager
def _running() -> Iterator[RunningServer]:
    with tempfile.TemporaryDirectory(prefix="reelroom-bench-") as folder:
        settings = {"REELROOM_RENDER_PRIVATE_ADDRESSES": "true"}
        with contextlib.closing(RunningServer(Path(folder) / "data", settings=settings)) as server:
            yield server.start()


async def _chromium(url: str) -> float:
    """How long a browser takes from nothing to the page's `load`."""
    began = time.monotonic()
    async with chromium() as browser:
        page = await browser.new_page()
        await page.goto(url)
        return time.monotonic() - began


def _steps(server: RunningServer, render_id: str) -> dict[str, float]:
    for line in server.log().splitlines():
        with contextlib.suppress(ValueError):
            entry: dict[str, Any] = json.loads(line)
            if entry.get("event") == "render started" and entry.get("render") == render_id:
                return {step: ms / 1000 for step, ms in entry["took_ms"].items()}
    return {}


# By a word of the command line; the first that fits.
_PROGRAMS = {
    "--type=": "Chromium",
    "--user-data-dir=": "Chromium",
    "playwright": "its driver",
    "reelroom.renders.page": "the page's program",
    "livekit-server": "engine",
    "/tap": "tap",
    "reelroom.composer": "composer",
    "serve": "server",
}


def _cpu(server: RunningServer) -> dict[str, float]:
    """What the server and all that it has started have taken of the processor so far (s), by program."""
    taken: dict[str, float] = {}
    assert server.process is not None
    own = psutil.Process(server.process.pid)
    for each in [own, *own.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):
            line, times = " ".join(each.cmdline()), each.cpu_times()
            name = next((name for word, name in _PROGRAMS.items() if word in line), "other")
            taken[name] = taken.get(name, 0.0) + times.user + times.system
    return taken


def _browser_waits(server: RunningServer) -> bool:
    """Returns once one does, or when it takes too long."""
    with contextlib.suppress(AssertionError):
        wait_until(lambda: _waiting_with_a_window(server), "a browser waits", 40)
        return True
    return False


def _waiting_with_a_window(server: RunningServer) -> bool:
    found = [
        each for each in server.children("reelroom.processes.waiting") if "renders.page" in " ".join(each.cmdline())
    ]
    return any(
        "--type=renderer" in " ".join(each.cmdline()) for one in found for each in one.children(recursive=True)
    )


async def _round(server: RunningServer, application: Application, site: _Site, ear: "_Ear", *, later: bool) -> _Round:
    bare = await _chromium(site.url)
    waits = await asyncio.to_thread(_browser_waits, server) if later else False
    session = await asyncio.to_thread(application.new_session)
    before, clicked = _cpu(server), time.time()
    render = (
        await asyncio.to_thread(
            application.render, session, site.url, resolution="1280x720", statusCallbackUrl=f"{site.url}/callback"
        )
    ).json()
    told = await asyncio.wait_for(ear.heard.get(), 60)
    cpu = {name: taken - before.get(name, 0.0) for name, taken in _cpu(server).items()}
    await asyncio.sleep(1.0)
    await asyncio.to_thread(application.project, "POST", f"/archive/{site.archives[session]}/stop")
    await asyncio.to_thread(application.project, "DELETE", f"/render/{render['id']}")
    with tempfile.TemporaryDirectory() as folder:  # the machine is at rest again
        await asyncio.to_thread(application.film, site.archives[session], Path(folder))
    moments = (site.called_back[session], site.archived[session], told)
    return _Round(waits, bare, *(moment - clicked for moment in moments), _steps(server, render["id"]), cpu)


class _Ear:
    """Notes when `archiveStarted` reaches a person."""

    def __init__(self, person: Person) -> None:
        self.heard: asyncio.Queue[float] = asyncio.Queue()
        person.room.on("data_received", self._hear)

    def _hear(self, packet: rtc.DataPacket) -> None:
        if packet.topic == "archiveStarted":
            self.heard.put_nowait(time.time())


async def measure() -> Measurement:
    """As many rounds as the time allows; medians."""
    deadline = time.monotonic() + SECONDS
    rounds: list[_Round] = []
    with _running() as server:
        person = ann()
        room_session = (await asyncio.to_thread(server.open_room, "bench"))["sessionId"]
        application = Application(server)
        site = _Site(application, room_session)
        try:
            await person.join(*await asyncio.to_thread(server.connect, "bench", person.name))
            ear = _Ear(person)
            while len(rounds) < _MOST_ROUNDS:
                began = time.monotonic()
                rounds.append(await _round(server, application, site, ear, later=bool(rounds)))
                now = time.monotonic()
                if now + (now - began) * 1.5 + 10 > deadline:
                    break
        finally:
            site.close()
            with contextlib.suppress(Exception):
                await asyncio.wait_for(person.leave(), 5)
    first, rounds = rounds[0], rounds[1:]
    bare = [each.chromium for each in rounds]
    told = [each.told for each in rounds]
    facts = [
        f"{len(rounds)} rounds; told after {', '.join(f'{each:.2f}' for each in told)} s; "
        f"a browser waited for {sum(each.waited for each in rounds)} of them",
        f"the first page, before them, for which none waits: {first.told:.2f} s; its program: "
        + ", ".join(f"{step} {at:.2f} s" for step, at in first.steps.items())
        + f"; called back after {first.called_back:.2f} s, archived after {first.archived:.2f} s",
        f"called back after {statistics.median(each.called_back for each in rounds):.2f} s, "
        f"archived after {statistics.median(each.archived for each in rounds):.2f} s (medians)",
    ]
    if all(each.steps for each in rounds):
        steps = {step: statistics.median(each.steps[step] for each in rounds) for step in rounds[0].steps}
        facts.append("the page's program: " + ", ".join(f"{step} {at:.2f} s" for step, at in steps.items()))
    programs = sorted({name for each in rounds for name in each.cpu})
    cpu = {name: statistics.median(each.cpu.get(name, 0.0) for each in rounds) for name in programs}
    facts.append(
        f"of the processor until told: {sum(cpu.values()):.2f} s, "
        + ", ".join(f"{name} {taken:.2f}" for name, taken in sorted(cpu.items(), key=lambda each: -each[1]))
    )
    return Measurement(
        CLAIM,
        [of_medians("until told", told, bare, "s")],
        facts,
        [] if len(rounds) >= 4 else [f"only {len(rounds)} rounds within the time"],
    )
