"""What this server takes up, at start and from then on: what no server does any more, and what is left for it to do.

Each thing is taken up by one server, and only where its take lies. What was left for longer than
`REELROOM_ORPHAN_SECONDS` is ended: whoever lost their server for longer has left.
"""

import asyncio
from collections.abc import Sequence, Set

import structlog

from reelroom.archives.bin import DAY_MS
from reelroom.archives.library import Archives
from reelroom.broadcasts.calls import SessionBroadcasts
from reelroom.captions.calls import SessionCaptions
from reelroom.config import Settings
from reelroom.processes.looks import Looks
from reelroom.recorder.holding import SessionTakes
from reelroom.renders.renders import Renders
from reelroom.store.database import now_ms
from reelroom.store.leases import last_sign
from reelroom.store.node import Node
from reelroom.store.nodes import nodes_of
from reelroom.store.states import RECORDING
from reelroom.store.store import Store
from reelroom.store.values import KeptTake, Render
from reelroom.takes.folder import EventLog
from reelroom.telephones.calls import SessionTelephones

_log = structlog.get_logger()

_EVERY = 1.0  # seconds between two looks
_FORGET_EVERY = 3600.0  # s
_FIRST_MS = 1000  # for which what was just written down is its writer's to begin with
_RESTARTED = "the server was restarted"
_GONE = "the server that recorded is gone"

Held = Set[tuple[str, str]]  # kind and id of what other servers hold


