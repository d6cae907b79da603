"""How a route gets at the server it belongs to."""

from typing import Annotated

from fastapi import Depends, Request

from reelroom.roles.everything import Server


async def _server(request: Request) -> Server:  # one that is not async is called in a thread: FastAPI's rule
    server: Server = request.app.state.server
    return server


ServerDependency = Annotated[Server, Depends(_server)]
