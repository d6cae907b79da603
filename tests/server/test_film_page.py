"""One film's page: what it shows to whom, and the card that a chat makes of its address."""

from datetime import datetime
from pathlib import Path
from urllib.parse import unquote
from uuid import uuid4

import httpx
from sqlalchemy import update

from reelroom.store.tables import archives
from tests.server.conftest import House, caller
from tests.server.test_film_links import a_room, an_archive, shared, with_link


async def test_a_film_is_looked_at_with_its_room(house: House, client: httpx.AsyncClient) -> None:
    archive = await an_archive(house, await a_room(client))
    seen = (await client.get(f"/archive/{archive.id}/film")).json()
    assert (seen["room"], seen["film"]["id"], seen["film"]["mayEdit"]) == ("board", archive.id, True)
    assert (await client.get(seen["film"]["url"])).status_code == 200
    assert (await client.get(f"/archive/{uuid4()}/film")).status_code == 404
    await client.delete(f"/archive/{archive.id}")
    assert (await client.get(f"/archive/{archive.id}/film")).json()["film"]["status"] == "deleted"
    client.cookies.clear()
    await client.get("/session/board")  # not as the owner
    assert (await client.get(f"/archive/{archive.id}/film")).status_code == 404


async def test_links_are_renewed_by_the_films_link_without_being_counted(
    house: House, client: httpx.AsyncClient
) -> None:
    session = await a_room(client)
    archive, other = await an_archive(house, session), await an_archive(house, session)
    link = await shared(client, archive)
    client.cookies.clear()
    seen = (await client.get(f"/archive/{archive.id}/film", headers=with_link(link))).json()["film"]
    assert (seen["mayEdit"], seen["mayShare"]) == (False, False)
    assert f"link={link['id']}" in seen["url"]
    assert (await client.get(f"/archive/{other.id}/film", headers=with_link(link))).status_code == 403
    kept = await house.server.store.film_links.get(link["id"])
    assert kept is not None and kept.uses == 0


async def test_a_chat_shows_title_and_poster_of_what_it_was_given(tmp_path: Path, empty_database: bytes) -> None:
    (tmp_path / "reelroom.db").write_bytes(empty_database)
    house = House(tmp_path, auth="token")
    await house.open()
    session = (await house.server.rooms.open("board")).session_id
    archive = await an_archive(house, session, name='<b> & "Launch"')
    house.server.storage.path(archive.id, ".poster.jpg").write_bytes(b"a picture")
    link, secret = await house.server.sharing.share(archive, "view", 60)
    address = f"/film/{archive.id}?link={link.id}"
    async with caller(house.server, tmp_path) as chat:
        html = (await chat.get(address)).text
        assert '<meta property="og:title" content="&lt;b&gt; &amp; &quot;Launch&quot;" />' in html
        picture = html.partition('property="og:image" content="')[2].partition('"')[0].replace("&amp;", "&")
        assert (await chat.get(picture)).content == b"a picture"
        # Neither a film nor anything that opens one is in it; and who was given nothing has the bare page.
        assert ".mp4" not in html and secret not in html
        for path in (
            f"/film/{archive.id}",
            f"/film/{archive.id}?link={uuid4()}",
            "/film/nothing",
            f"/film/{uuid4()}",
        ):
            assert "og:" not in (await chat.get(path)).text, path
        await house.server.sharing.revoke(archive, link.id)
        assert "og:" not in (await chat.get(address)).text
        assert (await chat.get(picture)).status_code == 403
    await house.server.stop()


async def test_where_rooms_are_open_a_films_address_alone_opens_nothing(
    house: House, client: httpx.AsyncClient
) -> None:
    """Whoever had a link knows the film's id, and keeps it when the link is taken back."""
    session = await a_room(client)
    archive = await an_archive(house, session, name="Launch")
    link = await shared(client, archive)
    looked = f"/archive/{archive.id}/film"
    owner = client.cookies
    client.cookies = httpx.Cookies()
    assert (await client.get(looked, headers=with_link(link))).status_code == 200
    client.cookies = owner
    assert (await client.delete(f"/archive/{archive.id}/link/{link['id']}")).status_code == 204
    for kept in (httpx.Cookies(), httpx.Cookies({"reelroom_rooms": "A" * 75})):
        client.cookies = kept
        assert (await client.get(looked, headers=with_link(link))).status_code == 403
        refused = await client.get(looked)
        assert (refused.status_code, "a link to the film" in refused.json()["message"]) == (403, True)
        assert "og:" not in (await client.get(f"/film/{archive.id}")).text


async def test_where_rooms_are_open_who_has_been_there_watches_its_films(
    house: House, client: httpx.AsyncClient
) -> None:
    session = await a_room(client)
    archive = await an_archive(house, session, name="Launch")
    for way in ("/session/Board", f"/archive/{session}", f"/archives?session={session}", "/archives?room=BOARD"):
        client.cookies = httpx.Cookies()
        assert (await client.get(way)).status_code == 200
        seen = await client.get(f"/archive/{archive.id}/film")
        assert (seen.status_code, seen.json()["film"]["mayEdit"]) == (200, False), way
        assert 'og:title" content="Launch"' in (await client.get(f"/film/{archive.id}")).text
    client.cookies = httpx.Cookies()
    await client.get("/session/elsewhere")
    assert (await client.get(f"/archive/{archive.id}/film")).status_code == 403


async def test_downloads_are_named_after_room_title_and_date(house: House, client: httpx.AsyncClient) -> None:
    session = await a_room(client)
    started = datetime(2026, 3, 4, 9, 30).astimezone()
    for title, expected in (
        ("board", "board 2026-03-04 09.30.mp4"),
        ("Q1/Q2: plans?", "board, Q1-Q2- plans- 2026-03-04 09.30.mp4"),
    ):
        start = int(started.timestamp() * 1_000_000)
        archive = await an_archive(house, session, name=title)
        async with house.server.store._database.writing() as connection:
            await connection.execute(update(archives).where(archives.c.id == archive.id).values(start_us=start))
        url = (await client.get(f"/archive/{archive.id}/film")).json()["film"]["url"]
        assert unquote((await client.get(url)).headers["content-disposition"]).endswith(f"''{expected}")
        # A player asks for range after range: what it is called, for which its room is asked, is told at the start.
        for part, named in (("bytes=0-", True), ("bytes=1-", False), ("bytes=-1", False)):
            answer = await client.get(url, headers={"range": part})
            assert (answer.status_code, "content-disposition" in answer.headers) == (206, named), part


async def test_how_far_a_film_reaches_beyond_its_ends(house: House, client: httpx.AsyncClient) -> None:
    archive = await an_archive(house, await a_room(client))
    assert (await client.get(f"/archive/{archive.id}/reach")).status_code == 409  # its take is not there
    client.cookies.clear()
    assert (await client.get(f"/archive/{archive.id}/reach")).status_code == 403
