"""What a recording waits for before it has begun, and what it does not."""

import asyncio
from typing import Any

import pytest

from reelroom.testing import MemoryStream
from tests.server.conftest import House
from tests.server.waiting import eventually


async def test_what_publishes_is_started_while_the_room_is_being_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, started = asyncio.Event(), asyncio.Event()
    said: list[Any] = []

    async def describe(room: str, metadata: dict[str, Any]) -> bool:
        await told.wait()
        said.append(metadata["recording"] and metadata["recording"]["state"])
        return True

    def child(*args: object, **more: Any) -> MemoryStream:
        started.set()
        return MemoryStream(*args, **more)

    monkeypatch.setattr(house.engine, "describe", describe)
    house.server.renders.child = child
    render, _ = await house.server.rooms.record("demo")
    await asyncio.wait_for(started.wait(), 10)
    assert not said
    told.set()

    async def recording() -> bool:
        return said[-1:] == ["recording"]

    await eventually(recording)
    assert said[0] == "starting"
    assert (await house.server.renders.get(render.id)).status == "started"


async def test_a_recording_is_written_down_and_held_in_one_transaction(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    fences = []
    hold = house.server.node.hold

    async def noted(kind: Any, thing: str) -> Any:
        lease = await hold(kind, thing)
        fences.append((kind, lease and lease.fence))
        return lease

    monkeypatch.setattr(house.server.node, "hold", noted)
    render, _ = await house.server.rooms.record("demo")

    async def started() -> bool:
        return (await house.server.renders.get(render.id)).status == "started"

    await eventually(started)
    assert {("take", 1), ("render", 1)} <= set(fences)
    assert not [each for each in fences if each[1] != 1]
