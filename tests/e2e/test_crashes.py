"""What is killed in mid-recording comes back, and the film holds what reached the disk."""

import asyncio
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.films import watch
from tests.e2e.people import Person, ann, ben
from tests.e2e.running import RunningServer, wait_until

SMALL = {"width": 320, "height": 180, "fps": 10}


async def start_recording(server: RunningServer, room: str) -> tuple[Person, dict[str, Any], str]:
    """One person who speaks, being recorded."""
    person = ann(**SMALL)
    await person.join(*await asyncio.to_thread(server.connect, room, person.name))
    person.speak()
    render = await asyncio.to_thread(server.record, room)
    archive_id, _ = (await person.heard("archiveStarted")).split(":")
    return person, render, archive_id


async def stop_recording(server: RunningServer, archive_id: str, session_id: str, folder: Path) -> Path:
    await asyncio.to_thread(server.http.get, f"/archive/stop/{archive_id}")
    archive = await asyncio.to_thread(server.wait_for_archive, session_id, "available", 90)
    return await asyncio.to_thread(server.download, archive, folder)


def audible_seconds(path: Path, tone: float) -> float:
    """For how long of a film the tone is heard, in steps of a quarter of a second."""
    film = watch(path)
    steps = [step / 4 for step in range(int(film.seconds * 4) - 1)]
    return sum(0.25 for step in steps if film.loudness(tone, step, step + 0.25) > 0.05)


@pytest.mark.slow
async def test_killed_tap_costs_less_than_two_seconds(own_server: RunningServer, tmp_path: Path) -> None:
    person, render, archive_id = await start_recording(own_server, "tap-dies")
    began = time.monotonic()
    await asyncio.sleep(4)
    (tap,) = own_server.taps()
    os.kill(tap, signal.SIGKILL)
    await asyncio.to_thread(wait_until, lambda: own_server.taps() not in ([], [tap]), "a new tap")
    await asyncio.sleep(4)
    recorded = time.monotonic() - began
    path = await stop_recording(own_server, archive_id, render["sessionId"], tmp_path)
    film = watch(path)
    assert film.seconds == pytest.approx(recorded, abs=1.0)
    assert audible_seconds(path, person.tone) > recorded - 2.5
    assert film.shows(person.colour, 2.0)
    assert film.shows(person.colour, film.seconds - 0.5)
    (take,) = (own_server.data_dir / "takes").iterdir()
    assert {path.name.split("-")[0] for path in (take / "tracks").iterdir()} == {"1", "2"}
    await person.leave()


@pytest.mark.slow
async def test_a_tap_that_is_killed_five_times_goes_on(own_server: RunningServer, tmp_path: Path) -> None:
    person, render, archive_id = await start_recording(own_server, "taps-die")
    began = time.monotonic()
    for _ in range(5):
        await asyncio.sleep(2)
        (tap,) = await asyncio.to_thread(wait_until, own_server.taps, "a tap")
        os.kill(tap, signal.SIGKILL)
        await asyncio.to_thread(wait_until, lambda tap=tap: own_server.taps() not in ([], [tap]), "a new tap")
    await asyncio.sleep(4)
    recorded = time.monotonic() - began
    path = await stop_recording(own_server, archive_id, render["sessionId"], tmp_path)
    film = watch(path)
    assert film.seconds == pytest.approx(recorded, abs=1.5)
    assert audible_seconds(path, person.tone) > 2 * 5 + 4 - 5
    assert film.shows(person.colour, film.seconds - 0.5)
    (take,) = (own_server.data_dir / "takes").iterdir()
    assert {path.name.split("-")[0] for path in (take / "tracks").iterdir()} == {"1", "2", "3", "4", "5", "6"}
    await person.leave()


@pytest.mark.slow
async def test_killed_composer_loses_nothing(own_server: RunningServer, tmp_path: Path) -> None:
    person, render, archive_id = await start_recording(own_server, "composer-dies")
    began = time.monotonic()
    await asyncio.sleep(4)
    (composer,) = own_server.children("reelroom.composer")
    composer.kill()
    await asyncio.sleep(3)
    recorded = time.monotonic() - began
    path = await stop_recording(own_server, archive_id, render["sessionId"], tmp_path)
    film = watch(path)
    assert film.seconds == pytest.approx(recorded, abs=1.0)
    assert audible_seconds(path, person.tone) > recorded - 1.0
    for second in range(1, int(film.seconds)):
        assert film.shows(person.colour, second), second
    await person.leave()


