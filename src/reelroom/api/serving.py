"""Uvicorn, told to say when the server can be reached."""

import socket
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from reelroom.config import Settings


class _Uvicorn(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()


def serve_until_stopped(app: FastAPI, settings: Settings, on_ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; `on_ready` is called once requests are taken."""
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        timeout_graceful_shutdown=3,
        server_header=False,
    )
    _Uvicorn(config, on_ready).run()
