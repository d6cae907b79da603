"""A film's link is a right of its own: to one film, to watch or to change it, until it ends or is taken back."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reelroom.store.values import Archive, KeptTake
from tests.server.conftest import House, film


async def an_archive(house: House, session_id: str, **more: Any) -> Archive:
    """A film that is there, of a take that is over."""
    take = KeptTake(id=str(uuid4()), session_id=session_id, created_at=1, stopped_at=2)
    fields: dict[str, Any] = {"status": "available", "resolution": "1280x720", "name": "Standup", **more}
    archive = Archive(
        id=str(uuid4()), session_id=session_id, take_id=take.id, start_us=1, created_at=1, updated_at=1, **fields
    )
    await house.server.store.add(take, archive)
    film(house, archive.id)
    return archive


async def a_room(client: httpx.AsyncClient) -> str:
    """The session of a room that the client owns from now on: its browser has the right."""
    return str((await client.get("/session/board")).json()["sessionId"])


async def shared(client: httpx.AsyncClient, archive: Archive, grants: str = "view", **more: Any) -> dict[str, Any]:
    answer = await client.post(f"/archive/{archive.id}/link", json={"grants": grants, **more})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def with_link(link: dict[str, Any]) -> dict[str, str]:
    return {"x-film-link": link["url"].partition("#")[2]}


@pytest.fixture
async def stranger(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """Somebody who has nothing but what they are given."""
    return httpx.AsyncClient(transport=client._transport, base_url="http://localhost")


async def test_a_link_alone_lets_watch_and_nothing_else(
    house: House, client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    session = await a_room(client)
    archive, other = await an_archive(house, session), await an_archive(house, session)
    link = await shared(client, archive)
    answer = (await stranger.get("/shared", headers=with_link(link))).json()
    assert [each["id"] for each in answer["films"]] == [archive.id]
    shown = answer["films"][0]
    assert (shown["mayEdit"], shown["mayShare"]) == (False, False)
    assert (await stranger.get(shown["url"])).content == b"a whole film"
    for method, path, body in (
        ("DELETE", f"/archive/{archive.id}", None),
        ("PATCH", f"/archive/{archive.id}", {"name": "mine"}),
        ("POST", f"/archive/{archive.id}/recut", None),
        ("POST", f"/archive/{archive.id}/restore", None),
        ("DELETE", f"/archive/{other.id}", None),
        ("POST", f"/archive/{archive.id}/link", None),
        ("GET", f"/archive/{archive.id}/link", None),
        ("DELETE", f"/archive/{archive.id}?forever=true", None),
    ):
        refused = await stranger.request(method, path, json=body, headers=with_link(link))
        assert refused.status_code == 403, (method, path, refused.text)
    assert (await house.server.archives.get(archive.id)).status == "available"


async def test_a_link_tells_of_its_film_alone(
    house: House, client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    """A clip: on an open server, the ids of its session and of the whole film would open that; so would tracks."""
    session = await a_room(client)
    whole = await an_archive(house, session)
    clip = await an_archive(house, session, name="A clip", recut_of=whole.id)
    take = house.server.archives.folder(clip.take_id)
    take.mkdir(parents=True)
    (take / "take.json").write_text("{}")
    own = (await client.get(f"/archive/{clip.id}/film")).json()
    assert own["film"]["tracksUrl"] and own["room"] == "board" and own["film"]["recutOf"] == whole.id
    for grants, tracks in (("view", False), ("edit", True)):
        headers = with_link(await shared(client, clip, grants))
        seen = (await stranger.get(f"/archive/{clip.id}/film", headers=headers)).json()
        (listed,) = (await stranger.get("/shared", headers=headers)).json()["films"]
        for answer in (seen["film"], listed):
            assert (answer["sessionId"], answer["recutOf"]) == ("", None)
            assert (answer["tracksUrl"] is not None) is tracks
        assert seen["room"] is None
        for text in (session, whole.id, "board"):
            assert text not in str([seen, listed])
        named = (await stranger.get(listed["url"])).headers["content-disposition"]
        assert "board" not in named and "A%20clip" in named


async def test_a_link_that_edits_changes_its_film_only(
    house: House, client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    session = await a_room(client)
    archive, other = await an_archive(house, session), await an_archive(house, session)
    headers = with_link(await shared(client, archive, "edit"))
    renamed = await stranger.patch(f"/archive/{archive.id}", json={"name": " Launch "}, headers=headers)
    assert (renamed.status_code, renamed.json()["name"]) == (200, "Launch")
    assert (await stranger.delete(f"/archive/{archive.id}", headers=headers)).status_code == 204
    films = (await stranger.get("/shared", headers=headers)).json()["films"]
    assert [(each["status"], each["mayEdit"]) for each in films] == [("deleted", True)]
    assert (await stranger.delete(f"/archive/{archive.id}?forever=true", headers=headers)).status_code == 403
    assert (await stranger.post(f"/archive/{archive.id}/restore", headers=headers)).json()["status"] == "available"
    for method, path in (("DELETE", ""), ("POST", "/recut"), ("POST", "/restore")):
        answer = await stranger.request(method, f"/archive/{other.id}{path}", headers=headers)
        assert answer.status_code == 403, answer.text
    # What it cut again is its own to see; who may only watch the first film does not see it.
    cut = await an_archive(
        house, session, cut_through=(await client.get(f"/archive/{archive.id}/link")).json()[0]["id"]
    )
    assert cut.id in {each["id"] for each in (await stranger.get("/shared", headers=headers)).json()["films"]}
    watching = with_link(await shared(client, archive))
    assert [each["id"] for each in (await stranger.get("/shared", headers=watching)).json()["films"]] == [archive.id]


async def test_what_was_taken_back_opens_nothing_any_more(
    house: House, client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    archive = await an_archive(house, await a_room(client))
    link, kept = await shared(client, archive), await shared(client, archive)
    url = (await stranger.get("/shared", headers=with_link(link))).json()["films"][0]["url"]
    assert (await stranger.get(url)).status_code == 200
    assert (await client.delete(f"/archive/{archive.id}/link/{link['id']}")).status_code == 204
    assert (await client.delete(f"/archive/{archive.id}/link/{link['id']}")).status_code == 204  # harmless again
    assert (await stranger.get("/shared", headers=with_link(link))).status_code == 403
    assert (await stranger.get(url)).status_code == 403  # the player that has begun gets no more of it, either
    assert (await stranger.get(url.partition("&link=")[0])).status_code == 403
    left = (await client.get(f"/archive/{archive.id}/link")).json()
    assert [each["id"] for each in left] == [kept["id"]]
    assert "url" not in left[0]
    assert (await client.delete(f"/archive/{archive.id}/link/{uuid4()}")).status_code == 404


async def test_uses_are_counted_and_the_secret_is_not_kept(
    house: House, client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    archive = await an_archive(house, await a_room(client))
    link = await shared(client, archive)
    for _ in range(3):
        await stranger.get("/shared", headers=with_link(link))
    (listed,) = (await client.get(f"/archive/{archive.id}/link")).json()
    assert listed["uses"] == 3
    assert listed["usedAt"] >= listed["createdAt"]
    kept = await house.server.store.film_links.get(link["id"])
    assert kept is not None
    assert with_link(link)["x-film-link"] not in repr(kept)


async def test_a_link_ends(house: House, client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    archive = await an_archive(house, await a_room(client))
    assert (await client.post(f"/archive/{archive.id}/link", json={"expiresIn": 1})).status_code == 400
    assert (await client.post(f"/archive/{archive.id}/link", json={"grants": "own"})).status_code == 400
    link = await shared(client, archive, expiresIn=60)
    kept = await house.server.store.film_links.get(link["id"])
    assert kept is not None
    assert kept.holds(link["expiresAt"] - 1)
    assert not kept.holds(link["expiresAt"])


async def test_who_may_not_change_a_film_hands_out_no_link(
    house: House, client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    archive = await an_archive(house, await a_room(client))
    assert (await stranger.post(f"/archive/{archive.id}/link")).status_code == 403
    assert (await client.post(f"/archive/{uuid4()}/link")).status_code == 404
    await client.delete(f"/archive/{archive.id}")
    assert (await client.post(f"/archive/{archive.id}/link")).status_code == 404


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(secret=st.text(max_size=60))
async def test_no_made_up_secret_opens_anything(stranger: httpx.AsyncClient, secret: str) -> None:
    """Whatever it is, it is refused in words."""
    answer = await stranger.get("/shared", headers={b"x-film-link": secret.encode()})  # type: ignore[dict-item]
    assert answer.status_code in {400, 403}, answer.text
    assert answer.json()["message"]


async def test_tracks_of_a_film_that_failed_are_there_while_its_take_is(
    house: House, client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    session = await a_room(client)
    archive = await an_archive(house, session, status="failed", reason="The disk was full")
    [without] = (await client.get(f"/archive/{session}")).json()
    assert (without["url"], without["tracksUrl"]) == (None, None)
    folder = house.server.archives.folder(archive.take_id)
    folder.mkdir(parents=True)
    (folder / "take.json").write_text("{}")
    [shown] = (await client.get(f"/archive/{session}")).json()
    assert shown["url"] is None
    answer = await client.get(shown["tracksUrl"])
    assert "no film" not in answer.text  # what is missing here is the take's own content
    assert answer.status_code == 409
    assert (await stranger.get(shown["tracksUrl"].replace("signature=", "signature=0"))).status_code == 403
