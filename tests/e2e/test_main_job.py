"""The main job over HTTP: two people talk in turns, and the film shows who speaks."""

import asyncio
import base64
import hashlib
import time
from pathlib import Path

import pytest

from tests.e2e.films import watch
from tests.e2e.people import Person, ann, ben
from tests.e2e.running import RunningServer

TURN = 5.0


async def test_film_shows_whoever_speaks(server: RunningServer, tmp_path: Path) -> None:
    room = "the-main-job"
    people = [ann(), ben()]
    for person in people:
        await person.join(*await asyncio.to_thread(server.connect, room, person.name))
    asked = time.monotonic()
    render = await asyncio.to_thread(server.record, room)
    assert render["status"] == "starting"
    archive_id, rendered = (await people[0].heard("archiveStarted")).split(":")
    print("started after", time.monotonic() - asked)
    began = time.time()
    assert rendered == render["sessionId"]
    turns: list[tuple[Person, float, float]] = []
    for person in [people[0], people[1], people[0]]:
        start = time.time()
        person.speak()
        await asyncio.sleep(TURN)
        person.hush()
        turns.append((person, start, time.time()))
    recorded = time.time() - began
    stopped = await asyncio.to_thread(server.http.get, f"/archive/stop/{archive_id}")
    asked = time.monotonic()
    assert stopped.json() == {"archiveId": archive_id, "status": "stopped"}
    archive = await asyncio.to_thread(server.wait_for_archive, rendered, "available")
    print("available after", time.monotonic() - asked, archive)
    path = await asyncio.to_thread(server.download, archive, tmp_path)
    film = watch(path)
    assert (film.width, film.height) == (1280, 720)
    assert film.seconds == pytest.approx(recorded, abs=1.0)
    assert archive["duration"] == pytest.approx(recorded, abs=1.0)
    data = path.read_bytes()
    assert archive["size"] == len(data)
    assert archive["sha256sum"] == base64.b64encode(hashlib.sha256(data).digest()).decode()
    zero = archive["createdAt"] / 1000
    for person, start, end in turns:
        middle = (start + end) / 2 - zero
        assert film.shows(person.colour, middle), (person.name, film.colour_at(middle))
        other = next(each for each in people if each is not person)
        assert film.loudness(person.tone, middle - 1, middle + 1) > 0.2
        assert film.loudness(other.tone, middle - 1, middle + 1) < 0.05
    for person in people:
        await person.leave()
