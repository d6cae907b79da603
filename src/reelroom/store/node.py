"""A node: one server among those that share a database, and what it holds there, renewed for as long as it lives.

Whoever runs a take's tap, a film's composer, a render's stream, a broadcast, a telephone call or live captions holds
it first, and so does whoever makes a transcript. A node that shares its database holds its own name, too: by that
others know that it lives. What a node holds no other one starts, ends or removes; what it has held no more for
`lease_ms` is anybody's to take up. A node that was frozen for longer finds out before it writes: its lease has a
fence, and its heir has a higher one.

The leases of one node count on the clocks of all: each takes the database's for its own (`clock.py`).
"""

import asyncio
import contextlib
import socket
import time
from collections.abc import Awaitable, Callable, Collection, Set
from dataclasses import replace
from typing import Any

import structlog

from reelroom.config import ROLES, Role, Settings
from reelroom.store.database import now_ms
from reelroom.store.node_roles import ROLE_OF, Kind
from reelroom.store.store import Rowsets, Store
from reelroom.store.time import agree
from reelroom.store.values import Lease

_log = structlog.get_logger()

LEASE_MS = 20_000  # unless the settings say otherwise
DRAINS = "This server drains: it takes nothing new, and another one does"
_AGREE_EVERY = 60.0  # s between two looks at the database's clock
_RENEWALS = 4  # of a lease, within the time for which it lasts


class LeaseLost(Exception):
    """Somebody else has taken up what this node was doing: it is not this node's to write any more."""


def node_name(settings: Settings) -> str:
    """The same at each start: the machine, and the data directory, in which one server works at a time."""
    return f"{socket.gethostname()}:{settings.data_dir.resolve()}"[-255:]


