"""Looks that come again and again, whatever comes of one."""

import asyncio

from structlog.testing import capture_logs

from reelroom.processes.looks import Looks


async def test_a_look_that_fails_is_said_and_the_next_one_comes() -> None:
    seen = asyncio.Queue[int]()
    count = 0

    async def look() -> None:
        nonlocal count
        count += 1
        seen.put_nowait(count)
        if count == 1:
            raise ValueError("the database is away")

    looks = Looks(look, 0.01, "rooms could not be counted")
    with capture_logs() as lines:
        looks.start("rooms")
        assert [await seen.get() for _ in range(3)] == [1, 2, 3]
        await looks.close()
    assert [line["event"] for line in lines] == ["rooms could not be counted"]
    assert seen.empty()


async def test_who_is_woken_looks_at_once_and_who_says_when_looks_then() -> None:
    seen, woken = asyncio.Queue[None](), asyncio.Event()
    pauses = [3600.0, 0.0, None]

    async def look() -> float | None:
        seen.put_nowait(None)
        return pauses.pop(0)

    looks = Looks(look, 3600.0, "nothing", woken=woken)
    looks.start("bell")
    await seen.get()
    await asyncio.sleep(0)  # it waits: for an hour
    woken.set()
    await seen.get()
    await seen.get()  # the second said: at once
    await looks.close()
    assert pauses == [], "the third waits, for as long as it was told at first"


async def test_the_first_may_wait_and_what_never_began_is_closed() -> None:
    async def look() -> None:
        raise AssertionError("too early")

    looks = Looks(look, 3600.0, "nothing", at_once=False)
    await looks.close()
    looks.start("later")
    await asyncio.sleep(0.01)
    await looks.close()
