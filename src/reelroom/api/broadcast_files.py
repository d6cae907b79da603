"""A broadcast's playlist and segments over HTTP, for players of any site that were given its address."""

import asyncio
import re
from uuid import UUID

from fastapi import Response

from reelroom.api.routers import router_of
from reelroom.api.wiring import ServerDependency
from reelroom.broadcasts.answer import PLAYLIST
from reelroom.errors import NotFound
from reelroom.opentok.signing import broadcast_signature_is_valid

router = router_of()

_SEGMENT = re.compile(r"[0-9]{6,12}\.ts")
_FOR_ALL_SITES = {"Access-Control-Allow-Origin": "*"}


@router.head("/broadcasts/{broadcast_id}/{signature}/{file}", include_in_schema=False)
@router.get("/broadcasts/{broadcast_id}/{signature}/{file}", response_class=Response)
async def broadcast_file(broadcast_id: str, signature: str, file: str, server: ServerDependency) -> Response:
    """The playlist, or one of the segments that it names."""
    playlist = file == PLAYLIST
    # What the names may be keeps every path within the broadcast's folder.
    if not _is_id(broadcast_id) or not (playlist or _SEGMENT.fullmatch(file)):
        raise NotFound("There is no such file")
    if not broadcast_signature_is_valid(server.keys.link_secret, broadcast_id, signature):
        raise NotFound("There is no such broadcast")
    path = server.session_broadcasts.hls_folder(broadcast_id) / file
    try:
        content = await asyncio.to_thread(path.read_bytes)
    except OSError:
        raise NotFound("There is nothing to play at the moment: the broadcast has not begun, or is over") from None
    if playlist:
        media_type, caching = "application/vnd.apple.mpegurl", "no-store"
    else:
        media_type, caching = "video/mp2t", "public, max-age=3600"
    return Response(content, media_type=media_type, headers={**_FOR_ALL_SITES, "Cache-Control": caching})


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
