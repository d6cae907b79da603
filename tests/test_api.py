"""The HTTP side as far as it needs no engine: bad requests, films, the page."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from PIL import Image
from prometheus_client.parser import text_string_to_metric_families

from reelroom.api.app import create_app
from reelroom.archives.answer import film_link
from reelroom.config import Settings
from reelroom.opentok.signing import callback_token, link_signature
from reelroom.roles.everything import Server
from reelroom.store.schema import database_url, migrate
from reelroom.store.values import Archive, KeptTake, Room, Session

FILM = bytes(range(256)) * 40
FILM_ID, UNFINISHED_ID = str(uuid4()), str(uuid4())


def archive(archive_id: str, status: str, created_at: int) -> Archive:
    return Archive(
        id=archive_id,
        session_id="session",
        take_id="take",
        name="Bürgersaal",
        status=status,
        resolution="1280x720",
        start_us=1,
        duration_ms=61_500,
        size=len(FILM),
        created_at=created_at,
        updated_at=created_at,
    )


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    (folder / "assets").mkdir()
    (folder / "index.html").write_text("<!doctype html>")
    return folder


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """A server with one film and one recording, whose engine is not running."""
    await asyncio.to_thread(migrate, database_url(tmp_path))
    server = Server(Settings(data_dir=tmp_path), tmp_path / "engine", tmp_path / "tap")
    take = KeptTake(id="take", session_id="session", created_at=1)
    room = Room(name="Bürgersaal", session_id="session", created_at=1)
    await server.store.add(Session(id="session", created_at=1), take, room)
    await server.store.add(archive(FILM_ID, "available", 1), archive(UNFINISHED_ID, "stopped", 2))
    server.storage.folder.mkdir()
    server.storage.path(FILM_ID).write_bytes(FILM)
    yield server
    await server.store.close()


@pytest.fixture
async def client(server: Server, page: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(server, page)

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("a secret of the server")

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


def message(answer: httpx.Response, status: int) -> str:
    """What an error says; it has OpenTok's form and says nothing else."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    code = -99 if status == 500 else -1
    assert body == {"code": code, "message": body["message"], "description": body["message"]}
    return str(body["message"])


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, "roomName: Field required"),
        ({"roomName": None}, "roomName: Input should be a valid string"),
        ({"roomName": 17}, "roomName: Input should be a valid string"),
        ({"roomname": "demo"}, "roomName: Field required"),
        ([], "body: "),
        ("demo", "body: "),
    ],
)
async def test_a_body_that_is_wrong_is_named_in_words(client: httpx.AsyncClient, body: Any, why: str) -> None:
    assert message(await client.post("/render", json=body), 400).startswith(why)


@pytest.mark.parametrize("content", [b"{", b"roomName=demo", b"\x00"])
async def test_a_body_that_is_not_json_is_said_not_to_be(client: httpx.AsyncClient, content: bytes) -> None:
    answer = await client.post("/render", content=content, headers={"Content-Type": "application/json"})
    assert message(answer, 400) == "The body is not valid JSON"


