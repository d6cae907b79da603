"""The application's public calls, and the exchange of an OpenTok token for the engine's."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Header, Query, Request, Response
from pydantic import ValidationError

from reelroom.api.admission import MAY_RECORD, admit, admit_to_session, keyed, may_edit
from reelroom.api.guard import counted_as
from reelroom.api.kept_rooms import own, remember_visit
from reelroom.api.links import links
from reelroom.api.opentok.listing import Count, Offset
from reelroom.api.routers import REFUSALS, router_of
from reelroom.api.shapes import (
    ArchiveAnswer,
    ArchiveStopped,
    ConnectAnswer,
    ConnectRequest,
    ConsentRequest,
    ErrorAnswer,
    RenderAnswer,
    RenderRequest,
    RenderStatus,
    RoomAnswer,
    SessionAnswer,
    TranscriptAnswer,
)
from reelroom.api.wiring import ServerDependency
from reelroom.archives.film_now import FilmNow
from reelroom.errors import BadRequest, Forbidden
from reelroom.opentok.signing import callback_is_valid
from reelroom.roles.everything import Server
from reelroom.rooms.use_cases import AtDoor
from reelroom.store.transcripts import KeptTranscript
from reelroom.store.values import Archive, FilmLink

router = router_of(refusals=REFUSALS)


async def archive_answers(
    server: Server, archives: Sequence[Archive], *, editable: bool, through: FilmLink | None = None
) -> list[ArchiveAnswer]:
    """Archives as they are now, with fresh links; `editable` by whoever asks, who came `through` a link to one.

    A link is to its film: by the ids of a session, or of another film, an open server shows more.
    """
    made, not_made = await server.archives.now(archives), FilmNow()
    known = await server.store.transcripts.of_archives([archive.id for archive in archives])
    return [
        ArchiveAnswer.of(
            archive,
            server.keys.api_key,
            links(server, archive, through),
            progress=made.get(archive.id, not_made).progress,
            obstacle=made.get(archive.id, not_made).obstacle,
            transcript=_transcript(server, known.get(archive.id)),
            may_edit=editable,
            may_share=editable and through is None,
            restorable_until=server.archives.bin.until(archive) if editable else None,
            alone=through is not None,
        )
        for archive in archives
    ]


def _transcript(server: Server, known: KeptTranscript | None) -> TranscriptAnswer | None:
    if known is None:
        return None
    progress = server.transcribing.progress(known.archive_id)
    return TranscriptAnswer.of(known, progress, can_sum_up=server.summarising.possible)


async def archive_answer(
    server: Server, archive: Archive, *, editable: bool, through: FilmLink | None = None
) -> ArchiveAnswer:
    """One of them."""
    (answer,) = await archive_answers(server, [archive], editable=editable, through=through)
    return answer


@router.get("/session/{room_name}", include_in_schema=False)  # a path has no line breaks, a wrong name may have
@router.get("/session/{room_name:path}")
async def open_room(room_name: str, request: Request, response: Response, server: ServerDependency) -> SessionAnswer:
    """Open a room: the first call makes it, and whoever made it owns it; every call answers with a fresh token."""
    invite = await admit(server, request, room_name)
    role, invitation = (invite.role, invite.id) if invite else (None, "")
    credentials = await server.rooms.open(room_name, role, invitation)
    if credentials.owned:
        await own(server, request, response, credentials.room)
    else:
        await remember_visit(server, request, response, credentials.session_id)
    link_opens = server.settings.auth == "open"
    return SessionAnswer(
        session_id=credentials.session_id,
        token=credentials.token,
        api_key=credentials.api_key,
        room_name=credentials.room,
        may_record=link_opens or invite is None or invite.role in MAY_RECORD,
        link_opens=link_opens,
    )


@router.post("/session/connect", responses={423: {"model": ErrorAnswer}})
async def connect(body: ConnectRequest, server: ServerDependency) -> ConnectAnswer:
    """Exchange an OpenTok token for the media server's address and access token."""
    at_door = AtDoor(body.knock, body.before)
    entry = await server.rooms.connect(body.session_id, body.token, body.name, body.grant, at_door)
    return ConnectAnswer(
        url=server.settings.engine_public_url,
        access_token=entry.access_token,
        role=entry.role,
        captions=server.session_captions.possible,
    )


