"""Shipping: takes go to the depot while they grow, and come from there to the server that takes them up."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from reelroom.config import Settings
from reelroom.files.depot import Depot, DepotError, open_depot
from reelroom.files.shipment import Shipment, bring_log, bring_tracks, is_whole, key_of
from reelroom.measures import SHIPPED_BYTES
from reelroom.processes.looks import Looks
from reelroom.processes.patience import doubling
from reelroom.store.node import Node
from reelroom.store.store import Store
from reelroom.store.values import KeptTake

_log = structlog.get_logger()

_EVERY = 2.0  # s between two looks: what is lost with a machine is not more
_LAST = 10.0  # s for what is left when the server ends
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0  # s between two attempts while the depot is away


def depot_of(settings: Settings) -> Depot | None:
    """The depot that the settings name, if they do; nothing is asked of it yet."""
    if not settings.depot:
        return None
    return open_depot(
        settings.depot,
        endpoint=settings.depot_endpoint,
        region=settings.depot_region,
        access_key=settings.depot_access_key,
        secret_key=settings.depot_secret_key,
    )


@dataclass
class _Way:
    """How it stands with a take that is shipped."""

    shipment: Shipment
    failures: int = 0
    not_before: float = 0.0  # s, of the loop's clock


class Shipping:
    """Ships what this server holds, and what it held last; `takes` is the folder of all takes."""

    def __init__(self, store: Store, node: Node, depot: Depot, takes: Path) -> None:
        self._store = store
        self._node = node
        self._depot = depot
        self._takes = takes
        self._ways: dict[str, _Way] = {}
        self._bringing: dict[str, asyncio.Task[None]] = {}
        self._looks = Looks(self.look, _EVERY, "takes could not be shipped")

    def start(self) -> None:
        """Ship from now on, also what an earlier run of this server left behind."""
        self._looks.start("shipping")

    async def look(self) -> None:
        """Ship what was written since the last look, each take by itself."""
        takes = await self._store.takes.not_shipped(self._node.name)
        await asyncio.gather(*(self._ship(take) for take in takes if (self._takes / take.id / "take.json").is_file()))
        known = {take.id for take in takes}
        self._ways = {take_id: way for take_id, way in self._ways.items() if take_id in known}

    async def has_work(self) -> bool:
        """Whether there is more of a take that has ended here than in the depot."""
        takes = await self._store.takes.not_shipped(self._node.name)
        ended = (take for take in takes if take.stopped_at is not None)
        return any((self._takes / take.id / "take.json").is_file() for take in ended)

    async def _ship(self, take: KeptTake) -> None:
        """One look at one take. Who has lost it ships nothing more."""
        now = asyncio.get_running_loop().time()
        way = self._ways.get(take.id)
        if way is not None and way.not_before > now:
            return
        fence = self._node.fence("take", take.id)
        if fence is None and take.stopped_at is None:
            return  # it is nobody's at the moment, or another server's by now
        if way is None or fence not in {None, way.shipment.fence}:
            way = self._ways[take.id] = _Way(Shipment(self._depot, take.id, self._takes / take.id, fence))
        try:
            sent = await way.shipment.ship()
        except (DepotError, OSError) as error:
            way.failures += 1
            way.not_before = now + doubling(way.failures, _FIRST_PAUSE, _LONGEST_PAUSE)
            _log.warning("take not shipped", take=take.id, problem=str(error), attempt=way.failures)
            return
        way.failures = 0
        SHIPPED_BYTES.inc(sent)
        if take.stopped_at is not None and not sent:
            await self._store.takes.mark_shipped(take.id)

    async def bring(self, take: KeptTake) -> bool:
        """A take whose server is gone goes on here: its events at once, its tracks by and by.

        False where the depot has nothing of it. Raises DepotError, OSError.
        """
        if not await bring_log(self._depot, take.id, self._takes / take.id):
            return False
        await self._store.takes.lies_at(take.id, self._node.name)
        _log.info("take brought from the depot", take=take.id, before=take.node)
        self.bring_tracks(take.id)
        return True

    def bring_tracks(self, take_id: str) -> None:
        """The tracks of a take that the depot has come here, by and by."""
        if take_id not in self._bringing:
            task = asyncio.create_task(self._insist(take_id), name=f"tracks of {take_id}")
            self._bringing[take_id] = task
            task.add_done_callback(lambda _: self._bringing.pop(take_id, None))

    async def _insist(self, take_id: str) -> None:
        failures = 0
        while True:
            try:
                await bring_tracks(self._depot, take_id, self._takes / take_id)
                return
            except (DepotError, OSError) as error:
                failures += 1
                _log.warning("tracks not brought", take=take_id, problem=str(error), attempt=failures)
            await asyncio.sleep(doubling(failures, _FIRST_PAUSE, _LONGEST_PAUSE))

    def is_bringing(self, take_id: str) -> bool:
        """Whether tracks of a take are on their way here."""
        return take_id in self._bringing

    async def go_on(self, takes: Sequence[KeptTake]) -> None:
        """Bring the tracks that were on their way when an earlier run of this server ended."""
        for take in takes:
            folder = self._takes / take.id
            if (folder / "take.json").is_file() and not is_whole(folder):
                self.bring_tracks(take.id)

    async def ship_the_rest(self) -> None:
        """What was written last, as far as there is time for it."""
        try:
            async with asyncio.timeout(_LAST):
                await self.look()
                await self.look()  # which finds that nothing is left
        except (TimeoutError, DepotError, OSError) as error:
            _log.warning("not all was shipped: the next start goes on", problem=str(error))

    async def remove(self, take_id: str) -> None:
        """Nothing of a take is in the depot any more. Raises DepotError."""
        await self._depot.remove(key_of(take_id))

    async def close(self) -> None:
        """Ship and bring no more; the next run goes on."""
        await self._looks.close()
        tasks = [*self._bringing.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