async def test_a_body_that_is_not_text_is_an_error_in_words(client: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json"}
    assert message(await client.post("/render", content=b"\xff\xfe\x00", headers=headers), 400)


async def test_a_missing_body_is_an_error_in_words(client: httpx.AsyncClient) -> None:
    assert message(await client.post("/render"), 400) == "body: Field required"


async def test_an_empty_room_name_is_refused(client: httpx.AsyncClient) -> None:
    assert message(await client.get("/session/"), 400) == "A room needs a name"


async def test_unknown_paths_and_methods_are_errors_in_words(client: httpx.AsyncClient) -> None:
    assert message(await client.get("/nowhere"), 404) == "Not Found"
    shown = await client.get("/nowhere", headers={"Accept": "text/html,*/*"})
    assert (shown.status_code, shown.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert message(await client.delete("/render"), 405) == "Method Not Allowed"


async def test_a_failure_of_the_server_gives_nothing_away(client: httpx.AsyncClient) -> None:
    assert "secret" not in message(await client.get("/broken"), 500)


async def test_the_archives_of_an_unknown_session(client: httpx.AsyncClient) -> None:
    assert message(await client.get("/archive/nowhere"), 404) == "There is no session nowhere"


async def test_the_archives_of_a_session(client: httpx.AsyncClient, server: Server) -> None:
    answer = await client.get("/archive/session")
    unfinished, film = answer.json()
    assert (unfinished["id"], unfinished["url"]) == (UNFINISHED_ID, None)
    project = int(server.keys.api_key)
    assert film["url"].startswith(f"http://127.0.0.1:8080/films/{FILM_ID}.mp4?expires=")
    assert {name: value for name, value in film.items() if name != "url"} == {
        "id": FILM_ID,
        "status": "available",
        "name": "Bürgersaal",
        "reason": "",
        "sessionId": "session",
        "projectId": project,
        "createdAt": 1,
        "size": len(FILM),
        "duration": 62,
        "outputMode": "composed",
        "hasAudio": True,
        "hasVideo": True,
        "sha256sum": "",
        "password": "",
        "updatedAt": 1,
        "resolution": "1280x720",
        "partnerId": project,
        "event": "archive",
        "tracksUrl": None,
        "timelineUrl": None,
        "speakersUrl": None,
        "chaptersUrl": None,
        "posterUrl": None,
        "thumbnailsUrl": None,
        "chatUrl": None,
        "transcriptUrl": None,
        "transcriptTextUrl": None,
        "captionsUrl": None,
        "subtitlesUrl": None,
        "summaryUrl": None,
        "transcript": None,
        "progress": None,
        "recutOf": None,
        "mayEdit": False,
        "mayShare": False,
        "restorableUntil": None,
    }


async def linked(server: Server) -> str:
    link = film_link(await server.archives.get(FILM_ID), server.settings, server.keys)
    assert link is not None
    return link


async def test_a_film_is_downloaded_by_its_link(client: httpx.AsyncClient, server: Server) -> None:
    answer = await client.get(await linked(server))
    assert (answer.status_code, answer.content) == (200, FILM)
    assert answer.headers["content-type"] == "video/mp4"
    assert "public" not in answer.headers["cache-control"]


async def test_players_may_ask_for_a_part(client: httpx.AsyncClient, server: Server) -> None:
    link = await linked(server)
    part = await client.get(link, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, FILM[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(FILM)}"
    head = await client.head(link)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(FILM))


async def test_a_film_is_not_given_without_its_link(client: httpx.AsyncClient, server: Server) -> None:
    link = await linked(server)
    query = dict(httpx.URL(link).params)
    soon = str(int(query["expires"]) + 1)
    past = int(time.time()) - 1
    expired = {"expires": str(past), "signature": link_signature(server.keys.link_secret, f"{FILM_ID}.mp4", past)}
    for wrong in ({}, {"expires": query["expires"]}, query | {"expires": soon}, query | {"signature": "ä"}, expired):
        answer = await client.get(f"/films/{FILM_ID}.mp4", params=wrong)
        assert message(answer, 403).startswith("This link is not valid"), wrong
    assert message(await client.get(f"/films/{UNFINISHED_ID}.mp4", params=query), 403)


async def test_a_recording_has_no_film_yet(client: httpx.AsyncClient, server: Server) -> None:
    expires = int(time.time()) + 60
    signature = link_signature(server.keys.link_secret, f"{UNFINISHED_ID}.mp4", expires)
    answer = await client.get(f"/films/{UNFINISHED_ID}.mp4?expires={expires}&signature={signature}")
    assert message(answer, 404) == f"The archive {UNFINISHED_ID} has no film"


@pytest.mark.parametrize("path", ["x", "..%2f..%2fkeys.json", "%00", "a" * 5000])
async def test_what_is_no_archives_id_is_refused(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"/films/{path}.mp4")
    assert answer.status_code in {400, 404}
    assert message(answer, answer.status_code)


async def test_a_callback_that_is_not_signed_is_refused(client: httpx.AsyncClient, server: Server) -> None:
    body = b'{"id": "x", "sessionId": "y", "status": "started"}'
    other = callback_token("f" * 64, body, int(time.time()))
    old = callback_token(server.keys.callback_secret, body, int(time.time()) - 400)
    for headers in ({}, {"Authorization": f"Bearer {other}"}, {"Authorization": f"Bearer {old}"}):
        answer = await client.post("/render/status", content=body, headers=headers)
        assert message(answer, 403) == "The callback is not signed by this server"


@pytest.mark.parametrize(
    ("body", "why"),
    [(b"{}", "id: Field required"), (b"", "body: "), (b'{"id": "x", "sessionId": "y", "status": "z"}', "status: ")],
)
async def test_a_signed_callback_that_makes_no_sense_is_refused(
    client: httpx.AsyncClient, server: Server, body: bytes, why: str
) -> None:
    token = callback_token(server.keys.callback_secret, body, int(time.time()))
    answer = await client.post("/render/status", content=body, headers={"Authorization": f"Bearer {token}"})
    assert message(answer, 400).startswith(why)


@pytest.mark.parametrize("path", ["/", "/room/demo", "/room/recorder/demo", "/room/demo/1_MX4x/end"])
async def test_all_pages_are_the_page(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.text) == (200, "<!doctype html>")


@pytest.mark.parametrize("path", ["/", "/room/demo", "/recordings", "/robots.txt", "/favicon.ico"])
async def test_who_asks_for_the_head_has_it(client: httpx.AsyncClient, page: Path, path: str) -> None:
    (page / "assets" / "icon-1.svg").write_text("<svg/>")
    whole, head = await client.get(path), await client.head(path)
    assert (whole.status_code, head.status_code) == (200, 200)
    assert (head.content, head.headers["content-length"]) == (b"", str(len(whole.content)))
    assert head.headers["content-type"] == whole.headers["content-type"]


async def test_a_browser_that_installs_the_page_finds_what_it_needs(client: httpx.AsyncClient, page: Path) -> None:
    shutil.copytree(Path(__file__).parents[1] / "web" / "public" / "app", page / "app")
    answer = await client.get("/app/manifest.webmanifest")
    assert answer.headers["content-type"] == "application/manifest+json"
    manifest = answer.json()
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/", "/", "standalone")
    for icon in manifest["icons"]:
        picture = await client.get(f"/app/{icon['src']}")
        assert picture.headers["content-type"] == "image/png"
        assert "{}x{}".format(*Image.open(BytesIO(picture.content)).size) == icon["sizes"]
    assert (await client.get("/app/apple-touch-icon.png")).status_code == 200
    assert (await client.get("/app/keys.json")).status_code == 404


async def test_robots_are_asked_to_stay_out(client: httpx.AsyncClient) -> None:
    assert (await client.get("/robots.txt")).text == "User-agent: *\nDisallow: /\n"


async def test_json_that_is_not_called_so_is_read_all_the_same(client: httpx.AsyncClient) -> None:
    request = client.build_request("POST", "/render", content=b'{"roomName": 5}')
    assert "content-type" not in request.headers
    assert "roomName" in message(await client.send(request), 400)


async def test_a_list_of_archives_has_pages(client: httpx.AsyncClient, server: Server) -> None:
    await server.store.add(*(archive(str(uuid4()), "available", created_at) for created_at in range(10, 2010)))
    first = (await client.get("/archive/session")).json()
    assert [each["createdAt"] for each in first] == list(range(2009, 1009, -1))
    page = (await client.get("/archive/session", params={"offset": 1990, "count": 20})).json()
    assert [each["createdAt"] for each in page] == [*range(19, 9, -1), 2, 1]
    assert (await client.get("/archive/session", params={"offset": 5000})).json() == []
    for wrong in ({"count": 1001}, {"offset": -1}, {"count": "x"}):
        assert next(iter(wrong)) in message(await client.get("/archive/session", params=wrong), 400)


async def test_whoever_watches_asks_whether_it_lives_and_is_ready(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    assert message(await client.get("/readyz"), 503) == "The media engine does not answer"


async def test_prometheus_sees_what_there_is(client: httpx.AsyncClient, server: Server) -> None:
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    seen = {
        (sample.name, sample.labels.get("status")): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert seen["reelroom_engine_up", None] == 0
    assert (seen["reelroom_archives", "stopped"], seen["reelroom_archives", "started"]) == (1, 0)
    assert (seen["reelroom_taps", None], seen["reelroom_recordings", None]) == (0, 0)
    assert seen["reelroom_disk_bytes", None] > seen["reelroom_disk_free_bytes", None] > 0
    assert seen["reelroom_recording_start_seconds_count", None] >= 0


async def test_metrics_are_for_who_may_see_the_rest(client: httpx.AsyncClient) -> None:
    assert "admin token" in message(await client.get("/metrics", headers={"x-forwarded-for": "192.0.2.1"}), 403)
