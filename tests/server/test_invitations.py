"""Invitations: for a room and, longer, for its films; listed, and taken back one by one, with who came by them."""

import hashlib
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reelroom.opentok.invites import Invite, read_invite, write_invite
from reelroom.opentok.tokens import ClientToken, TokenError, mint
from reelroom.projects.projects import Project
from reelroom.sessions.calls import new_session
from reelroom.store.database import now_ms
from tests.server.conftest import House, caller

WEEK = 7 * 24 * 3600


@pytest.fixture
async def closed(tmp_path: Path, empty_database: bytes) -> AsyncIterator[House]:
    """A server whose rooms take an invitation."""
    (tmp_path / "reelroom.db").write_bytes(empty_database)
    house = House(tmp_path, auth="token")
    await house.open()
    yield house
    await house.server.stop()


async def invited(house: House, role: str = "publisher", **more: Any) -> tuple[str, dict[str, str]]:
    """The id of an invitation into the board's room, and what a request that has it carries."""
    fields: dict[str, Any] = {"seconds": 3600, **more}
    invitation, invite = await house.server.rooms.invite("board", role, **fields)  # type: ignore[arg-type]
    return invitation.id, {"invite": write_invite(invite, house.server.keys.link_secret)}


async def enters(client: httpx.AsyncClient, by: dict[str, str]) -> tuple[str, str]:
    """The session and the identity of somebody who joins by an invitation."""
    session = (await client.get("/session/board", params=by)).json()
    return session["sessionId"], await joins(client, session)


async def joins(client: httpx.AsyncClient, session: dict[str, str]) -> str:
    answer = await client.post(
        "/session/connect", json={"sessionId": session["sessionId"], "token": session["token"], "name": "Ann"}
    )
    assert answer.status_code == 200, answer.text
    return str(json.loads(answer.json()["accessToken"])["identity"])


async def test_a_page_is_told_what_its_visitor_may(closed: House, tmp_path: Path) -> None:
    """Whether they may record, and whether a copy of the room's address lets anybody in: not here."""
    async with caller(closed.server, tmp_path) as client:
        for role, may in (("subscriber", False), ("publisher", False), ("moderator", True)):
            _, by = await invited(closed, role)
            told = (await client.get("/session/board", params=by)).json()
            assert (told["mayRecord"], told["linkOpens"]) == (may, False), role
            recording = await client.post("/render", params=by, json={"roomName": "board", "layout": "no such"})
            assert (recording.status_code != 403) == may, role
    await closed.follow(auth="open")
    async with caller(closed.server, tmp_path) as client:
        told = (await client.get("/session/board")).json()
        assert (told["mayRecord"], told["linkOpens"]) == (True, True)


async def test_a_moderator_invites_lists_and_takes_back(closed: House, tmp_path: Path) -> None:
    _, moderator = await invited(closed, "moderator")
    async with caller(closed.server, tmp_path) as client:
        made = (await client.post("/invitations/board", params=moderator, json={"role": "subscriber"})).json()
        assert (made["role"], made["owner"]) == ("subscriber", False)
        assert made["filmsUntil"] > made["expiresAt"] > now_ms()
        guest = {"invite": made["url"].partition("?invite=")[2]}
        assert (await client.get("/session/board", params=guest)).status_code == 200
        listed = (await client.get("/invitations/board", params=moderator)).json()
        assert {each["id"] for each in listed} == {made["id"], listed[0]["id"], listed[1]["id"]}
        for method, path in (("GET", "board"), ("POST", "board"), ("DELETE", made["id"])):
            refused = await client.request(method, f"/invitations/{path}", params=guest)
            assert refused.status_code == 403, (method, refused.text)
        assert (await client.delete(f"/invitations/{made['id']}", params=moderator)).status_code == 204
        refused = await client.get("/session/board", params=guest)
        assert (refused.status_code, "taken back" in refused.json()["message"]) == (403, True)
        assert made["id"] not in {
            each["id"] for each in (await client.get("/invitations/board", params=moderator)).json()
        }
        assert (await client.delete("/invitations/nothing", params=moderator)).status_code == 404


