"""Callbacks to the application: signed, and tried again when they are not taken."""

import asyncio
import json
import time
from typing import Any

import httpx
import structlog

from reelroom.keys import Keys
from reelroom.signing import callback_token

_log = structlog.get_logger()

_ATTEMPTS = 6
_FIRST_PAUSE = 0.2
_TIMEOUT = 10.0


class Callbacks:
    """Posts JSON in the background; what one delivery waits for never holds up a recording."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._client = httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False)
        self._under_way: set[asyncio.Task[None]] = set()

    def post(self, url: str, payload: dict[str, Any]) -> None:
        """Deliver `payload` to `url`, some time soon."""
        task = asyncio.create_task(self._deliver(url, payload))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    @property
    def waiting(self) -> int:
        """How many deliveries are under way."""
        return len(self._under_way)

    async def _deliver(self, url: str, payload: dict[str, Any]) -> None:
        body = json.dumps(payload).encode()
        log = _log.bind(url=url, id=payload.get("id"), status=payload.get("status"))
        for attempt in range(_ATTEMPTS):
            if attempt:
                await asyncio.sleep(_FIRST_PAUSE * 2 ** (attempt - 1))
            token = callback_token(self._keys.callback_secret, body, int(time.time()))
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
            try:
                answer = await self._client.post(url, content=body, headers=headers)
            except httpx.HTTPError as error:
                log.warning("callback failed", attempt=attempt + 1, error=repr(error))
                continue
            if answer.is_success:
                log.info("callback taken", attempt=attempt + 1)
                return
            log.warning("callback refused", attempt=attempt + 1, answer=answer.status_code)
        log.error("callback given up")

    async def close(self) -> None:
        """Drop what is still under way."""
        for task in list(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._client.aclose()
