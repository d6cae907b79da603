"""What servers that share a database and a depot ask of them: rows and requests, by what is recorded.

Takes grow as those of two cameras and two microphones do, in simulated time; the depot is a folder, and what is asked
of it is counted. A look at the rows, as each server has one a second, is measured in CPU time, SQLite's with it:
PostgreSQL does its part elsewhere.
"""

import shutil
import statistics
import tempfile
import time
from pathlib import Path

from bench.meter import Measurement, Ratio
from reelroom.config import Settings
from reelroom.files.depot import Depot, open_depot
from reelroom.files.shipment import Shipment
from reelroom.keys import load_keys
from reelroom.store.database import now_ms
from reelroom.store.schema import migrate
from reelroom.store.values import Archive, KeptTake, Session
from reelroom.testing import MemoryEngine, memory_server

CLAIM = "a recording costs the depot 150 requests a minute, and each server that looks little CPU"
SECONDS = 600
_SECONDS, _EVERY = 60, 2
_FILES = {
    "a-video.mkv": 212_500,
    "b-video.mkv": 212_500,
    "a-audio.mkv": 4_000,
    "b-audio.mkv": 4_000,
}  # bytes a second
_RECORDINGS = (100, 400)
_TIMES = 9


class Counting(Depot):
    """A depot that counts."""

    requests = 0

    async def create(self, key: str, data: bytes) -> int:
        self.requests += 1
        return await super().create(key, data)


async def measure() -> Measurement:
    folder = Path(tempfile.mkdtemp(prefix="reelroom-bench-"))
    try:
        requests, cpu = await _shipped(folder)
        looks = {count: await _look(folder / str(count), count) for count in _RECORDINGS}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    few, many = _RECORDINGS
    each = (looks[many] - looks[few]) / (many - few)
    facts = [
        f"a recorded minute (two cameras, two microphones): {requests} objects, {cpu * 1000:.0f} ms of CPU for them",
        *(f"a look at {count} recordings of others: {took:.1f} ms of CPU" for count, took in looks.items()),
        f"so one more recording anywhere costs every server {each * 1000:.0f} µs of CPU a second",
    ]
    return Measurement(CLAIM, [Ratio("requests a recorded minute / 150", requests, 150, "requests")], facts)


async def _shipped(folder: Path) -> tuple[int, float]:
    """How many objects a recorded minute is, and what shipping it takes (s of CPU)."""
    take = folder / "take"
    (take / "tracks").mkdir(parents=True)
    (take / "take.json").write_text("{}")
    depot = Counting(open_depot(f"file://{folder}/depot")._store)
    shipment = Shipment(depot, "take", take, 1)
    await shipment.ship()
    depot.requests, begun = 0, time.process_time()
    for _ in range(0, _SECONDS, _EVERY):
        for name, rate in _FILES.items():
            with (take / "tracks" / name).open("ab") as file:
                file.write(bytes(rate * _EVERY))
        with (take / "events.jsonl").open("a") as file:
            file.write('{"event": "time_passed", "at": 1}\n' * 10 * _EVERY)
        await shipment.ship()
    return depot.requests, time.process_time() - begun


async def _look(folder: Path, count: int) -> float:
    """How long (ms of CPU) a server looks at so many recordings that others run."""
    folder.mkdir()
    url = f"sqlite:///{folder}/all.db"
    migrate(url)
    load_keys(folder)
    server = memory_server(Settings(data_dir=folder, database_url=url), MemoryEngine())
    await server.projects.ensure_own_project()
    now = now_ms()
    async with server.store.transaction() as tx:
        for number in range(count):
            session, take = f"s{number}", f"t{number}"
            await tx.sessions.add(Session(id=session, created_at=1))
            await tx.takes.add(KeptTake(id=take, session_id=session, created_at=now, node="other"))
            await tx.archives.add(
                Archive(
                    id=f"a{number}", session_id=session, take_id=take, status="started", resolution="1280x720",
                    start_us=now * 1000, created_at=now, updated_at=now,
                )
            )  # fmt: skip
            await tx.leases.acquire("take", take, "other", now, now + 600_000)
            await tx.leases.acquire("archive", f"a{number}", "other", now, now + 600_000)
    took = []
    for _ in range(_TIMES):
        begun = time.process_time()
        await server.taking_up.look()
        took.append((time.process_time() - begun) * 1000)
    await server.store.close()
    return statistics.median(took)