async def test_who_came_by_an_invitation_leaves_when_it_is_taken_back(closed: House, tmp_path: Path) -> None:
    first, ann = await invited(closed)
    _, ben = await invited(closed)
    async with caller(closed.server, tmp_path) as client:
        session = (await client.get("/session/board", params=ann)).json()
        (session_id, bens), anns = await enters(client, ben), await joins(client, session)
        for identity in (anns, bens):
            await closed.engine.join(session_id, identity)
        await closed.server.admissions.look()
        assert set(closed.engine.rooms[session_id]) == {anns, bens}
        await closed.server.rooms.revoke(await closed.server.rooms.invitation(first))
        await closed.server.admissions.look()
        assert set(closed.engine.rooms[session_id]) == {bens}
        # Neither the engine's token lets her in again, nor OpenTok's, which she had before.
        await closed.engine.join(session_id, anns)
        assert set(closed.engine.rooms[session_id]) == {bens}
        again = await client.post(
            "/session/connect", json={"sessionId": session_id, "token": session["token"], "name": "Ann"}
        )
        assert again.status_code == 403


async def test_who_was_removed_does_not_come_back_by_the_same_token(closed: House, tmp_path: Path) -> None:
    _, ann = await invited(closed)
    async with caller(closed.server, tmp_path) as client:
        session_id, identity = await enters(client, ann)
        await closed.engine.join(session_id, identity)
        await closed.engine.remove(session_id, identity)
        await closed.engine.join(session_id, identity)
        assert closed.engine.rooms[session_id] == {}
        session_id, other = await enters(client, ann)  # as with OpenTok, the token opens the session anew
        await closed.engine.join(session_id, other)
        assert set(closed.engine.rooms[session_id]) == {other}


async def test_an_engine_that_does_not_answer_is_asked_again(closed: House, tmp_path: Path) -> None:
    first, ann = await invited(closed)
    async with caller(closed.server, tmp_path) as client:
        session_id, identity = await enters(client, ann)
    await closed.engine.join(session_id, identity)
    await closed.server.rooms.revoke(await closed.server.rooms.invitation(first))
    closed.engine.down = True
    with pytest.raises(Exception, match="does not answer"):
        await closed.server.admissions.look()
    closed.engine.down = False
    assert identity in closed.engine.rooms[session_id]
    await closed.server.admissions.look()
    assert closed.engine.rooms[session_id] == {}


async def test_films_are_found_next_week_when_the_room_is_closed(closed: House, tmp_path: Path) -> None:
    _, at_first = await invited(closed)
    async with caller(closed.server, tmp_path) as client:
        session_id, _ = await enters(client, at_first)
        _, later = await invited(closed, seconds=-1, films_seconds=WEEK)
        refused = await client.get("/session/board", params=later)
        assert (refused.status_code, "films only" in refused.json()["message"]) == (403, True)
        assert (await client.get(f"/archive/{session_id}", params=later)).status_code == 200
        _, room_only = await invited(closed, films_seconds=-1)
        assert (await client.get("/session/board", params=room_only)).status_code == 200
        assert (await client.get(f"/archive/{session_id}", params=room_only)).status_code == 403


async def test_the_owners_right_is_not_a_moderators_to_take(house: House, client: httpx.AsyncClient) -> None:
    await client.get("/session/board")
    owner = httpx.Cookies(dict(client.cookies))
    (own,) = (await client.get("/invitations/board")).json()
    assert own["owner"] is True
    made = (await client.post("/invitations/board", json={"role": "moderator"})).json()
    moderator = {"invite": made["url"].partition("?invite=")[2]}
    client.cookies = httpx.Cookies()
    assert (await client.get("/invitations/board")).status_code == 403
    assert (await client.delete(f"/invitations/{own['id']}", params=moderator)).status_code == 403
    client.cookies = owner
    assert (await client.delete(f"/invitations/{own['id']}")).status_code == 204
    assert (await client.get("/invitations/board")).status_code == 403  # given up by the owner


