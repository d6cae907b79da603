"""Who is removed from a room while they come in is gone at once."""

import asyncio

import pytest

from reelroom.processes.interrupting import unless


async def test_what_never_ends_is_left_when_the_room_is() -> None:
    gone, undone = asyncio.Event(), asyncio.Event()

    async def publish() -> None:
        asyncio.get_running_loop().call_soon(gone.set)
        try:
            await asyncio.Event().wait()
        finally:
            undone.set()

    await asyncio.wait_for(unless(gone, publish()), 5)
    assert undone.is_set()


async def test_what_ends_first_tells_how() -> None:
    done = []

    async def publish() -> None:
        done.append(True)

    async def fail() -> None:
        raise ConnectionError("no room")

    await unless(asyncio.Event(), publish())
    assert done == [True]
    with pytest.raises(ConnectionError, match="no room"):
        await unless(asyncio.Event(), fail())
