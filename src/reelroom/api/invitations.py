"""Invitations into rooms: made, listed and taken back; and grants to recorders."""

from typing import Annotated, Any

from fastapi import Request
from pydantic import Field

from reelroom.api.admission import admit_moderator
from reelroom.api.opentok.access import ProjectDependency
from reelroom.api.opentok.shapes import Body
from reelroom.api.routers import router_of
from reelroom.api.shapes import ErrorAnswer
from reelroom.api.wiring import ServerDependency
from reelroom.errors import Forbidden
from reelroom.opentok.invites import invite_link, write_invite
from reelroom.opentok.tokens import Role
from reelroom.roles.everything import Server
from reelroom.store.values import Invitation

router = router_of(tag="rooms")
_REFUSALS: dict[int | str, dict[str, Any]] = {status: {"model": ErrorAnswer} for status in (400, 403, 404)}


class RecorderRequest(Body):
    """For how long."""

    expires_in: Annotated[int, Field(ge=60, le=30 * 24 * 3600)] = 24 * 3600


class InviteRequest(Body):
    """In which role, and for how long (s); the room's films it opens until `films_expire_in`, or a month longer."""

    role: Role = "publisher"
    expires_in: Annotated[int, Field(ge=60, le=30 * 24 * 3600)] = 24 * 3600
    films_expire_in: Annotated[int | None, Field(ge=0, le=400 * 24 * 3600)] = None


class InvitationAnswer(Body):
    """An invitation that opens something; times in ms. `owner`: of the browser that opened the room first."""

    id: str
    role: Role
    owner: bool
    created_at: int
    expires_at: int
    films_until: int

    @classmethod
    def of(cls, invitation: Invitation) -> "InvitationAnswer":
        """As stored."""
        return cls(**_fields(invitation))


class NewInvitationAnswer(InvitationAnswer):
    """A new one, and the link that is given to people."""

    url: str


def _fields(invitation: Invitation) -> dict[str, Any]:
    return {name: getattr(invitation, name) for name in InvitationAnswer.model_fields}


async def _invited(server: Server, room: str, body: InviteRequest | None) -> tuple[Invitation, str]:
    asked = body or InviteRequest()
    invitation, invite = await server.rooms.invite(room, asked.role, asked.expires_in, asked.films_expire_in)
    return invitation, write_invite(invite, server.keys.link_secret)


@router.post("/invitations/{room_name:path}", responses=_REFUSALS)
async def invite(
    room_name: str, request: Request, server: ServerDependency, body: InviteRequest | None = None
) -> NewInvitationAnswer:
    """Invite somebody into a room, in any role: for its owner, its moderators, and the server's own key."""
    await admit_moderator(server, request, room_name)
    invitation, text = await _invited(server, room_name, body)
    link = invite_link(server.settings.base_url, room_name, text)
    return NewInvitationAnswer(**_fields(invitation), url=link)


@router.get("/invitations/{room_name:path}", responses=_REFUSALS)
async def list_invitations(room_name: str, request: Request, server: ServerDependency) -> list[InvitationAnswer]:
    """The invitations into a room that open anything, newest first."""
    await admit_moderator(server, request, room_name)
    return [InvitationAnswer.of(each) for each in await server.rooms.invitations(room_name)]


@router.delete("/invitations/{invitation_id}", status_code=204, responses=_REFUSALS)
async def revoke(invitation_id: str, request: Request, server: ServerDependency) -> None:
    """Take an invitation back: it opens nothing any more, and whoever came by it leaves."""
    invitation = await server.rooms.invitation(invitation_id)
    caller = await admit_moderator(server, request, invitation.room_name)
    if invitation.owner and caller is not None and caller.id != invitation.id:
        raise Forbidden("The right of whoever opened the room first is not a moderator's to take")
    await server.rooms.revoke(invitation)


@router.post("/v2/project/{project_id}/room/{room_name}/invite")
async def make_invite(
    room_name: str, server: ServerDependency, project: ProjectDependency, body: InviteRequest | None = None
) -> dict[str, Any]:
    """A link into a room; `expiresIn` in s."""
    if not project.own:
        raise Forbidden("Rooms belong to the server's own project")
    invitation, text = await _invited(server, room_name, body)
    link = invite_link(server.settings.base_url, room_name, text)
    return {"id": invitation.id, "invite": text, "url": link, "role": invitation.role}


@router.post("/v2/project/{project_id}/room/{room_name}/recorder")
async def grant_recorder(
    room_name: str, server: ServerDependency, project: ProjectDependency, body: RecorderRequest | None = None
) -> dict[str, str]:
    """A link to the recorder's page of a room, whose bearer is shown to everybody as a recorder."""
    if not project.own:
        raise Forbidden("Rooms belong to the server's own project")
    return {"url": await server.rooms.grant_recorder(room_name, (body or RecorderRequest()).expires_in)}
