"""OpenTok's calls that this server does not have: each says so, once the caller is known."""

from reelroom.api.opentok.access import ProjectDependency
from reelroom.api.routers import project_router
from reelroom.errors import NotYet

router = project_router(tag="OpenTok: not yet")

_CALLS = {
    "Captions": [
        ("POST", "/captions"),
        ("GET", "/captions/{captions_id}"),
        ("POST", "/captions/{captions_id}/stop"),
    ],
}


def _refuse(what: str, method: str, path: str) -> None:
    @router.api_route(path, methods=[method], name=f"{method} {path}", status_code=501)
    async def not_yet(project: ProjectDependency) -> None:
        raise NotYet(f"{what} are not available on this server; docs/opentok.md lists what is", code=-99)


for _what, _calls in _CALLS.items():
    for _method, _path in _calls:
        _refuse(_what, _method, _path)
