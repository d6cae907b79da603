"""The web application: all routes, and every failure as JSON with a `message`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

from reelroom.api import (
    admin,
    archives,
    broadcast_files,
    chat,
    doors,
    engine_events,
    film_links,
    film_page,
    films,
    health,
    invitations,
    live_captions,
    moderation,
    recordings,
    rooms,
    telephones,
)
from reelroom.api.compression import Compression
from reelroom.api.guard import Guard
from reelroom.api.kept_rooms import keep_invite
from reelroom.api.opentok import routes
from reelroom.api.page_files import Assets, page_file
from reelroom.api.routers import serve
from reelroom.engine.livekit import EngineError
from reelroom.errors import Overloaded, Refused, TooMany
from reelroom.recorder.taps import TapFailed
from reelroom.roles.everything import Server
from reelroom.store.database import CannotWrite

_log = structlog.get_logger()
_Answer = TypeVar("_Answer", bound=Callable[..., Any])


def create_app(server: Server, page: Path) -> FastAPI:
    """The application around a started server; `page` is the folder of the built page."""
    app = create_api()
    app.state.server = server
    _serve_page(app, server, page)
    _answer_failures(app, page)
    if server.settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=server.settings.allowed_origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Content-Type", "Authorization", "X-OPENTOK-AUTH"],
        )
    app.add_middleware(Compression)
    app.add_middleware(Guard, settings=server.settings)
    return app


def create_api() -> FastAPI:
    """The calls alone, with no server behind them: what the OpenAPI description is made of."""
    app = FastAPI(title="Reelroom", redirect_slashes=False, docs_url=None, redoc_url=None, strict_content_type=False)
    # First: each request is compared with one route after the other.
    before = (moderation.router, live_captions.router, rooms.router)
    calls = (
        doors,
        chat,
        invitations,
        telephones,
        archives,
        film_links,
        film_page,
        recordings,
        films,
        broadcast_files,
        engine_events,
        admin,
        health,
    )
    serve(app, (*before, *routes.ROUTERS, *(each.router for each in calls)))
    return app


# What takes the place of OpenTok's client: a script, a module, and a package for npm.
_OPENTOK = {
    "opentok.js": "text/javascript",
    "opentok.mjs": "text/javascript",
    "opentok-client.tgz": "application/gzip",
}
# What a browser that installs the page asks for.
_INSTALLED = {
    "manifest.webmanifest": "application/manifest+json",
    "icon-192.png": "image/png",
    "icon-512.png": "image/png",
    "icon-maskable.png": "image/png",
    "apple-touch-icon.png": "image/png",
}


def _serve_page(app: FastAPI, server: Server, page: Path) -> None:
    index = page / "index.html"

    @_shown(app, "/", "/room/{rest:path}", "/recordings", "/film", "/admin")
    async def show_page(request: Request, rest: str = "") -> Response:
        answer = page_file(index, request.headers, media_type="text/html")
        room = rest.removeprefix("recorder/").partition("/")[0]
        await keep_invite(server, request, answer, room)
        return answer

    @_shown(app, "/film/{archive_id}")
    async def show_film(archive_id: str, request: Request) -> Response:
        head = await film_page.film_head(server, request, archive_id)
        if not head:
            return page_file(index, request.headers, media_type="text/html")
        html = await film_page.page_with_head(index, head)
        return HTMLResponse(html, headers={"Cache-Control": "private, no-store"})

    @_shown(app, "/opentok-compat/{name}")
    async def show_opentok(name: str, request: Request) -> Response:
        # Scripts that pages of any origin may load; their names never change, so their content is asked for.
        if name not in _OPENTOK:
            raise HTTPException(404, "Not Found")
        path = page / "opentok-compat" / name
        return page_file(path, request.headers, media_type=_OPENTOK[name], all_sites=True)

    app.mount("/assets", Assets(directory=page / "assets"), name="assets")

    @_shown(app, "/app/{name}")
    async def show_installed(name: str, request: Request) -> Response:
        if name not in _INSTALLED:
            raise HTTPException(404, "Not Found")
        return page_file(page / "app" / name, request.headers, media_type=_INSTALLED[name])

    @_shown(app, "/robots.txt")
    async def show_robots() -> Response:
        return Response("User-agent: *\nDisallow: /\n", media_type="text/plain")  # rooms are for who was told of them

    @_shown(app, "/favicon.ico")
    async def show_icon() -> Response:
        icons = sorted((page / "assets").glob("icon-*.svg"))
        headers = {"Cache-Control": "max-age=86400"}
        return (
            FileResponse(icons[0], media_type="image/svg+xml", headers=headers)
            if icons
            else Response(status_code=204)
        )

    @_shown(app, "/embed/reelroom-room.js")
    async def show_embed(request: Request) -> Response:
        # A script that pages of any origin may load as a module; its name never changes, so its content is asked for.
        path = page / "embed" / "reelroom-room.js"
        return page_file(path, request.headers, media_type="text/javascript", all_sites=True)


def _shown(app: FastAPI, *paths: str) -> Callable[[_Answer], _Answer]:
    """What a browser is shown at these paths; whoever asks for the head alone has it."""

    def register(answer: _Answer) -> _Answer:
        for path in paths:
            app.add_api_route(path, answer, methods=["GET", "HEAD"], include_in_schema=False)
        return answer

    return register


def _answer_failures(app: FastAPI, page: Path) -> None:
    @app.exception_handler(Refused)
    async def refused(_request: Request, error: Refused) -> JSONResponse:
        headers = {"Retry-After": str(error.retry_after)} if isinstance(error, Overloaded | TooMany) else None
        return _failure(error.status, error.message, code=error.code, headers=headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        problem = error.errors()[0]
        if problem["type"] == "json_invalid":
            return _failure(400, "The body is not valid JSON")
        where = ".".join(str(part) for part in problem["loc"] if part not in {"body", "query", "path"})
        return _failure(400, f"{where or 'body'}: {problem['msg']}")

    @app.exception_handler(HTTPException)
    async def failed(request: Request, error: HTTPException) -> Response:
        if error.status_code == 404 and "text/html" in request.headers.get("accept", ""):
            return FileResponse(page / "index.html", 404, media_type="text/html")  # a person with a wrong address
        return _failure(error.status_code, str(error.detail), headers=error.headers)

    @app.exception_handler(TapFailed)
    @app.exception_handler(EngineError)
    async def no_engine(request: Request, error: Exception) -> JSONResponse:
        _log.error("engine failed", path=request.url.path, error=str(error))
        return _failure(503, "The media engine does not answer; try again in a moment")

    @app.exception_handler(CannotWrite)
    async def not_written(request: Request, error: CannotWrite) -> JSONResponse:
        _log.error("the database cannot be written", path=request.url.path, error=str(error.orig))
        return _failure(507, "The database cannot be written at the moment: is the disk full?")

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> JSONResponse:
        _log.exception("request failed", path=request.url.path, exc_info=error)
        return _failure(500, "Something went wrong on the server; its log says what", code=-99)


def _failure(status: int, message: str, *, code: int = -1, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """An error in OpenTok's form."""
    return JSONResponse({"code": code, "message": message, "description": message}, status, headers=headers)
