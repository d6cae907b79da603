"""Moving: films and tracks that lie on this server's disk leave it for the depot, once it has the very same bytes.

It is asked for by a file in the data directory, which says how far it is: so it goes on at the next start, and
whoever asked may look at any time. Nothing is removed here that was not read back from the depot and compared.
"""

import asyncio
import base64
import json
import time
from collections.abc import Awaitable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import structlog

from reelroom.archives.depositing import Depositing
from reelroom.archives.library import Archives
from reelroom.files.compared import Seen, is_laid_out, is_object, remove_as_seen, seen
from reelroom.files.deposited import Deposited, key_of, read_deposited, shortened
from reelroom.files.depot import Depot, DepotError
from reelroom.files.durable import write_durably
from reelroom.files.films import CHAPTERS, TEXTS, Storage, checksum
from reelroom.files.shipment import Shipment, leave_to_depot, tracks_shipped
from reelroom.files.shipment import key_of as take_key
from reelroom.processes.looks import Looks
from reelroom.processes.patience import doubling
from reelroom.recorder.shipping import Shipping
from reelroom.store.node import Node
from reelroom.store.states import FILM_IS_MADE
from reelroom.store.store import Store
from reelroom.store.values import Archive, KeptTake

_log = structlog.get_logger()

ORDER = "move-to-store.json"  # in the data directory, from when it is asked for until whoever asked has read the end
_EVERY = 2.0  # s between two looks for an order
_TELL_EVERY = 0.5  # s
_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 60.0  # s between two attempts while the depot is away
# A few kB for each film, in which what was understood is corrected: the depot has them, too.
_STAY = frozenset({*TEXTS, CHAPTERS, ".timeline.json"})


@dataclass(frozen=True)
class Moved:
    """How far a move is: `state` is asked, moving or done; `problem` is why it did not get on lately."""

    state: str = "asked"
    files: int = 0
    bytes: int = 0
    problem: str = ""


