"""Waiting until something is so."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any


async def eventually(what: Callable[[], Awaitable[Any]], seconds: float = 30) -> Any:
    """Wait until something is so; returns it."""
    async with asyncio.timeout(seconds):
        while not (found := await what()):  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    return found
