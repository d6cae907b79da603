"""Cutting again over HTTP, and all that an archive has beside its film."""

import asyncio
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import av
import httpx
import pytest
from PIL import Image

from tests.e2e.films import watch
from tests.e2e.people import ann, ben
from tests.e2e.running import RunningServer, wait_until
from tests.e2e.test_main_job import Recording, converse

NOWHERE = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
SMALL = {"width": 320, "height": 180, "fps": 10}


@pytest.fixture(scope="module")
def recording(server: RunningServer) -> Recording:
    async def talk() -> Recording:
        return await converse(server, "cut-again", [ann(**SMALL), ben(**SMALL)], turns=2)

    return asyncio.run(talk())


def recut(server: RunningServer, archive_id: str, **wish: Any) -> dict[str, Any]:
    answer = server.http.post(f"/archive/{archive_id}/recut", json=wish)
    assert answer.status_code == 200, answer.text
    return answer.json()


def finished(server: RunningServer, session: str, archive_id: str, seconds: float = 90) -> dict[str, Any]:
    def available() -> dict[str, Any] | None:
        (archive,) = [each for each in server.archives(session) if each["id"] == archive_id]
        assert archive["status"] != "failed", archive["reason"]
        return archive if archive["status"] == "available" else None

    return wait_until(available, "the new film", seconds)


def test_an_archive_is_cut_again(server: RunningServer, recording: Recording, tmp_path: Path) -> None:
    first = recording.archive
    middle = recording.turns[1][1] - first["createdAt"] / 1000  # when Ben begins
    made = recut(server, first["id"], resolution="480x640", **{"from": middle + 1, "to": middle + 3.5})
    assert made["id"] != first["id"]
    assert (made["status"], made["recutOf"], made["url"]) == ("stopped", first["id"], None)
    assert 0 <= made["progress"] <= 1
    assert (made["sessionId"], made["resolution"], made["name"]) == (first["sessionId"], "480x640", "cut-again")
    film = watch(server.download(finished(server, first["sessionId"], made["id"]), tmp_path))
    assert (film.width, film.height) == (480, 640)
    assert film.seconds == pytest.approx(2.5, abs=0.1)
    assert film.shows(recording.people[1].colour, 1.2)
    assert film.loudness(recording.people[1].tone, 0.5, 2.0) > 0.05
    (kept,) = [each for each in server.archives(first["sessionId"]) if each["id"] == first["id"]]
    assert (kept["status"], kept["sha256sum"]) == ("available", first["sha256sum"])


def test_who_has_a_link_to_edit_cuts_the_film_again_and_watches_what_comes_of_it(
    server: RunningServer, recording: Recording, tmp_path: Path
) -> None:
    """Somebody with the link alone, and nothing else of the room's."""
    made = server.http.post(f"/archive/{recording.archive_id}/link", json={"grants": "edit", "expiresIn": 600})
    assert made.status_code == 200, made.text
    link = {"x-film-link": made.json()["url"].partition("#")[2]}
    middle = recording.turns[1][1] - recording.archive["createdAt"] / 1000  # when Ben begins
    with httpx.Client(base_url=server.url, headers=link) as stranger:
        wish = {"resolution": "640x480", "from": middle + 1, "to": middle + 3}
        answer = stranger.post(f"/archive/{recording.archive_id}/recut", json=wish)
        assert answer.status_code == 200, answer.text
        again = answer.json()["id"]

        def watchable() -> dict[str, Any] | None:
            shared: list[dict[str, Any]] = stranger.get("/shared").json()["films"]
            assert [each["id"] for each in shared] == [again, recording.archive_id]
            return shared[0] if shared[0]["status"] == "available" else None

        film = tmp_path / "again.mp4"
        film.write_bytes(stranger.get(wait_until(watchable, "the new film", 90)["url"]).content)
    watched = watch(film)
    assert (watched.width, watched.height) == (640, 480)
    assert watched.seconds == pytest.approx(2, abs=0.1)
    assert watched.shows(recording.people[1].colour, 1.0)
    assert watched.loudness(recording.people[1].tone, 0.5, 1.5) > 0.05


def test_times_before_and_after_the_film_reach_for_the_rest_of_the_take(
    server: RunningServer, recording: Recording, tmp_path: Path
) -> None:
    first = recording.archive
    part = recut(server, first["id"], **{"from": 2, "to": 4})
    finished(server, first["sessionId"], part["id"])
    wider = recut(server, part["id"], **{"from": -1, "to": 100_000})
    archive = finished(server, first["sessionId"], wider["id"])
    seconds = watch(server.download(archive, tmp_path)).seconds
    assert recording.seconds - 2 < seconds < recording.seconds + 15  # from "starting" to the last event


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"layout": "cubist"}, "layout: there is no layout 'cubist'"),
        ({"resolution": "1x1"}, "resolution: '1x1' is none of 640x480"),
        ({"from": 5, "to": 5}, "from: the film would end before it begins"),
        ({"from": 1000}, "from: the film would end before it begins"),
        ({"from": 5000, "to": 5001}, "from, to: nothing was recorded then"),
        ({"from": "5"}, "from: "),
        ({"rules": {"speed": 3}}, "rules: there is no rule 'speed'"),
        ({"rules": {"shortestShot": -3}}, "rules: shortestShot is a number of seconds"),
        ({"form": 5}, "form: "),
        ([], "body: "),
    ],
)
def test_bad_wishes_are_refused(server: RunningServer, recording: Recording, wish: Any, words: str) -> None:
    before = len(server.archives(recording.archive["sessionId"]))
    answer = server.http.post(f"/archive/{recording.archive_id}/recut", json=wish)
    assert answer.status_code == 400, answer.text
    assert answer.json()["message"].startswith(words)
    assert len(server.archives(recording.archive["sessionId"])) == before


