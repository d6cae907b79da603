"""How a route gets at the server it belongs to."""

from typing import Annotated

from fastapi import Depends, Request

from reelroom.roles.everything import Server


def _server(request: Request) -> Server:
    server: Server = request.app.state.server
    return server


ServerDependency = Annotated[Server, Depends(_server)]
