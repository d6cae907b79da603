"""Gathering: the pieces of a film are offered to other servers, and those that they make come from the depot.

A film that is cut again is made from its begin here, and from its end wherever somebody has time for it. What comes
too late, or never, is made here, too: whoever helps may die at any moment, and costs nothing but their piece.
"""

import asyncio
import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from reelroom.composer.side_by_side import SPEECH, piece_file
from reelroom.composer.speech_found import is_whole
from reelroom.files.depot import Depot, DepotError
from reelroom.files.durable import write_durably
from reelroom.processes.looks import Looks
from reelroom.store.node import Node
from reelroom.store.nodes import nodes_of, with_role
from reelroom.store.store import Store

_log = structlog.get_logger()

PIECES = "pieces"  # where in the depot they lie
_EVERY = 1.0  # s between two looks
_SPEECH_PIECE = -1  # what was found of speech is given to all who help


@dataclass(frozen=True)
class Offer:
    """So many pieces; whoever would make them by the same `mark` makes the same ones."""

    pieces: int
    mark: str


def pieces_key(archive_id: str, mark: str) -> str:
    """Where in the depot the pieces of one making of a film lie."""
    return f"{PIECES}/{archive_id}/{mark}"


class Gathering:
    """What is offered by this server."""

    def __init__(self, store: Store, node: Node, depot: Depot) -> None:
        self._store = store
        self._node = node
        self._depot = depot
        self._offers: dict[str, Offer] = {}
        self._looks: dict[str, Looks] = {}
        node.ask("pieces", self._say)

    def _say(self, archive_id: str) -> dict[str, Any] | None:
        offer = self._offers.get(archive_id)
        return {"pieces": offer.pieces, "mark": offer.mark} if offer is not None else None

    async def has_others(self) -> bool:
        """Whether there are other servers that make films."""
        if self._node.alone:
            return False
        return with_role(nodes_of(await self._store.leases.of_nodes(), self._node.clock()))["compose"] > 1

    def begin(self, archive_id: str, folder: Path, offer: Offer) -> None:
        """Offer the pieces of a film; those that others make lie in `folder` some seconds later."""
        if archive_id in self._looks:
            return  # its composer began again
        self._offers[archive_id] = offer
        there: set[int] = set()

        async def look() -> None:
            if archive_id not in self._offers:
                await self._node.let_go("pieces", archive_id)  # nobody is to begin any more
                return
            if not self._node.holds("pieces", archive_id) and await self._node.hold("pieces", archive_id):
                await self._node.renew()  # which says what is offered
            if _SPEECH_PIECE not in there and await asyncio.to_thread(is_whole, folder / SPEECH):
                speech = await asyncio.to_thread((folder / SPEECH).read_bytes)
                await self._depot.create(f"{pieces_key(archive_id, offer.mark)}/{SPEECH}", speech)
                there.add(_SPEECH_PIECE)
            await self._bring(archive_id, folder, offer, there)

        looks = self._looks[archive_id] = Looks(look, _EVERY, "pieces of a film could not be brought")
        looks.start(f"pieces of {archive_id}")

    async def _bring(self, archive_id: str, folder: Path, offer: Offer, there: set[int]) -> None:
        key = pieces_key(archive_id, offer.mark)
        for name, _ in await self._depot.list(key) if archive_id in self._offers else ():
            if not name.isdecimal() or (number := int(name)) in there or number >= offer.pieces:
                continue
            there.add(number)
            if not piece_file(folder, number).exists():
                data = await self._depot.read(f"{key}/{name}")
                if archive_id not in self._offers:
                    return
                await asyncio.to_thread(_put, piece_file(folder, number), data)
                _log.info("a piece came from another server", archive=archive_id, piece=number)

    def withdraw(self, archive_id: str) -> None:
        """Bring no more of them: the film is made anew, without what its composer died of."""
        self._offers.pop(archive_id, None)

    async def end(self, archive_id: str) -> None:
        """Offer them no more; what was made of them is of no use to anybody now."""
        if (looks := self._looks.pop(archive_id, None)) is None:
            return
        await looks.close()
        self._offers.pop(archive_id, None)
        await self._node.let_go("pieces", archive_id)
        with contextlib.suppress(DepotError):  # what is left is swept out by whoever helps
            await self._depot.remove(f"{PIECES}/{archive_id}")


def _put(path: Path, data: bytes) -> None:
    """A composer of this machine may be writing the same piece: both are the same, and the name is one's own."""
    came = path.with_suffix(".came")
    write_durably(came, data)
    came.replace(path)
