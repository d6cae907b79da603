"""Leases: who holds a thing, who may take it up, and whose writing is refused; and what many tell of one room."""

import asyncio

import pytest

from reelroom.roles import taking_up
from reelroom.store.leases import last_sign
from reelroom.store.node import LEASE_MS, LeaseLost, Node
from reelroom.store.store import Store
from reelroom.store.values import KeptTake, Session
from reelroom.testing import memory_server
from tests.server.conftest import House
from tests.server.waiting import eventually


async def test_a_thing_is_held_by_one_until_its_lease_is_over(store: Store) -> None:
    first = await store.leases.acquire("take", "t", "a", 0, 100)
    assert first is not None and first.fence == 1
    assert await store.leases.acquire("take", "t", "b", 99, 200) is None
    assert await store.leases.of_others("b", 99) == {("take", "t")}
    assert await store.leases.of_others("a", 99) == await store.leases.of_others("b", 100) == set()
    second = await store.leases.acquire("take", "t", "b", 100, 200)
    assert second is not None and second.fence == 2
    assert not await store.leases.is_newest(first) and await store.leases.is_newest(second)
    assert await store.leases.extend(first, 300) is None
    assert await store.leases.renew("a", 150, 300) == set()
    assert await store.leases.renew("b", 150, 300) == {("take", "t", 2)}
    await store.leases.release(first)  # harmless
    assert await store.leases.of_others("a", 299) == {("take", "t")}
    await store.leases.release(second)
    third = await store.leases.acquire("take", "t", "a", 150, 300)
    assert third is not None and third.fence == 3  # also of what was let go: the first of its node is not meant
    again = await store.leases.acquire("take", "t", "a", 160, 300)
    assert again is not None and again.fence == 4  # a server that was restarted takes up its own at once


async def test_a_lease_that_is_over_can_be_held_on_to_while_nobody_else_comes(store: Store) -> None:
    lease = await store.leases.acquire("take", "t", "a", 0, 100)
    assert lease is not None and await store.leases.renew("a", 500, 600) == set()
    late = await store.leases.extend(lease, 600)
    assert late is not None and (late.fence, late.until) == (1, 600)
    assert await store.leases.acquire("take", "t", "b", 500, 700) is None


async def test_of_many_who_take_up_a_thing_at_once_one_does(store: Store) -> None:
    for now in (0, 200):  # nobody has ever held it; somebody did
        tries = (store.leases.acquire("take", "t", f"node {each}", now, now + 100) for each in range(8))
        assert sum(each is not None for each in await asyncio.gather(*tries)) == 1


async def test_nothing_is_started_while_another_may_have_taken_it_up(store: Store) -> None:
    """As where a server was frozen, and is awake again before it has asked."""
    clock = [0]
    one = Node(store, "a", lambda: clock[0])
    assert not one.may_run("take", "t")
    assert await one.hold("take", "t") is not None and one.may_run("take", "t")
    clock[0] += LEASE_MS
    assert not one.may_run("take", "t")
    await one.renew()  # nobody has
    assert one.may_run("take", "t")
    alone = Node(store, "b", lambda: clock[0], alone=True)
    assert alone.may_run("take", "of a database that could not be written")


async def test_what_a_holder_writes_is_refused_once_another_has_taken_over(store: Store) -> None:
    clock = [0]
    one, two = (Node(store, name, lambda: clock[0]) for name in ("a", "b"))
    assert await one.hold("archive", "archive") is not None and await two.hold("archive", "archive") is None
    async with store.transaction() as tx:
        await one.confirm(tx, "archive", "archive")
    clock[0] += LEASE_MS
    assert await two.hold("archive", "archive") is not None
    with pytest.raises(LeaseLost):
        async with store.transaction() as tx:
            await tx.sessions.add(Session(id="of one that was frozen", created_at=1))
            await one.confirm(tx, "archive", "archive")
    assert await store.sessions.get("of one that was frozen") is None
    async with store.transaction() as tx:
        await two.confirm(tx, "archive", "archive")


async def test_what_was_claimed_as_it_was_written_down_is_held_without_another_transaction(store: Store) -> None:
    clock = [0]
    one, two = (Node(store, name, lambda: clock[0]) for name in ("a", "b"))
    async with store.transaction() as tx:
        await one.claim(tx, "render", "render")
    assert await two.hold("render", "render") is None
    lease = await one.hold("render", "render")
    assert lease is not None and lease.fence == 1  # a second transaction would have made it 2