@router.post("/session/consent")
async def consent(body: ConsentRequest, server: ServerDependency) -> dict[str, str]:
    """Say whether one may be recorded: until then, and after a no, one is not."""
    await server.rooms.answer_consent(body.session_id, body.access_token, agrees=body.agrees)
    return {}


@router.get("/rooms/{room_name}", include_in_schema=False)  # a path has no line breaks, a wrong name may have
@router.get("/rooms/{room_name:path}")
async def look_at_room(room_name: str, request: Request, server: ServerDependency) -> RoomAnswer:
    """Who receives what is sent in a room, before one comes in; a room that is not there is empty, and not made."""
    await admit(server, request, room_name)
    seen = await server.looking.look(room_name)
    return RoomAnswer(
        people=seen.people,
        names=list(seen.names),
        recorders=seen.recorders,
        tapped=seen.tapped,
        asks=server.settings.consent == "ask",
        door=seen.door,
    )


@router.post("/render")
async def start_render(
    body: RenderRequest, request: Request, response: Response, server: ServerDependency
) -> RenderAnswer:
    """Record a room; answers with the render that runs, if one does."""
    await admit(server, request, body.room_name, MAY_RECORD)
    host = await keyed(server, request)
    address = "" if host else counted_as(request.client.host if request.client else "")
    render, owned = await server.rooms.record(body.room_name, body.layout or "", address)
    if owned:
        await own(server, request, response, body.room_name)
    return RenderAnswer.of(render, server.keys.api_key)


@router.get("/render/stop/{render_id}")
async def stop_render(render_id: str, request: Request, server: ServerDependency) -> RenderAnswer:
    """End a render, and the archive that it feeds."""
    render = await server.renders.get(render_id)
    await admit_to_session(server, request, render.session_id, MAY_RECORD)
    await server.rooms.stop_render(render_id)
    return RenderAnswer.of(await server.renders.get(render_id), server.keys.api_key)


@router.post("/render/status")
async def render_status(
    request: Request,
    server: ServerDependency,
    authorization: Annotated[str | None, Header()] = None,
) -> dict[str, str]:
    """Listen to a render: when it has started, start its archive and signal the room."""
    body = await request.body()
    if not callback_is_valid(server.keys.callback_secret, authorization, body):
        raise Forbidden("The callback is not signed by this server")
    try:
        status = RenderStatus.model_validate_json(body)
    except ValidationError as error:
        raise BadRequest(_first_problem(error)) from None
    if status.status == "started":
        await server.rooms.render_started(status.id, status.session_id)
    else:
        await server.renders.get(status.id)
    return {}


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    return f"{'.'.join(map(str, problem['loc'])) or 'body'}: {problem['msg']}"


@router.get("/archive/stop/{archive_id}")
async def stop_archive(archive_id: str, request: Request, server: ServerDependency) -> ArchiveStopped:
    """End an archive, and the render that exists for it."""
    archive = await server.archives.get(archive_id)
    await admit_to_session(server, request, archive.session_id, MAY_RECORD)
    await server.rooms.stop_archive(archive_id)
    return ArchiveStopped(archive_id=archive_id)


@router.get("/archive/{session_id}")
async def list_archives(
    session_id: str,
    request: Request,
    response: Response,
    server: ServerDependency,
    offset: Offset = 0,
    count: Count = 1000,
    deleted: Annotated[bool, Query()] = False,
) -> list[ArchiveAnswer]:
    """The archives of a session, newest first; a room's own session lists those of all its renders.

    `count` of them (1000 at most) from the `offset`-th on. `deleted`: those in the bin that whoever asks may restore.
    """
    room = await admit_to_session(server, request, session_id)
    await remember_visit(server, request, response, session_id)
    editable = await may_edit(server, request, room)
    if deleted:
        binned = await server.archives.bin.of_session(session_id) if editable else []
        return await archive_answers(server, binned, editable=True)
    archives = await server.archives.of_session(session_id, offset, count)
    return await archive_answers(server, archives, editable=editable)
