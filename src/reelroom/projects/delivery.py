"""Deliveries: what is written in the outbox is claimed, signed, posted, and tried for a day until it is accepted."""

import asyncio
import time
from collections.abc import Mapping

import httpx
import structlog

from reelroom.egress import Egress, NotReachable
from reelroom.keys import Keys
from reelroom.measures import DELIVERIES
from reelroom.opentok.signing import callback_token
from reelroom.processes.looks import Looks
from reelroom.processes.patience import doubling
from reelroom.projects.projects import Projects
from reelroom.store.database import now_ms
from reelroom.store.store import Store
from reelroom.store.values import Delivery

_log = structlog.get_logger()

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 900.0  # s between two attempts
_GIVEN_UP_AFTER_MS = 24 * 3600 * 1000
_TIMEOUT = 10.0  # s, for each step of an attempt
_ATTEMPT_SECONDS = 30.0  # for all of it: an answer may come byte by byte
_CLAIM_MS = 60_000  # a delivery whose holder is gone goes out after that
_AT_ONCE = 64
_AT_ONCE_EACH = 8  # of one project and host
_LONGEST_WAIT = 10.0  # s between two looks: another node may have written something


def pause_after(attempts: int) -> float:
    """How long (s) to wait after that many attempts."""
    return doubling(attempts - 1, _FIRST_PAUSE, _LONGEST_PAUSE)


def settled(delivery: Delivery, problem: str, now: int) -> Mapping[str, object]:
    """What becomes of a delivery after an attempt at `now` (ms) that met this problem, "" for none."""
    if not problem:
        return {"delivered_at": now, "next_at": None, "problem": ""}
    if now - delivery.created_at > _GIVEN_UP_AFTER_MS:
        return {"next_at": None, "problem": problem}
    return {"next_at": now + int(1000 * pause_after(delivery.attempts + 1)), "problem": problem}


class Delivering:
    """Posts JSON in the background; what one delivery waits for holds up neither a recording nor another thing's."""

    def __init__(
        self, store: Store, keys: Keys, projects: Projects, node: str, written: asyncio.Event, *, private: bool
    ) -> None:
        self._store = store
        self._keys = keys
        self._projects = projects
        self._node = node
        self._written = written
        self._client = httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False)  # for the host's own project
        self._egress = Egress(private=private)
        self._guarded: httpx.AsyncClient | None = None  # for projects of others
        self._under_way: set[asyncio.Task[None]] = set()
        self._fresh = True
        self._looks = Looks(self._look, _LONGEST_WAIT, "callbacks cannot be read", woken=written)

    def start(self) -> None:
        """Deliver, also what an earlier server left."""
        self._fresh = True
        self._looks.start("callbacks")

    async def _look(self) -> float:
        """Send out what is due; returns how long (s) until there may be more. What ends meanwhile wakes us."""
        if self._fresh:
            await self._store.outbox.let_go(self._node)
            await self._store.outbox.forget_old()
            self._fresh = False
        now, free = now_ms(), _AT_ONCE - len(self._under_way)
        claimed = await self._store.outbox.claim(self._node, now, now + _CLAIM_MS, free, _AT_ONCE_EACH)
        for delivery in claimed:
            task = asyncio.create_task(self._attempt(delivery))
            self._under_way.add(task)
            task.add_done_callback(self._ended)
        moment = await self._store.outbox.next_time()
        if self._under_way or moment is None:  # a slot that becomes free wakes us, and so does what is written
            return _LONGEST_WAIT if not self._under_way else 1.0
        return min(_LONGEST_WAIT, max(0.0, (moment - now_ms()) / 1000))

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._written.set()

    async def _attempt(self, delivery: Delivery) -> None:
        log = _log.bind(url=delivery.url, about=delivery.about, attempt=delivery.attempts + 1)
        problem = await self._send(delivery)
        changes = settled(delivery, problem, now_ms())
        ended = changes["next_at"] is None
        DELIVERIES.labels("delivered" if not problem else "given up" if ended else "failed").inc()
        if not problem:
            log.info("callback delivered")
        elif ended:
            log.error("callback given up", problem=problem)
        else:
            log.warning("callback not delivered", problem=problem)
        try:
            if not await self._store.outbox.settle(delivery, **changes):
                log.warning("somebody else has this callback in hand by now")
        except Exception:
            log.exception("what came of a callback cannot be written")  # it is sent again when its claim is over

    async def _send(self, delivery: Delivery) -> str:
        """What went wrong; an empty text when nothing did."""
        secret = await self._secret(delivery.project)
        if secret is None:
            return "the project is gone"
        body = delivery.body.encode()
        token = callback_token(secret, body, int(time.time()))
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        try:
            async with (
                asyncio.timeout(_ATTEMPT_SECONDS),
                (await self._client_for(delivery)).stream(
                    "POST", delivery.url, content=body, headers=headers
                ) as answer,
            ):
                return "" if answer.is_success else f"answered {answer.status_code}"
        except NotReachable as error:
            return str(error)[:255]
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, TimeoutError) as error:
            return f"{type(error).__name__}: {error}"[:255]

    async def _client_for(self, delivery: Delivery) -> httpx.AsyncClient:
        """Whoever holds the server's own keys may name any address; others none of ours. Raises NotReachable."""
        if delivery.project == self._keys.api_key:
            return self._client
        url = httpx.URL(delivery.url)
        await self._egress.check(url.host, url.port or (443 if url.scheme == "https" else 80))
        if self._guarded is None:
            proxy = await self._egress.start()
            self._guarded = httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False, proxy=proxy)
        return self._guarded

    async def _secret(self, key: str) -> str | None:
        if key == self._keys.api_key:
            return self._keys.callback_secret
        project = await self._projects.get(key)
        return project.secret if project else None

    async def close(self) -> None:
        """Stop; what was not delivered is tried again by the next server."""
        await self._looks.close()
        tasks = [*self._under_way]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.aclose()
        if self._guarded is not None:
            await self._guarded.aclose()
        self._egress.stop()