async def test_a_claim_that_was_undone_or_is_over_holds_nothing(store: Store) -> None:
    clock = [0]
    one, two = (Node(store, name, lambda: clock[0]) for name in ("a", "b"))
    with pytest.raises(RuntimeError):
        async with store.transaction() as tx:
            await one.claim(tx, "render", "undone")
            raise RuntimeError
    assert await two.hold("render", "undone") is not None
    assert await one.hold("render", "undone") is None
    async with store.transaction() as tx:
        await one.claim(tx, "render", "late")
    clock[0] += LEASE_MS
    assert await two.hold("render", "late") is not None
    assert await one.hold("render", "late") is None


async def test_leases_of_what_nobody_came_back_to_are_forgotten(store: Store) -> None:
    await store.leases.acquire("take", "old", "a", 0, 100)
    await store.leases.acquire("take", "new", "a", 0, 200)
    await store.leases.forget(150)
    assert await store.leases.last("take", "old") is None
    assert (await store.leases.last("take", "new")).until == 200  # type: ignore[union-attr]


async def test_what_many_tell_of_a_room_at_once_is_all_told(store: Store) -> None:
    await store.announcements.change("room", {"mute": False})
    told = await asyncio.gather(*(store.announcements.change("room", {f"{each}": each}) for each in range(8)))
    assert sorted(each.version for each in told) == list(range(2, 10))
    kept = await store.announcements.get("room")
    assert kept is not None and kept.facts == {"mute": False} | {f"{each}": each for each in range(8)}


async def test_a_lease_lasts_as_long_as_its_node_was_told(store: Store) -> None:
    clock = [1_000_000]
    short = Node(store, "short", lambda: clock[0], lease_ms=4000)
    other = Node(store, "other", lambda: clock[0])
    assert await short.hold("take", "t")
    clock[0] += 3900
    await short.renew()
    clock[0] += 3900
    assert await other.hold("take", "t") is None
    clock[0] += 101
    assert (await other.hold("take", "t")) is not None
    await short.renew()
    assert not short.holds("take", "t")


async def test_leases_of_nodes_are_all_that_is_read_to_know_who_lives(store: Store) -> None:
    for node, kind, thing in (("b", "node", "b"), ("a", "take", "t"), ("a", "node", "a")):
        await store.leases.acquire(kind, thing, node, 0, 100)
    assert [(each.kind, each.id) for each in await store.leases.of_nodes()] == [("node", "a"), ("node", "b")]


async def test_the_fence_of_a_take_that_may_go_on_is_never_forgotten(store: Store) -> None:
    await store.add(Session(id="s", created_at=1), Session(id="other", created_at=1))
    takes = KeptTake(id="on", session_id="s", created_at=1), KeptTake(id="gone", session_id="other", created_at=1)
    await store.add(*takes)
    await store.takes.mark_removed("gone")
    for take in ("on", "gone"):
        lease = await store.leases.acquire("take", take, "a", 0, 100)
        assert lease is not None
        await store.leases.release(lease)
    await store.leases.forget(1000)
    assert [each.id for each in await store.leases.everything()] == ["on"]
    again = await store.leases.acquire("take", "on", "b", 0, 100)
    assert again is not None and again.fence == 2


async def test_old_leases_are_forgotten_while_a_server_runs(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking_up, "_FORGET_EVERY", 0.01)
    server = memory_server(house.settings, house.engine)
    await server.store.leases.acquire("archive", "old", "another", 0, 1)
    server.taking_up.start()

    async def forgotten() -> bool:
        return not await server.store.leases.everything()

    await eventually(forgotten)
    await server.stop()


async def test_what_is_handed_on_was_held_until_that_moment(store: Store) -> None:
    clock = [100_000]
    one = Node(store, "a", lambda: clock[0])
    await one.hold("take", "t")
    await one.hold("take", "killed")
    held = await store.leases.last("take", "killed")
    assert held is not None and last_sign(held, LEASE_MS) == clock[0]
    clock[0] += 1000
    await one.hand_on()
    left = await store.leases.last("take", "t")
    assert left is not None and (left.until, last_sign(left, LEASE_MS)) == (101_000, 101_000)
    assert await Node(store, "b", lambda: clock[0]).hold("take", "t") is not None
    again = await store.leases.last("take", "t")
    assert again is not None and last_sign(again, LEASE_MS) == 101_000, "what was said is the next one's"