class Node:
    """What this node holds; `clock` is the time in ms since the epoch. `alone`: no other one has this database."""

    def __init__(
        self,
        store: Store,
        name: str,
        clock: Callable[[], int] = now_ms,
        *,
        alone: bool = False,
        roles: Collection[Role] = ROLES,
        lease_ms: int = LEASE_MS,
    ) -> None:
        self.name = name
        self.lease_ms = lease_ms
        self.roles = frozenset(roles)
        self.draining = False  # it takes up nothing more, and ends with what it has
        self._alone = alone
        self.clock = clock
        self._store = store
        self._held: dict[tuple[Kind, str], Lease] = {}
        self._claimed: dict[tuple[Kind, str], Lease] = {}  # in transactions that may be open, or undone
        self._stops: dict[Kind, Callable[[str], Awaitable[None]]] = {}
        self._tellers: dict[Kind, Callable[[str], dict[str, Any] | None]] = {}
        self._renewing: asyncio.Task[None] | None = None
        self._agrees_until = 0.0  # s, monotonic

    def when_lost(self, kind: Kind, stop: Callable[[str], Awaitable[None]]) -> None:
        """What ends a thing of that kind here, writing nothing, once somebody else has taken it up."""
        self._stops[kind] = stop

    def ask(self, kind: Kind, teller: Callable[[str], dict[str, Any] | None]) -> None:
        """Who says how a thing of that kind stands here: its lease tells other nodes, every few seconds."""
        self._tellers[kind] = teller

    async def told(self, kind: Kind, things: Collection[str]) -> dict[str, dict[str, Any]]:
        """How things stand that other nodes hold, by their ids, as they said last."""
        if not things:
            return {}
        held = await self._store.leases.held(kind, things, self.clock())
        return {lease.id: lease.said for lease in held if lease.node != self.name and lease.said}

    @property
    def alone(self) -> bool:
        """Whether no other node has this database."""
        return self._alone

    def why_not(self, kind: Kind) -> str:
        """Why things of this kind do not begin here, in words for people; "" where they do."""
        role = ROLE_OF.get(kind)
        if role is None:
            return ""
        if self.draining:
            return DRAINS
        return "" if role in self.roles else f"This server has no role {role!r} (REELROOM_ROLES): ask one that has"

    def held_kinds(self) -> Collection[Kind]:
        """Of what kinds there are things that are held here, its own name aside."""
        return {kind for kind, _ in self._held if kind != "node"}

    def held_things(self, kind: Kind) -> Collection[str]:
        """The ids of what is held here of one kind."""
        return [thing for known, thing in self._held if known == kind]

    async def hold(self, kind: Kind, thing: str) -> Lease | None:
        """Hold a thing until it is let go; None while another node does, or where it is none of this node's roles."""
        if (known := self._held.get((kind, thing))) is not None:
            return known
        if self.why_not(kind) and (kind, thing) not in self._claimed:
            return None
        lease = self._claimed.pop((kind, thing), None)
        if lease is None or lease.until <= self.clock() or not await self._store.leases.is_newest(lease):
            lease = await self._acquire(self._store, kind, thing)
        if lease is not None:
            self._held[kind, thing] = lease
        return lease

    async def claim(self, tx: Rowsets, kind: Kind, thing: str) -> None:
        """Keep others away from what is written down in `tx`, until the lease is over.

        Once `tx` is committed, to hold it takes no other: a transaction waits for the disk. What is none of this
        node's roles is left to others at once.
        """
        if self.why_not(kind):
            return
        if (lease := await self._acquire(tx, kind, thing)) is not None:
            self._claimed[kind, thing] = lease

    async def _acquire(self, tx: Rowsets, kind: Kind, thing: str) -> Lease | None:
        now = self.clock()
        return await tx.leases.acquire(kind, thing, self.name, now, now + self.lease_ms)

    def holds(self, kind: Kind, thing: str) -> bool:
        """Whether a thing is this node's to act on now."""
        lease = self._held.get((kind, thing))
        return lease is not None and lease.until > self.clock()

    def fence(self, kind: Kind, thing: str) -> int | None:
        """The fence under which a thing is this node's to write now; None when it is not."""
        return self._held[kind, thing].fence if self.holds(kind, thing) else None

    def may_run(self, kind: Kind, thing: str) -> bool:
        """Whether what a thing needs may be started now: not while another node may have taken it up.

        Where there is no other one, a lease that a full disk kept from being renewed is no reason to record nothing.
        """
        return self._alone or self.holds(kind, thing)

    async def confirm(self, tx: Rowsets, kind: Kind, thing: str) -> None:
        """What is written in `tx` is this node's to write, and is until it is committed. Raises LeaseLost."""
        lease = self._held.get((kind, thing))
        if lease is None or not await tx.leases.is_newest(lease):
            raise LeaseLost(f"{kind} {thing} has been taken up by another server")

    async def let_go(self, kind: Kind, thing: str) -> None:
        """Hold it no more; harmless when it is not held."""
        if (lease := self._held.pop((kind, thing), None)) is not None:
            await self._store.leases.release(lease)

    async def of_others(self) -> Set[tuple[str, str]]:
        """Kind and id of all that other nodes hold now."""
        return await self._store.leases.of_others(self.name, self.clock())

    async def be_known(self) -> None:
        """Others know from now on that this node lives; where there are none, nobody asks."""
        if not self._alone:
            await self._agree()
            await self.hold("node", self.name)

    async def _agree(self) -> None:
        """Its time is that of the other nodes. Where they share a file instead of a server, they share a clock."""
        if self._store.has_clock and time.monotonic() >= self._agrees_until:
            await agree(self._store.leases.time_us)
            self._agrees_until = time.monotonic() + _AGREE_EVERY

    def start(self) -> None:
        """Renew what is held from now on."""
        self._renewing = asyncio.create_task(self._renew_now_and_then(), name="leases")

    async def _renew_now_and_then(self) -> None:
        while True:
            try:
                await self._agree()
                await self.renew()
            except Exception:
                # What runs goes on, a full disk must not end it: if somebody has taken it up, its writes are refused.
                _log.exception("leases could not be renewed")
            await asyncio.sleep(self.lease_ms / 1000 / _RENEWALS)

    async def renew(self) -> None:
        """Hold on to all that is held; what somebody else has taken up meanwhile is ended here."""
        now, known = self.clock(), dict(self._held)
        self._claimed = {key: lease for key, lease in self._claimed.items() if lease.until > now}
        if not known:
            return
        renewed = await self._store.leases.renew(self.name, now, now + self.lease_ms)
        for key, lease in known.items():
            if self._held.get(key) is not lease:
                continue  # it has been let go meanwhile
            if (*key, lease.fence) in renewed:
                self._held[key] = replace(lease, until=now + self.lease_ms)
                await self._say(key)
            elif (late := await self._store.leases.extend(lease, now + self.lease_ms)) is not None:
                self._held[key] = late  # and nobody else has come
            else:
                del self._held[key]
                await self._stop(*key)

    async def _say(self, key: tuple[Kind, str]) -> None:
        kind, thing = key
        lease, teller = self._held[key], self._tellers.get(kind)
        said = teller(thing) if teller is not None else None
        if said is not None and said != lease.said:
            await self._store.leases.say(lease, said)
            if self._held.get(key) is lease:
                self._held[key] = replace(lease, said=said)

    async def _stop(self, kind: Kind, thing: str) -> None:
        _log.error("taken up by another server: it is ended here", kind=kind, id=thing)
        try:
            if (stop := self._stops.get(kind)) is not None:
                await stop(thing)
        except Exception:
            _log.exception("what another server has taken up could not be ended", kind=kind, id=thing)

    async def hand_on(self) -> None:
        """Let all go, as what others are to go on with at once: each lease is over now, and remembered as held."""
        await self.leave()
        now = self.clock()
        for lease in self._held.values():
            await self._store.leases.hand_on(lease, now)
        self._held.clear()

    async def leave(self) -> None:
        """Renew no more. What is held stays this node's for a moment: its next start takes it up at once."""
        if self._renewing is not None:
            self._renewing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._renewing

    async def close(self) -> None:
        """Let all go."""
        await self.leave()
        for kind, thing in list(self._held):
            await self.let_go(kind, thing)
