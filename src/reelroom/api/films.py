"""An archive's files over HTTP: only by a signed link that has not expired, in any byte range."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import Query, Request, Response
from fastapi.responses import FileResponse, StreamingResponse

from reelroom.api.links import MEDIA_TYPES, signed
from reelroom.api.ranges import NotSatisfiable, asked_range
from reelroom.api.routers import router_of
from reelroom.api.wiring import ServerDependency
from reelroom.archives.package import Package, zip_chunks
from reelroom.errors import Forbidden, NotFound
from reelroom.files.films import CHAPTERS, FILM, TEXTS, TRACKS, product
from reelroom.opentok.signing import link_is_valid
from reelroom.roles.everything import Server
from reelroom.store.values import Archive

router = router_of()

_UUID_LENGTH = 36
_LONGEST_NAME = 120
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|]')  # of files, on Windows
_CACHED = {"Cache-Control": "private, max-age=3600"}
_ASKED_ANEW = {"Cache-Control": "private, no-cache"}  # what may be corrected


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
    if archive.status == "failed" and suffix == TRACKS:
        return await _tracks(server, archive, alone=link != "", with_body=request.method == "GET")
    if archive.status != "available" and not (archive.status == "uploaded" and suffix in TEXTS):
        raise NotFound(f"The archive {archive_id} has no film")
    path = await asyncio.to_thread(server.films.here, archive, suffix)
    there = server.films.in_depot(archive).get(suffix)
    if path is None and there is None:
        if suffix == TRACKS:
            return await _tracks(server, archive, alone=link != "", with_body=request.method == "GET")
        raise NotFound(_missing(server, archive, suffix))
    if suffix == ".thumbnails.vtt":  # it names a picture, which has a link of its own
        cues = (await server.films.read(archive, suffix) or b"").decode()
        picture = f"{archive_id}.thumbnails.jpg"
        cues = cues.replace(picture, signed(server, picture, expires, link))
        return Response(cues, media_type=MEDIA_TYPES[suffix], headers=_CACHED)
    name = await _download_name(server, archive, suffix, alone=link != "") if _from_the_start(request) else None
    # A player that is handed from one server to another goes on with the same file.
    cached = _ASKED_ANEW if suffix in (*TEXTS, CHAPTERS) else _CACHED
    headers = {**cached, **({"ETag": f'"{there.digest}"'} if there is not None else {})}
    if path is not None:
        return FileResponse(
            path,
            media_type=MEDIA_TYPES[suffix],
            filename=name,
            content_disposition_type="inline",
            headers=headers,
        )
    if name is not None:
        headers["Content-Disposition"] = f"inline; filename*=utf-8''{quote(name)}"
    return await _from_depot(server, archive, suffix, request, headers)


def _missing(server: Server, archive: Archive, suffix: str) -> str:
    if suffix == product(archive.output_mode) and server.films.has_depot:
        return f"The film of the archive {archive.id} is on another server, and not in the depot yet"
    return f"The archive {archive.id} has no {'film' if suffix == FILM else suffix[1:]}"


async def _from_depot(
    server: Server, archive: Archive, suffix: str, request: Request, headers: dict[str, str]
) -> Response:
    """A file that another server made, piece by piece."""
    size = server.films.in_depot(archive)[suffix].size
    try:
        asked = asked_range(request.headers, size, headers["ETag"])
    except NotSatisfiable:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{size}"})
    start, end = asked or (0, size)
    headers |= {"Accept-Ranges": "bytes", "Content-Length": str(end - start)}
    if asked is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    body = _nothing() if request.method == "HEAD" else await _begun(server.films.pieces(archive, suffix, start, end))
    return StreamingResponse(body, 200 if asked is None else 206, headers, MEDIA_TYPES[suffix])


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""


async def _begun(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same, of which the first is there: a depot that is away is an answer of its own."""
    first = await anext(pieces, b"")

    async def all_of_it() -> AsyncIterator[bytes]:
        yield first
        async for piece in pieces:
            yield piece

    return all_of_it()


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


async def _download_name(server: Server, archive: Archive, suffix: str, *, alone: bool) -> str:
    """Room, title and date (of the machine's clock): `Standup, Launch 2026-11-28 09.30.mp4`.

    `alone`: without the room.
    """
    room = None if alone else await server.rooms.of_session(archive.session_id)
    words = [room.name] if room else []
    if archive.name and archive.name not in words:
        words.append(archive.name)
    when = datetime.fromtimestamp(archive.start_us / 1_000_000).astimezone()
    name = _NOT_IN_NAMES.sub("-", ", ".join(words) or "film").strip(". ")
    return f"{name[:_LONGEST_NAME]} {when:%Y-%m-%d %H.%M}{suffix}"


async def _tracks(server: Server, archive: Archive, *, alone: bool, with_body: bool) -> Response:
    packed = await server.archives.tracks(archive)
    name = await _download_name(server, archive, TRACKS, alone=alone)
    headers = {**_CACHED, "Content-Disposition": f"attachment; filename*=utf-8''{quote(name)}"}
    body = _packing(server, archive, packed) if with_body else iter(())
    return StreamingResponse(body, media_type=MEDIA_TYPES[TRACKS], headers=headers)


def _packing(server: Server, archive: Archive, packed: Package) -> Iterator[bytes]:
    with server.archives.using(archive.take_id):
        yield from zip_chunks(packed)
