"""Depositing: what belongs to a film goes into the depot once it is made, so that every server can serve it.

A film is told to be available after it is there, unless the depot is away: then it follows. What an archive's row
says of the depot is true of it; what lies there besides is of an attempt that was cut off, and goes with the film.
"""

import asyncio
import base64
import contextlib
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Set

import structlog

from reelroom.archives.superseded import Superseded
from reelroom.files.deposited import (
    Deposited,
    deposited_as_text,
    digest_of,
    films_key,
    key_of,
    read_deposited,
    shortened,
)
from reelroom.files.depot import Depot, DepotError
from reelroom.files.films import CHAPTERS, FILM, SUMMARY, TEXTS, TRACKS, WORDS, Storage, product
from reelroom.measures import SHIPPED_BYTES
from reelroom.processes.patience import doubling
from reelroom.store.node import Node
from reelroom.store.node_roles import Kind
from reelroom.store.states import FILM_IS_MADE
from reelroom.store.store import Store
from reelroom.store.values import Archive

_log = structlog.get_logger()

_EVERY = 300.0  # s between two looks at all films
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0  # s between two attempts while the depot is away
_PATIENCE = 30.0  # s that a film waits for the depot before it is told available
_AWAY = 3  # archives that fail in a row: the depot does
_NO_ROOM_FOR = (
    60.0  # s: where there was nothing to remove, there is nothing for so long, unless something comes there
)

_Change = Callable[[Mapping[str, Deposited]], Mapping[str, Deposited]]


