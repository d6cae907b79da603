"""Renders (Experience Composer): a room's cut or a web page, published into a session."""

from typing import Annotated, Any

from fastapi import Header, Response
from pydantic import Field, StrictInt, StrictStr

from reelroom.api.opentok.access import ProjectDependency
from reelroom.api.opentok.dialects import status_of_stopped_render
from reelroom.api.opentok.listing import Count, Offset
from reelroom.api.opentok.shapes import Body, list_answer
from reelroom.api.routers import project_router
from reelroom.api.wiring import ServerDependency
from reelroom.layouts.names import Resolution
from reelroom.opentok.stream_ids import stream_id
from reelroom.opentok.tokens import LONGEST_TOKEN
from reelroom.projects.projects import Project
from reelroom.renders.calls import RenderRequest
from reelroom.store.values import Render

router = project_router("/render", tag="OpenTok: renders")


class Properties(Body):
    """Of the stream that is published."""

    name: Annotated[StrictStr, Field(min_length=1, max_length=200)] | None = None


class StartRender(Body):
    """What to show, and where."""

    session_id: Annotated[StrictStr, Field(min_length=1, max_length=255)]
    token: Annotated[StrictStr, Field(min_length=1, max_length=LONGEST_TOKEN)]
    url: Annotated[StrictStr, Field(min_length=15, max_length=2048)]
    max_duration: Annotated[StrictInt, Field(ge=60, le=36000)] | None = None
    resolution: Resolution | None = None
    properties: Properties | None = None
    status_callback_url: Annotated[StrictStr, Field(max_length=2048)] | None = None


def _answer(render: Render, project: Project) -> dict[str, Any]:
    answer = {
        "id": render.id,
        "sessionId": render.session_id,
        **project.ids(numeric=False),
        "createdAt": render.created_at,
        "updatedAt": render.updated_at,
        "url": render.url,
        "resolution": render.resolution,
        "status": render.status,
        "callbackUrl": render.callback_url or None,
        "name": render.name or None,
        "event": "render",
        "streamId": stream_id(render.stream_id) if render.stream_id else None,
        "reason": render.reason or None,
    }
    return {name: value for name, value in answer.items() if value is not None}


@router.post("", status_code=202)
async def start_render(body: StartRender, server: ServerDependency, project: ProjectDependency) -> dict[str, Any]:
    """Show a room's cut, where the URL is its recorder page, or any other page, in a session."""
    ask = RenderRequest(
        session_id=body.session_id,
        token=body.token,
        url=body.url,
        max_duration=body.max_duration or 7200,
        resolution=body.resolution or "1280x720",
        name=(body.properties.name if body.properties else None) or "",
        callback_url=body.status_callback_url or "",
    )
    async with server.quotas.beginning(project.key):
        return _answer(await server.session_renders.start(project, ask), project)


@router.get("")
async def list_renders(
    server: ServerDependency, project: ProjectDependency, offset: Offset = 0, count: Count = 50
) -> dict[str, Any]:
    """A project's renders, newest first; `count` in the answer is that of all."""
    total, some = await server.session_renders.all(project, offset, count)
    return list_answer([_answer(each, project) for each in some], total)


@router.get("/{render_id}")
@router.post("/{render_id}", include_in_schema=False)  # as the PHP SDK asks
async def get_render(render_id: str, server: ServerDependency, project: ProjectDependency) -> dict[str, Any]:
    """One render."""
    return _answer(await server.session_renders.get(project, render_id), project)


@router.delete("/{render_id}")
async def stop_render(
    render_id: str,
    server: ServerDependency,
    project: ProjectDependency,
    user_agent: Annotated[str, Header()] = "",
) -> Response:
    """End a render; harmless when it has ended already."""
    await server.session_renders.get(project, render_id)
    await server.rooms.stop_render(render_id)
    return Response(status_code=status_of_stopped_render(user_agent))
