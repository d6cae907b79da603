"""A server in memory, on a database of its own, and what tests ask of it."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from reelroom.api.app import create_app
from reelroom.config import Settings
from reelroom.files.films import product
from reelroom.opentok.tokens import new_session_id
from reelroom.projects.projects import Project
from reelroom.roles.everything import Server
from reelroom.store.node_roles import Kind
from reelroom.store.store import Store
from reelroom.store.values import Callback, Lease, Session
from reelroom.testing import MemoryEngine, memory_server
from tests.server.sharing import Servers
from tests.server.waiting import eventually

TOLD = "http://127.0.0.1:9/told"  # nobody is there: what is to be told stays in the outbox


class House:
    """A data directory with a server, which can be killed and followed by another one."""

    def __init__(self, data_dir: Path, **settings: Any) -> None:
        self.settings = Settings(data_dir=data_dir, **settings)
        self.engine = MemoryEngine()
        self.server = memory_server(self.settings, self.engine)

    async def open(self) -> None:
        """Start without watchers: what is due is asked for by tests."""
        await self.server.projects.ensure_own_project()

    @property
    def project(self) -> Project:
        keys = self.server.keys
        return Project(keys.api_key, "this server", keys.api_secret, "", 1, True, True)

    def films_by_hand(self) -> None:
        """No composer runs from now on: an archive is made once it is stopped and a test has put its film there.

        Otherwise it depended on the machine whether the film was there before its composer was started.
        """
        server, hold = self.server, self.server.node.hold

        async def once_it_is_there(kind: Kind, thing: str) -> Lease | None:
            async def there() -> bool:
                known = await server.store.archives.get(thing)
                made = known is not None and server.storage.has(thing, product(known.output_mode))
                return known is not None and made and known.status != "started"

            if kind == "archive":
                await eventually(there, seconds=600)
            return await hold(kind, thing)

        server.node.hold = once_it_is_there  # type: ignore[method-assign]

    async def session(self, number: int = 1, **more: Any) -> str:
        """A new session of the server's own project, in which every event is told of."""
        session_id = new_session_id(self.server.keys.api_key, number, "a" * 24)
        await self.server.store.add(Session(id=session_id, created_at=number, **more))
        return session_id

    async def tell_of(self, *events: tuple[str, str]) -> None:
        for number, (group, event) in enumerate(events):
            callback = Callback(
                id=f"{number}", project=self.server.keys.api_key, group=group, event=event, url=TOLD, created_at=1
            )
            await self.server.store.add(callback)

    async def told(self) -> list[dict[str, Any]]:
        """All that is to be told, oldest first."""
        return [json.loads(each.body) for each in reversed(await self.server.store.outbox.newest(1000))]

    async def follow(self, **settings: Any) -> None:
        """The server is killed, and another one takes up what it left, with the engine that lives on."""
        await self.abandon()
        self.settings = self.settings.model_copy(update=settings)
        self.server = memory_server(self.settings, self.engine)
        await self.server.taking_up.begin()
        await self.server.monitoring.catch_up()

    async def abandon(self) -> None:
        """Nothing of the server goes on; nothing is tidied up."""
        own = asyncio.current_task()
        for task in asyncio.all_tasks():
            if task is not own and task.get_name().partition(" ")[0] in {
                "archive",
                "render",
                "live",
                "audience",
                "broadcast",
                "captions",
            }:
                task.cancel()
        await self.server.monitoring.close()
        await self.server.store.close()


@pytest.fixture
async def house(tmp_path: Path, empty_database: bytes) -> AsyncIterator[House]:
    """A server, just started."""
    (tmp_path / "reelroom.db").write_bytes(empty_database)
    house = House(tmp_path)
    await house.open()
    yield house
    await house.server.stop()


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """A store on either database, empty."""
    store = Store(url)
    yield store
    await store.close()


def film(house: House, archive_id: str) -> None:
    """The film of an archive is made: what is left is to take note of it."""
    folder = house.server.storage.folder
    folder.mkdir(exist_ok=True)
    (folder / f"{archive_id}.mp4").write_bytes(b"a whole film")


def caller(server: Server, folder: Path) -> httpx.AsyncClient:
    """Somebody who calls a server, from this machine."""
    page = folder / "page"
    (page / "assets").mkdir(parents=True, exist_ok=True)
    (page / "index.html").write_text("<!doctype html><head></head>")
    transport = httpx.ASGITransport(create_app(server, page), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")


@pytest.fixture
async def client(house: House, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Who calls the server of the house."""
    async with caller(house.server, tmp_path) as client:
        yield client


@pytest.fixture
async def servers(tmp_path: Path, empty_database: bytes) -> AsyncIterator[Servers]:
    """Servers of one database, none yet."""
    servers = Servers(tmp_path, empty_database)
    yield servers
    await servers.close()
