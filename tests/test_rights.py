"""Who may do what: every route of the API, asked by everybody there is, on an open server and on a closed one."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, quote
from uuid import uuid4

import httpx
import jwt
import pytest
import pytest_asyncio
from fastapi import FastAPI
from starlette.routing import Mount

from reelroom.api.app import create_api, create_app
from reelroom.config import Settings
from reelroom.opentok.invites import Invite, write_invite
from reelroom.opentok.tokens import Role
from reelroom.projects.projects import Project
from reelroom.roles.everything import Server
from reelroom.sessions.calls import new_session
from reelroom.store.schema import database_url, migrate
from reelroom.store.values import Archive, KeptTake, Render, Room, Session

pytestmark = pytest.mark.asyncio(loop_scope="module")

Caller = Literal[
    "anybody",
    "guest",
    "publisher",
    "moderator",
    "stranger",
    "application",
    "rival",
    "host",
    "admin",
    "viewer",
    "editor",
]
CALLERS: dict[Caller, str] = {
    "anybody": "nobody in particular",
    "guest": "an invitation to the room, as a subscriber",
    "publisher": "an invitation to the room, as a publisher",
    "moderator": "an invitation as a moderator, or the browser that opened the room first",
    "stranger": "a moderator's invitation to another room",
    "host": "the server's own key",
    "application": "the key of the project that the session belongs to",
    "rival": "the key of another project",
    "admin": "the admin token",
    "viewer": "a link to the film, to watch it",
    "editor": "a link to the film, to edit it",
}
INVITED: set[Caller] = {"guest", "publisher", "moderator", "host"}
MODERATORS: set[Caller] = {"moderator", "host"}
EDITORS: set[Caller] = {*MODERATORS, "editor"}
EVERYBODY: set[Caller] = set(CALLERS)
# A key that is not the server's own is refused at the rooms' calls, where keys are looked at.

# What: who may where the server is open, and who may where `REELROOM_AUTH=token`.
RIGHTS: dict[str, tuple[set[Caller], set[Caller]]] = {
    "GET /session/{room_name}": (EVERYBODY, INVITED),
    "GET /rooms/{room_name}": (EVERYBODY, INVITED),
    "POST /render": (EVERYBODY, MODERATORS),
    "GET /render/stop/{render_id}": (EVERYBODY, MODERATORS),
    "GET /archive/stop/{archive_id}": (EVERYBODY, MODERATORS),
    "GET /archive/{session_id}": (EVERYBODY, INVITED),
    "POST /archive/{archive_id}/recut": (EDITORS, EDITORS),
    "POST /archive/{archive_id}/recut/preview": (EDITORS, EDITORS),
    "POST /archive/{archive_id}/transcript": (EDITORS, EDITORS),
    "DELETE /archive/{archive_id}": (EDITORS, EDITORS),
    "PATCH /archive/{archive_id}": (EDITORS, EDITORS),
    "POST /archive/{archive_id}/restore": (EDITORS, EDITORS),
    "POST /archive/{archive_id}/link": (MODERATORS, MODERATORS),
    "GET /archive/{archive_id}/link": (MODERATORS, MODERATORS),
    "DELETE /archive/{archive_id}/link/{link_id}": (MODERATORS, MODERATORS),
    "GET /archives": (EVERYBODY, INVITED),
    "GET /archive/{archive_id}/film": (EVERYBODY, {*INVITED, "viewer", "editor"}),
    "GET /archive/{archive_id}/reach": (EDITORS, EDITORS),
    "POST /invitations/{room_name}": (MODERATORS, MODERATORS),
    "GET /invitations/{room_name}": (MODERATORS, MODERATORS),
    "DELETE /invitations/{invitation_id}": (MODERATORS, MODERATORS),
    "POST /telephones/{room_name}": (MODERATORS, MODERATORS),
    "GET /telephones/{room_name}": (MODERATORS, MODERATORS),
    "DELETE /telephones/{room_name}": (MODERATORS, MODERATORS),
    "GET /shared": ({"viewer", "editor"}, {"viewer", "editor"}),
    "GET /admin/state": ({"admin"}, {"admin"}),
}
# The same calls for a session that an application has made: that application's own, in every mode.
OF_APPLICATIONS = (
    "GET /render/stop/{render_id}",
    "GET /archive/stop/{archive_id}",
    "GET /archive/{session_id}",
    "POST /archive/{archive_id}/recut",
    "POST /archive/{archive_id}/transcript",
    "DELETE /archive/{archive_id}",
    "PATCH /archive/{archive_id}",
    "POST /archive/{archive_id}/restore",
    "POST /archive/{archive_id}/link",
    "GET /archive/{archive_id}/link",
    "DELETE /archive/{archive_id}/link/{link_id}",
    "GET /archive/{archive_id}/film",
    "GET /archive/{archive_id}/reach",
    "GET /archives",
)
BY_SIGNATURE = (  # whoever has the token, the link or the signature that the server gave
    "POST /session/connect",
    "POST /session/consent",
    "POST /session/moderate/disconnect",
    "POST /session/moderate/mute",
    "POST /session/moderate/unpublish",
    "POST /render/status",
    "GET /films/{file}",
    "GET /broadcasts/{broadcast_id}/{signature}/{file}",
)
HOST_ONLY = (
    "POST /v2/project/{project_id}/room/{room_name}/invite",
    "POST /v2/project/{project_id}/room/{room_name}/recorder",
)


def routes() -> list[str]:
    paths: dict[str, dict[str, Any]] = create_api().openapi()["paths"]
    return [f"{method.upper()} {path}" for path, methods in paths.items() for method in methods]


OF_PROJECTS = [  # the project's own credentials, and no others, in every mode
    route for route in routes() if "/v2/project/{project_id}/" in route and route not in HOST_ONLY
] + ["POST /session/create"]


# What the description leaves out: pages and their files, what watches the server, the engine, and other spellings.
HIDDEN: dict[str, set[Caller]] = {
    **dict.fromkeys(
        (
            *("GET /", "GET /room/board", "GET /recordings", "GET /film", "GET /admin", "GET /robots.txt"),
            *("GET /favicon.ico", "GET /assets/page.js", "GET /embed/reelroom-room.js"),
            *("GET /opentok-compat/opentok.js", "GET /healthz", "GET /readyz", "GET /openapi.json"),
        ),
        EVERYBODY,
    ),
    "GET /metrics": {"admin"},
    "POST /engine/events": set(),  # it takes the engine's own signature
    "POST /v2/project/{project_id}/render/{render_id}": {"application"},
    "GET /session/{room_name}": EVERYBODY,  # for names with line breaks; rights as in RIGHTS
    "GET /rooms/{room_name}": EVERYBODY,
}


def hidden_routes(app: FastAPI) -> set[str]:
    """What answers and is not in the description, as HIDDEN calls it."""
    found = set()
    for route in _all(app.routes):
        if isinstance(route, Mount):
            found.add(f"GET {route.path}/page.js")
        elif not hasattr(route, "methods"):
            found.add(f"{type(route).__name__} {getattr(route, 'path', '')}")  # a websocket, say
        elif not route.include_in_schema:
            method = "POST" if "POST" in (route.methods or set()) else "GET"
            found.add(f"{method} {_EXAMPLES.get(route.path, route.path)}")
    return found


def _all(routes: Iterable[Any]) -> Iterator[Any]:
    """Those of routers that are included, too: FastAPI keeps them apart."""
    for route in routes:
        if hasattr(route, "effective_candidates"):
            yield from _all(route.effective_candidates())
        else:
            yield route


_EXAMPLES = {"/room/{rest:path}": "/room/board", "/opentok-compat/{name}": "/opentok-compat/opentok.js"}


async def test_every_route_has_a_line() -> None:
    known = {*RIGHTS, *BY_SIGNATURE, *HOST_ONLY, *OF_PROJECTS}
    assert set(routes()) <= known, f"say who may, in tests/test_rights.py: {sorted(set(routes()) - known)}"


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
        body = {"roomName": self.room, "layout": "no such layout"} if route == "POST /render" else None
        body = {"name": "Another"} if route == "PATCH /archive/{archive_id}" else body
        return await self.client.request(method, path, params=query, headers=headers, json=body)


def _credentials(key: str, secret: str) -> str:
    now = int(time.time())
    return jwt.encode({"iss": key, "ist": "project", "iat": now, "exp": now + 60}, secret, algorithm="HS256")


@pytest_asyncio.fixture(params=["open", "token"], scope="module", loop_scope="module")
async def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    tmp_path = tmp_path_factory.mktemp("house")
    page = tmp_path / "page"
    (page / "assets").mkdir(parents=True)
    for file in ("index.html", "assets/page.js", "embed/reelroom-room.js", "opentok-compat/opentok.js"):
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
    assert {caller for caller in CALLERS if not refused(await house.ask(route, caller))} == may


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
    assert "set-cookie" in first.headers
    assert "set-cookie" not in second.headers
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


SECURITY = Path(__file__).parents[1] / "docs" / "security.md"
BEGIN, END = "<!-- who may do what: begin -->", "<!-- who may do what: end -->"


def _who(callers: set[Caller]) -> str:
    if callers == EVERYBODY:
        return "anybody"
    return "; ".join(text for caller, text in CALLERS.items() if caller in callers)


def _line(route: str, opened: str, closed: str | None = None) -> str:
    return f"| `{route}` | {opened} | {'the same' if closed in {None, opened} else closed} |"


def table() -> str:
    """The matrix for people to read: a line for every route."""
    lines = ["| call | on an open server | with `REELROOM_AUTH=token` |", "|---|---|---|"]
    lines += [_line(route, _who(opened), _who(closed)) for route, (opened, closed) in RIGHTS.items()]
    lines += [
        _line(route, "what this server has signed for it: a token, a link, a signature") for route in BY_SIGNATURE
    ]
    lines += [_line(route, CALLERS["host"]) for route in HOST_ONLY]
    lines += [_line(route, "the project's own key") for route in sorted(OF_PROJECTS)]
    return "\n".join(lines)


async def test_the_table_that_people_read_is_the_matrix() -> None:
    _, _, rest = SECURITY.read_text().partition(f"{BEGIN}\n\n")
    assert rest.partition(f"\n\n{END}")[0] == table(), "python -m tests.test_rights writes it anew"


if __name__ == "__main__":
    before, _, rest = SECURITY.read_text().partition(BEGIN)
    SECURITY.write_text(f"{before}{BEGIN}\n\n{table()}\n\n{END}{rest.partition(END)[2]}")
