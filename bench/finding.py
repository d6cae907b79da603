"""Searching 10,000 films, of which each holds 600 words: by what is said, by whom, and by rare and common words.

All is asked of the API's own code in one process, of SQLite and of a PostgreSQL of its own, and the answer's hits are
found, too. What is counted is CPU time, the database's with it; how long an answer took is told beside it.
"""

import itertools
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
from tests.postgres import cluster

from bench.meter import Measurement, Ratio
from reelroom.api.app import create_app
from reelroom.config import Settings
from reelroom.keys import load_keys
from reelroom.store.film_texts import FilmText
from reelroom.store.schema import database_url, migrate
from reelroom.store.store import Store
from reelroom.store.values import Archive, KeptTake, Room, Session
from reelroom.testing import MemoryEngine, memory_server
from reelroom.transcripts.finding import tokens

CLAIM = "a search over 10,000 films answers within 100 ms"
SECONDS = 1800
_FILMS, _WORDS, _PIECE, _TIMES, _LIMIT = 10_000, 600, 25, 7, 100.0
_SYLLABLES = [f"{before}{after}" for before in "bdfgklmnprst" for after in "aeiou"]


def _words() -> list[str]:
    """As long as words are, and as different."""
    chance = random.Random(5)
    return ["".join(chance.choices(_SYLLABLES, k=1 + chance.randrange(4))) for _ in range(20_000)]


_VOCABULARY = _words()
_SOUGHT = {
    "a word of all films": {"q": _VOCABULARY[0]},
    "the beginning of many words": {"q": _VOCABULARY[0][0]},
    "a rare word": {"q": max(_VOCABULARY[-100:], key=len)},  # which no other begins with
    "three words": {"q": f"{_VOCABULARY[1]} {_VOCABULARY[20]} {_VOCABULARY[300]}"},
    "who is in it": {"person": "person77"},
    "a title": {"q": "film 777"},
    "nothing that is there": {"q": "zzz"},
}


async def measure() -> Measurement:
    """The measurement, of both databases."""
    ratios, facts, doubts = [], [], []
    with cluster() as postgres:
        for name, url, database in (
            ("SQLite", "", None),
            ("PostgreSQL", postgres.url(postgres.database()), postgres.process()),
        ):
            slowest, told = await _measure(url, database)
            facts += [f"{name}, {each}" for each in told]
            ratios.append(Ratio(f"slowest search, {name} / 100 ms", slowest, _LIMIT, "ms"))
            if slowest >= _LIMIT:
                doubts.append(f"the slowest of {name} took {slowest:.0f} ms")
    return Measurement(CLAIM, ratios, facts, doubts)


async def _measure(url: str, database: psutil.Process | None) -> tuple[float, list[str]]:
    """What the slowest search costs (ms of CPU), and a line for each."""
    folder = Path(tempfile.mkdtemp(prefix="reelroom-bench-"))
    try:
        await _fill(folder, database_url(folder, url))
        server = memory_server(Settings(data_dir=folder, database_url=url), MemoryEngine())
        await server.projects.ensure_own_project()
        (folder / "page" / "assets").mkdir(parents=True)
        (folder / "page" / "index.html").touch()
        transport = httpx.ASGITransport(create_app(server, folder / "page"))
        facts, slowest, cpu = [], 0.0, _cpu_of(database)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            for what, sought in _SOUGHT.items():
                cost, took = [], []
                for _ in range(_TIMES):
                    begun, used = time.perf_counter(), cpu()
                    answer = await client.get("/archives", params={"session": "room", **sought})
                    cost.append((cpu() - used) * 1000)
                    took.append((time.perf_counter() - begun) * 1000)
                median = statistics.median(cost)
                slowest = max(slowest, median)
                within = f"answered after {statistics.median(took):.1f} ms"
                facts.append(f"{what}: {median:.1f} ms, {within}, for {answer.json()['count']} films")
        await server.store.close()
        return slowest, facts
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _cpu_of(database: psutil.Process | None) -> Callable[[], float]:
    """What this process and a database's have used so far, s; to the microsecond, for a search takes few of them."""

    def used() -> float:
        total = time.process_time()
        for child in database.children() if database else ():
            with suppress(OSError):  # it has just ended
                total += int(Path(f"/proc/{child.pid}/schedstat").read_text().split()[0]) / 1e9
        return total

    return used


async def _fill(folder: Path, url: str) -> None:
    """Words as rare as Zipf says; those of each film are its own."""
    migrate(url)
    load_keys(folder)
    store, chance = Store(url), random.Random(7)
    weights = list(itertools.accumulate(1 / (number + 1) for number in range(len(_VOCABULARY))))
    await store.add(Session(id="room", created_at=1), Room(name="room", session_id="room", created_at=1))
    await store.add(KeptTake(id="take", session_id="room", created_at=1, stopped_at=2))
    for first in range(0, _FILMS, 500):
        async with store.transaction() as tx:
            for number in range(first, first + 500):
                said = chance.choices(_VOCABULARY, cum_weights=weights, k=_WORDS)
                people = [f"Person{chance.randrange(200)}" for _ in range(3)]
                archive = Archive(
                    id=f"{number:036d}",
                    session_id="room",
                    take_id="take",
                    name=f"Film {number}",
                    status="available",
                    resolution="1280x720",
                    start_us=1,
                    created_at=number,
                    updated_at=1,
                )
                await tx.archives.add(archive)
                moments = [
                    (at * 500, "words", people[0], " ".join(said[at : at + _PIECE]))
                    for at in range(0, _WORDS, _PIECE)
                ]
                text = FilmText(archive_id=archive.id, as_of=1, people=people, moments=moments)
                await tx.film_texts.put(text, tokens(" ".join(people)), tokens(" ".join(said)))
    await store.close()