class TakingUp:
    """Looks at the rows; what runs here follows them, too, where another server has changed them."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        node: Node,
        takes: SessionTakes,
        renders: Renders,
        broadcasts: SessionBroadcasts,
        telephones: SessionTelephones,
        captions: SessionCaptions,
        archives: Archives,
    ) -> None:
        self._settings = settings
        self._store = store
        self._node = node
        self._takes = takes
        self._renders = renders
        self._broadcasts = broadcasts
        self._telephones = telephones
        self._captions = captions
        self._archives = archives
        problem = "what other servers left could not be looked at"
        self._looks = Looks(self.look, _EVERY, problem, at_once=False)
        self._forgetting = Looks(self.forget, _FORGET_EVERY, "old leases could not be removed", at_once=False)

    async def begin(self) -> None:
        """Go on with what an earlier run of this server left, and what nobody else has taken up."""
        await self.forget()
        await self._broadcasts.remove_left()
        await self.look(at_start=True)
        await self._archives.retry_failed()

    def start(self) -> None:
        """Look again and again."""
        self._looks.start("taking up")
        self._forgetting.start("old leases")

    async def forget(self) -> None:
        """Of what nobody has held for a day, nobody needs to know who did."""
        await self._store.leases.forget(self._node.clock() - DAY_MS)

    async def look(self, *, at_start: bool = False) -> None:
        """Take up what nobody holds, and have what runs here follow its rows."""
        held = await self._node.of_others()
        youngest = now_ms() - (0 if at_start else _FIRST_MS)
        broadcasts = await self._store.broadcasts.running()
        await self._broadcasts.follow_rows(broadcasts)
        await self._broadcasts.take_up([each for each in broadcasts if each.created_at <= youngest], held)
        calls = await self._store.telephone_calls.running()
        await self._telephones.take_up([each for each in calls if each.created_at <= youngest], held)
        captionings = await self._store.captionings.running()
        await self._captions.follow_rows(captionings)
        await self._captions.take_up([each for each in captionings if each.created_at <= youngest], held)
        renders = await self._store.renders.running()
        await self._renders.follow_rows(renders)
        for render in renders:
            if render.created_at <= youngest:
                await self._take_up_render(render, held)
        await self._take_up_takes(held, renders)
        await self._archives.follow_rows(await self._store.archives.unfinished())
        await self._end_interrupted(held)
        left = await self._store.archives.unfinished()
        if not self._node.why_not("archive"):
            busy = held - await self._recorders_alone()
            await self._archives.take_up([each for each in left if each.created_at <= youngest], busy)

    async def _recorders_alone(self) -> Held:
        """Nodes that live and make no films: what they have recorded comes to those who do."""
        nodes = nodes_of(await self._store.leases.of_nodes(), self._node.clock()) if not self._node.alone else ()
        return {("node", node.name) for node in nodes if node.lives and "compose" not in node.roles}

    async def _take_up_render(self, render: Render, held: Held) -> None:
        if render.id in self._renders.running() or ("render", render.id) in held:
            return
        if render.take_id is None:  # a page: who watched it has seen it end
            await self._renders.end_interrupted(render)
            return
        take = await self._store.takes.get(render.take_id)
        if take is None or ("take", take.id) in held:
            return
        if not await self._is_fresh(take):
            await self._renders.end_interrupted(render, never_begun=take.node == "" and render.status == "starting")
        elif self._takes.whereabouts.is_here(take):
            await self._renders.resume(render)

    async def _take_up_takes(self, held: Held, renders: Sequence[Render]) -> None:
        takes = await self._store.takes.running()
        await self._takes.follow_rows(takes)
        here = set(self._renders.running())  # they see to theirs themselves
        seen_to = {render.take_id for render in renders if render.id in here}
        left = [each for each in takes if ("take", each.id) not in held and each.id not in seen_to]
        await asyncio.gather(*(self._take_up_take(each, held) for each in left if not self._takes.is_seen_to(each)))

    async def _take_up_take(self, take: KeptTake, held: Held) -> None:
        fresh = await self._is_fresh(take)
        if self._takes.whereabouts.is_here(take) or self._takes.whereabouts.may_come(take, held):
            await self._takes.resume(take, fresh=fresh)
        elif not fresh:
            await self._end_elsewhere(take)

    async def _end_elsewhere(self, take: KeptTake) -> None:
        """Its server is gone, with all that was recorded: the films are made when it is back, up to its last sign."""
        end = await self._last_sign(take)
        for archive in await self._store.archives.in_states(*RECORDING):
            if archive.take_id == take.id:
                await self._archives.stop(archive.id, _GONE, max(archive.start_us, end))
        await self._takes.resume(take, fresh=False)

    async def _end_interrupted(self, held: Held) -> None:
        """Archives whose take has ended record no more: the film is of what there is."""
        for archive in await self._store.archives.in_states(*RECORDING):
            if ("archive", archive.id) in held:
                continue  # nearly all: each server looks at everything that records, each second
            take = await self._store.takes.get(archive.take_id)
            ended = take is None or (take.stopped_at is not None and self._takes.whereabouts.is_here(take))
            if ended:
                end = max(archive.start_us, await asyncio.to_thread(self._last_event, archive.take_id))
                await self._archives.stop(archive.id, _RESTARTED, end)

    async def _is_fresh(self, take: KeptTake) -> bool:
        """Whether a take was left only a moment ago."""
        last = await self._last_sign(take)
        return last > (now_ms() - self._settings.orphan_seconds * 1000) * 1000

    async def _last_sign(self, take: KeptTake) -> int:
        """When (µs) a take was written, or its server said that it holds it, for the last time; 0 when never."""
        lease = await self._store.leases.last("take", take.id)
        renewed = last_sign(lease, self._node.lease_ms) if lease is not None else 0
        written_down = 0 if lease is not None else take.created_at  # by a server that leaves it to others
        return max(renewed * 1000, written_down * 1000, await asyncio.to_thread(self._last_event, take.id))

    def _last_event(self, take_id: str) -> int:
        """When (µs) a take's events end; 0 when it has none here."""
        events = EventLog(self._settings.data_dir / "takes" / take_id / "events.jsonl").poll()
        return max((event.at for event in events), default=0)

    async def close(self) -> None:
        """Look no more."""
        await self._looks.close()
        await self._forgetting.close()
