"""Fifty times, at random moments, something of a recording is killed: none of it is lost, and none is stuck."""

import asyncio
import contextlib
import os
import random
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import psutil
import pytest

from tests.e2e.films import watch
from tests.e2e.people import Person, ann
from tests.e2e.running import RunningServer, wait_until

VICTIMS = ("tap", "composer", "live", "server", "engine", "everything")
RECORDINGS, KILLS_EACH = 10, 5
GAP = 2.0  # s of a recording that a kill may cost
STEP = 0.25  # s


@dataclass
class Speaker:
    """Somebody who never stops talking, and comes back when the engine has thrown them out."""

    server: RunningServer
    room: str
    person: Person = field(default_factory=lambda: ann(width=320, height=180, fps=10))

    async def come(self) -> None:
        await self.person.join(*await asyncio.to_thread(self.server.connect, self.room, self.person.name))
        self.person.speak()

    async def come_back(self) -> None:
        """As somebody new: a browser reconnects by itself, which takes no longer."""
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self.person.leave(), 5)
        deadline = time.monotonic() + 20
        while True:
            self.person = ann(width=320, height=180, fps=10)
            try:
                return await self.come()
            except Exception:  # the engine is not there yet, and the SDK says so in many ways
                assert time.monotonic() < deadline
                await asyncio.sleep(0.1)


def kill(processes: list[int] | list[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess):
            os.kill(process if isinstance(process, int) else process.pid, signal.SIGKILL)


async def strike(victim: str, speaker: Speaker, away: float) -> float:
    """Kill; returns for how long (s) nobody could speak. A server that was killed stays away for a while."""
    server, began = speaker.server, time.monotonic()
    match victim:
        case "tap":
            kill(server.taps())
        case "composer" | "live":
            kill(server.children(f"reelroom.{victim}"))
        case "engine":
            kill(server.children("livekit-server"))
        case "server":
            await asyncio.to_thread(server.kill)
        case "everything":
            children = server.children("")
            await asyncio.to_thread(server.kill)
            kill([*children, *server.survivors()])
    if victim in {"server", "everything"}:
        await asyncio.sleep(away)
        await asyncio.to_thread(server.start)
    if victim in {"engine", "everything"}:
        await speaker.come_back()
        return time.monotonic() - began
    return 0.0


def silences(path: Path, tone: float) -> Iterator[float]:
    """How long (s) the tone is missing, each time that it is."""
    film = watch(path)
    moments = [number * STEP for number in range(int(film.seconds / STEP) - 1)]
    for heard, run in groupby(film.loudness(tone, moment, moment + STEP) > 0.08 for moment in moments):
        if not heard:
            yield len(list(run)) * STEP


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(RECORDINGS))
async def test_whatever_is_killed_whenever(own_server: RunningServer, tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    speaker = Speaker(own_server, f"struck-{seed}")
    await speaker.come()
    render = await asyncio.to_thread(own_server.record, speaker.room)
    archive_id, _ = (await speaker.person.heard("archiveStarted")).split(":")
    began = time.monotonic()
    absences = []
    for victim in dice.sample(VICTIMS, KILLS_EACH):
        await asyncio.sleep(dice.uniform(0.2, 4))
        absences.append(await strike(victim, speaker, dice.uniform(0, 1)))
    await asyncio.sleep(3)
    recorded = time.monotonic() - began
    await asyncio.to_thread(own_server.http.get, f"/archive/stop/{archive_id}")
    archive = await asyncio.to_thread(own_server.wait_for_archive, render["sessionId"], "available", 90)
    assert archive["id"] == archive_id
    path = await asyncio.to_thread(own_server.download, archive, tmp_path)
    missing = list(silences(path, speaker.person.tone))
    assert watch(path).seconds == pytest.approx(recorded, abs=2.0)
    assert max(missing, default=0) <= GAP + max(absences), (missing, absences)
    assert sum(missing) <= sum(GAP + absence for absence in absences), (missing, absences)
    await speaker.person.leave()
    await asyncio.to_thread(wait_until, lambda: not own_server.children("reelroom.composer"), "the composer ends")
