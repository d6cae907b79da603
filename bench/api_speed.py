"""Calls a second and their 99th percentile: three of our calls beside a bare FastAPI hello-world, by wrk, in turns.

The store holds 10,000 archives in 500 sessions; the one that is listed has 20 of them. All calls go over HTTP to
one server process, 8 connections at once. The limit on calls of an address is switched off.
"""

import asyncio
import contextlib
import json
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
from tests.e2e.running import RunningServer, free_port, wait_until

from bench.meter import Measurement, Ratio
from reelroom.keys import load_keys
from reelroom.opentok.signing import callback_token
from reelroom.opentok.tokens import new_session_id
from reelroom.store.schema import database_url, migrate
from reelroom.store.store import Store
from reelroom.store.values import Archive, KeptTake, Render, Room, Session

CLAIM = "Requests a second, beside a bare FastAPI hello-world"
SECONDS = 120.0  # the bound of the whole measurement
_ARCHIVES, _EACH = 10_000, 20
_CONNECTIONS, _SECONDS = 8, 6
_ROOM = "bench"


@dataclass(frozen=True)
class _Speed:
    calls: float  # a second
    p99: float  # ms


def _ms(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()  # type: ignore[union-attr]
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


async def _load(wrk: str, url: str, script: Path | None = None) -> _Speed:
    """What wrk measures. Raises RuntimeError where an answer was none of 2xx."""
    command = [
        wrk,
        "--latency",
        "-t1",
        f"-c{_CONNECTIONS}",
        f"-d{_SECONDS}s",
        *(["-s", str(script)] if script else []),
    ]
    process = await asyncio.create_subprocess_exec(*command, url, stdout=asyncio.subprocess.PIPE)
    said = (await process.communicate())[0].decode()
    if process.returncode or "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(f"{url}: {said[-400:]}")
    calls, p99 = re.search(r"Requests/sec:\s+([\d.]+)", said), re.search(r"^ +99% +(\S+)", said, re.MULTILINE)
    assert calls is not None and p99 is not None, said
    return _Speed(float(calls[1]), _ms(p99[1]))


async def _fill(data_dir: Path) -> tuple[str, Render]:
    """A store with a room, a render that has ended, and the archives; returns the session to list, and the render."""
    data_dir.mkdir(parents=True)
    await asyncio.to_thread(migrate, database_url(data_dir))
    keys, now = load_keys(data_dir), time.time_ns() // 1_000_000
    sessions = [
        Session(id=new_session_id(keys.api_key, now, f"{number:024d}"), created_at=now, project=keys.api_key)
        for number in range(_ARCHIVES // _EACH + 1)
    ]
    first, rendered = sessions[0].id, sessions[-1].id  # the room's list has those of its render, too: there are none
    room = Room(name=_ROOM, session_id=first, created_at=now)
    take = KeptTake(id="take", session_id=first, created_at=now, stopped_at=now)
    fields = {"created_at": now, "updated_at": now}
    render = Render(
        **{
            "id": "render",
            "room_name": _ROOM,
            "room_session_id": first,
            "session_id": rendered,
            "take_id": "take",
        },
        **{"url": "http://127.0.0.1/", "callback_url": "", "resolution": "1280x720", "status": "stopped"},
        **fields,
    )
    archives = [
        Archive(
            **{"id": f"archive-{number}", "session_id": sessions[number // _EACH].id, "take_id": "take"},
            **{"status": "available", "resolution": "1280x720", "start_us": number, "end_us": number, "size": number},
            **fields,
        )
        for number in range(_ARCHIVES)
    ]
    store = Store(database_url(data_dir))
    rows: list[list[object]] = [[*sessions], [room, take], [render], [*archives]]
    for some in rows:
        await store.add(*some)
    await store.close()
    return first, render


@contextlib.asynccontextmanager
async def _hello() -> AsyncIterator[str]:
    """The address of the hello-world."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.hello", str(port))
    url = f"http://127.0.0.1:{port}/"

    def answers() -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(url, trust_env=False).status_code == 200
        return False

    try:
        await asyncio.to_thread(wait_until, answers, "the hello-world answers")
        yield url
    finally:
        process.send_signal(signal.SIGINT)
        await process.wait()


def _callback(folder: Path, data_dir: Path, render: Render) -> Path:
    """A script for wrk that posts a signed callback."""
    body = {"id": render.id, "sessionId": render.session_id, "streamId": "TR_x", "status": "started"}
    text = json.dumps(body, separators=(",", ":"))
    token = callback_token(load_keys(data_dir).callback_secret, text.encode(), int(time.time()))
    script = folder / "callback.lua"
    script.write_text(
        f"wrk.method = 'POST'\nwrk.body = '{text}'\n"
        f"wrk.headers['Content-Type'] = 'application/json'\nwrk.headers['Authorization'] = 'Bearer {token}'\n"
    )
    return script


async def measure() -> Measurement:
    """Each call for some seconds, the hello-world between them."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise FileNotFoundError("wrk is missing: `make bench` brings it")
    with tempfile.TemporaryDirectory(prefix="reelroom-bench-") as name:
        folder, data_dir = Path(name), Path(name) / "data"
        session_id, render = await _fill(data_dir)
        settings = {"REELROOM_CALLS_PER_MINUTE": "0"}
        with contextlib.closing(RunningServer(data_dir, settings=settings)) as server:
            await asyncio.to_thread(server.start)
            script = _callback(folder, data_dir, render)
            calls: list[tuple[str, str, Path | None]] = [
                ("GET /session/:roomName", f"/session/{_ROOM}", None),
                (f"GET /archive/:sessionId ({_EACH} of {_ARCHIVES})", f"/archive/{session_id}", None),
                ("POST /render/status", "/render/status", script),
            ]
            ratios, facts = [], []
            async with _hello() as hello:
                for what, path, lua in calls:
                    bare, ours = await _load(wrk, hello), await _load(wrk, server.url + path, lua)
                    ratios.append(Ratio(what, ours.calls, bare.calls, "/s"))
                    ratios.append(Ratio("  its 99th percentile", ours.p99, bare.p99, "ms"))
                    facts.append(f"{what}: {ours.calls:.0f} calls a second, 99 % within {ours.p99:.1f} ms")
    return Measurement(CLAIM, ratios, [*facts, f"{_CONNECTIONS} connections, {_SECONDS} s each, one process each"])
