"""What happens in a session: connections, streams, signals, mutes, layout classes."""

import json
from typing import Annotated, Any

from fastapi import Header, Response
from pydantic import Field, StrictStr

from reelroom.api.opentok.access import ProjectDependency
from reelroom.api.opentok.dialects import type_of_stream
from reelroom.api.opentok.shapes import Body, list_answer, project_answer, stream_answer
from reelroom.api.routers import project_router
from reelroom.api.wiring import ServerDependency
from reelroom.errors import InvalidStream, NotFound

router = project_router("/session/{session_id}", tag="OpenTok: sessions")


class Signal(Body):
    """A message to clients."""

    type: StrictStr | None = None
    data: StrictStr | None = None


class MuteAll(Body):
    """Whom to mute; SDKs name the exclusions in two ways."""

    active: bool = True
    excluded_stream_ids: list[str] | None = None
    excluded_streams: list[str] | None = None


_LayoutClass = Annotated[StrictStr, Field(max_length=1000)]


class StreamClasses(Body):
    """The layout classes of one stream."""

    id: StrictStr
    layout_class_list: list[_LayoutClass]


class ClassLists(Body):
    """The layout classes of some streams."""

    items: list[StreamClasses]


@router.post("/signal", status_code=204)
async def signal_all(session_id: str, body: Signal, server: ServerDependency, project: ProjectDependency) -> Response:
    """Send a signal to everybody in a session."""
    await server.sessions.signal(project, session_id, body.type or "", body.data)
    return Response(status_code=204)


@router.post("/connection/{connection_id}/signal", status_code=204)
async def signal_one(
    session_id: str, connection_id: str, body: Signal, server: ServerDependency, project: ProjectDependency
) -> Response:
    """Send a signal to one client."""
    await server.sessions.signal(project, session_id, body.type or "", body.data, connection_id)
    return Response(status_code=204)


@router.get("/connection")
async def list_connections(session_id: str, server: ServerDependency, project: ProjectDependency) -> dict[str, Any]:
    """Who is connected."""
    connections = await server.sessions.connections(project, session_id)
    items = [
        {"connectionId": each.id, "connectionState": "Connected", "createdAt": each.created_at}
        for each in connections
    ]
    return {**project.ids(numeric=False), "sessionId": session_id, **list_answer(items)}


@router.delete("/connection/{connection_id}", status_code=204)
async def force_disconnect(
    session_id: str, connection_id: str, server: ServerDependency, project: ProjectDependency
) -> Response:
    """Make a client leave."""
    await server.sessions.disconnect(project, session_id, connection_id)
    return Response(status_code=204)


@router.get("/stream")
async def list_streams(session_id: str, server: ServerDependency, project: ProjectDependency) -> dict[str, Any]:
    """What is published."""
    streams = await server.sessions.streams(project, session_id)
    return list_answer([stream_answer(each) for each in streams])


@router.put("/stream")
async def set_class_lists(
    session_id: str, body: ClassLists, server: ServerDependency, project: ProjectDependency
) -> dict[str, Any]:
    """Give streams new layout classes."""
    classes = {each.id: each.layout_class_list for each in body.items}
    streams = await server.sessions.set_classes(project, session_id, classes)
    await server.session_takes.note_classes(session_id, streams)
    return list_answer([stream_answer(each) for each in streams])


@router.get("/stream/{stream_id}")
async def get_stream(
    session_id: str,
    stream_id: str,
    server: ServerDependency,
    project: ProjectDependency,
    user_agent: Annotated[str, Header()] = "",
) -> Response:
    """One stream."""
    streams = await server.sessions.streams(project, session_id)
    found = next((each for each in streams if stream_id in each.ids), None)
    if found is None and streams:
        raise InvalidStream(f"There is no stream {stream_id[:300]} in this session")
    if found is None:
        raise NotFound("Nobody publishes in this session")
    return Response(json.dumps(stream_answer(found)), media_type=type_of_stream(user_agent))


@router.post("/stream/{stream_id}/mute")
async def mute_stream(
    session_id: str, stream_id: str, server: ServerDependency, project: ProjectDependency
) -> dict[str, Any]:
    """Mute the sound of one stream."""
    await server.sessions.mute_stream(project, session_id, stream_id)
    return project_answer(project)


@router.post("/mute")
async def mute_all(
    session_id: str, server: ServerDependency, project: ProjectDependency, body: MuteAll | None = None
) -> dict[str, Any]:
    """Mute everybody but some, and whoever publishes later; or lift the latter."""
    body = body or MuteAll()
    but = {*(body.excluded_stream_ids or ()), *(body.excluded_streams or ())}
    await server.sessions.mute_all(project, session_id, active=body.active, but=but)
    return project_answer(project)
