"""The web application: all routes, and every failure as JSON with a `message`."""

from pathlib import Path

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from reelroom.api import admin, afterwards, films, seed
from reelroom.errors import Refused
from reelroom.server import Server

_log = structlog.get_logger()


def create_app(server: Server, page: Path) -> FastAPI:
    """The application around a started server; `page` is the folder of the built page."""
    app = create_api()
    app.state.server = server
    _serve_page(app, page)
    _answer_failures(app)
    return app


def create_api() -> FastAPI:
    """The calls alone, with no server behind them: what the OpenAPI description is made of."""
    app = FastAPI(title="Reelroom", redirect_slashes=False)
    app.include_router(seed.router)
    app.include_router(afterwards.router)
    app.include_router(films.router)
    app.include_router(admin.router)
    return app


def _serve_page(app: FastAPI, page: Path) -> None:
    index = page / "index.html"

    @app.get("/", include_in_schema=False)
    @app.get("/room/{rest:path}", include_in_schema=False)
    @app.get("/recordings", include_in_schema=False)
    @app.get("/admin", include_in_schema=False)
    async def show_page() -> FileResponse:
        return FileResponse(index, media_type="text/html", headers={"Cache-Control": "no-cache"})

    app.mount("/assets", StaticFiles(directory=page / "assets"), name="assets")

    @app.get("/embed/reelroom-room.js", include_in_schema=False)
    async def show_embed() -> FileResponse:
        # A script that pages of any origin may load as a module; its name never changes, so its content is asked for.
        headers = {"Cache-Control": "no-cache", "Access-Control-Allow-Origin": "*"}
        return FileResponse(page / "embed" / "reelroom-room.js", media_type="text/javascript", headers=headers)


def _answer_failures(app: FastAPI) -> None:
    @app.exception_handler(Refused)
    async def refused(_request: Request, error: Refused) -> JSONResponse:
        return JSONResponse({"message": error.message}, error.status)

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        problem = error.errors()[0]
        if problem["type"] == "json_invalid":
            return JSONResponse({"message": "The body is not valid JSON"}, 400)
        where = ".".join(str(part) for part in problem["loc"] if part not in {"body", "query", "path"})
        return JSONResponse({"message": f"{where or 'body'}: {problem['msg']}"}, 400)

    @app.exception_handler(HTTPException)
    async def failed(_request: Request, error: HTTPException) -> JSONResponse:
        return JSONResponse({"message": str(error.detail)}, error.status_code, headers=error.headers)

    @app.exception_handler(OperationalError)
    async def not_written(request: Request, error: OperationalError) -> JSONResponse:
        _log.error("the database cannot be written", path=request.url.path, error=str(error.orig))
        return JSONResponse({"message": "The database cannot be written at the moment: is the disk full?"}, 507)

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> JSONResponse:
        _log.exception("request failed", path=request.url.path, exc_info=error)
        return JSONResponse({"message": "Something went wrong on the server; its log says what"}, 500)
