"""Takes of sessions with their taps running: all who show or film a session share one, which ends with the last."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from uuid import uuid4
from weakref import WeakValueDictionary

import structlog

from reelroom.errors import OutOfSpace, Overloaded
from reelroom.opentok.streams import Stream
from reelroom.recorder.taps import TapFailed, Taps
from reelroom.recorder.whereabouts import Whereabouts
from reelroom.store.database import now_ms
from reelroom.store.node import Node
from reelroom.store.nodes import nodes_of, with_role
from reelroom.store.store import Rowsets, Store
from reelroom.store.values import KeptTake
from reelroom.takes.folder import Take, TakeError, TakeInfo

_log = structlog.get_logger()

_ELSEWHERE_SECONDS = 15.0
_LOOK_SECONDS = 0.1
Classes = Mapping[str, tuple[str, ...]]  # of each stream


class SessionTakes:
    """Who holds a take is what the rows say: its archives that record, its broadcasts and renders that run."""

    def __init__(self, store: Store, taps: Taps, node: Node, whereabouts: Whereabouts) -> None:
        self._store = store
        self.whereabouts = whereabouts
        self._taps = taps
        self._node = node
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        # Called with a session's id when its tap had to join again, and the room may know nothing any more.
        self.rejoin_listeners: list[Callable[[str], None]] = []
        # Each is told that a tap is in a session, or no longer.
        self.tap_listeners: list[Callable[[str, bool], Awaitable[None]]] = []
        # Each is told that streams of a session have these layout classes from now on.
        self.class_listeners: list[Callable[[str, Classes], Awaitable[None]]] = []
        self._left_to_us: set[str] = set()  # takes that servers without taps have begun
        node.when_lost("take", taps.stop)
        taps.wanted = lambda take_id: node.may_run("take", take_id)

    def lock(self, session_id: str) -> asyncio.Lock:
        """What is done with the recordings of one session goes one after the other; other sessions do not wait."""
        return self._locks.setdefault(session_id, asyncio.Lock())

    async def reserve(self, tx: Rowsets, session_id: str) -> KeptTake:
        """The take that runs in a session, written down where there is none; whoever needs it is so in `tx`, too."""
        if (running := await tx.takes.running_in(session_id, keep=True)) is not None:
            return running
        here = "" if self._node.why_not("take") else self._node.name
        take = KeptTake(id=str(uuid4()), session_id=session_id, created_at=now_ms(), node=here)
        await tx.takes.add(take)
        await self._node.claim(tx, "take", take.id)
        return take

    @asynccontextmanager
    async def holding(self, session_id: str) -> AsyncIterator[str]:
        """The id of a take of the session, with its tap in the room.

        Within, whoever needs it is written down; otherwise it ends. Raises TapFailed, OSError, and where the machine
        cannot carry one more, OutOfSpace, Overloaded.
        """
        async with self.lock(session_id):
            if await self._store.takes.running_in(session_id) is None:
                await self.admit()
            async with self._store.transaction() as tx:
                take = await self.reserve(tx, session_id)
            try:
                await self._join(take)
                yield take.id
            except BaseException:
                await self._let_go(take.id)
                raise

    async def admit(self, *, shows_page: bool = False, begins: bool = True) -> None:
        """Whether another recording may begin, here or at a server that records, as it does now if `begins`.

        Raises OutOfSpace, Overloaded.
        """
        why_not = self._node.why_not("take")
        if not why_not:
            await self._taps.admit(shows_page=shows_page, begins=begins)
        elif shows_page:
            raise Overloaded(why_not)
        elif not with_role(nodes_of(await self._store.leases.of_nodes(), self._node.clock()))["record"]:
            raise Overloaded("No server takes recordings at the moment: `reelroom nodes` shows which there are")

    async def hold(self, take_id: str) -> bool:
        """Whether this server runs a take's tap: if nobody else does, and the take lies here, it does from now on."""
        take = await self._store.takes.get(take_id)
        return take is not None and self.whereabouts.is_here(take) and await self._hold(take, begins=True)

    async def _hold(self, take: KeptTake, *, begins: bool) -> bool:
        """Hold a take here, if nobody else does; what others left to begin only `begins` where it can be carried."""
        left = take.node == "" and not self._node.alone
        to_admit = left and begins and not (self._node.why_not("take") or self._node.holds("take", take.id))
        if to_admit:
            # Whoever wrote it down knew of no machine but their own. Before it is held: a lease that is given back
            # looks like the end of a recording, and another server is to take this one.
            try:
                await self._taps.admit()
            except (OutOfSpace, Overloaded) as error:
                _log.info("take left to others", take=take.id, why=error.message)
                return False
        if await self._node.hold("take", take.id) is None:
            if to_admit:
                self._taps.begins_elsewhere()
            return False
        if left:
            self._left_to_us.add(take.id)
            await self._store.takes.lies_at(take.id, self._node.name)
        return True

    def is_seen_to(self, take: KeptTake) -> bool:
        """Whether a take's tap runs here, or something is being done with it."""
        return take.id in self._taps.running_takes() or self.lock(take.session_id).locked()

    async def join(self, take_id: str) -> None:
        """Returns when the tap of a take that runs is in the room. Raises TapFailed, OSError."""
        take = await self._running(take_id)
        async with self.lock(take.session_id):
            await self._join(take)

    async def folder(self, take_id: str, room_name: str = "") -> Take:
        """The folder of a take that runs, made where there is none. Raises TapFailed, OSError."""
        return await self._folder(await self._running(take_id), room_name)

    async def _running(self, take_id: str) -> KeptTake:
        take = await self._store.takes.get(take_id)
        if take is None or take.stopped_at is not None:
            raise TapFailed("the take has ended")
        return take

    async def _folder(self, take: KeptTake, room_name: str = "") -> Take:
        folder = self._taps.folder(take.id)
        info = TakeInfo(id=take.id, session_id=take.session_id, room_name=room_name, created_at=take.created_at)

        def opened() -> Take:
            try:
                return Take.open(folder)
            except TakeError:
                return Take.create(folder, info)

        return await asyncio.to_thread(opened)

    async def _join(self, take: KeptTake) -> None:
        """Its tap is in the room, unless that is another server's to see to."""
        if not self._taps.joined(take.id) and await self.hold(take.id):
            await self._taps.start(await self._folder(take), lambda: self._rejoined(take.session_id))
            await self._tell(take.session_id, tapped=True)
        elif self._node.why_not("take"):
            await self._until_held(take.id)

    async def _until_held(self, take_id: str) -> None:
        """Returns when a server that records has a take, as one does within a second. Raises TapFailed."""
        try:
            async with asyncio.timeout(_ELSEWHERE_SECONDS):
                while not await self._store.leases.held("take", [take_id], self._node.clock()):  # noqa: ASYNC110
                    await asyncio.sleep(_LOOK_SECONDS)
        except TimeoutError:
            raise TapFailed("no server that records has begun to") from None

    def _rejoined(self, session_id: str) -> None:
        for listener in self.rejoin_listeners:
            try:
                listener(session_id)
            except Exception:
                _log.exception("a tap's return was not followed up", session=session_id)

    async def release(self, take_id: str) -> None:
        """Somebody needs a take no more: it ends when nobody does."""
        take = await self._store.takes.get(take_id)
        if take is not None:
            async with self.lock(take.session_id):
                await self._let_go(take_id)

    async def _let_go(self, take_id: str) -> None:
        if await self._store.takes.stop_unless_held(take_id):
            await self._end(take_id)
            if (take := await self._store.takes.get(take_id)) is not None:
                await self._tell(take.session_id, tapped=False)

    async def _tell(self, session_id: str, *, tapped: bool) -> None:
        for listener in self.tap_listeners:
            await listener(session_id, tapped)

    async def _end(self, take_id: str) -> None:
        """Its tap ends, if it is ours."""
        self._left_to_us.discard(take_id)
        await self._taps.stop(take_id)
        await self._node.let_go("take", take_id)

    async def follow_rows(self, running: Sequence[KeptTake]) -> None:
        """Takes that another server has ended, and those that nobody needs, end here: `running` are all, as kept."""
        known = {take.id: take for take in running}
        unneeded = await self._store.takes.unneeded()
        for take_id in self._taps.running_takes():
            take = known.get(take_id) or await self._store.takes.get(take_id)
            if take is None or self.lock(take.session_id).locked():
                continue  # something is being done with it
            if take.stopped_at is not None:
                await self._end(take_id)
            elif take_id in unneeded and not self._is_asked_for(take):
                await self.release(take_id)

    def _is_asked_for(self, take: KeptTake) -> bool:
        """Whether another server may be about to write down who needs a take: it waits until it is recorded here."""
        return take.id in self._left_to_us and take.created_at > now_ms() - _ELSEWHERE_SECONDS * 1000

    async def resume(self, take: KeptTake, *, fresh: bool) -> None:
        """A take that nobody sees to goes on for whoever needs it, or ends when it was left too long ago.

        Where its tap cannot join, it is to be tried again. What lies elsewhere is brought here first. What
        was left to whoever records stays so while this machine cannot carry it.
        """
        async with self.lock(take.session_id):
            if not await self._hold(take, begins=fresh):
                return  # somebody else was first, or is to be
            if not await self.whereabouts.bring(take):
                await self._node.let_go("take", take.id)
                return
            goes_on = fresh and (self._is_asked_for(take) or await self._store.takes.holders(take.id))
            try:
                if goes_on:
                    await self._join(take)
                    return
                await self._taps.end_survivor(await asyncio.to_thread(Take.open, self._taps.folder(take.id)))
            except (TapFailed, TakeError, OSError) as error:
                _log.warning("take not taken up", take=take.id, error=str(error))
                if goes_on:
                    return
            await self._store.takes.stop(take.id)
            await self._end(take.id)
            await self._tell(take.session_id, tapped=False)

    async def note_classes(self, session_id: str, streams: Sequence[Stream]) -> None:
        """Streams of a session have these layout classes from now on: what is composed of it follows."""
        classes = {each.track: each.classes for each in streams}
        for listener in self.class_listeners if classes else ():
            await listener(session_id, classes)
