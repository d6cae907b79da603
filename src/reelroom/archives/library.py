"""Archives: started, stopped, cut again and deleted; each is made by a `Making`."""

import asyncio
import contextlib
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import uuid4

import structlog

from reelroom.archives import queue
from reelroom.archives.answer import first_plan, plan_of
from reelroom.archives.bin import Bin
from reelroom.archives.changes import ArchiveChanges
from reelroom.archives.cut_again import cut_again
from reelroom.archives.film_now import FilmNow
from reelroom.archives.gathering import Gathering
from reelroom.archives.making import Making, tracks_of
from reelroom.archives.package import Package
from reelroom.archives.readers import Readers
from reelroom.archives.transcript_order import TranscriptOrder
from reelroom.clock import now_us
from reelroom.config import Settings
from reelroom.cutting.kept import Kept, kept
from reelroom.cutting.plan import LayoutChoice, Plan, PlanError, Splice, read_plan
from reelroom.cutting.recut import RecutOrder
from reelroom.errors import Conflict, Gone, NotFound, Overloaded
from reelroom.files.films import Storage
from reelroom.processes.machine import Machine
from reelroom.recorder.whereabouts import Whereabouts
from reelroom.store.database import AlreadyThere, now_ms
from reelroom.store.node import Node, node_name
from reelroom.store.states import RECORDING, UNFINISHED
from reelroom.store.store import Store
from reelroom.store.transcripts import KeptTranscript
from reelroom.store.values import Archive, Render
from reelroom.takes.folder import Take, TakeError, extent

_log = structlog.get_logger()

_ON_ITS_WAY = "The recording is on its way here from the depot: ask again soon"


