"""An archive's files over HTTP: only by a signed link that has not expired, in any byte range."""

import asyncio
import re
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import Query, Request, Response
from fastapi.responses import FileResponse, StreamingResponse

from reelroom.api.links import MEDIA_TYPES, signed
from reelroom.api.routers import router_of
from reelroom.api.wiring import ServerDependency
from reelroom.archives.package import Package, zip_chunks
from reelroom.errors import Forbidden, NotFound
from reelroom.files.films import FILM, TRACKS, WORDS
from reelroom.opentok.signing import link_is_valid
from reelroom.roles.everything import Server
from reelroom.store.values import Archive

router = router_of()

_UUID_LENGTH = 36
_LONGEST_NAME = 120
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|]')  # of files, on Windows
_CACHED = {"Cache-Control": "private, max-age=3600"}


@router.head("/films/{file}", include_in_schema=False)
@router.get("/films/{file}", response_class=FileResponse)
async def archive_file(
    file: str,
    request: Request,
    server: ServerDependency,
    expires: Annotated[int, Query()] = 0,
    signature: Annotated[str, Query(max_length=128)] = "",
    link: Annotated[str, Query(max_length=36)] = "",
) -> Response:
    """A file of an archive, as the links in archives have it."""
    archive_id, suffix = _parts(file)
    if not link_is_valid(server.keys.link_secret, file, expires, signature, time.time(), link):
        raise Forbidden("This link is not valid, or has expired: list the archives to have a new one")
    if link:
        await server.sharing.still_holds(link)
    archive = await server.archives.get(archive_id)
    if archive.status != "available" and not (archive.status == "uploaded" and suffix in WORDS):
        raise NotFound(f"The archive {archive_id} has no film")
    kept = server.storage.has(archive_id, suffix)
    if suffix == TRACKS and not kept:
        return await _tracks(server, archive, with_body=request.method == "GET")
    if not kept:
        raise NotFound(f"The archive {archive_id} has no {'film' if suffix == FILM else file[_UUID_LENGTH + 1 :]}")
    path = server.storage.path(archive_id, suffix)
    if suffix == ".thumbnails.vtt":  # it names a picture, which has a link of its own
        cues = await asyncio.to_thread(path.read_text)
        picture = f"{archive_id}.thumbnails.jpg"
        cues = cues.replace(picture, signed(server, picture, expires, link))
        return Response(cues, media_type=MEDIA_TYPES[suffix], headers=_CACHED)
    return FileResponse(
        path,
        media_type=MEDIA_TYPES[suffix],
        filename=await _download_name(server, archive, suffix) if _from_the_start(request) else None,
        content_disposition_type="inline",
        headers=_CACHED,
    )


def _parts(file: str) -> tuple[str, str]:
    archive_id, suffix = file[:_UUID_LENGTH], file[_UUID_LENGTH:]
    try:
        canonical = str(UUID(archive_id)) == archive_id
    except ValueError:
        canonical = False
    if not canonical or suffix not in MEDIA_TYPES:
        raise NotFound("There is no such file")
    return archive_id, suffix


def _from_the_start(request: Request) -> bool:
    """Whether what is asked for begins where the file does: a player asks for range after range."""
    return request.headers.get("range", "bytes=0-").strip().startswith("bytes=0-")


async def _download_name(server: Server, archive: Archive, suffix: str) -> str:
    """Room, title and date (of the machine's clock): `Standup, Launch 2026-11-28 09.30.mp4`."""
    room = await server.rooms.of_session(archive.session_id)
    words = [room.name] if room else []
    if archive.name and archive.name not in words:
        words.append(archive.name)
    when = datetime.fromtimestamp(archive.start_us / 1_000_000).astimezone()
    name = _NOT_IN_NAMES.sub("-", ", ".join(words) or "film").strip(". ")
    return f"{name[:_LONGEST_NAME]} {when:%Y-%m-%d %H.%M}{suffix}"


async def _tracks(server: Server, archive: Archive, *, with_body: bool) -> Response:
    packed = await server.archives.tracks(archive)
    name = await _download_name(server, archive, TRACKS)
    headers = {**_CACHED, "Content-Disposition": f"attachment; filename*=utf-8''{quote(name)}"}
    body = _packing(server, archive, packed) if with_body else iter(())
    return StreamingResponse(body, media_type=MEDIA_TYPES[TRACKS], headers=headers)


def _packing(server: Server, archive: Archive, packed: Package) -> Iterator[bytes]:
    with server.archives.using(archive.take_id):
        yield from zip_chunks(packed)
