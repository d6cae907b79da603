"""Nodes as their leases show them: who lives, what each does, and how it stands there."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reelroom.config import ROLES, Role
from reelroom.store.values import Lease


@dataclass(frozen=True)
class NodeNow:
    """One node: `silent_ms` is 0 while it lives; `holds` counts what it runs by kind; `said` is what it told last."""

    name: str
    silent_ms: int
    holds: Mapping[str, int]
    said: Mapping[str, Any]

    @property
    def roles(self) -> frozenset[str]:
        """What it takes up; one that says nothing of it, of an earlier version, takes up everything."""
        return frozenset() if self.said.get("draining") else frozenset(self.said.get("roles", ROLES))

    @property
    def lives(self) -> bool:
        """Whether it has been heard of lately."""
        return self.silent_ms == 0


def with_role(nodes: Sequence[NodeNow]) -> Mapping[Role, int]:
    """How many living nodes have each role; one that drains has none."""
    return {role: sum(node.lives and role in node.roles for node in nodes) for role in ROLES}


def nodes_of(leases: Sequence[Lease], now: int) -> Sequence[NodeNow]:
    """All nodes that hold a lease of their own name, or held one lately, by name; `now` in ms."""
    holds: dict[str, Counter[str]] = {}
    for lease in leases:
        if lease.kind != "node" and lease.until > now:
            holds.setdefault(lease.node, Counter())[lease.kind] += 1
    return [
        NodeNow(lease.node, max(0, now - lease.until), holds.get(lease.node, Counter()), lease.said)
        for lease in sorted(leases, key=lambda each: each.node)
        if lease.kind == "node"
    ]