class Archives:
    """The archives of this server, those in the making and those on disk."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        storage: Storage,
        changes: ArchiveChanges | None = None,
        machine: Machine | None = None,
        node: Node | None = None,
        whereabouts: Whereabouts | None = None,
        gathering: Gathering | None = None,
    ) -> None:
        self._settings = settings
        self._store = store
        self.changes = changes or ArchiveChanges(store)
        self._node = node or Node(store, node_name(settings))
        self.whereabouts = whereabouts or Whereabouts(store, self._node, settings.data_dir / "takes")
        self._node.when_lost("archive", self._give_up)
        self._node.ask("archive", self._say)
        self._storage = storage
        self.bin = Bin(settings, store, storage)
        self.gathering = gathering
        self._machine = machine or Machine()
        self._making: dict[str, Making] = {}
        self._recutting = asyncio.Semaphore(1)  # films that nobody waits for in a room are made one by one
        self._readers = Readers()
        self.takes_lock = asyncio.Lock()  # held while a take is given something to do, or is removed

    async def start(self, render: Render, *, output_mode: str = "composed") -> Archive:
        """An archive of a render's session, from now on; the one there is, when its listener was called twice.

        `output_mode` is `composed`, a film, or `individual`, a ZIP of the tracks.
        """
        now = now_ms()
        archive = Archive(
            id=str(uuid4()),
            session_id=render.session_id,
            render_id=render.id,
            take_id=render.take_id or "",
            name=render.room_name or "",
            status="started",
            resolution=render.resolution,
            output_mode=output_mode,
            plan=first_plan(render, self.loudness, self.splice).to_json(),
            start_us=now_us(),
            created_at=now,
            updated_at=now,
        )
        try:
            await self.begin(archive)
        except AlreadyThere:
            known = await self._store.archives.of_render(render.id)
            if known is None:
                raise
            return known
        return archive

    async def begin(self, archive: Archive, transcript: TranscriptOrder | None = None, key: str = "") -> None:
        """Write an archive of a running take down, and follow it as it grows. `key` opens what is encrypted.

        Raises AlreadyThere, and Conflict where there is a key and another server has the take.
        """
        await self._check_key(archive, key)
        await self.changes.add(archive, await self._transcript(archive, transcript))
        await self._make_if_here(archive, key)

    async def _check_key(self, archive: Archive, key: str) -> None:
        if key and not await self.is_here(archive):
            if self.whereabouts.lacks_tracks(archive.take_id):
                raise Conflict(_ON_ITS_WAY)
            raise Conflict("Another server has the recording, and a key is handed on to nobody: ask that one")

    async def get(self, archive_id: str) -> Archive:
        """Raises NotFound."""
        archive = await self._store.archives.get(archive_id)
        if archive is None:
            raise NotFound(f"There is no archive {archive_id[:100]}")
        return archive

    async def of_session(self, session_id: str, offset: int = 0, count: int | None = None) -> Sequence[Archive]:
        """Newest first: all, or `count` from the `offset`-th on. Raises NotFound for an unknown session."""
        found = await self._store.archives.of_session(session_id, offset, count)
        if not found and await self._store.sessions.get(session_id) is None:
            raise NotFound(f"There is no session {session_id}")
        return found

    async def stop(self, archive_id: str, reason: str, end_us: int | None = None) -> None:
        """The film ends at `end_us` (µs; default now); harmless when it has ended already."""
        end = end_us if end_us is not None else now_us()
        if await self.changes.move(archive_id, "stopped", end_us=end, reason=reason):
            _log.info("archive stopped", archive=archive_id, reason=reason)
            if making := self._making.get(archive_id):
                making.look(await self.get(archive_id))

    async def set_layout(self, archive_id: str, layout: LayoutChoice) -> None:
        """From now on another layout. Raises NotFound, Conflict."""
        at = now_us()
        await self.replan(archive_id, lambda plan: plan.with_layout(at, layout))

    async def set_layout_classes(self, archive_id: str, streams: dict[str, tuple[str, ...]]) -> None:
        """From now on other layout classes of these streams. Raises NotFound, Conflict."""
        at = now_us()
        await self.replan(archive_id, lambda plan: plan.with_classes(at, streams))

    async def replan(self, archive_id: str, change: Callable[[Plan], Plan]) -> None:
        """Change an archive's plan, and tell its composer. Raises NotFound, Conflict, and what `change` does."""
        archive = await self.get(archive_id)

        def changed(known: str) -> str:
            plan = read_plan(known, archive.resolution, has_audio=archive.has_audio, has_video=archive.has_video)
            return change(plan).to_json()

        try:
            replanned = await self._store.archives.replan(archive_id, changed)
        except PlanError as error:
            raise Conflict(f"This archive cannot be changed: {error}") from None
        if replanned is not None and (making := self._making.get(archive_id)):
            making.look(replanned)

    async def retry_failed(self) -> None:
        """Take up what failed for reasons that may have passed since, where its take is here, and still is."""
        for archive in await self._store.archives.in_states("failed"):
            known = archive.passing and archive.end_us is not None and self.has_take(archive)
            if known and (again := await self.changes.retry(archive.id)) is not None:
                self.resume(again)

    def resume(self, archive: Archive) -> None:
        """Go on with an archive that another server left unfinished."""
        _log.info("archive resumed", archive=archive.id, status=archive.status)
        self._make(archive)

    async def take_up(self, unfinished: Sequence[Archive], held: Collection[tuple[str, str]]) -> None:
        """Go on with those that no server makes and whose takes lie here; `held` is what others hold."""
        for archive in unfinished:
            if archive.id in self._making or ("archive", archive.id) in held:
                continue
            if await self.is_here(archive):
                self.resume(archive)
            else:
                await self.whereabouts.bring_for(archive, held)

    async def follow_rows(self, unfinished: Sequence[Archive]) -> None:
        """What another server has done to archives in the making here: `unfinished` are all, as they are kept."""
        kept = {archive.id: archive for archive in unfinished}
        for making in list(self._making.values()):
            known, archive = making.archive, kept.get(making.archive.id)
            if archive is None:
                archive = await self._store.archives.get(known.id)
                if archive is not None and archive.status == "deleted":
                    await self._discard(archive)
            elif (archive.plan, archive.end_us) != (known.plan, known.end_us):
                making.look(archive)

    async def _give_up(self, archive_id: str) -> None:
        """Another server has taken an archive up: end its composer here, and write nothing."""
        if (making := self._making.get(archive_id)) is not None:
            await making.close()

    async def is_here(self, archive: Archive) -> bool:
        """Whether a film can be made here: its take lies here, or nowhere known; or else it may come."""
        return await self.whereabouts.fetch(archive.take_id)

    async def _make_if_here(self, archive: Archive, key: str = "") -> None:
        if await self.is_here(archive):
            self._make(archive, key)  # otherwise whoever has its take finds it

    async def recut(self, archive_id: str, wish: RecutOrder, through: str | None = None) -> Archive:
        """A new archive of the same take; the one there is stays as it is. `through`: the film's link that let it be.

        Raises NotFound, BadRequest, Conflict while the archive records, Gone when its take was removed; TooMany,
        Overloaded when too many wait to be made.
        """
        wish.check()
        async with self.takes_lock:
            source = await self.get(archive_id)
            if source.status == "deleted":
                raise NotFound(f"There is no archive {archive_id}")
            if source.status in RECORDING:
                raise Conflict("The archive is still recording: stop it first, then cut it again")
            await queue.has_room(self._store, source.take_id, self._settings.most_recuts)
            film = wish.kept(*await self._extent(source))
            archive = cut_again(source, wish, film, now_ms(), through)
            await self._check_key(archive, wish.key)
            order = TranscriptOrder.as_before(await self._store.transcripts.get(source.id))
            await self.changes.add(archive, await self._transcript(archive, order))
        _log.info("archive is cut again", archive=archive.id, recut_of=source.id)
        await self._make_if_here(archive, wish.key)
        return archive

    async def _transcript(self, archive: Archive, order: TranscriptOrder | None) -> KeptTranscript | None:
        """The transcript that an archive is to have: what was heard of its take is not heard again."""
        if order is None and self._settings.transcripts == "always" and await self.may_be_transcribed(archive):
            order = TranscriptOrder()
        if order is None or not archive.has_audio:
            return None
        return order.on(self._settings).of(archive, await self._store.takes.get(archive.take_id), self._node.name)

    async def may_be_transcribed(self, archive: Archive) -> bool:
        """Whether nobody who moderates its room has said otherwise."""
        room = await self._store.rooms.of_session(archive.session_id)
        return room is None or room.transcribed

    async def _extent(self, archive: Archive) -> tuple[Kept, tuple[int, int]]:
        """What an archive shows of its take, and what there is of it. Raises Gone, Conflict."""
        take = await self._store.takes.get(archive.take_id)
        if take is None or take.removed_at is not None:
            raise Gone("The recording that this archive was cut from has been removed: only the film is left")
        try:
            whole = await asyncio.to_thread(lambda: extent(Take.open(self.folder(archive.take_id))))
            end = archive.end_us if archive.end_us is not None else whole[1]
            return kept(plan_of(archive), archive.start_us, end), whole
        except (TakeError, PlanError) as error:
            raise Conflict(f"This archive cannot be cut again: {error}") from None

    async def reach(self, archive: Archive) -> tuple[int, int]:
        """How much was recorded before an archive's film begins, and after it ends (µs). Raises Gone, Conflict."""
        film, (first, last) = await self._extent(archive)
        return max(0, film.start - first), max(0, last - film.end)

    async def delete(self, archive_id: str, *, forever: bool = False) -> None:
        """An archive is listed no more, also while it is being made, and its film lies in the bin.

        `forever`: from where nothing brings it back. Raises NotFound, Conflict while it records.
        """
        archive = await self.get(archive_id)
        if archive.status != "deleted" and not await self.changes.delete(archive_id):
            raise Conflict(f"An archive that is {archive.status} cannot be deleted: stop it first")
        await self._discard(archive)
        _log.info("archive deleted", archive=archive_id, forever=forever)
        if forever or self._settings.keep_deleted_days == 0:
            await self.bin.throw_away(archive_id)

    async def restore(self, archive_id: str) -> Archive:
        """Take an archive out of the bin; harmless when it was never deleted. Raises NotFound, Gone."""
        archive = await self.get(archive_id)
        if archive.status != "deleted":
            return archive
        restored = await self.changes.restore(archive_id)
        if restored is None:
            raise Gone("This film is gone: it was deleted too long ago, or for good, or the disk was full")
        _log.info("archive restored", archive=archive_id, status=restored.status)
        if restored.status in UNFINISHED:
            await self._make_if_here(restored)
        return await self.get(archive_id)

    async def rename(self, archive_id: str, name: str) -> Archive:
        """Another name, which downloads have, too. Raises NotFound."""
        renamed = await self._store.archives.rename(archive_id, name)
        if renamed is None:
            raise NotFound(f"There is no archive {archive_id[:100]}")
        return renamed

    async def _discard(self, archive: Archive) -> None:
        """Nothing more is made of it; a film that is whole stays, one that was being made goes."""
        if making := self._making.get(archive.id):
            await making.close()
        await self._node.let_go("archive", archive.id)
        await asyncio.to_thread(self._remove, archive)

    def _remove(self, archive: Archive) -> None:
        for left in self.film_in_the_making(archive).parent.glob(f"{archive.id}.*"):  # of a film that was being made
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)

    def folder(self, take_id: str) -> Path:
        """The folder of a take."""
        return self._settings.data_dir / "takes" / take_id

    def film_in_the_making(self, archive: Archive) -> Path:
        """Where the film of an archive is made."""
        return self.folder(archive.take_id) / "films" / f"{archive.id}.mp4"

    def has_take(self, archive: Archive) -> bool:
        """Whether the take of an archive is still here."""
        return self.whereabouts.lies_here(archive.take_id)

    async def tracks(self, archive: Archive) -> Package:
        """The tracks that an archive was made of, to be packed within `using`. Raises Gone, Conflict, Overloaded."""
        if not self.has_take(archive):
            raise Gone("The recording that this archive was cut from has been removed: only the film is left")
        if not await self.is_here(archive) and self.whereabouts.lacks_tracks(archive.take_id):
            raise Overloaded(_ON_ITS_WAY)
        try:
            return await asyncio.to_thread(tracks_of, archive, self.folder(archive.take_id), archive.end_us)
        except TakeError as error:
            raise Conflict(f"The tracks of this archive cannot be packed: {error}") from None

    def using(self, take_id: str) -> contextlib.AbstractContextManager[None]:
        """The take is not removed meanwhile."""
        return self._readers.using(take_id)

    def is_in_use(self, take_id: str) -> bool:
        """Whether somebody reads a take."""
        return take_id in self._readers or any(making.archive.take_id == take_id for making in self._making.values())

    def made_here(self) -> Mapping[str, FilmNow]:
        """The films in the making here, by their archives' ids."""
        return {archive_id: FilmNow.of(making) for archive_id, making in self._making.items()}

    async def now(self, archives: Sequence[Archive]) -> Mapping[str, FilmNow]:
        """Those of these archives whose films are being made, by id; elsewhere, as it was a few seconds ago."""
        unfinished = [each.id for each in archives if each.status in UNFINISHED]
        here = {each: FilmNow.of(making) for each in unfinished if (making := self._making.get(each)) is not None}
        told = await self._node.told("archive", [each for each in unfinished if each not in here])
        return {**here, **{archive_id: FilmNow(**said) for archive_id, said in told.items()}}

    def _say(self, archive_id: str) -> dict[str, Any] | None:
        making = self._making.get(archive_id)
        return asdict(FilmNow.of(making)) if making is not None else None

    def pid(self, archive_id: str) -> int | None:
        """The process id of an archive's composer, while it runs."""
        making = self._making.get(archive_id)
        return making.child.pid if making and making.child else None

    def _make(self, archive: Archive, key: str = "") -> None:
        if archive.id in self._making or self._node.why_not("archive"):
            return
        again = archive.recut_of is not None  # then nobody in a room waits for it, and nothing of it is made yet
        turn = self._recutting if again else contextlib.nullcontext()
        jobs = self._settings.recut_processes if again else 1
        making = Making(
            *(archive, self.folder(archive.take_id), self._store, self.changes, self._node, self._storage),
            *(turn, jobs, self._why_no_composer, key, self.gathering if again else None),
        )
        self._making[archive.id] = making
        making.begin(lambda: self._forget(making))

    @property
    def loudness(self) -> float:
        """What films that begin now are brought to, in LUFS."""
        return self._settings.loudness

    @property
    def splice(self) -> Splice:
        """Whether films that begin now copy what cameras encoded, where nothing else is asked for."""
        return self._settings.splice

    def _why_no_composer(self) -> str:
        return self._machine.now().why_no_composer(sum(1 for making in self._making.values() if making.composes))

    def _forget(self, making: Making) -> None:
        if self._making.get(making.archive.id) is making:
            del self._making[making.archive.id]

    async def close(self) -> None:
        """End all makings; what they were doing is finished at the next start."""
        await asyncio.gather(*(making.close() for making in list(self._making.values())))
