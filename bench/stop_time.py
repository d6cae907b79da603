"""From stop to `available`, for recordings of 1, 10 and 60 minutes: it does not grow with their length.

A take of that length lies on the disk; an archive follows it as it follows a running one, until its composer
has come to the end, and is then stopped. What is measured is all that comes after: the last pictures, chapters,
texts, stills, the file's end, its checksum and its way into the store. The camera is 320x180 and the
film 640x360, so that an hour of it is composed within minutes.
"""

import asyncio
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.meter import Measurement, Ratio
from bench.synthetic import START, write_take
from reelroom.archives.library import Archives
from reelroom.config import Settings
from reelroom.files.films import Storage
from reelroom.store.schema import database_url, migrate
from reelroom.store.store import Store
from reelroom.store.values import Archive, KeptTake, Session

CLAIM = "From stop to `available`, after 60 minutes beside after 1"
SECONDS = 900.0  # the bound of the whole measurement
_MINUTES = (1, 10, 60)
_CLIP = 20  # s
_COARSE = 4  # a camera of 320x180
_STEP = 0.01


@dataclass(frozen=True)
class _Ending:
    """How an archive of so many minutes ended."""

    minutes: int
    seconds: float  # from stop to available
    size: int  # bytes
    memory: list[tuple[float, int]]  # minutes of film, resident bytes of the composer


class _World:
    def __init__(self, data_dir: Path) -> None:
        settings = Settings(data_dir=data_dir)
        self.store = Store(database_url(data_dir))
        self.archives = Archives(settings, self.store, Storage(data_dir / "archives"))
        self.takes = data_dir / "takes"

    async def end(self, minutes: int) -> _Ending:
        name = f"minutes-{minutes}"
        await asyncio.to_thread(write_take, self.takes / name, _CLIP, minutes * 60 // _CLIP, _COARSE)
        await self.store.add(KeptTake(id=name, session_id="session", created_at=1, stopped_at=None))
        archive = Archive(
            id=name,
            session_id="session",
            take_id=name,
            name=name,
            status="started",
            resolution="640x360",
            start_us=START,
            created_at=START // 1000,
            updated_at=START // 1000,
        )
        await self.store.add(archive)
        self.archives.resume(archive)
        memory = await self._composed_until(archive.id, minutes)
        end = START + minutes * 60_000_000
        began = time.monotonic()
        await self.archives.stop(archive.id, "user initiated", end)
        while (made := await self.archives.get(archive.id)).status not in {"available", "failed"}:  # noqa: ASYNC110
            await asyncio.sleep(_STEP)  # as a client asks
        seconds = time.monotonic() - began
        if made.status == "failed":
            raise RuntimeError(made.reason)
        return _Ending(minutes, seconds, made.size, memory)

    async def _composed_until(self, archive_id: str, minutes: int) -> list[tuple[float, int]]:
        """Wait until the composer is a second before the end; its memory on the way."""
        memory: list[tuple[float, int]] = []
        while True:
            await asyncio.sleep(_STEP)
            behind, pid = self.archives.behind_us(archive_id), self.archives.pid(archive_id)
            if not behind or pid is None:
                continue
            reached = (time.time() - (START + behind) / 1e6) / 60
            if not memory or reached >= memory[-1][0] + 1:
                memory.append((reached, psutil.Process(pid).memory_info().rss))
            if reached >= minutes - 1 / 60:
                return memory


async def measure() -> Measurement:
    """One archive of each length, one after the other."""
    with tempfile.TemporaryDirectory(prefix="reelroom-bench-") as name:
        folder = Path(name)
        await asyncio.to_thread(migrate, database_url(folder))
        world = _World(folder)
        await world.store.add(Session(id="session", created_at=1))
        endings = [await world.end(minutes) for minutes in _MINUTES]
        await world.archives.close()
        await world.store.close()
    shortest, longest = endings[0], endings[-1]
    early, late = longest.memory[min(5, len(longest.memory) - 1)], longest.memory[-1]
    return Measurement(
        CLAIM,
        [
            Ratio("stop to available", longest.seconds, shortest.seconds, "s"),
            Ratio("composer's memory", late[1] / 2**20, early[1] / 2**20, "MiB"),
        ],
        [
            *(f"{each.minutes} min: {each.seconds:.2f} s, {each.size / 2**20:.0f} MiB" for each in endings),
            f"memory after {late[0]:.0f} minutes of film beside after {early[0]:.0f}",
        ],
        [f"{each.minutes} min took 2 s or longer" for each in endings if each.seconds >= 2],
    )
