"""Who calls: the project of a request's JWT, which must be the one in its path."""

import time
from typing import Annotated

from fastapi import Depends, Header, Path

from reelroom.api.wiring import ServerDependency
from reelroom.errors import Forbidden
from reelroom.opentok.credentials import bearer, check, claimed_key, signed_by
from reelroom.opentok.tokens import TokenError
from reelroom.projects.projects import Project

Auth = Annotated[str | None, Header(alias="X-OPENTOK-AUTH", description="a JWT signed with the project's secret")]
Bearer = Annotated[str | None, Header(alias="Authorization", description="Bearer and the JWT of an application")]


async def calling_project(server: ServerDependency, auth: Auth = None, authorization: Bearer = None) -> Project:
    """The enabled project whose credentials the request carries. Raises Forbidden: SDKs map only 403 to AuthError."""
    try:
        token = bearer(auth, authorization)
        project = await server.projects.get(claimed_key(token))
        if project is None:
            raise Forbidden("Invalid token: there is no such project")
        now = time.time()
        secret = next(
            (each for each in project.secrets(int(now * 1000))[1:] if signed_by(token, each)), project.secret
        )
        check(token, project.key, secret, project.public_key, now)
    except TokenError as error:
        raise Forbidden(f"Invalid token: {error}") from None
    if not project.enabled:
        raise Forbidden("The project is disabled")
    return project


Caller = Annotated[Project, Depends(calling_project)]


async def addressed_project(caller: Caller, project_id: Annotated[str, Path(max_length=64)]) -> Project:
    """The calling project, when it is the one in the path."""
    if caller.key != project_id:
        raise Forbidden("Id in the token does not match the one in the url")
    return caller


ProjectDependency = Annotated[Project, Depends(addressed_project)]
