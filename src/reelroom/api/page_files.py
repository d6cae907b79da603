"""The page's files over HTTP: packed when the page was built, and asked for again only when they may have changed."""

import os
from pathlib import Path
from typing import Any

from fastapi.responses import FileResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import Headers
from starlette.staticfiles import NotModifiedResponse
from starlette.types import Scope

from reelroom.api.compression import unpacks

_PACKED = (("br", ".br"), ("gzip", ".gz"))  # smallest first
# The name of each such file has a hash of its content.
FOR_EVER = "public, max-age=31536000, immutable"
# Its name stays while its content changes.
ASKED_FOR = "no-cache"


def page_file(
    path: Path, headers: Headers, *, media_type: str | None = None, caching: str = ASKED_FOR, all_sites: bool = False
) -> Response:
    """A file of the page, in the smallest form that is there and that whoever asks can unpack.

    Nothing but its name when they have it already. `all_sites`: pages of any origin may read it.
    """
    more = {"Cache-Control": caching, "Vary": "Accept-Encoding"}
    if all_sites:
        more["Access-Control-Allow-Origin"] = "*"
    sent, kind = path, media_type or FileResponse(path).media_type
    for coding, suffix in _PACKED:
        small = path.with_name(path.name + suffix)
        if unpacks(headers, coding) and "range" not in headers and small.is_file():
            sent, more["Content-Encoding"] = small, coding
            break
    try:
        answer = FileResponse(sent, media_type=kind, headers=more, stat_result=os.stat(sent))  # noqa: PTH116
    except FileNotFoundError:
        return FileResponse(sent, media_type=kind, headers=more)  # which says so
    known = [tag.strip().removeprefix("W/") for tag in headers.get("if-none-match", "").split(",")]
    return NotModifiedResponse(answer.headers) if answer.headers["etag"] in known else answer


class Assets(StaticFiles):
    """Files whose names have hashes, for pages of any origin: filters of OpenTok's are among them."""

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, *args: Any, **kwargs: Any
    ) -> Response:
        path = Path(full_path)
        # What blurs a background asks for its parts by fixed names.
        caching = "public, max-age=86400" if path.parent.name == "blur" else FOR_EVER
        return page_file(path, Headers(scope=scope), caching=caching, all_sites=True)
