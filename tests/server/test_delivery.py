"""Who delivers what, and when: claims, order, and one application that stalls."""

import asyncio

from reelroom.projects.delivery import pause_after, settled
from reelroom.store.store import Store
from reelroom.store.values import Delivery, NewDelivery

NOW = 1_000_000


async def post(store: Store, about: str, *, project: str = "p", host: str = "app.example", count: int = 1) -> None:
    async with store.transaction() as tx:
        for number in range(count):
            thing = about if count == 1 else f"{about} {number}"
            url = f"https://{host}/told"
            await tx.outbox.post(NewDelivery(project=project, about=thing, url=url, body="{}", created_at=NOW))


async def claim(store: Store, node: str = "a", now: int = NOW, most: int = 64, most_each: int = 8) -> list[Delivery]:
    return list(await store.outbox.claim(node, now, now + 60_000, most, most_each))


async def test_what_one_has_in_hand_nobody_else_takes(store: Store) -> None:
    await post(store, "thing", count=6)
    first = await claim(store, "a", most=4)
    second = await claim(store, "b")
    assert len(first) == 4 and len(second) == 2
    assert {each.id for each in first}.isdisjoint(each.id for each in second)
    assert await claim(store, "c") == []
    again = await claim(store, "c", now=NOW + 60_000)  # both are gone
    assert len(again) == 6
    assert not await store.outbox.settle(first[0], delivered_at=NOW, next_at=None, problem="")
    assert await store.outbox.settle(again[0], delivered_at=NOW, next_at=None, problem="")


async def test_of_many_who_claim_at_once_each_delivery_has_one(store: Store) -> None:
    await post(store, "thing", count=40)
    claims = await asyncio.gather(*(claim(store, f"node {number}", most=10, most_each=100) for number in range(8)))
    claimed = [each.id for one in claims for each in one]
    assert len(claimed) == len(set(claimed))
    left = await claim(store, "late", most=100, most_each=100)
    assert len(claimed) + len(left) == 40


async def test_what_is_about_one_thing_goes_out_in_order(store: Store) -> None:
    await post(store, "thing")
    await post(store, "thing")
    (first,) = await claim(store)
    assert await claim(store) == []
    await store.outbox.settle(first, **settled(first, "answered 500", NOW))
    assert await claim(store, now=NOW + 100) == []
    (again,) = await claim(store, now=NOW + 200)
    assert (again.id, again.attempts, again.problem) == (first.id, 1, "answered 500")
    await store.outbox.settle(again, **settled(again, "", NOW + 300))
    (second,) = await claim(store, now=NOW + 300)
    assert second.id > first.id


async def test_an_application_that_stalls_delays_nobody_else(store: Store) -> None:
    await post(store, "stalled", host="slow.example", count=200)
    await post(store, "other", host="fast.example", count=3)
    await post(store, "another", project="q", host="slow.example", count=3)
    claimed = await claim(store)
    by_place = {(each.project, each.host): 0 for each in claimed}
    for each in claimed:
        by_place[each.project, each.host] += 1
    assert by_place == {("p", "slow.example"): 8, ("p", "fast.example"): 3, ("q", "slow.example"): 3}
    await post(store, "news", host="fast.example")
    assert [each.about for each in await claim(store)] == ["news"]  # the stalled one has its eight in hand


async def test_a_server_that_comes_back_goes_on_at_once(store: Store) -> None:
    await post(store, "thing")
    await claim(store, "a")
    assert await store.outbox.next_time() is None
    await store.outbox.let_go("b")
    assert await claim(store, "a") == []
    await store.outbox.let_go("a")
    assert await store.outbox.next_time() == NOW
    assert len(await claim(store, "a")) == 1


async def test_a_day_later_it_is_given_up(store: Store) -> None:
    await post(store, "thing")
    (delivery,) = await claim(store)
    day = 24 * 3600 * 1000
    assert settled(delivery, "answered 500", NOW + day)["next_at"] == NOW + day + int(1000 * pause_after(1))
    assert settled(delivery, "answered 500", NOW + day + 1) == {"next_at": None, "problem": "answered 500"}
    assert await store.outbox.waiting() == 1
    await store.outbox.settle(delivery, next_at=None, problem="answered 500")
    assert await store.outbox.waiting() == 0
