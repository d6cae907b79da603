"""A room whose camera sends H.264 is filmed while it talks: what libwebrtc encoded is copied."""

import asyncio
import json
from pathlib import Path

import pytest
from livekit import rtc

from reelroom.takes.matroska import TrackFile
from tests.e2e.application import Application
from tests.e2e.people import ann
from tests.e2e.running import RunningServer
from tests.h264_tracks import H264Track, copied_pictures, decoded, decoded_track
from tests.matroska_files import Frame


def track_of(path: Path) -> H264Track:
    """What a tap wrote."""
    with TrackFile(path) as file:
        file.poll()
        numbers = range(len(file))
        frames = tuple(Frame(file.times[each], file.payload(each), file.is_keyframe(each)) for each in numbers)
        return H264Track(frames, file.codec_private)


def copies_of(server: RunningServer, archive: str) -> int:
    """How many pictures of a film are copied, as its report says."""
    (report,) = server.data_dir.glob(f"takes/*/films/{archive}.report.json")
    return int(json.loads(report.read_bytes())["copied"])


@pytest.mark.slow
async def test_what_a_camera_encoded_is_in_the_film_to_the_last_bit(
    own_server: RunningServer, tmp_path: Path
) -> None:
    application = Application(own_server)
    session = application.call("POST", "/session/create").json()[0]["session_id"]
    asked = {"sessionId": session, "token": application.token(session), "name": "Ann"}
    access = own_server.http.post("/session/connect", json=asked).json()
    person = await ann(width=640, height=480, codec=rtc.VideoCodec.H264).join(access["url"], access["accessToken"])
    person.speak()
    wish = {"sessionId": session, "resolution": "640x480"}
    refused = application.project("POST", "/archive", json=wish | {"splice": "always"})
    assert refused.status_code == 400
    assert "splice" in refused.json()["message"]
    archive = application.project("POST", "/archive", json=wish | {"splice": "auto"}).json()
    await asyncio.to_thread(own_server.record_for, session, 15)
    application.project("POST", f"/archive/{archive['id']}/stop")
    await person.leave()
    film = application.film(archive["id"], tmp_path)
    files = [track_of(path) for path in own_server.data_dir.glob("takes/*/tracks/*.mkv")]
    tracks = [each for each in files if each.private.startswith(b"\1")]  # avcC; OpusHead begins otherwise
    found = copied_pictures(film, *tracks)
    assert copies_of(own_server, archive["id"]) == len(found) > 30
    sums, _, complaints = decoded(film)
    assert complaints == ""
    sources = [decoded_track(each, tmp_path) for each in tracks]
    assert [sums[number] for number, _, _ in found] == [sources[track][number] for _, track, number in found]

    made = application.call("POST", f"/archive/{archive['id']}/recut", json={"splice": "never"}).json()
    application.film(made["id"], tmp_path)
    assert copies_of(own_server, made["id"]) == 0
