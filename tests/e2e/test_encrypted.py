"""A meeting that is encrypted end to end, by real clients: its films are made with the key that is handed over."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from livekit import rtc

from tests.e2e.application import Application
from tests.e2e.films import watch
from tests.e2e.people import BLUE, GREEN, RED, Person
from tests.e2e.running import RunningServer

pytestmark = pytest.mark.slow

KEY = "a secret of those who meet"
PEOPLE = (
    ("Ann", RED, 440.0, rtc.VideoCodec.VP8),
    ("Ben", BLUE, 1000.0, rtc.VideoCodec.H264),
    ("Cleo", GREEN, 1600.0, rtc.VideoCodec.VP9),
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    running = RunningServer(tmp_path / "data")
    try:
        yield running.start()
    finally:
        running.close()


def shares(film: Path) -> list[float]:
    """How much of a picture from the middle of a film each person's colour has."""
    with av.open(str(film)) as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(container.streams.video[0])]
    middle = pictures[len(pictures) // 2].astype(int)
    return [float((np.abs(middle - np.array(colour)).max(axis=2) < 45).mean()) for _, colour, _, _ in PEOPLE]


def heard(film: Path, seconds: float) -> list[float]:
    """How loud each person's tone is in the middle of a film."""
    return [watch(film).loudness(tone, seconds / 2 - 1, seconds / 2 + 1) for _, _, tone, _ in PEOPLE]


async def test_films_of_an_encrypted_meeting_are_made_with_its_key_alone(
    server: RunningServer, tmp_path: Path
) -> None:
    application = Application(server)
    session = application.call("POST", "/session/create", data={"e2ee": "true"}).json()[0]["session_id"]
    people = []
    for name, colour, tone, codec in PEOPLE:
        asked = {"sessionId": session, "token": application.token(session), "name": name}
        access = server.http.post("/session/connect", json=asked).json()
        url, token = access["url"], access["accessToken"]
        person = Person(name, colour, tone, width=320, height=180, codec=codec, passphrase=KEY)
        people.append(await person.join(url, token))
        person.speak()
    body = {"sessionId": session, "resolution": "640x480"}
    refused = application.project("POST", "/archive", json=body)
    assert refused.status_code == 409
    assert "encryptionKey" in refused.json()["message"]
    assert application.project("POST", "/archive", json=body | {"encryptionKey": ""}).status_code == 400
    archive = application.project("POST", "/archive", json=body | {"encryptionKey": KEY}).json()
    await asyncio.to_thread(server.record_for, session, 6)
    (composer,) = server.children("reelroom.composer")
    assert KEY not in " ".join((*composer.cmdline(), *composer.environ().values()))
    application.project("POST", f"/archive/{archive['id']}/stop")
    for person in people:
        await person.leave()
    film = application.film(archive["id"], tmp_path)
    seconds = watch(film).seconds
    assert min(shares(film)) > 0.05, shares(film)
    assert min(heard(film, seconds)) > 0.005, heard(film, seconds)
    done = application.project("GET", f"/archive/{archive['id']}").json()
    assert "encrypted" not in done["reason"], done["reason"]

    for key in (None, "another", KEY):
        wish = {"layout": "bestFit"} | ({"encryptionKey": key} if key else {})
        again = application.call("POST", f"/archive/{archive['id']}/recut", json=wish).json()
        film = application.film(again["id"], tmp_path)
        reason = application.project("GET", f"/archive/{again['id']}").json()["reason"]
        if key == KEY:
            assert min(shares(film)) > 0.05
            assert min(heard(film, seconds)) > 0.005
            assert "encrypted" not in reason
        else:
            assert max(shares(film)) < 0.02
            assert max(heard(film, seconds)) < 0.001
            assert "encrypted end to end" in reason
    kept = [path for path in server.data_dir.rglob("*") if path.is_file()]
    assert not [path for path in kept if KEY.encode() in path.read_bytes()]
