"""Uvicorn, told to say when the server can be reached."""

import asyncio
import functools
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, cast

import structlog
import uvicorn
from fastapi import FastAPI

from reelroom.api.connections import BACKLOG, Connection
from reelroom.processes.descriptors import raise_limit
from reelroom.roles.everything import Server

_MOST_CONNECTIONS = 4096
_AGAIN = 1.0  # s between two attempts to drain, while the database does not answer, say
_log = structlog.get_logger()


class _Uvicorn(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self.ends_recordings = False

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """A signal ends the server in order, with status 0; Uvicorn's own would raise it again at the end.

        SIGINT (Ctrl-C) ends recordings, too; after SIGTERM, they are the next server's.
        """

        def end(number: int, _frame: FrameType | None) -> None:
            self.ends_recordings = self.ends_recordings or number == signal.SIGINT
            self.force_exit = self.should_exit
            self.should_exit = True

        before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()


@contextmanager
def _drains(when_asked: Callable[[], None]) -> Iterator[None]:
    """After SIGUSR1 nothing new begins, and the server ends once nothing runs any more.

    The signal comes also before the server serves, and while it leaves: by itself it would kill the process.
    """
    loop = asyncio.get_running_loop()
    before = signal.signal(signal.SIGUSR1, lambda *_: loop.call_soon_threadsafe(when_asked))
    try:
        yield
    finally:
        signal.signal(signal.SIGUSR1, before)


async def _serve(app: FastAPI, server: Server, on_ready: Callable[[], None]) -> None:
    settings = server.settings
    most = min(_MOST_CONNECTIONS, raise_limit() // 2)  # the other half is for recordings
    config = uvicorn.Config(
        app,
        http=cast(Any, functools.partial(Connection, most=most)),
        ws="none",
        backlog=BACKLOG,
        host=settings.host,
        port=settings.port,
        log_config=None,  # what it says goes where everything goes (logs.py)
        access_log=False,
        timeout_graceful_shutdown=3,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
    )
    serving = _Uvicorn(config, on_ready)
    asked = asyncio.Event()

    async def drain() -> None:
        await asked.wait()
        while True:
            try:
                await server.drain()
                break
            except Exception:
                _log.exception("what is left here cannot be seen: the server drains on")
            await asyncio.sleep(_AGAIN)
        serving.should_exit = True

    with _drains(asked.set):
        draining: asyncio.Task[None] | None = None
        try:
            await server.start()
            draining = asyncio.create_task(drain(), name="drain")
            await serving.serve()
        finally:
            if draining is not None:
                draining.cancel()
            await (server.stop() if serving.ends_recordings else server.leave())


def serve_until_stopped(app: FastAPI, server: Server, on_ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; `on_ready` is called once requests are taken. Raises EngineError."""
    asyncio.run(_serve(app, server, on_ready))


def ignore_draining() -> None:
    """For a process that does not serve yet, or no longer: SIGUSR1 would kill it."""
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