async def test_a_disabled_projects_people_leave(house: House, client: httpx.AsyncClient) -> None:
    project = await house.server.projects.create("application")
    session, token = await a_session_of(house, project)
    identity = await joins(client, {"sessionId": session, "token": token})
    await house.engine.join(session, identity)
    for _ in range(3):
        await house.server.admissions.look()
    assert identity in house.engine.rooms[session]
    await house.server.projects.enable(project.key, False)
    await house.server.admissions.look()
    assert house.engine.rooms[session] == {}


async def test_a_secret_changes_with_an_overlap(house: House, client: httpx.AsyncClient) -> None:
    project = await house.server.projects.create("application")
    session, token = await a_session_of(house, project)
    identity = await joins(client, {"sessionId": session, "token": token})
    await house.engine.join(session, identity)
    rotated = await house.server.projects.rotate(project.key, overlap=3600)
    await house.server.admissions.look()
    assert identity in house.engine.rooms[session]
    for secret in (project.secret, rotated.secret):
        headers = {"x-opentok-auth": credentials(project.key, secret)}
        assert (await client.get(f"/v2/project/{project.key}/archive", headers=headers)).status_code == 200
        minted = await token_for(project.key, secret, session)
        await joins(client, {"sessionId": session, "token": minted})
    await house.server.projects.rotate(project.key)
    await house.server.admissions.look()
    assert house.engine.rooms[session] == {}
    for secret in (project.secret, rotated.secret):
        headers = {"x-opentok-auth": credentials(project.key, secret)}
        assert (await client.get(f"/v2/project/{project.key}/archive", headers=headers)).status_code == 403
    kept = await house.server.projects.get(project.key)
    assert kept is not None
    assert kept.secrets(now_ms()) == (kept.secret,)


def test_the_old_secret_ends_with_its_time() -> None:
    project = Project("1", "", "new", "", 1, True, False, "old", 1000)
    assert project.secrets(999) == ("new", "old")
    assert project.secrets(1000) == ("new",)
    assert len(project.fingerprints(999)) == 2
    assert len(project.fingerprints(1000)) == 1


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_invitation_that_was_changed_is_read(data: st.DataObject) -> None:
    """One letter anywhere, of what was signed or of the signature, and it is refused in words."""
    invite = Invite("board", "subscriber", int(time.time()) + 60, int(time.time()) + WEEK, "id")
    text = write_invite(invite, "s" * 64)
    assert read_invite(text, "s" * 64) == invite
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters().filter(lambda letter: letter != text[at]))
    changed = text[:at] + other + text[at + 1 :]
    try:
        read = read_invite(changed, "s" * 64)
    except TokenError:
        return
    assert read == invite, "another spelling of the same bytes (base64's last letter) may pass, other words may not"


def credentials(key: str, secret: str) -> str:
    now = int(time.time())
    return jwt.encode({"iss": key, "ist": "project", "iat": now, "exp": now + 60}, secret, algorithm="HS256")


async def token_for(key: str, secret: str, session: str) -> str:
    now = int(time.time())
    return mint(ClientToken(session, "publisher", now, now + 3600, "1"), key, secret)


async def a_session_of(house: House, project: Project) -> tuple[str, str]:
    """A session of an application, and a token for it."""
    session = new_session(project.key)
    await house.server.store.add(session)
    return session.id, await token_for(project.key, project.secret, session.id)


async def test_a_browser_keeps_what_it_was_given_before_one_cookie_kept_all(
    house: House, client: httpx.AsyncClient
) -> None:
    """A cookie a room, with the invitation's own words; also one without an id, of which there is no row."""
    await client.get("/session/board")
    invite = Invite("board", "moderator", int(time.time()) + 60)
    name = f"reelroom_{hashlib.sha256(b'board').hexdigest()[:16]}"
    client.cookies = httpx.Cookies({name: write_invite(invite, house.server.keys.link_secret)})
    assert (await client.get("/invitations/board")).status_code == 200
    client.cookies = httpx.Cookies({name: write_invite(invite, "another secret")})
    assert (await client.get("/invitations/board")).status_code == 403
