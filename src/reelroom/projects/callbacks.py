"""Callbacks to applications: where each project wants to be told, and what is written down to be told."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx

from reelroom.errors import BadRequest, NotFound
from reelroom.projects.projects import Project
from reelroom.store.database import now_ms
from reelroom.store.store import Rowsets, Store
from reelroom.store.values import Callback, NewDelivery, ProjectRecord

GROUPS = {
    "archive": {"status"},
    "render": {"status"},
    "broadcast": {"status"},
    "session": {"created", "destroyed"},
    "connection": {"created", "destroyed"},
    "stream": {"created", "destroyed"},
    "sip_call": {"created", "updated", "destroyed", "muteForced"},
}
_MOST_CALLBACKS = 100  # of one project


class Callbacks:
    """What happened and its callbacks are written in one transaction; `written` is set when some may go out."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.written = asyncio.Event()

    @asynccontextmanager
    async def telling(self) -> AsyncIterator[Rowsets]:
        """A transaction in which something happens that applications are told of; they are, once it is committed."""
        async with self._store.transaction() as tx:
            yield tx
        self.written.set()

    async def post(self, tx: Rowsets, url: str, payload: Mapping[str, Any], *, about: str, project: str) -> None:
        """`payload` goes to `url`, signed for the project, after all that was written before about the same thing."""
        if url:
            body = json.dumps(payload)
            await tx.outbox.post(NewDelivery(project=project, about=about, url=url, body=body, created_at=now_ms()))

    async def recipient(self, tx: Rowsets, session_id: str) -> ProjectRecord | None:
        """The project that is told of a session; None where it is none's."""
        session = await tx.sessions.get(session_id)
        return await tx.projects.get(session.project) if session else None

    async def tell(
        self, tx: Rowsets, project: str, group: str, event: str, payload: Mapping[str, Any], *, about: str
    ) -> None:
        """Post an event to wherever the project wants to be told of it."""
        for callback in await tx.callbacks.of_project(project):
            if (callback.group, callback.event) == (group, event):
                await self.post(tx, callback.url, payload, about=about, project=project)

    async def register(self, project: Project, group: str, event: str, url: str) -> Callback:
        """Raises BadRequest."""
        if event not in GROUPS.get(group, set()):
            known = ", ".join(f"{name}/{each}" for name, events in GROUPS.items() for each in sorted(events))
            raise BadRequest(f"group and event: one of {known}")
        try:
            address = httpx.URL(url)
        except httpx.InvalidURL:
            address = httpx.URL("")
        if address.scheme not in {"http", "https"} or not address.host:
            raise BadRequest("url: an http or https address")
        if len(await self._store.callbacks.of_project(project.key)) >= _MOST_CALLBACKS:
            raise BadRequest(f"A project has at most {_MOST_CALLBACKS} callbacks")
        callback = Callback(
            id=str(uuid4()), project=project.key, group=group, event=event, url=url, created_at=now_ms()
        )
        await self._store.add(callback)
        return callback

    async def registered(self, project: Project) -> Sequence[Callback]:
        """A project's callbacks, oldest first."""
        return await self._store.callbacks.of_project(project.key)

    async def unregister(self, project: Project, callback_id: str) -> None:
        """Raises NotFound."""
        if not await self._store.callbacks.remove(project.key, callback_id):
            raise NotFound(f"There is no callback {callback_id[:100]}")
