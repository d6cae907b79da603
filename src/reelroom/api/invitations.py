"""Making invitations into rooms, for an application of the server's own project."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from reelroom.api.opentok.access import ProjectDependency
from reelroom.api.opentok.shapes import Body
from reelroom.api.wiring import ServerDependency
from reelroom.errors import Forbidden
from reelroom.opentok.invites import invite_link
from reelroom.opentok.tokens import Role

router = APIRouter(tags=["rooms"])


class RecorderRequest(Body):
    """For how long."""

    expires_in: Annotated[int, Field(ge=60, le=30 * 24 * 3600)] = 24 * 3600


class InviteRequest(Body):
    """In which role, and for how long."""

    role: Role = "publisher"
    expires_in: Annotated[int, Field(ge=60, le=30 * 24 * 3600)] = 24 * 3600


@router.post("/v2/project/{project_id}/room/{room_name}/invite")
async def make_invite(
    room_name: str, server: ServerDependency, project: ProjectDependency, body: InviteRequest | None = None
) -> dict[str, Any]:
    """A link into a room; `expiresIn` in s."""
    if not project.own:
        raise Forbidden("Rooms belong to the server's own project")
    body = body or InviteRequest()
    text = server.rooms.invite(room_name, body.role, body.expires_in)
    return {"invite": text, "url": invite_link(server.settings.base_url, room_name, text), "role": body.role}


@router.post("/v2/project/{project_id}/room/{room_name}/recorder")
async def grant_recorder(
    room_name: str, server: ServerDependency, project: ProjectDependency, body: RecorderRequest | None = None
) -> dict[str, str]:
    """A link to the recorder's page of a room, whose bearer is shown to everybody as a recorder."""
    if not project.own:
        raise Forbidden("Rooms belong to the server's own project")
    return {"url": server.rooms.grant_recorder(room_name, (body or RecorderRequest()).expires_in)}
