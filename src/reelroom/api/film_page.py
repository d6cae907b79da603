"""The page of one film: what it shows, for whoever may see it, and the head by which it is shown as a card."""

import asyncio
from html import escape
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import Header, Request
from pydantic import BaseModel

from reelroom.api.admission import admit_to_film, admit_to_watch, may_edit
from reelroom.api.links import links
from reelroom.api.rooms import archive_answer
from reelroom.api.routers import REFUSALS, router_of
from reelroom.api.shapes import ArchiveAnswer
from reelroom.api.wiring import ServerDependency
from reelroom.errors import Forbidden, NotFound, Refused
from reelroom.roles.everything import Server
from reelroom.store.values import Archive, FilmLink

router = router_of(refusals=(*REFUSALS, 409, 410))

CARD = "link"  # the query parameter that names a film's link, for a card alone: it opens nothing


class FilmAnswer(BaseModel):
    """A film, and the room that it was recorded in; null for an application's own session, and by a film's link."""

    film: ArchiveAnswer
    room: str | None


class ReachAnswer(BaseModel):
    """How much was recorded before a film begins, and after it ends (s)."""

    before: float
    after: float


@router.get("/archive/{archive_id}/film")
async def look_at_film(
    archive_id: str,
    request: Request,
    server: ServerDependency,
    secret: Annotated[str, Header(alias="X-Film-Link", max_length=200)] = "",
) -> FilmAnswer:
    """One film, with fresh links: for whoever has been in its room, may come there, or has a link to it."""
    archive = await server.archives.get(archive_id)
    if secret:
        link = await server.sharing.opened(secret)
        if not link.opens(archive):
            raise Forbidden("This link is to another film")
        return await _answer(server, archive, editable=link.grants == "edit", through=link)
    room = await admit_to_watch(server, request, archive)
    return await _answer(server, archive, editable=await may_edit(server, request, room), through=None)


async def _answer(server: Server, archive: Archive, *, editable: bool, through: FilmLink | None) -> FilmAnswer:
    if archive.status == "deleted" and not (editable and archive.deleted_from is not None):
        raise NotFound("This film was deleted")
    room = await server.rooms.of_session(archive.session_id) if through is None else None
    film = await archive_answer(server, archive, editable=editable, through=through)
    return FilmAnswer(film=film, room=room.name if room else None)


@router.get("/archive/{archive_id}/reach")
async def reach(archive_id: str, request: Request, server: ServerDependency) -> ReachAnswer:
    """How far a film can be cut again beyond its beginning and its end."""
    archive = await server.archives.get(archive_id)
    await admit_to_film(server, request, archive)
    before, after = await server.archives.reach(archive)
    return ReachAnswer(before=before / 1_000_000, after=after / 1_000_000)


async def film_head(server: Server, request: Request, archive_id: str) -> str:
    """What a chat shows where somebody writes down the address of a film: HTML for the page's head.

    Title and poster are for whoever may see the film, and for those to whom its link was given, which the address
    names without what opens it. For everybody else there is nothing.
    """
    try:
        archive = await server.archives.get(str(UUID(archive_id)))
        link = await _card(server, request, archive)
    except (ValueError, Refused):
        return ""
    if archive.status != "available":
        return ""
    found = links(server, archive, link)
    shown = {
        "og:type": "video.other",
        "og:site_name": "Reelroom",
        "og:title": archive.name or "Reelroom",
        "og:image": found.poster_url or "",
    }
    named = "".join(
        f'<meta property="{name}" content="{escape(content)}" />' for name, content in shown.items() if content
    )
    return f'{named}<meta name="twitter:card" content="summary_large_image" />'


async def _card(server: Server, request: Request, archive: Archive) -> FilmLink | None:
    """The link to a film by which its card is shown; None where that takes none. Raises Refused."""
    named = request.query_params.get(CARD, "")
    if named:
        link = await server.sharing.still_holds(named[:36])
        if not link.opens(archive):
            raise Forbidden("This link is to another film")
        return link
    await admit_to_watch(server, request, archive)
    return None


async def page_with_head(index: Path, head: str) -> str:
    """The page, with more in its head."""
    html = await asyncio.to_thread(index.read_text, encoding="utf-8")
    return html.replace("</head>", f"{head}</head>", 1)
