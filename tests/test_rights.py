"""Who may do what: every route of the API, asked by everybody there is, on an open server and on a closed one."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, quote
from uuid import uuid4

import httpx
import jwt
import pytest
import pytest_asyncio

from reelroom.api.app import create_app
from reelroom.config import Settings
from reelroom.opentok.invites import Invite, write_invite
from reelroom.opentok.kept_rooms import KeptRooms, write_kept_rooms
from reelroom.opentok.tokens import Role
from reelroom.projects.projects import Project
from reelroom.roles.everything import Server
from reelroom.sessions.calls import new_session
from reelroom.store.schema import database_url, migrate
from reelroom.store.values import Archive, KeptTake, Render, Room, Session
from tests.rights import (
    BEGIN,
    BY_SIGNATURE,
    CALLERS,
    END,
    HIDDEN,
    HOST_ONLY,
    OF_APPLICATIONS,
    OF_PROJECTS,
    RIGHTS,
    SECURITY,
    Caller,
    hidden_routes,
    routes,
    table,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_every_route_has_a_line() -> None:
    known = {*RIGHTS, *BY_SIGNATURE, *HOST_ONLY, *OF_PROJECTS}
    assert set(routes()) <= known, f"say who may, in tests/rights.py: {sorted(set(routes()) - known)}"


class House:
    """A server with a room, a session of an application, an archive and a render of each; its engine is not there."""

    def __init__(self, server: Server, client: httpx.AsyncClient, application: Project, rival: Project) -> None:
        self.server, self.client = server, client
        self.application, self.rival = application, rival
        self.room = self.invitation = ""
        self.links: dict[str, str] = {}

    async def furnish(self) -> None:
        self.room = f"board {uuid4()}"
        invitation, _ = await self.server.rooms.invite(self.room, "publisher", 60)
        self.invitation = invitation.id
        own, foreign = new_session(self.server.keys.api_key), new_session(self.application.key)
        rendered = new_session(self.server.keys.api_key)
        self.of = {"room": self._things(own, self.room, rendered), "application": self._things(foreign, "", foreign)}
        await self.server.store.add(own, foreign, rendered, Room(name=self.room, session_id=own.id, created_at=1))
        for things in self.of.values():
            await self.server.store.add(things["take"], things["render"], things["archive"])
        shown = self.of["room"]["archive"]
        self.links = {grants: (await self.server.sharing.share(shown, grants, 60))[1] for grants in ("view", "edit")}

    def _things(self, session: Session, room: str, rendered: Session) -> dict[str, Any]:
        take = KeptTake(id=str(uuid4()), session_id=session.id, created_at=1, stopped_at=2)
        render = Render(
            id=str(uuid4()),
            room_name=room or None,
            room_session_id=session.id,
            session_id=rendered.id,
            take_id=take.id,
            url="",
            callback_url="",
            resolution="1280x720",
            layout="",
            status="stopped",
            created_at=1,
            updated_at=1,
        )
        archive = Archive(
            id=str(uuid4()),
            session_id=rendered.id,
            take_id=take.id,
            name="",
            status="available",
            resolution="1280x720",
            start_us=1,
            duration_ms=1,
            size=1,
            created_at=1,
            updated_at=1,
        )
        return {"take": take, "render": render, "archive": archive, "session": session}

    def headers(self, caller: Caller) -> dict[str, str]:
        keys = self.server.keys
        match caller:
            case "guest":
                return self._invited(self.room, "subscriber")
            case "publisher" | "moderator":
                return self._invited(self.room, caller)
            case "stranger":
                return self._invited("elsewhere", "moderator")
            case "host":
                return {"x-opentok-auth": _credentials(keys.api_key, keys.api_secret)}
            case "application":
                return {"x-opentok-auth": _credentials(self.application.key, self.application.secret)}
            case "rival":
                return {"x-opentok-auth": _credentials(self.rival.key, self.rival.secret)}
            case "admin":
                return {"authorization": "Bearer opensesame"}
            case "visitor":
                kept = write_kept_rooms(KeptRooms().with_room(self.room), keys.link_secret)
                return {"cookie": f"reelroom_rooms={kept}"}
            case "viewer" | "editor":
                return {"x-film-link": self.links["view" if caller == "viewer" else "edit"]}
            case _:
                return {}

    def _invited(self, room: str, role: Role) -> dict[str, str]:
        invite = write_invite(Invite(room, role, int(time.time()) + 60), self.server.keys.link_secret)
        return {"invite": invite}

    async def ask(self, route: str, caller: Caller, whose: str = "room") -> httpx.Response:
        method, path = route.split(" ")
        things = self.of[whose]
        for name, value in {
            "project_id": self.application.key,
            "room_name": self.room,
            "render_id": things["render"].id,
            "archive_id": things["archive"].id,
            "session_id": things["session"].id,
            "invitation_id": self.invitation,
        }.items():
            path = path.replace("{" + name + "}", quote(value, safe=""))
        path = path.replace("{", "").replace("}", "")
        headers = self.headers(caller)
        query = {"invite": headers.pop("invite")} if "invite" in headers else {}
        if route == "GET /archives":
            query["session"] = things["session"].id
        bodies: dict[str, dict[str, object]] = {
            "POST /render": {"roomName": self.room, "layout": "no such layout"},
            "PATCH /archive/{archive_id}": {"name": "Another"},
            "POST /archive/{archive_id}/transcript/corrections": {"participant": "ann", "from": 0.0, "text": "Hello"},
        }
        return await self.client.request(method, path, params=query, headers=headers, json=bodies.get(route))


def _credentials(key: str, secret: str) -> str:
    now = int(time.time())
    return jwt.encode({"iss": key, "ist": "project", "iat": now, "exp": now + 60}, secret, algorithm="HS256")


@pytest_asyncio.fixture(params=["open", "token"], scope="module", loop_scope="module")
async def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    tmp_path = tmp_path_factory.mktemp("house")
    page = tmp_path / "page"
    (page / "assets").mkdir(parents=True)
    for file in (
        "index.html",
        "assets/page.js",
        "embed/reelroom-room.js",
        "opentok-compat/opentok.js",
        "app/manifest.webmanifest",
    ):
        (page / file).parent.mkdir(exist_ok=True)
        (page / file).write_text("<!doctype html>")
    data = tmp_path / "data"
    data.mkdir()
    await asyncio.to_thread(migrate, database_url(data))
    settings = Settings(data_dir=data, auth=request.param, calls_per_minute=0, admin_token="opensesame")
    server = Server(settings, tmp_path / "engine", tmp_path / "tap")
    server.storage.folder.mkdir()
    await server.projects.ensure_own_project()
    projects = [await server.projects.create(name) for name in ("application", "rival")]
    transport = httpx.ASGITransport(create_app(server, page), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield House(server, client, *projects)
    await server.store.close()


@pytest_asyncio.fixture(loop_scope="module")
async def house(built: House) -> House:
    """As if just built, for what one test has deleted another may look for."""
    built.client.cookies.clear()
    await built.furnish()
    return built


def refused(answer: httpx.Response) -> bool:
    assert answer.status_code not in {401, 500}, answer.text
    return answer.status_code == 403


@pytest.mark.parametrize("route", RIGHTS)
async def test_who_may_do_what_in_a_room(house: House, route: str) -> None:
    may = RIGHTS[route][house.server.settings.auth == "token"]
    allowed = set()
    for caller in CALLERS:
        house.client.cookies.clear()  # what one was given the next has not
        if not refused(await house.ask(route, caller)):
            allowed.add(caller)
    assert allowed == may


@pytest.mark.parametrize("route", OF_APPLICATIONS)
async def test_what_belongs_to_an_application_is_its_own(house: House, route: str) -> None:
    allowed = {caller for caller in CALLERS if not refused(await house.ask(route, caller, "application"))}
    assert allowed == {"application"}


@pytest.mark.parametrize("route", OF_PROJECTS)
async def test_a_projects_calls_take_its_key(house: House, route: str) -> None:
    allowed = {caller for caller in CALLERS if not refused(await house.ask(route, caller, "application"))}
    assert allowed == ({"application", "rival", "host"} if route == "POST /session/create" else {"application"})


@pytest.mark.parametrize("route", [*BY_SIGNATURE, *HOST_ONLY])
async def test_nobody_passes_without_what_the_server_gave(house: House, route: str) -> None:
    for caller in CALLERS:
        answer = await house.ask(route, caller)
        assert answer.status_code in {400, 403, 404}, (caller, answer.text)


async def test_what_the_description_leaves_out_has_a_line_too(house: House) -> None:
    app = house.client._transport.app  # type: ignore[attr-defined]
    assert hidden_routes(app) - {*BY_SIGNATURE} == set(HIDDEN)
    for route, may in HIDDEN.items():
        if route not in RIGHTS:
            whose = "application" if "project_id" in route else "room"
            assert {caller for caller in CALLERS if not refused(await house.ask(route, caller, whose))} == may, route


async def test_the_admin_token_is_a_bearers(house: House) -> None:
    for scheme, status in (("Bearer ", 200), ("bearer ", 200), ("", 403), ("Basic ", 403), ("Bearer", 403)):
        answer = await house.client.get("/metrics", headers={"authorization": f"{scheme}opensesame"})
        assert (answer.status_code == 403) == (status == 403), (scheme, answer.text)


async def test_whoever_opens_a_room_first_owns_it(house: House) -> None:
    if house.server.settings.auth == "token":
        return  # nobody opens one without an invitation, which has a role of its own
    first = await house.client.get("/session/new")
    house.client.cookies.clear()
    second = await house.client.get("/session/new")
    cookie = first.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie
    again = await house.client.get("/session/new", headers={"cookie": cookie.partition(";")[0]})
    roles = [_role(answer.json()["token"]) for answer in (first, second, again)]
    assert roles == ["moderator", "publisher", "moderator"]


async def test_a_list_says_whether_one_may_edit(house: House) -> None:
    path = f"/archive/{quote(house.of['room']['session'].id, safe='')}"
    for caller, edits in (("moderator", True), ("host", True), ("publisher", False)):
        headers = house.headers(caller)  # type: ignore[arg-type]
        query = {"invite": headers.pop("invite")} if "invite" in headers else None
        listed = (await house.client.get(path, headers=headers, params=query)).json()
        assert [archive["mayEdit"] for archive in listed] == [edits]


def _role(token: str) -> str:
    payload = base64.b64decode(token.removeprefix("T1==")).decode().partition(":")[2]
    return parse_qs(payload)["role"][0]


async def test_the_table_that_people_read_is_the_matrix() -> None:
    _, _, rest = SECURITY.read_text().partition(f"{BEGIN}\n\n")
    assert rest.partition(f"\n\n{END}")[0] == table(), "python -m tests.rights writes it anew"