@pytest.mark.slow
async def test_killed_engine_comes_back_and_recording_goes_on(own_server: RunningServer, tmp_path: Path) -> None:
    person, render, archive_id = await start_recording(own_server, "engine-dies")
    await asyncio.sleep(3)
    (engine,) = own_server.children("livekit-server")
    engine.kill()
    (take,) = (own_server.data_dir / "takes").iterdir()
    events = take / "events.jsonl"
    await asyncio.to_thread(
        wait_until, lambda: events.read_text().count('"room_joined"') >= 2, "the tap joins again", 30
    )
    second = ben(**SMALL)  # who was there comes back, too, sooner or later
    await second.join(*await asyncio.to_thread(own_server.connect, "engine-dies", "Ben"))
    second.speak()
    await asyncio.sleep(3)
    path = await stop_recording(own_server, archive_id, render["sessionId"], tmp_path)
    film = watch(path)
    assert film.shows(person.colour, 2.0)
    assert film.loudness(person.tone, 1.0, 2.5) > 0.05
    assert film.loudness(second.tone, film.seconds - 1.5, film.seconds - 0.5) > 0.05
    await person.leave()
    await second.leave()


@pytest.mark.slow
async def test_stopped_server_ends_cleanly_and_the_next_finishes_the_film(
    own_server: RunningServer, tmp_path: Path
) -> None:
    person, render, archive_id = await start_recording(own_server, "server-stops")
    began = time.monotonic()
    await asyncio.sleep(4)
    children = own_server.children("")
    assert len(children) >= 4  # engine, tap, live, composer
    recorded = time.monotonic() - began
    assert await asyncio.to_thread(own_server.stop) == 0
    assert not [child for child in children if child.is_running() and child.status() != "zombie"]
    await person.leave()
    await asyncio.to_thread(own_server.start)
    archive = await asyncio.to_thread(own_server.wait_for_archive, render["sessionId"], "available", 90)
    assert archive["id"] == archive_id
    path = await asyncio.to_thread(own_server.download, archive, tmp_path)
    assert watch(path).seconds == pytest.approx(recorded, abs=1.0)
    assert audible_seconds(path, person.tone) > recorded - 1.0
    # Rooms and what is known of them survive, too.
    assert own_server.open_room("server-stops")["sessionId"] != render["sessionId"]
    assert own_server.http.get(f"/render/stop/{render['id']}").json()["status"] == "stopped"


async def test_killed_server_leaves_the_call_and_the_recording_alone(
    own_server: RunningServer, tmp_path: Path
) -> None:
    person, render, archive_id = await start_recording(own_server, "server-dies")
    began = time.monotonic()
    await asyncio.sleep(3)
    engine, tap = own_server.survivors()
    await asyncio.to_thread(own_server.kill)
    await asyncio.sleep(2)  # nobody serves, and the recording goes on
    await asyncio.to_thread(own_server.start)
    assert engine in own_server.survivors()  # adopted: nobody in the room noticed
    await asyncio.to_thread(wait_until, lambda: tap not in own_server.survivors(), "a new tap takes over")
    assert (await asyncio.to_thread(own_server.record, "server-dies"))["id"] == render["id"]
    await asyncio.sleep(3)
    recorded = time.monotonic() - began
    path = await stop_recording(own_server, archive_id, render["sessionId"], tmp_path)
    film = watch(path)
    assert film.seconds == pytest.approx(recorded, abs=1.5)
    assert audible_seconds(path, person.tone) > recorded - 2.0
    for second in range(1, int(film.seconds)):
        assert film.shows(person.colour, second), second
    await person.leave()
    children = own_server.children("")
    assert await asyncio.to_thread(own_server.stop) == 0
    assert not own_server.survivors()
    assert not [child for child in children if child.is_running() and child.status() != "zombie"]


@pytest.mark.slow
async def test_server_that_comes_back_late_finishes_the_film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELROOM_ORPHAN_SECONDS", "1")
    server = RunningServer(tmp_path / "data")
    try:
        await asyncio.to_thread(server.start)
        person, render, _ = await start_recording(server, "server-stays-away")
        began = time.monotonic()
        await asyncio.sleep(3)
        recorded = time.monotonic() - began
        await asyncio.to_thread(server.kill)
        await person.leave()
        await asyncio.to_thread(wait_until, lambda: len(server.survivors()) == 1, "the orphaned tap ends")
        await asyncio.sleep(1.5)
        await asyncio.to_thread(server.start)
        archive = await asyncio.to_thread(server.wait_for_archive, render["sessionId"], "available", 90)
        path = await asyncio.to_thread(server.download, archive, tmp_path)
        assert audible_seconds(path, person.tone) > recorded - 1.0
        assert watch(path).seconds < recorded + 4
    finally:
        server.close()
