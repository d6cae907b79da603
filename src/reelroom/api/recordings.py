"""Lists of films over many rooms: searched, sorted, a page at a time."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import Query, Request, Response
from pydantic import BaseModel

from reelroom.api.admission import admit, admit_to_session, may_edit
from reelroom.api.film_page import FilmAnswer
from reelroom.api.kept_rooms import remember_visit
from reelroom.api.rooms import archive_answers
from reelroom.api.routers import REFUSALS, router_of
from reelroom.api.shapes import ArchiveAnswer
from reelroom.api.wiring import ServerDependency
from reelroom.errors import Forbidden
from reelroom.roles.everything import Server
from reelroom.store.film_texts import FilmText, Sought
from reelroom.store.values import Archive, Room
from reelroom.transcripts.finding import Moment, Term, folded, hits, person_of, terms

router = router_of(refusals=REFUSALS)

_MOST_SESSIONS = 100
_MOST_HITS = 3  # of a film in a list
_SessionId = Annotated[str, Query(max_length=255)]


class HitAnswer(BaseModel):
    """A moment of a film in which something sought is found, `at` s from its start.

    Somebody, called `name`, says it (`words`) or writes it (`chat`). `marks` are the places of what is sought in
    `text`: [from, to) in characters.
    """

    at: float
    kind: Literal["words", "chat"]
    name: str
    text: str
    marks: list[tuple[int, int]]


class FoundFilm(FilmAnswer):
    """A film in a list: who is in it, and in how many moments of it something sought is found, with some of these."""

    people: list[str]
    moments: int
    hits: list[HitAnswer]


class Recordings(BaseModel):
    """How many films there are, and some of them."""

    count: int
    items: list[FoundFilm]


@router.get("/archives")
async def find_films(
    request: Request,
    response: Response,
    server: ServerDependency,
    session: Annotated[list[_SessionId] | None, Query(max_length=_MOST_SESSIONS)] = None,
    room: Annotated[str, Query(max_length=128)] = "",
    sought: Annotated[str, Query(alias="q", max_length=200)] = "",
    person: Annotated[str, Query(max_length=200)] = "",
    sort: Literal["newest", "oldest", "longest", "title"] = "newest",
    offset: Annotated[int, Query(ge=0, le=2**53)] = 0,
    count: Annotated[int, Query(ge=0, le=100)] = 24,
    deleted: Annotated[bool, Query()] = False,
) -> Recordings:
    """The films of these sessions, and of a room by its name, as far as whoever asks may see them.

    Each word of `q` is sought in titles, rooms' names, people's names, the chat and what is said; its beginning is
    enough. `person`: somebody who is called so is in it. `deleted`: those in the bin that whoever asks may restore.
    To ask for a room makes none.
    """
    may, names = await _visible(server, request, session or [], room)
    await remember_visit(server, request, response, *may)
    shown = [each for each in may if may[each]] if deleted else list(may)
    wanted = terms(sought)
    asked = [_sought(term, [each for each in shown if _is_in(term.text, names[each])]) for term in wanted]
    whom = _sought(person_of(person), []) if person.strip() else None
    found = server.store.archives.find(shown, offset, count, sought=asked, person=whom, sort=sort, binned=deleted)
    total, archives = await found
    held = await server.store.film_texts.of_archives([each.id for each in archives])
    rooms = {each: await server.rooms.of_session(each) for each in {each.session_id for each in archives}}
    items: dict[str, FoundFilm] = {}
    for editable in (True, False):
        some = [each for each in archives if _may(may, each, rooms[each.session_id]) is editable]
        for answer in await archive_answers(server, some, editable=editable):
            items[answer.id] = _found(answer, rooms[answer.session_id], held.get(answer.id), wanted)
    return Recordings(count=total, items=[items[each.id] for each in archives])


def _sought(term: Term, named: list[str]) -> Sought:
    return Sought(term.text, term.whole, term.start, tuple(named))


def _is_in(text: str, name: str) -> bool:
    return folded(text) in folded(name)


def _found(answer: ArchiveAnswer, room: Room | None, held: FilmText | None, wanted: Sequence[Term]) -> FoundFilm:
    moments = [Moment(*each) for each in held.moments] if held and wanted else []
    number, best = hits(moments, wanted, _MOST_HITS)
    shown = [
        HitAnswer(
            at=hit.moment.at / 1000,
            kind="chat" if hit.moment.kind == "chat" else "words",
            name=hit.moment.name,
            text=hit.moment.text,
            marks=list(hit.marks),
        )
        for hit in best
    ]
    name = room.name if room else None
    return FoundFilm(film=answer, room=name, people=list(held.people) if held else [], moments=number, hits=shown)


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
