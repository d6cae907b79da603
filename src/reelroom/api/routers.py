"""How the routers of all calls are made: each holds its routes as they are served.

FastAPI's `include_router` makes each route once more for each application, and compares requests with it twice. Here
the application takes the routes themselves (`serve`), so a router says all that holds for them: paths in full, what
is refused, and that JSON is read also where it is not called so.
"""

from collections.abc import Iterable

from fastapi import APIRouter, FastAPI

from reelroom.api.shapes import ErrorAnswer

REFUSALS = (400, 403, 404)


def router_of(
    prefix: str = "", *, tag: str = "", refusals: Iterable[int] = (), include_in_schema: bool = True
) -> APIRouter:
    """A router for calls under `prefix`, each of which may be refused with these statuses."""
    return APIRouter(
        prefix=prefix,
        tags=[tag] if tag else [],
        responses={status: {"model": ErrorAnswer} for status in refusals},
        include_in_schema=include_in_schema,
        strict_content_type=False,
    )


def project_router(path: str = "", *, tag: str) -> APIRouter:
    """A router for OpenTok's calls under `path` of a project."""
    return router_of(f"/v2/project/{{project_id}}{path}", tag=tag, refusals=REFUSALS)


def serve(app: FastAPI, routers: Iterable[APIRouter]) -> None:
    """The application has the routes of these routers, in this order."""
    for router in routers:
        app.router.routes.extend(router.routes)