class Depositing:
    """What lies in this server's `storage`, into the depot; what nobody needs there any more, out of it."""

    def __init__(self, store: Store, storage: Storage, node: Node, depot: Depot) -> None:
        self._store = store
        self._storage = storage
        self._node = node
        self._depot = depot
        self._which: set[str] = set()
        self._failing: set[str] = set()
        self._owed: set[str] = set()  # what a look did not get done
        self._no_room_until = 0.0  # s, monotonic
        self._changed = asyncio.Event()
        self._behind = True  # what an earlier run of this server left is not known yet
        self._task: asyncio.Task[None] | None = None
        self.superseded = Superseded(store, depot)

    def start(self) -> None:
        """Look, also at what an earlier run of this server left."""
        self._task = asyncio.create_task(self._run(), name="films to the depot")
        if "keep" in self._node.roles:
            self.superseded.start()

    async def follow(self, archive: Archive) -> None:
        """An archive has changed."""
        self.notice(archive.id)

    def notice(self, archive_id: str) -> None:
        """Something of an archive is to be brought to the depot, or removed there, soon."""
        self._which.add(archive_id)
        self._behind = True
        self._changed.set()

    @property
    def has_work(self) -> bool:
        """Whether something here is, or may be, still to go to the depot."""
        return self._behind

    async def _run(self) -> None:
        everything_at, failures = 0.0, 0  # s, monotonic: when all films are looked at, whatever changes until then
        whole = False  # whether nothing was left undone since all were looked at
        while True:
            self._changed.clear()
            which, self._which = self._which, set()
            everything = time.monotonic() >= everything_at
            try:
                if everything:
                    self._owed |= which
                    done = await self.look()
                else:
                    done = await self._see_to_each(await self._store.archives.of_ids(which))
            except Exception:
                _log.exception("films cannot be looked at")
                self._owed |= which
                done = False
            whole = done and (everything or whole)
            self._behind = not whole or bool(self._which)
            if everything:
                failures = 0 if done else failures + 1
                everything_at = time.monotonic() + _EVERY
            if not done:
                pause = doubling(failures, _FIRST_PAUSE, _LONGEST_PAUSE)
                everything_at = min(everything_at, time.monotonic() + pause)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, everything_at - time.monotonic())):
                    await self._changed.wait()

    async def look(self) -> bool:
        """At all films that lie here, and at those in the depot that nobody needs; whether all of it is done.

        Raises OSError.
        """
        here = await asyncio.to_thread(self._storage.suffixes)
        ids = sorted({*here, *self._owed})
        found = {archive.id: archive for archive in await self._store.archives.to_leave_the_depot()}
        async for archive in self._store.archives.each_of(ids):
            if archive.id in self._owed or here[archive.id] - _known(archive):
                found[archive.id] = archive
        self._owed.clear()
        return await self._see_to_each(found.values())

    async def _see_to_each(self, archives: Iterable[Archive]) -> bool:
        """Whether all is done: one that fails keeps no other waiting, unless the depot seems to be away.

        Those that failed before come last, so that others have their turn.
        """
        in_a_row = 0
        left = deque(sorted(archives, key=lambda archive: archive.id in self._failing))
        while left and in_a_row < _AWAY:
            archive = left.popleft()
            try:
                await self.see_to(archive)
            except Exception as error:
                known = isinstance(error, DepotError | OSError)
                _log.warning(
                    "a film is not in the depot yet", archive=archive.id, problem=str(error), exc_info=not known
                )
                self._failing.add(archive.id)
                self._owed.add(archive.id)
                in_a_row += 1
            else:
                self._failing.discard(archive.id)
                self._owed.discard(archive.id)
                in_a_row = 0
        self._owed.update(archive.id for archive in left)
        return not self._owed

    async def see_to(self, archive: Archive) -> None:
        """The depot has of an archive what its status says: all, its words alone, or nothing.

        Raises DepotError, OSError.
        """
        if archive.status == "deleted" and archive.deleted_from is None:
            if archive.deposited:
                await self._depot.remove(films_key(archive.id))
                await self._note(archive.id, lambda _: {})
        elif archive.status in FILM_IS_MADE:
            if archive.status == "uploaded":
                await self._only_words(archive)
            wanted = (await asyncio.to_thread(self._storage.suffixes_of, archive.id)) - _known(archive)
            if archive.status == "uploaded":
                wanted &= frozenset(TEXTS)
            wanted -= await asyncio.to_thread(self._not_its, archive)
            await self._deposit(archive.id, wanted, archive.sha256sum)

    def _not_its(self, archive: Archive) -> frozenset[str]:
        """The film here, where it is not the one that the archive tells of: another server made that. Blocking."""
        film = product(archive.output_mode)
        path = self._storage.path(archive.id, film)
        return frozenset({film}) if path.is_file() and path.stat().st_size != archive.size else frozenset()

    async def _only_words(self, archive: Archive) -> None:
        """Its film lies in its project's bucket."""
        files = read_deposited(archive.deposited)
        gone = {suffix: file for suffix, file in files.items() if suffix not in TEXTS}
        for suffix, file in gone.items():
            await self._depot.remove_one(key_of(archive.id, suffix, file))
        if gone:
            await self._note(archive.id, _all_but(gone))

    async def film_made(self, archive_id: str, sha256sum: str) -> None:
        """A film is about to be told available: it goes to the depot first, where that takes it."""
        if await self._store.buckets.of_archive(archive_id) is not None:
            return  # it is on its way to another place
        made = await asyncio.to_thread(self._storage.suffixes_of, archive_id)
        await self._now(archive_id, made, sha256sum, held="archive")

    async def words_made(self, archive_id: str, sha256sum: str) -> None:
        """A transcript is about to be told available: what was there of an earlier one counts no more.

        `sha256sum` is the film's, if it has captions now; "" otherwise. The one that is there serves until then.
        Raises LeaseLost.
        """
        made = await asyncio.to_thread(self._storage.suffixes_of, archive_id)
        words = made & {*WORDS, CHAPTERS}
        await self._note(archive_id, _all_but(words), held="transcript")
        await self._now(archive_id, words | ({FILM} if sha256sum else set()), sha256sum, held="transcript")

    async def summary_made(self, archive_id: str) -> None:
        """A summary is about to be told available: an earlier one counts no more. Raises LeaseLost."""
        await self._note(archive_id, _all_but({SUMMARY}), held="summary")
        await self._now(archive_id, {SUMMARY}, "", held="summary")

    async def words_corrected(self, archive_id: str) -> None:
        """What is said in a film was corrected: what was there of it counts no more, and what is here follows."""
        await self._note(archive_id, _all_but({*WORDS, CHAPTERS}))
        self.notice(archive_id)

    async def _now(self, archive_id: str, suffixes: Collection[str], sha256sum: str, *, held: Kind) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._deposit(archive_id, suffixes, sha256sum, held=held)
        except (DepotError, OSError) as error:  # among which is that it takes too long
            _log.warning("not in the depot yet", archive=archive_id, problem=str(error))
            self.notice(archive_id)

    async def _deposit(
        self, archive_id: str, suffixes: Collection[str], sha256sum: str, *, held: Kind | None = None
    ) -> None:
        """These files of an archive lie in the depot, and its row says so. Raises DepotError, OSError, LeaseLost."""
        put: dict[str, Deposited] = {}
        for suffix in sorted(suffixes):
            if (file := await self._put(archive_id, suffix, sha256sum)) is not None:
                put[suffix] = file
        if put:
            await self._note(archive_id, lambda known: {**known, **put}, held=held)
            _log.info("film is in the depot", archive=archive_id, files=len(put))

    async def _put(self, archive_id: str, suffix: str, sha256sum: str) -> Deposited | None:
        path = self._storage.path(archive_id, suffix)
        if suffix not in {FILM, TRACKS}:
            data = await asyncio.to_thread(path.read_bytes)
            file = Deposited(digest_of(data), len(data))
            # Also where it was before: what came long ago, and counts no more, is about to be removed.
            await self._depot.put(key_of(archive_id, suffix, file), data)
            SHIPPED_BYTES.inc(len(data))
            return file
        size = (await asyncio.to_thread(path.stat)).st_size
        file = Deposited(shortened(base64.b64decode(sha256sum)), size)
        SHIPPED_BYTES.inc(await self._depot.put_file(key_of(archive_id, suffix, file), path))
        return file

    async def _note(
        self,
        archive_id: str,
        change: _Change,
        *,
        held: Kind | None = None,
    ) -> None:
        """Change what an archive's row says of the depot; `held` is the kind of lease that lets this node do so."""
        async with self._store.transaction() as tx:
            if held is not None:
                await self._node.confirm(tx, held, archive_id)
            await tx.archives.note_deposited(
                archive_id, lambda known: deposited_as_text(change(read_deposited(known)))
            )
        self._no_room_until = 0.0

    async def make_room(self) -> bool:
        """The film here that is oldest, of those that lie in the depot, too, is removed here; False without one."""
        if time.monotonic() < self._no_room_until:
            return False
        here = await asyncio.to_thread(self._storage.suffixes)
        ids = sorted(archive_id for archive_id, suffixes in here.items() if FILM in suffixes)
        found = [archive async for archive in self._store.archives.each_of(ids)]
        for archive in sorted(found, key=lambda each: each.created_at):
            if archive.status not in FILM_IS_MADE or FILM not in _known(archive):
                continue
            if await self._store.uploads.get(archive.id) is not None:
                continue  # it is still to be brought to its project's bucket, from here
            await asyncio.to_thread(self._storage.path(archive.id, FILM).unlink, missing_ok=True)
            _log.info("film removed here: it lies in the depot", archive=archive.id)
            return True
        self._no_room_until = time.monotonic() + _NO_ROOM_FOR
        return False

    async def close(self) -> None:
        """Look no more; the next run goes on."""
        await self.superseded.close()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task


def _known(archive: Archive) -> Set[str]:
    """What is there as it is now: a film that has got captions meanwhile is another one."""
    known = read_deposited(archive.deposited)
    film = known.get(FILM)
    newest = film is None or film.digest == shortened(base64.b64decode(archive.sha256sum))
    return known.keys() if newest else known.keys() - {FILM}


def _all_but(gone: Collection[str]) -> _Change:
    return lambda known: {suffix: file for suffix, file in known.items() if suffix not in gone}
