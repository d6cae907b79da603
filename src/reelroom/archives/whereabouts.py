"""Where takes are: in this server's folder, in another server's, or in the depot, from which they come."""

import os
from collections.abc import Callable, Collection
from pathlib import Path

import structlog

from reelroom.files.depot import DepotError
from reelroom.files.shipment import INCOMPLETE
from reelroom.recorder.shipping import Shipping
from reelroom.store.node import Node
from reelroom.store.store import Store
from reelroom.store.values import Archive

_log = structlog.get_logger()


class Whereabouts:
    """`folder` says where a take lies, or would lie, on this machine."""

    def __init__(
        self, store: Store, node: Node, folder: Callable[[str], Path], shipping: Shipping | None = None
    ) -> None:
        self._store = store
        self._node = node
        self._folder = folder
        self._shipping = shipping

    def lies_here(self, take_id: str) -> bool:
        """Whether there is something of a take on this machine."""
        # A list asks this for each archive: pathlib would take most of its time.
        return os.path.isfile(f"{self._folder(take_id)}/take.json")  # noqa: PTH113

    async def is_here(self, take_id: str) -> bool:
        """Whether a film can be made of a take here: it lies here, whole and newest, or nowhere that is known."""
        if self._shipping is None and self.lies_here(take_id):
            return True
        take = await self._store.takes.get(take_id)
        if take is not None and take.node not in {"", self._node.name}:
            return False
        return not (self._folder(take_id) / INCOMPLETE).exists()

    async def bring(self, archive: Archive, held: Collection[tuple[str, str]]) -> bool:
        """Have the take of an archive come here where its server is gone; `held` is what other servers hold.

        Returns whether it is here, which it is not at once.
        """
        take = await self._store.takes.get(archive.take_id)
        if self._shipping is None or take is None or take.stopped_at is None or ("node", take.node) in held:
            return False
        if take.node not in {"", self._node.name} and await self._node.hold("archive", archive.id):
            try:
                await self._shipping.bring(take)
            except (DepotError, OSError) as error:
                _log.warning("take not brought", take=take.id, error=str(error))
            await self._node.let_go("archive", archive.id)
        return False