def test_an_unknown_archive_is_not_found(server: RunningServer) -> None:
    assert server.http.post(f"/archive/{NOWHERE}/recut", json={}).status_code == 404


def test_chapters_and_speakers_are_the_turns(server: RunningServer, recording: Recording, tmp_path: Path) -> None:
    film = server.download(recording.archive, tmp_path)
    with av.open(str(film)) as container:
        titles = [chapter["metadata"]["title"] for chapter in container.chapters()]
    assert titles == ["Ann", "Ben"]
    speakers = server.http.get(recording.archive["speakersUrl"])
    assert speakers.headers["content-type"].startswith("text/vtt")
    assert speakers.text.startswith("WEBVTT\n")
    assert [line for line in speakers.text.splitlines() if line.startswith("<v")] == [
        "<v Ann>Ann</v>",
        "<v Ben>Ben</v>",
    ]
    timeline = server.http.get(recording.archive["timelineUrl"]).json()
    zero = recording.archive["createdAt"] * 1000
    for turn, (person, start, end) in zip(timeline["turns"], recording.turns, strict=True):
        assert timeline["names"][turn["participant"]] == person.name
        assert (turn["start"] - zero) / 1e6 == pytest.approx(start - zero / 1e6, abs=0.8)
        assert (turn["end"] - turn["start"]) / 1e6 == pytest.approx(end - start, abs=1.0)
    assert server.http.get(recording.archive["chaptersUrl"]).text.count("-->") == 2


def test_poster_and_thumbnails_show_the_film(server: RunningServer, recording: Recording) -> None:
    poster = Image.open(io.BytesIO(server.http.get(recording.archive["posterUrl"]).content)).convert("RGB")
    assert poster.size == (1280, 720)
    middle = poster.getpixel((640, 360))
    assert any(middle == pytest.approx(person.colour, abs=40) for person in recording.people), middle
    thumbnails = server.http.get(recording.archive["thumbnailsUrl"]).text
    cues = [line for line in thumbnails.splitlines() if "#xywh=" in line]
    assert len(cues) == pytest.approx(recording.seconds, abs=2)
    person, start, end = recording.turns[1]
    link, _, place = cues[int((start + end) / 2 - recording.archive["createdAt"] / 1000)].partition("#xywh=")
    x, y, width, height = (int(part) for part in place.split(","))
    strip = Image.open(io.BytesIO(server.http.get(link).content)).convert("RGB")
    assert strip.getpixel((x + width // 2, y + height // 2)) == pytest.approx(person.colour, abs=40)


def test_one_signature_is_for_one_file(server: RunningServer, recording: Recording) -> None:
    archive = recording.archive
    other = archive["url"].replace(".mp4?", ".poster.jpg?")
    assert server.http.get(other).status_code == 403
    assert server.http.get(archive["posterUrl"].replace(".poster.jpg", ".poster.png")).status_code == 404


def test_tracks_are_a_zip_with_a_manifest(server: RunningServer, recording: Recording) -> None:
    archive = recording.archive
    answer = server.http.get(archive["tracksUrl"])
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        assert packed.testzip() is None
        manifest = json.loads(packed.read(f"{archive['id']}.json"))
        assert {name: manifest[name] for name in ("id", "name", "partnerId", "sessionId", "createdAt")} == {
            name: archive[name] for name in ("id", "name", "partnerId", "sessionId", "createdAt")
        }
        assert len(manifest["files"]) == 4
        for entry in manifest["files"]:
            info = packed.getinfo(entry["filename"])
            assert (info.compress_type, info.file_size) == (zipfile.ZIP_STORED, entry["size"])
            assert set(entry) == {
                "streamId",
                "filename",
                "size",
                "startTimeOffset",
                "stopTimeOffset",
                "connectionData",
                "videoType",
            }
            assert entry["connectionData"] in {"Ann", "Ben"}
            length = entry["stopTimeOffset"] - entry["startTimeOffset"]
            assert length / 1000 > recording.seconds - 1
            with av.open(io.BytesIO(packed.read(entry["filename"]))) as track:
                assert track.streams[0].type == ("video" if entry["videoType"] == "camera" else "audio")


def test_the_command_line_cuts_again_while_the_server_runs(
    server: RunningServer, recording: Recording, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "reelroom", "recut", recording.archive_id, "--data-dir", str(server.data_dir)]
    output = tmp_path / "again.mp4"
    command += ["--from", "1", "--to", "3", "--size", "640x480", "-o", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    film = watch(output)
    assert (film.width, film.height) == (640, 480)
    assert film.seconds == pytest.approx(2, abs=0.1)
    wrong = subprocess.run(
        [*command[:4], NOWHERE, *command[5:]], capture_output=True, text=True, timeout=60, check=False
    )
    assert wrong.returncode == 1
    assert wrong.stderr.startswith(f"There is no archive {NOWHERE}")
