"""Servers in memory that share a database and an engine, and what tests ask of them."""

import shutil
from pathlib import Path
from typing import Any

from reelroom.config import Settings
from reelroom.opentok.tokens import new_session_id
from reelroom.projects.projects import Project
from reelroom.roles.everything import Server
from reelroom.store.database import now_ms
from reelroom.store.node import LEASE_MS
from reelroom.store.values import Archive, Render, Session
from reelroom.testing import MemoryEngine, memory_server
from tests.server.waiting import eventually


class Servers:
    """Servers of one database and one engine, which see the same takes only where `shared` says so.

    None looks after anything by itself: one that a test leaves alone is as good as frozen, or dead. Their clock
    stands still until `time_passes`: on a busy machine a test takes longer than a lease.
    """

    def __init__(self, folder: Path, database: bytes) -> None:
        self.folder = folder
        self.engine = MemoryEngine()
        self.now_ms = now_ms()
        self._all: list[Server] = []
        (folder / "all.db").write_bytes(database)

    def add(self, name: str, *, shared: bool = False, **settings: Any) -> Server:
        data = self.folder / name
        data.mkdir(exist_ok=True)
        first = self._all[0].settings.data_dir if self._all else data
        if first != data:
            shutil.copy(first / "keys.json", data)
            if shared:
                (first / "takes").mkdir(exist_ok=True)
                (data / "takes").symlink_to(first / "takes")
        database = f"sqlite:///{self.folder / 'all.db'}"
        server = memory_server(Settings(data_dir=data, database_url=database, **settings), self.engine)
        server.node.clock = lambda: self.now_ms
        self._all.append(server)
        return server

    def time_passes(self, ms: int = LEASE_MS + 1) -> None:
        self.now_ms += ms

    async def recording(self, server: Server, room: str = "demo") -> tuple[Render, Archive]:
        """A recording that runs on a server."""
        render, _ = await server.rooms.record(room)
        archive = await eventually(lambda: server.store.archives.of_render(render.id))
        await eventually(lambda: self.makes(server, archive))
        return await server.renders.get(render.id), archive

    async def makes(self, server: Server, archive: Archive) -> bool:
        return server.node.holds("archive", archive.id)

    async def shows(self, server: Server, render: Render) -> bool:
        return server.node.holds("render", render.id) and server.taps.joined(render.take_id or "")

    async def stop(self, server: Server) -> None:
        self._all.remove(server)
        await server.stop()

    async def close(self) -> None:
        for server in reversed(self._all):
            await server.stop()


async def a_session(server: Server, number: int = 1) -> str:
    await server.projects.ensure_own_project()
    session_id = new_session_id(server.keys.api_key, number, "a" * 24)
    await server.store.add(Session(id=session_id, created_at=number))
    return session_id


def project(server: Server) -> Project:
    return Project(server.keys.api_key, "this server", server.keys.api_secret, "", 1, True, True)


async def looks(server: Server) -> None:
    """It does what it does each second; what was just written counts, too."""
    await server.taking_up.look(at_start=True)


def running(server: Server) -> tuple[set[str], list[str]]:
    return set(server.taps.running_takes()), list(server.renders.running())


async def a_server(servers: Servers, name: str, roles: str, **more: Any) -> Server:
    """One with some roles, and a depot that all have, which others know of."""
    server = servers.add(name, roles=roles, depot=f"file://{servers.folder}/depot", **more)
    await server.node.be_known()
    await server.node.renew()
    return server
