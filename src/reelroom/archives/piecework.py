"""Piecework: pieces of films that other servers cut again are made here, while there is nothing else to do.

A film's pieces are taken from its end, some at a time, each under a lease. The take comes from the depot into a
folder of its own, and the pieces go to the depot.
"""

import asyncio
import contextlib
import shutil
import sys
from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import structlog

from reelroom.archives.answer import plan_of
from reelroom.archives.gathering import PIECES, Offer, pieces_key
from reelroom.archives.library import Archives
from reelroom.composer.side_by_side import SPEECH, piece_file
from reelroom.cutting.plan import PlanError
from reelroom.files.depot import Depot, DepotError
from reelroom.files.durable import write_durably
from reelroom.files.shipment import bring_log, bring_tracks
from reelroom.processes.child import Child, GaveUp, Message, Program
from reelroom.processes.looks import Looks
from reelroom.processes.machine import Machine
from reelroom.store.node import Node
from reelroom.store.nodes import nodes_of, with_role
from reelroom.store.states import UNFINISHED
from reelroom.store.store import Store
from reelroom.store.values import Archive

_log = structlog.get_logger()

_EVERY = 2.0  # s between two looks for work
_UPLOADS_EVERY = 0.5  # s
_SWEEP_EVERY = 3600.0  # s
_MOST_AT_ONCE = 8  # pieces of 30 s: what a server that dies has taken is made by somebody else, later
_MOST_FAILURES = 2


