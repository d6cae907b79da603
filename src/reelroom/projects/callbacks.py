"""Callbacks to applications: written down, signed, and tried for a day until they are taken."""

import asyncio
import contextlib
import json
import time
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import httpx
import structlog

from reelroom.errors import BadRequest, NotFound
from reelroom.keys import Keys
from reelroom.opentok.signing import callback_token
from reelroom.projects.projects import Project, Projects
from reelroom.store import outbox
from reelroom.store.database import Store, now_ms
from reelroom.store.outbox import Callback, Delivery

_log = structlog.get_logger()

GROUPS = {
    "archive": {"status"},
    "render": {"status"},
    "connection": {"created", "destroyed"},
    "stream": {"created", "destroyed"},
}
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 900.0  # s between two attempts
_GIVEN_UP_AFTER_MS = 24 * 3600 * 1000
_TIMEOUT = 10.0
_AT_ONCE = 64
_MOST_CALLBACKS = 100  # of one project


def pause_after(attempts: int) -> float:
    """How long (s) to wait after that many attempts."""
    return min(_FIRST_PAUSE * 2.0 ** min(attempts - 1, 30), _LONGEST_PAUSE)


class Callbacks:
    """Posts JSON in the background; what one delivery waits for holds up neither a recording nor another thing's."""

    def __init__(self, store: Store, keys: Keys, projects: Projects) -> None:
        self._store = store
        self._keys = keys
        self._projects = projects
        self._client = httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False)
        self._under_way: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Deliver, also what an earlier server left."""
        self._running = asyncio.create_task(self._run(), name="callbacks")

    async def waiting(self) -> int:
        """How many deliveries have not been taken yet."""
        return await outbox.waiting(self._store)

    async def post(self, url: str, payload: dict[str, Any], *, about: str, project: str = "") -> None:
        """Write down that `payload` goes to `url`, after all that was written down before about the same thing.

        It is signed for the project; by default for the server's own.
        """
        if not url:
            return
        now = now_ms()
        await self._store.add(
            Delivery(
                project=project or self._keys.api_key,
                about=about,
                url=url,
                body=json.dumps(payload),
                created_at=now,
                next_at=now,
            )
        )
        self._wake.set()

    async def tell(self, project: str, group: str, event: str, payload: dict[str, Any], *, about: str) -> None:
        """Post an event to wherever the project wants to be told of it."""
        for callback in await outbox.callbacks_of(self._store, project):
            if (callback.group, callback.event) == (group, event):
                await self.post(callback.url, payload, about=about, project=project)

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
        if len(await outbox.callbacks_of(self._store, project.key)) >= _MOST_CALLBACKS:
            raise BadRequest(f"A project has at most {_MOST_CALLBACKS} callbacks")
        callback = Callback(
            id=str(uuid4()), project=project.key, group=group, event=event, url=url, created_at=now_ms()
        )
        await self._store.add(callback)
        return callback

    async def registered(self, project: Project) -> Sequence[Callback]:
        """A project's callbacks, oldest first."""
        return await outbox.callbacks_of(self._store, project.key)

    async def unregister(self, project: Project, callback_id: str) -> None:
        """Raises NotFound."""
        if not await outbox.remove_callback(self._store, project.key, callback_id):
            raise NotFound(f"There is no callback {callback_id[:100]}")

    async def _run(self) -> None:
        await outbox.forget_old(self._store)
        while True:
            self._wake.clear()
            try:
                for delivery in await outbox.due(
                    self._store, now_ms(), self._under_way, _AT_ONCE - len(self._under_way)
                ):
                    place = (delivery.about, delivery.url)
                    self._under_way[place] = asyncio.create_task(self._attempt(delivery, place))
                pause = await self._pause()
            except Exception:
                _log.exception("callbacks cannot be read")
                pause = 5.0
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):  # wait_for may lose a cancellation, until Python 3.12
                    await self._wake.wait()

    async def _pause(self) -> float:
        """How long (s) until there is something to do; what is under way wakes us when it ends."""
        if self._under_way:
            return 0.25
        moment = await outbox.next_time(self._store)
        return 60.0 if moment is None else max(0.0, (moment - now_ms()) / 1000)

    async def _attempt(self, delivery: Delivery, place: tuple[str, str]) -> None:
        log = _log.bind(url=delivery.url, about=delivery.about, attempt=delivery.attempts + 1)
        try:
            problem = await self._send(delivery)
            now = now_ms()
            if not problem:
                log.info("callback delivered")
                changes: dict[str, Any] = {"taken_at": now, "next_at": None, "problem": ""}
            elif now - delivery.created_at > _GIVEN_UP_AFTER_MS:
                log.error("callback given up", problem=problem)
                changes = {"next_at": None, "problem": problem}
            else:
                log.warning("callback not delivered", problem=problem)
                changes = {"next_at": now + int(1000 * pause_after(delivery.attempts + 1)), "problem": problem}
            await outbox.note_attempt(self._store, delivery.id, **changes)
        finally:
            self._under_way.pop(place, None)
            self._wake.set()

    async def _send(self, delivery: Delivery) -> str:
        """What went wrong; an empty text when nothing did."""
        secret = await self._secret(delivery.project)
        if secret is None:
            return "the project is gone"
        body = delivery.body.encode()
        token = callback_token(secret, body, int(time.time()))
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        try:
            async with self._client.stream("POST", delivery.url, content=body, headers=headers) as answer:
                return "" if answer.is_success else f"answered {answer.status_code}"
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            return f"{type(error).__name__}: {error}"[:255]

    async def _secret(self, key: str) -> str | None:
        if key == self._keys.api_key:
            return self._keys.callback_secret
        project = await self._projects.get(key)
        return project.secret if project else None

    async def close(self) -> None:
        """Stop; what was not delivered is tried again by the next server."""
        for tasks in ([self._running] if self._running else [], [*self._under_way.values()]):
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.aclose()
