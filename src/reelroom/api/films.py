"""Films over HTTP: only by a signed link that has not expired, in any byte range."""

import time
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse

from reelroom.api.wiring import ServerDependency
from reelroom.errors import Forbidden, NotFound
from reelroom.signing import link_is_valid

router = APIRouter()


@router.api_route("/films/{archive_id}.mp4", methods=["GET", "HEAD"], response_class=FileResponse)
async def film(
    archive_id: UUID,
    server: ServerDependency,
    expires: Annotated[int, Query()] = 0,
    signature: Annotated[str, Query(max_length=128)] = "",
) -> FileResponse:
    """The film of an archive, as the links in archives have it."""
    name = str(archive_id)
    if not link_is_valid(server.keys.link_secret, name, expires, signature, time.time()):
        raise Forbidden("This link is not valid, or has expired: list the archives to have a new one")
    archive = await server.archives.get(name)
    if archive.status != "available" or not server.storage.has(name):
        raise NotFound(f"The archive {name} has no film")
    return FileResponse(
        server.storage.path(name),
        media_type="video/mp4",
        filename=f"{archive.name or 'film'}-{name[:8]}.mp4",
        content_disposition_type="inline",
        headers={"Cache-Control": "private, max-age=3600"},
    )
