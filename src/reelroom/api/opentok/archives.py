"""Archives: start, stop, list, delete, lay out, choose streams."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Header, Response

from reelroom.api.opentok.access import ProjectDependency
from reelroom.api.opentok.archive_shapes import ChangeStreams, Layout, StartArchive
from reelroom.api.opentok.dialects import status_of_changed_streams
from reelroom.api.opentok.listing import ListingDependency
from reelroom.api.opentok.shapes import list_answer
from reelroom.api.routers import project_router
from reelroom.api.wiring import ServerDependency
from reelroom.archives.answer import archive_answer, links_of
from reelroom.projects.projects import Project
from reelroom.roles.everything import Server
from reelroom.store.values import Archive

router = project_router("/archive", tag="OpenTok: archives")


async def _answer(server: Server, project: Project, archive: Archive) -> dict[str, Any]:
    return (await _answers(server, project, [archive]))[0]


async def _answers(server: Server, project: Project, archives: Sequence[Archive]) -> list[dict[str, Any]]:
    known = await server.store.transcripts.of_archives([archive.id for archive in archives])
    told = (links_of(archive, known.get(archive.id), server.settings, server.keys) for archive in archives)
    return [archive_answer(archive, project, each) for archive, each in zip(archives, told, strict=True)]


@router.post("")
async def start_archive(body: StartArchive, server: ServerDependency, project: ProjectDependency) -> dict[str, Any]:
    """Archive a session from now on."""
    async with server.quotas.beginning(project.key):
        archive = await server.session_archives.start(project, body.session_id, body.wish())
    return await _answer(server, project, archive)


@router.get("")
async def list_archives(
    server: ServerDependency, project: ProjectDependency, wanted: ListingDependency
) -> dict[str, Any]:
    """A project's archives, newest first; `count` in the answer is that of all."""
    total, some = await server.session_archives.all(project, wanted.offset, wanted.count, wanted.session_id)
    return list_answer(await _answers(server, project, some), total)


@router.get("/{archive_id}")
async def get_archive(archive_id: str, server: ServerDependency, project: ProjectDependency) -> dict[str, Any]:
    """One archive."""
    return await _answer(server, project, await server.session_archives.get(project, archive_id))


@router.post("/{archive_id}/stop")
async def stop_archive(archive_id: str, server: ServerDependency, project: ProjectDependency) -> dict[str, Any]:
    """End an archive; its film will be there soon."""
    archive = await server.session_archives.get(project, archive_id)
    if archive.render_id is not None:  # the render exists for it alone
        await server.rooms.stop_archive(archive_id)
    return await _answer(server, project, await server.session_archives.stop(project, archive_id))


@router.delete("/{archive_id}", status_code=204)
async def delete_archive(archive_id: str, server: ServerDependency, project: ProjectDependency) -> Response:
    """Remove an archive's film."""
    await server.session_archives.delete(project, archive_id)
    return Response(status_code=204)


@router.put("/{archive_id}/layout")
async def set_layout(
    archive_id: str, body: Layout, server: ServerDependency, project: ProjectDependency
) -> dict[str, Any]:
    """Draw an archive's streams elsewhere."""
    return await _answer(
        server, project, await server.session_archives.set_layout(project, archive_id, body.stored())
    )


@router.patch("/{archive_id}/streams", status_code=204)
async def change_streams(
    archive_id: str,
    body: ChangeStreams,
    server: ServerDependency,
    project: ProjectDependency,
    user_agent: Annotated[str, Header()] = "",
) -> Response:
    """Bring a stream into an archive whose streams are chosen, or take it out."""
    archives = server.session_archives
    if body.add_stream:
        sound, picture = body.has_audio is not False, body.has_video is not False
        await archives.streams.add(project, archive_id, body.add_stream, sound, picture)
    else:
        await archives.streams.remove(project, archive_id, body.remove_stream or "")
    return Response(status_code=status_of_changed_streams(user_agent))
