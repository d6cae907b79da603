"""What a browser fetches is small, and fetched once; films and ranges of them pass as they are."""

import gzip
from pathlib import Path

import httpx
import pytest

from tests.server.conftest import House
from tests.server.test_film_links import a_room, an_archive

SCRIPT = b"export const name = 'page';\n" * 200


@pytest.fixture
def assets(client: httpx.AsyncClient, tmp_path: Path) -> Path:
    """A page that was built, and packed."""
    folder = tmp_path / "page" / "assets"
    (folder / "page-1a2b.js").write_bytes(SCRIPT)
    (folder / "page-1a2b.js.gz").write_bytes(gzip.compress(SCRIPT))
    (folder / "page-1a2b.js.br").write_bytes(b"as brotli has it")
    (folder / "font.woff2").write_bytes(b"\0" * 2000)
    return folder


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("br;q=0.1", "br"),
        ("gzip;q=0", None),
        ("", None),
    ],
)
async def test_a_script_comes_in_the_smallest_form_that_is_understood(
    client: httpx.AsyncClient, assets: Path, accepted: str, coding: str | None
) -> None:
    async with client.stream("GET", "/assets/page-1a2b.js", headers={"accept-encoding": accepted}) as answer:
        body = b"".join([part async for part in answer.aiter_raw()])
    file = assets / ("page-1a2b.js" + {"br": ".br", "gzip": ".gz"}.get(coding or "", ""))
    assert body == file.read_bytes()
    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "Accept-Encoding" in answer.headers["vary"]


async def test_what_a_browser_has_it_is_not_sent_again(client: httpx.AsyncClient, assets: Path) -> None:
    for path in ("/assets/page-1a2b.js", "/"):
        first = await client.get(path)
        again = await client.get(path, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["cache-control"] == first.headers["cache-control"]
    assert (await client.get("/")).headers["cache-control"] == "no-cache"
    assert (await client.get("/assets/missing.js")).status_code == 404


async def test_long_lists_are_packed_and_films_are_not(house: House, client: httpx.AsyncClient) -> None:
    session = await a_room(client)
    for _ in range(5):
        archive = await an_archive(house, session)
    house.server.storage.path(archive.id).write_bytes(b"film" * 1000)
    listed = await client.get(f"/archive/{session}")
    assert listed.headers["content-encoding"] == "gzip"
    assert int(listed.headers["content-length"]) < len(listed.content) / 3
    assert len(listed.json()) == 5
    plain = await client.get(f"/archive/{session}", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    film = listed.json()[0]["url"]
    for more in ({}, {"range": "bytes=0-9"}):
        answer = await client.get(film, headers=more)
        assert "content-encoding" not in answer.headers
    # An answer with a token in it tells nothing of it by its length.
    assert "content-encoding" not in (await client.get("/session/board")).headers
