"""The main job over HTTP: people talk in turns, and the film shows who speaks."""

import asyncio
import base64
import hashlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.e2e.films import WatchedFilm, watch
from tests.e2e.people import Person, ann, ben
from tests.e2e.running import RunningServer

TURN = 4.0


@dataclass
class Recording:
    """A recorded conversation: who spoke when (s since the epoch), and what the API said of it."""

    people: list[Person]
    room_session: str
    render: dict[str, Any]
    archive_id: str
    turns: list[tuple[Person, float, float]] = field(default_factory=list)
    seconds: float = 0.0
    archive: dict[str, Any] = field(default_factory=dict)


async def nothing() -> None:
    """What else happens in a conversation."""


async def converse(
    server: RunningServer,
    room: str,
    people: list[Person],
    turns: int,
    meanwhile: Callable[[], Awaitable[None]] = nothing,
) -> Recording:
    """Everybody joins; they speak in turns while a recording runs; it is stopped, and the archive available."""
    for person in people:
        await person.join(*await asyncio.to_thread(server.connect, room, person.name))
    render = await asyncio.to_thread(server.record, room)
    archive_id, rendered = (await people[0].heard("archiveStarted")).split(":")
    assert rendered == render["sessionId"]
    room_session = (await asyncio.to_thread(server.open_room, room))["sessionId"]
    recording = Recording(people, room_session, render, archive_id)
    # A machine that is busy subscribes late; how soon all that is said is recorded is for the bench to measure.
    await asyncio.to_thread(server.wait_for_files, room_session, 2 * len(people))
    await meanwhile()
    for number in range(turns):
        person, start = people[number % len(people)], time.time()
        person.speak()
        await asyncio.sleep(TURN)
        person.hush()
        recording.turns.append((person, start, time.time()))
    stopped = await asyncio.to_thread(server.http.get, f"/archive/stop/{archive_id}")
    ended = time.time()
    assert stopped.status_code == 200
    assert stopped.json() == {"archiveId": archive_id, "status": "stopped"}
    recording.archive = await asyncio.to_thread(server.wait_for_archive, rendered, "available", 90)
    recording.seconds = ended - recording.archive["createdAt"] / 1000
    for person in people:
        await person.leave()
    return recording


def assert_right_film(film: WatchedFilm, recording: Recording) -> None:
    """In the middle of each turn: the speaker's picture, and the speaker's tone alone."""
    zero = recording.archive["createdAt"] / 1000
    for person, start, end in recording.turns:
        middle = (start + end) / 2 - zero
        assert film.shows(person.colour, middle), (person.name, film.colour_at(middle))
        assert film.loudness(person.tone, middle - 0.5, middle + 0.5) > 0.05
        for other in recording.people:
            if other is not person:
                assert film.loudness(other.tone, middle - 0.5, middle + 0.5) < 0.05


def leads(film: WatchedFilm, recording: Recording) -> list[float]:
    """How long (s) before the first sound of each turn but the first the film shows who speaks in it."""
    zero = recording.archive["createdAt"] / 1000
    found = []
    for (_, began, ended), (person, start, _) in pairwise(recording.turns):
        before, after = (began + ended) / 2 - zero, start - zero + 2
        seen = next(time for time in film.times if time > before and film.shows(person.colour, time))
        moments = np.arange(before, after, 0.005)
        heard = next(time for time in moments if film.loudness(person.tone, time, time + 0.02) > 0.08)
        found.append(float(heard - seen))
    return found