def next_pieces(pieces: int, taken: Collection[int], composers: int) -> Sequence[int]:
    """Which pieces of so many one of `composers` servers takes next: from the end, a stretch without what is taken.

    At first long stretches, as a process goes through the film up to its piece each time; at the end single pieces,
    so that nobody waits for one server.
    """
    left = [number for number in range(pieces) if number not in taken]
    most = max(1, min(_MOST_AT_ONCE, len(left) // (2 * max(1, composers))))
    stretch: list[int] = []
    for number in reversed(left):
        if len(stretch) == most or (stretch and number != stretch[-1] - 1):
            break
        stretch.append(number)
    return stretch[::-1]


@dataclass(frozen=True)
class Work:
    """One film, and where what is made for it lies here meanwhile."""

    archive: Archive
    offer: Offer
    take: Path
    folder: Path

    @property
    def key(self) -> str:
        return pieces_key(self.archive.id, self.offer.mark)


class Piecework:
    """Helps with one film at a time; `folder` is for what that takes."""

    def __init__(
        self, store: Store, depot: Depot, archives: Archives, machine: Machine, node: Node, folder: Path
    ) -> None:
        self._store = store
        self._depot = depot
        self._archives = archives
        self._machine = machine
        self._node = node
        self._folder = folder
        self._child: Child | None = None
        self._hopeless: set[str] = set()  # marks that mean nothing here
        self._failure = ""
        self._looks = Looks(self.look, _EVERY, "no pieces could be made for other servers")
        self._sweeps = Looks(self.sweep, _SWEEP_EVERY, "old pieces could not be removed from the depot")

    def start(self) -> None:
        """Help from now on."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._looks.start("piecework")
        self._sweeps.start("old pieces")

    async def look(self) -> None:
        """Whether another server has work to give away; does some of it."""
        if self._is_busy():
            return
        held = await self._node.of_others()
        for archive_id in sorted(thing for kind, thing in held if kind == "pieces"):
            if not self._is_busy() and (work := await self.work_for(archive_id)) is not None:
                await self._help(work)

    async def work_for(self, archive_id: str) -> Work | None:
        """What another server offers of a film; None where there is nothing that can be made here."""
        archive = await self._store.archives.get(archive_id)
        if archive is None or archive.status not in UNFINISHED or archive.end_us is None:
            return None
        for lease in await self._store.leases.held("pieces", [archive_id], self._node.clock()):
            offer, folder = _read_offer(lease.said), self._folder / archive_id
            if offer is not None and offer.mark not in self._hopeless:
                return Work(archive, offer, folder / "take", folder / PIECES)
        return None

    def _is_busy(self) -> bool:
        why_not = self._node.why_not("piece") or self._machine.now().why_no_composer(0)
        return bool(why_not) or any(film.composes for film in self._archives.made_here().values())

    async def _help(self, work: Work) -> None:
        try:
            if not await self._bring_take(work):
                return
            while (numbers := await self.claim(work)) and not self._is_busy():
                await self._make(work, numbers)
        except (DepotError, PlanError, GaveUp) as error:
            _log.warning("pieces are left to others", archive=work.archive.id, why=str(error))
            self._hopeless |= {work.offer.mark} if isinstance(error, PlanError | GaveUp) else set()
        finally:
            await self._let_go(work.archive.id)
            await asyncio.to_thread(shutil.rmtree, work.folder.parent, ignore_errors=True)

    async def claim(self, work: Work) -> Sequence[int]:
        """The pieces to make next, held by this server; () where none are left, or wanted."""
        if work.offer.mark in self._hopeless:
            return ()
        held = await self._node.of_others()
        if ("pieces", work.archive.id) not in held:
            return ()
        made = {int(name) for name, _ in await self._depot.list(work.key) if name.isdecimal()}
        taken = made | _numbers(work.archive.id, held)
        composers = with_role(nodes_of(await self._store.leases.of_nodes(), self._node.clock()))["compose"]
        claimed: list[int] = []
        for number in reversed(next_pieces(work.offer.pieces, taken, composers)):
            if await self._node.hold("piece", _thing(work.archive.id, number)) is None:
                break  # somebody else was quicker
            claimed.insert(0, number)
        return claimed

    async def _bring_take(self, work: Work) -> bool:
        """The take lies in a folder here, and what was found of speech; False where they cannot be had yet."""
        if SPEECH not in {name for name, _ in await self._depot.list(work.key)}:
            return False  # soon: until then all of the take would have to be listened to here, too
        if not await bring_log(self._depot, work.archive.take_id, work.take):
            return False
        await bring_tracks(self._depot, work.archive.take_id, work.take)
        await asyncio.to_thread(work.folder.mkdir, parents=True, exist_ok=True)
        await asyncio.to_thread(write_durably, work.folder / "plan.json", plan_of(work.archive).to_json())
        await asyncio.to_thread(write_durably, work.folder / SPEECH, await self._depot.read(f"{work.key}/{SPEECH}"))
        return True

    async def _make(self, work: Work, numbers: Sequence[int]) -> None:
        """Make these pieces, and bring each to the depot as soon as it is there. Raises GaveUp, DepotError."""
        command = [sys.executable, "-m", "reelroom.composer.piecework", "--take", str(work.take)]
        command += ["--plan", str(work.folder / "plan.json"), "--folder", str(work.folder)]
        command += ["--start", str(work.archive.start_us), "--end", str(work.archive.end_us)]
        command += ["--first", str(numbers[0]), "--last", str(numbers[-1]), "--mark", work.offer.mark]
        self._failure = ""
        self._child = child = Child(
            "piecework",
            lambda: Program(command, log=work.folder / "log", fenced=self._folder.parent),
            ids={"archive": work.archive.id},
            most_failures=_MOST_FAILURES,
            on_message=self._receive,
            wanted=lambda: self._node.may_run("piece", _thing(work.archive.id, numbers[0])),
        )
        running = asyncio.create_task(child.run(), name=f"pieces of {work.archive.id}")
        try:
            left = set(numbers)
            while True:
                ended = bool((await asyncio.wait((running,), timeout=_UPLOADS_EVERY))[0])
                left -= await self._bring_away(work, left)
                if ended:
                    break
            running.result()
        finally:
            await child.stop(1.0)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            self._child = None
        if self._failure:
            self._hopeless.add(work.offer.mark)
            _log.info("pieces are left to others", archive=work.archive.id, why=self._failure)
        for number in numbers:
            await self._node.let_go("piece", _thing(work.archive.id, number))

    async def _bring_away(self, work: Work, numbers: Collection[int]) -> Set[int]:
        """Which of these pieces are made, and in the depot now."""
        brought = set()
        for number in numbers:
            path = piece_file(work.folder, number)
            if path.exists():
                await self._depot.create(f"{work.key}/{number}", await asyncio.to_thread(path.read_bytes))
                brought.add(number)
        return brought

    def _receive(self, message: Message) -> None:
        self._failure = str(message.get("failure", self._failure))

    async def _let_go(self, archive_id: str) -> None:
        for thing in self._node.held_things("piece"):
            if thing.startswith(f"{archive_id}/"):
                await self._node.let_go("piece", thing)

    async def sweep(self) -> None:
        """Pieces of films that nobody makes any more go from the depot. Raises DepotError."""
        known = {name.partition("/")[0] for name, _ in await self._depot.list(PIECES)}
        wanted = {each.id for each in await self._store.archives.unfinished()}
        for archive_id in sorted(known - wanted):
            await self._depot.remove(f"{PIECES}/{archive_id}")

    async def close(self) -> None:
        """Help no more."""
        await self._sweeps.close()
        await self._looks.close()


def _thing(archive_id: str, number: int) -> str:
    return f"{archive_id}/{number}"


def _numbers(archive_id: str, held: Collection[tuple[str, str]]) -> Set[int]:
    """Which pieces of a film others are making."""
    own = (thing.partition("/") for kind, thing in held if kind == "piece")
    return {int(number) for known, _, number in own if known == archive_id}


def _read_offer(said: dict[str, object]) -> Offer | None:
    """What is offered; None where its server has not said it yet."""
    with contextlib.suppress(KeyError, TypeError, ValueError):
        return Offer(int(str(said["pieces"])), str(said["mark"]))
    return None
