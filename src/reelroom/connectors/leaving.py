"""A room that is left while something is done in it."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def unless_gone(doing: Coroutine[Any, Any, None], gone: asyncio.Event) -> None:
    """Do it, or as much of it as there is time for until `gone` is set.

    Whoever is removed from a room while a track of theirs is being published never hears what became of it
    (livekit 1.2): they would wait for ever. Raises what `doing` raises.
    """
    done = asyncio.create_task(doing)
    leaving = asyncio.create_task(gone.wait())
    try:
        await asyncio.wait([done, leaving], return_when=asyncio.FIRST_COMPLETED)
        if done.done():
            done.result()
    finally:
        for task in (done, leaving):
            task.cancel()
        await asyncio.wait([done, leaving])