async def test_film_shows_whoever_speaks(server: RunningServer, tmp_path: Path) -> None:
    recording = await converse(server, "the-main-job", [ann(), ben()], turns=3)
    archive = recording.archive
    path = await asyncio.to_thread(server.download, archive, tmp_path)
    assert "live ended" not in server.log(), "what waited for a first recording could not begin"
    film = watch(path)
    assert (film.width, film.height, film.codecs) == (1280, 720, ("h264", "aac"))
    assert film.sound.shape[0] == 2
    assert len(film.times) / film.seconds == pytest.approx(30, abs=0.5)
    assert film.seconds == pytest.approx(recording.seconds, abs=1.0)
    assert_right_film(film, recording)
    ahead = leads(film, recording)
    assert len(ahead) == 2
    assert all(0 <= lead < 0.5 for lead in ahead), f"the picture changes {ahead} s before the first word"

    data = path.read_bytes()
    api_key = int((await asyncio.to_thread(server.open_room, "the-main-job"))["apiKey"])
    beside = {"tracksUrl", "timelineUrl", "speakersUrl", "chaptersUrl", "posterUrl", "thumbnailsUrl"}
    assert all(archive[link] for link in beside)
    assert {name: value for name, value in archive.items() if name not in beside} == {
        "id": recording.archive_id,
        "status": "available",
        "name": "the-main-job",
        "reason": "user initiated",
        "sessionId": recording.render["sessionId"],
        "projectId": api_key,
        "createdAt": archive["createdAt"],
        "size": len(data),
        "duration": round(film.seconds),
        "outputMode": "composed",
        "hasAudio": True,
        "hasVideo": True,
        "sha256sum": base64.b64encode(hashlib.sha256(data).digest()).decode(),
        "password": "",
        "updatedAt": archive["updatedAt"],
        "resolution": "1280x720",
        "partnerId": api_key,
        "event": "archive",
        "url": archive["url"],
        "progress": None,
        "chatUrl": None,
        "transcriptUrl": None,
        "transcriptTextUrl": None,
        "captionsUrl": None,
        "subtitlesUrl": None,
        "summaryUrl": None,
        "transcript": None,
        "recutOf": None,
        "mayEdit": True,
        "mayShare": True,
        "restorableUntil": None,
    }
    assert recording.render["createdAt"] <= archive["createdAt"] <= archive["updatedAt"] <= time.time() * 1000

    # The room's own session lists it, too; the render has ended; another recording may follow.
    assert server.archives(recording.room_session)[0]["id"] == recording.archive_id
    again = await asyncio.to_thread(server.record, "the-main-job")
    assert again["id"] != recording.render["id"]
    assert server.http.get(f"/render/stop/{again['id']}").status_code == 200


@pytest.mark.slow
async def test_two_rooms_at_once_give_two_right_films(server: RunningServer, tmp_path: Path) -> None:
    small = {"width": 320, "height": 180, "fps": 10}
    recordings = await asyncio.gather(
        converse(server, "room-one", [ann(**small), ben(**small)], turns=2),
        converse(server, "room-two", [ben(**small), ann(**small)], turns=2),
    )
    for recording in recordings:
        film = watch(await asyncio.to_thread(server.download, recording.archive, tmp_path))
        assert film.seconds == pytest.approx(recording.seconds, abs=1.0)
        assert_right_film(film, recording)
        assert all(0 <= lead < 0.5 for lead in leads(film, recording)), leads(film, recording)
    assert recordings[0].archive["sessionId"] != recordings[1].archive["sessionId"]


async def test_second_request_to_record_returns_the_running_render(server: RunningServer) -> None:
    renders = await asyncio.gather(*(asyncio.to_thread(server.record, "asked-twice") for _ in range(5)))
    assert len({render["id"] for render in renders}) == 1
    first = renders[0]
    assert first["callbackUrl"] == f"{server.url}/render/status"
    assert first["url"] == f"{server.url}/room/recorder/asked-twice"
    assert first["resolution"] == "1280x720"
    assert first["projectId"] == (await asyncio.to_thread(server.open_room, "asked-twice"))["apiKey"]
    assert server.http.get(f"/render/stop/{first['id']}").status_code == 200
    assert server.http.get(f"/render/stop/{first['id']}").status_code == 200  # harmless again
