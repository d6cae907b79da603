"""Who may do what: the matrix of all routes and callers, and its table for people to read."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

from fastapi import FastAPI
from starlette.routing import Mount

from reelroom.api.app import create_api

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
    "visitor",
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
    "visitor": "a browser that has been in the room, or seen its list of films, while rooms are open",
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
    "POST /archive/{archive_id}/summary": (EDITORS, EDITORS),
    "POST /archive/{archive_id}/transcript/corrections": (EDITORS, EDITORS),
    "DELETE /archive/{archive_id}/transcript/corrections/{correction_id}": (EDITORS, EDITORS),
    "DELETE /archive/{archive_id}": (EDITORS, EDITORS),
    "PATCH /archive/{archive_id}": (EDITORS, EDITORS),
    "POST /archive/{archive_id}/restore": (EDITORS, EDITORS),
    "POST /archive/{archive_id}/link": (MODERATORS, MODERATORS),
    "GET /archive/{archive_id}/link": (MODERATORS, MODERATORS),
    "DELETE /archive/{archive_id}/link/{link_id}": (MODERATORS, MODERATORS),
    "GET /archives": (EVERYBODY, INVITED),
    "GET /archive/{archive_id}/film": ({*INVITED, "visitor", "viewer", "editor"}, {*INVITED, "viewer", "editor"}),
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
    "POST /archive/{archive_id}/summary",
    "POST /archive/{archive_id}/transcript/corrections",
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
    "POST /session/captions",
    "POST /session/moderate/disconnect",
    "POST /session/moderate/mute",
    "POST /session/moderate/mute-all",
    "POST /session/moderate/unpublish",
    "POST /session/moderate/promote",
    "POST /session/moderate/end",
    "POST /session/moderate/door",
    "POST /session/moderate/admit",
    "POST /session/knock",
    "POST /session/chat",
    "POST /session/chat/history",
    "POST /session/promoted",
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
            *("GET /", "GET /room/board", "GET /recordings", "GET /film", "GET /film/any"),
            *("GET /admin", "GET /robots.txt"),
            *("GET /favicon.ico", "GET /assets/page.js", "GET /embed/reelroom-room.js"),
            "GET /app/manifest.webmanifest",
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


_EXAMPLES = {
    "/room/{rest:path}": "/room/board",
    "/film/{archive_id}": "/film/any",
    "/opentok-compat/{name}": "/opentok-compat/opentok.js",
    "/app/{name}": "/app/manifest.webmanifest",
}


SECURITY = Path(__file__).parents[1] / "docs" / "security.md"
BEGIN, END = "<!-- who may do what: begin -->", "<!-- who may do what: end -->"


def _who(callers: set[Caller]) -> str:
    if callers == EVERYBODY:
        return "anybody"
    if not callers:
        return "the engine, by its signature"
    if callers == {"application"}:
        return "the project's own key"
    return "; ".join(text for caller, text in CALLERS.items() if caller in callers)


def _line(route: str, opened: str, closed: str | None = None) -> str:
    return f"| `{route}` | {opened} | {'the same' if closed in {None, opened} else closed} |"


def table() -> str:
    """The matrix for people to read: a line for every route, those that the description leaves out last."""
    lines = ["| call | on an open server | with `REELROOM_AUTH=token` |", "|---|---|---|"]
    lines += [_line(route, _who(opened), _who(closed)) for route, (opened, closed) in RIGHTS.items()]
    lines += [
        _line(route, "what this server has signed for it: a token, a link, a signature") for route in BY_SIGNATURE
    ]
    lines += [_line(route, CALLERS["host"]) for route in HOST_ONLY]
    lines += [_line(route, "the project's own key") for route in sorted(OF_PROJECTS)]
    patterns = {example: pattern for pattern, example in _EXAMPLES.items()}
    for route, may in HIDDEN.items():
        if route not in RIGHTS:
            method, path = route.split(" ")
            lines.append(_line(f"{method} {patterns.get(path, path)}", _who(may)))
    return "\n".join(lines)


if __name__ == "__main__":
    before, _, rest = SECURITY.read_text().partition(BEGIN)
    SECURITY.write_text(f"{before}{BEGIN}\n\n{table()}\n\n{END}{rest.partition(END)[2]}")
