"""Machines whose clocks differ have one time: the database's."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from reelroom import clock
from reelroom.processes.environment import for_children
from reelroom.store.node import Node
from reelroom.store.store import Store
from reelroom.store.time import agree, kept, measured

AHEAD = 2_000_000  # µs


@pytest.fixture(autouse=True)
def own_time() -> Iterator[None]:
    before = clock.offset_us()
    yield
    clock.set_offset(before)


@pytest.fixture
def wrong_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine's clock is two seconds ahead."""
    real = clock.machine_us
    monkeypatch.setattr("reelroom.clock.machine_us", lambda: real() + AHEAD)
    monkeypatch.setattr("reelroom.store.time.machine_us", lambda: real() + AHEAD)


async def test_a_node_whose_clock_is_off_takes_the_database_s(url: str, wrong_clock: None) -> None:
    store = Store(url)
    node = Node(store, "wrong")
    try:
        before = clock.now_us()
        await node.be_known()
        if not store.has_clock:  # a file: all that share it are on one machine
            assert clock.offset_us() == 0
            return
        assert clock.offset_us() == pytest.approx(-AHEAD, abs=200_000)
        assert clock.now_us() < before - AHEAD / 2
        there = await store.leases.time_us()
        assert clock.now_us() == pytest.approx(there, abs=500_000)
        assert node.clock() == pytest.approx(there // 1000, abs=500)
        (lease,) = await store.leases.of_nodes()
        assert lease.until == pytest.approx(there // 1000 + node.lease_ms, abs=1000)
    finally:
        await store.close()


def test_children_are_told() -> None:
    clock.set_offset(-AHEAD)
    program = "from reelroom import clock; print(clock.offset_us(), clock.now_us() - clock.machine_us())"
    environment = {**for_children(os.environ)}
    said = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, check=True, text=True
    )
    offset, difference = map(int, said.stdout.split())
    assert offset == -AHEAD
    assert difference == pytest.approx(-AHEAD, abs=50_000)


async def test_the_quickest_answer_tells_what_time_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0

    def machine() -> int:
        return now

    monkeypatch.setattr("reelroom.store.time.machine_us", machine)
    ways = iter([(900_000, 100), (400, 600), (5_000, 300_000)])  # there and back, in µs

    async def ask() -> int:
        nonlocal now
        there, back = next(ways)
        now += there
        said = now + 7_000_000
        now += back
        return said

    assert await measured(ask) == pytest.approx(7_000_000, abs=101)


async def test_who_answers_late_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0
    monkeypatch.setattr("reelroom.store.time.machine_us", lambda: now)

    async def ask() -> int:
        nonlocal now
        now += 3_000_000
        return 99_000_000

    assert await measured(ask) is None
    await agree(ask)
    assert clock.offset_us() == 0


@pytest.mark.parametrize(
    ("offset", "found", "then"), [(0, 9_000, 0), (0, -30_000, -30_000), (50_000, 45_000, 50_000)]
)
def test_room_time_does_not_tremble(offset: int, found: int, then: int) -> None:
    assert kept(offset, found) == then