def read_order(data_dir: Path) -> Moved | None:
    """How far the move of a data directory is; None where none is asked for. Blocking."""
    try:
        return Moved(**json.loads((data_dir / ORDER).read_bytes()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def write_order(data_dir: Path, moved: Moved) -> None:
    """Ask for one, or say how far it is. Raises OSError. Blocking."""
    write_durably(data_dir / ORDER, json.dumps(asdict(moved)))


class Moving:
    """Carries an order out; `still` is a lock under which no film is written anew."""

    def __init__(
        self,
        store: Store,
        node: Node,
        depot: Depot,
        storage: Storage,
        archives: Archives,
        depositing: Depositing,
        shipping: Shipping,
        still: asyncio.Lock,
    ) -> None:
        self._store = store
        self._node = node
        self._depot = depot
        self._storage = storage
        self._data_dir = storage.folder.parent
        self._archives = archives
        self._depositing = depositing
        self._shipping = shipping
        self._still = still
        self._moved = Moved()
        self._told_at = 0.0  # s, monotonic
        self._failures = 0  # passes in a row
        self._looks = Looks(self.look, _EVERY, "films and tracks could not be moved to the depot")

    def start(self) -> None:
        """Look for orders, also for one that an earlier run of this server did not carry out."""
        self._looks.start("moving to the depot")

    async def look(self) -> float | None:
        """One pass over all that lies here, where it is asked for; how long to wait (s) if that did not do it all."""
        order = await asyncio.to_thread(read_order, self._data_dir)
        if order is None or order.state == "done":
            return None
        self._moved = replace(order, state="moving")
        await self._tell()
        problem = await self._move_all()
        self._failures = self._failures + 1 if problem else 0
        self._moved = replace(self._moved, state="moving" if problem else "done", problem=problem)
        await self._tell()
        if not problem:
            _log.info("moved to the depot", files=self._moved.files, bytes=self._moved.bytes)
            return None
        return doubling(self._failures, _FIRST_PAUSE, _LONGEST_PAUSE)

    async def _move_all(self) -> str:
        """Why not all was moved, "" where it was: one thing that fails keeps no other waiting."""
        problems = []
        here = sorted(await asyncio.to_thread(self._storage.suffixes))
        async for archive in self._store.archives.each_of(here):
            problems.append(await self._try("archive", archive.id, self._films(archive)))
        for take in await self._store.takes.that_may_move(self._node.name):
            problems.append(await self._try("take", take.id, self._take(take)))
        return next((problem for problem in problems if problem), "")

    async def _try(self, kind: str, thing: str, move: Awaitable[str]) -> str:
        try:
            problem = await move
        except (DepotError, OSError) as error:
            problem = str(error)
        if problem:
            _log.warning("not moved to the depot yet", kind=kind, id=thing, problem=problem)
        return problem

    async def _films(self, archive: Archive) -> str:
        """The film of an archive, and what lies beside it. Raises DepotError, OSError."""
        if archive.status not in FILM_IS_MADE or await self._store.uploads.get(archive.id) is not None:
            return ""  # it is being made, goes to its project's bucket from here, or lies in the bin
        await self._depositing.see_to(archive)
        (archive,) = await self._store.archives.of_ids([archive.id])
        problem = ""
        for suffix, file in read_deposited(archive.deposited).items():
            path = self._storage.path(archive.id, suffix)
            then = await asyncio.to_thread(seen, path)
            if then is None or suffix in _STAY:
                continue
            if not await self._lies_there(archive, suffix, file):
                problem = f"{path.name} is another file than the one in the depot: it stays here"
            else:
                await self._remove_film(archive, path, then)
        return problem

    async def _lies_there(self, archive: Archive, suffix: str, file: Deposited) -> bool:
        """Whether the depot has what lies here, where it has been damaged there once it has been put there anew."""
        path, key = self._storage.path(archive.id, suffix), key_of(archive.id, suffix, file)
        digest, size = await asyncio.to_thread(checksum, path)
        if (shortened(base64.b64decode(digest)), size) != (file.digest, file.size):
            return False
        if await is_object(self._depot, key, path):
            return True
        _log.warning("the depot has other bytes than it was given: put there anew", key=key)
        await self._depot.put_file(key, path)
        return await is_object(self._depot, key, path)

    async def _remove_film(self, archive: Archive, path: Path, then: Seen) -> None:
        async with self._still:
            (now,) = await self._store.archives.of_ids([archive.id])
            if (now.status, now.deposited, now.sha256sum) != (archive.status, archive.deposited, archive.sha256sum):
                return
            if await self._store.uploads.get(archive.id) is None:
                await self._remove(path, then)

    async def _take(self, take: KeptTake) -> str:
        """The tracks of a take; its events stay, which say what can be made of it. Raises DepotError, OSError."""
        folder = self._archives.folder(take.id)
        if not (folder / "take.json").is_file() or self._shipping.is_bringing(take.id):
            return ""
        if take.shipped_at is None:
            if self._archives.whereabouts.lacks_tracks(take.id):
                return ""  # it comes from the depot, of a server that is gone
            shipment = Shipment(self._depot, take.id, folder, None)
            while await shipment.ship():
                pass
            await self._store.takes.mark_shipped(take.id)
        problem, found = "", dict[Path, Seen]()
        for file, parts in (await tracks_shipped(self._depot, take.id)).items():
            path = folder / file
            then = await asyncio.to_thread(seen, path)
            if then is None:
                continue
            if await is_laid_out(self._depot, take_key(take.id), parts, path):
                found[path] = then
            else:
                problem = f"{file} of take {take.id} is another file than the one in the depot: it stays here"
        if not problem and found:
            await self._remove_tracks(take, folder, found)
        return problem

    async def _remove_tracks(self, take: KeptTake, folder: Path, found: dict[Path, Seen]) -> None:
        async with self._archives.takes_lock:  # nobody begins to make anything of it meanwhile
            if self._archives.is_in_use(take.id):
                return  # the next move finds it
            if take.id not in {each.id for each in await self._store.takes.that_may_move(self._node.name)}:
                return
            await asyncio.to_thread(leave_to_depot, folder)
            for path, then in found.items():
                await self._remove(path, then)

    async def _remove(self, path: Path, then: Seen) -> None:
        if await asyncio.to_thread(remove_as_seen, path, then):
            self._moved = replace(self._moved, files=self._moved.files + 1, bytes=self._moved.bytes + then.size)
            if time.monotonic() - self._told_at > _TELL_EVERY:
                await self._tell()

    async def _tell(self) -> None:
        self._told_at = time.monotonic()
        await asyncio.to_thread(write_order, self._data_dir, self._moved)

    async def close(self) -> None:
        """Move no more; the next run goes on."""
        await self._looks.close()
