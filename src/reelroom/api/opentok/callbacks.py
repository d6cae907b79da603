"""Where a project wants to be told of what happens."""

from typing import Annotated, Any

from fastapi import Response
from pydantic import Field, StrictStr

from reelroom.api.opentok.access import ProjectDependency
from reelroom.api.opentok.shapes import Body
from reelroom.api.routers import project_router
from reelroom.api.wiring import ServerDependency
from reelroom.store.values import Callback

router = project_router("/callback", tag="OpenTok: callbacks")


class NewCallback(Body):
    """An event of a group, and the address to post it to."""

    group: StrictStr
    event: StrictStr
    url: Annotated[StrictStr, Field(min_length=8, max_length=2048)]


def _answer(callback: Callback) -> dict[str, Any]:
    return {
        "id": callback.id,
        "group": callback.group,
        "event": callback.event,
        "url": callback.url,
        "createdAt": callback.created_at,
    }


@router.post("")
async def register_callback(
    body: NewCallback, server: ServerDependency, project: ProjectDependency
) -> dict[str, Any]:
    """Be told of an event from now on."""
    return _answer(await server.callbacks.register(project, body.group, body.event, body.url))


@router.get("")
async def list_callbacks(server: ServerDependency, project: ProjectDependency) -> list[dict[str, Any]]:
    """A project's callbacks, oldest first."""
    return [_answer(each) for each in await server.callbacks.registered(project)]


@router.delete("/{callback_id}", status_code=204)
async def remove_callback(callback_id: str, server: ServerDependency, project: ProjectDependency) -> Response:
    """Be told no more."""
    await server.callbacks.unregister(project, callback_id)
    return Response(status_code=204)
