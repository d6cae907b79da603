"""Nodes: what their leases say of who lives and what each does."""

from reelroom.store.nodes import nodes_of
from reelroom.store.values import Lease


def lease(kind: str, thing: str, node: str, until: int) -> Lease:
    return Lease(
        kind=kind, id=thing, node=node, fence=1, until=until, said={"version": "1"} if kind == "node" else {}
    )


def test_a_node_lives_while_it_holds_its_name_and_runs_what_it_holds() -> None:
    known = [
        lease("node", "two", "two", 90),
        lease("archive", "film", "one", 200),
        lease("archive", "another", "one", 200),
        lease("take", "take", "one", 200),
        lease("take", "long ago", "one", 100),
        lease("take", "of a silent one", "two", 90),
        lease("node", "one", "one", 200),
    ]
    one, two = nodes_of(known, 100)
    assert (one.name, one.lives, dict(one.holds), one.said) == (
        "one",
        True,
        {"archive": 2, "take": 1},
        {"version": "1"},
    )
    assert (two.name, two.lives, two.silent_ms, dict(two.holds)) == ("two", False, 10, {})


def test_where_nobody_shares_the_database_there_are_none() -> None:
    assert nodes_of([lease("take", "take", "one", 200)], 100) == []
