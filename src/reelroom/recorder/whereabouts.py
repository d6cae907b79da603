"""Where takes are: in this server's folder, in another server's, or in the depot, from which they come."""

import os
from collections.abc import Collection
from pathlib import Path

import structlog

from reelroom.files.depot import DepotError
from reelroom.files.shipment import INCOMPLETE
from reelroom.recorder.shipping import Shipping
from reelroom.store.node import Node
from reelroom.store.store import Store
from reelroom.store.values import Archive, KeptTake

_log = structlog.get_logger()


class Whereabouts:
    """`takes` is the folder of all takes on this machine."""

    def __init__(self, store: Store, node: Node, takes: Path, shipping: Shipping | None = None) -> None:
        self._store = store
        self._node = node
        self._takes = str(takes)
        self.shipping = shipping

    def lies_here(self, take_id: str) -> bool:
        """Whether there is something of a take on this machine."""
        # A list asks this for each archive: pathlib would take most of its time.
        return os.path.isfile(f"{self._takes}/{take_id}/take.json")  # noqa: PTH113

    def is_here(self, take: KeptTake) -> bool:
        """Whether a take lies where this server can read and write it, and nobody has a newer one."""
        if take.node in {"", self._node.name}:
            return True
        # Folders that servers share have no depot beside them; with one, what lies here may be old.
        return self.shipping is None and self.lies_here(take.id)

    async def is_whole(self, take_id: str) -> bool:
        """Whether a film can be made of a take here: all of it lies here, or it lies nowhere that is known."""
        if self.shipping is None and self.lies_here(take_id):
            return not self.lacks_tracks(take_id)
        take = await self._store.takes.get(take_id)
        if take is not None and not self.is_here(take):
            return False
        return not self.lacks_tracks(take_id)

    def lacks_tracks(self, take_id: str) -> bool:
        """Whether tracks of a take that lies here lie in the depot alone, or are on their way."""
        return os.path.exists(f"{self._takes}/{take_id}/{INCOMPLETE}")  # noqa: PTH110

    async def fetch(self, take_id: str) -> bool:
        """Whether a film can be made of a take here; where its tracks were moved to the depot, they come."""
        if await self.is_whole(take_id):
            return True
        take = await self._store.takes.get(take_id)
        moved = take is not None and take.shipped_at is not None and self.is_here(take) and self.lies_here(take_id)
        if moved and self.shipping is not None:
            self.shipping.bring_tracks(take_id)
        return False

    def may_come(self, take: KeptTake, held: Collection[tuple[str, str]]) -> bool:
        """Whether a take is to come from the depot: its server is gone. `held` is what other servers hold."""
        return self.shipping is not None and not self.is_here(take) and ("node", take.node) not in held

    async def bring(self, take: KeptTake) -> bool:
        """Have a take here, and its tracks by and by; False where it cannot be had now."""
        if self.shipping is None or self.is_here(take):
            return True
        try:
            return await self.shipping.bring(take)
        except (DepotError, OSError) as error:
            _log.warning("take not brought", take=take.id, error=str(error))
            return False

    async def of_the_gone(self, takes: Collection[KeptTake]) -> Collection[KeptTake]:
        """Those of these takes that lie in the depot alone, as their servers are gone."""
        if self.shipping is None:
            return ()
        held = await self._node.of_others()
        return [take for take in takes if self.may_come(take, held) and not self.lies_here(take.id)]

    async def remove_from_depot(self, take_id: str) -> None:
        """Nothing of a take lies there any more. Raises DepotError."""
        if self.shipping is not None:
            await self.shipping.remove(take_id)

    async def bring_for(self, archive: Archive, held: Collection[tuple[str, str]]) -> None:
        """Have the take of an archive come here, where it has ended and its server is gone."""
        take = await self._store.takes.get(archive.take_id)
        if take is None or take.stopped_at is None or not self.may_come(take, held):
            return
        if take.shipped_at is None and await self._store.leases.held("node", [take.node], self._node.clock()):
            return
        if await self._node.hold("archive", archive.id):
            await self.bring(take)
            await self._node.let_go("archive", archive.id)
