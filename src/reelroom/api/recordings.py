"""Lists of films over many rooms: searched, sorted, a page at a time."""

from typing import Annotated, Literal

from fastapi import Query, Request
from pydantic import BaseModel

from reelroom.api.admission import admit, admit_to_session, may_edit
from reelroom.api.film_page import FilmAnswer
from reelroom.api.rooms import archive_answers
from reelroom.api.routers import REFUSALS, router_of
from reelroom.api.wiring import ServerDependency
from reelroom.errors import Forbidden
from reelroom.roles.everything import Server
from reelroom.store.values import Archive, Room

router = router_of(refusals=REFUSALS)

_MOST_SESSIONS = 100
_SessionId = Annotated[str, Query(max_length=255)]


class Recordings(BaseModel):
    """How many films there are, and some of them."""

    count: int
    items: list[FilmAnswer]


@router.get("/archives")
async def find_films(
    request: Request,
    server: ServerDependency,
    session: Annotated[list[_SessionId] | None, Query(max_length=_MOST_SESSIONS)] = None,
    room: Annotated[str, Query(max_length=128)] = "",
    sought: Annotated[str, Query(alias="q", max_length=200)] = "",
    sort: Literal["newest", "oldest", "longest", "title"] = "newest",
    offset: Annotated[int, Query(ge=0, le=2**53)] = 0,
    count: Annotated[int, Query(ge=0, le=100)] = 24,
    deleted: Annotated[bool, Query()] = False,
) -> Recordings:
    """The films of these sessions, and of a room by its name, as far as whoever asks may see them.

    `q` is sought in titles and in rooms' names. `deleted`: those in the bin that whoever asks may restore. To ask for
    a room makes none.
    """
    may, names = await _visible(server, request, session or [], room)
    shown = [each for each in may if may[each]] if deleted else list(may)
    wanted = sought.strip()
    named = [each for each in shown if wanted.casefold() in names[each].casefold()]
    found = server.store.archives.find(shown, offset, count, sought=wanted, named=named, sort=sort, binned=deleted)
    total, archives = await found
    rooms = {each: await server.rooms.of_session(each) for each in {each.session_id for each in archives}}
    items: dict[str, FilmAnswer] = {}
    for editable in (True, False):
        some = [each for each in archives if _may(may, each, rooms[each.session_id]) is editable]
        for answer in await archive_answers(server, some, editable=editable):
            known = rooms[answer.session_id]
            items[answer.id] = FilmAnswer(film=answer, room=known.name if known else None)
    return Recordings(count=total, items=[items[each.id] for each in archives])


def _may(may: dict[str, bool], archive: Archive, room: Room | None) -> bool:
    """Whether it was asked for by its own session, or by that of its room."""
    return may.get(archive.session_id, False) or (room is not None and may.get(room.session_id, False))


async def _visible(
    server: Server, request: Request, sessions: list[str], room: str
) -> tuple[dict[str, bool], dict[str, str]]:
    """Of what is asked for what the caller may see: by session, whether they may change it, and its room's name.

    Raises Forbidden when that is none of it.
    """
    may: dict[str, bool] = {}
    names: dict[str, str] = {}
    refusal: Forbidden | None = None
    if room:
        await admit(server, request, room, films=True)
        known = await server.rooms.named(room)
        sessions = [*sessions, *([known.session_id] if known else [])]
    for session_id in sessions:
        try:
            name = await admit_to_session(server, request, session_id)
        except Forbidden as error:
            refusal = error
            continue
        may[session_id], names[session_id] = await may_edit(server, request, name), name or ""
    if refusal is not None and not may:
        raise refusal
    return may, names
