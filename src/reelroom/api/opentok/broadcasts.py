"""OpenTok's calls about broadcasts: start, stop, list, lay out, choose streams."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Header, Response

from reelroom.api.opentok.access import ProjectDependency
from reelroom.api.opentok.archive_shapes import ChangeStreams, Layout
from reelroom.api.opentok.broadcast_shapes import StartBroadcast
from reelroom.api.opentok.dialects import status_of_changed_streams
from reelroom.api.opentok.listing import ListingDependency
from reelroom.api.opentok.shapes import list_answer
from reelroom.api.routers import project_router
from reelroom.api.wiring import ServerDependency
from reelroom.broadcasts.answer import broadcast_answer, hls_link
from reelroom.projects.projects import Project
from reelroom.roles.everything import Server
from reelroom.store.values import Broadcast

router = project_router("/broadcast", tag="OpenTok: broadcasts")


async def _answers(server: Server, project: Project, broadcasts: Sequence[Broadcast]) -> list[dict[str, Any]]:
    outputs = await server.session_broadcasts.outputs(broadcasts)
    return [
        broadcast_answer(each, project, outputs.get(each.id), hls_link(server.settings, server.keys, each.id))
        for each in broadcasts
    ]


async def _answer(server: Server, project: Project, broadcast: Broadcast) -> dict[str, Any]:
    (answer,) = await _answers(server, project, [broadcast])
    return answer


@router.post("")
async def start_broadcast(
    body: StartBroadcast, server: ServerDependency, project: ProjectDependency
) -> dict[str, Any]:
    """Broadcast a session from now on."""
    async with server.quotas.beginning(project.key):
        broadcast = await server.session_broadcasts.start(project, body.session_id, body.wish())
    return await _answer(server, project, broadcast)


@router.get("")
async def list_broadcasts(
    server: ServerDependency, project: ProjectDependency, wanted: ListingDependency
) -> dict[str, Any]:
    """A project's broadcasts, newest first; `count` in the answer is that of all."""
    total, some = await server.session_broadcasts.all(project, wanted.offset, wanted.count, wanted.session_id)
    return list_answer(await _answers(server, project, some), total)


@router.get("/{broadcast_id}")
async def get_broadcast(broadcast_id: str, server: ServerDependency, project: ProjectDependency) -> dict[str, Any]:
    """One broadcast, and how its outputs stand."""
    return await _answer(server, project, await server.session_broadcasts.get(project, broadcast_id))


@router.post("/{broadcast_id}/stop")
async def stop_broadcast(broadcast_id: str, server: ServerDependency, project: ProjectDependency) -> dict[str, Any]:
    """End a broadcast."""
    return await _answer(server, project, await server.session_broadcasts.stop(project, broadcast_id))


@router.put("/{broadcast_id}/layout")
async def set_layout(
    broadcast_id: str, body: Layout, server: ServerDependency, project: ProjectDependency
) -> dict[str, Any]:
    """Draw a broadcast's streams elsewhere."""
    changed = await server.session_broadcasts.set_layout(project, broadcast_id, body.stored())
    return await _answer(server, project, changed)


@router.patch("/{broadcast_id}/streams", status_code=204)
async def change_streams(
    broadcast_id: str,
    body: ChangeStreams,
    server: ServerDependency,
    project: ProjectDependency,
    user_agent: Annotated[str, Header()] = "",
) -> Response:
    """Bring a stream into a broadcast whose streams are chosen, or take it out."""
    broadcasts = server.session_broadcasts
    if body.add_stream:
        sound, picture = body.has_audio is not False, body.has_video is not False
        await broadcasts.streams.add(project, broadcast_id, body.add_stream, sound, picture)
    else:
        await broadcasts.streams.remove(project, broadcast_id, body.remove_stream or "")
    return Response(status_code=status_of_changed_streams(user_agent))
