"""One archive being made: by a composer of its own, or packed from its tracks, however often that takes."""

import asyncio
import contextlib
import json
import sys
from collections.abc import Callable
from pathlib import Path

import structlog

from reelroom.archives.answer import plan_of
from reelroom.archives.changes import ArchiveChanges
from reelroom.archives.gathering import Gathering, Offer
from reelroom.archives.package import Manifest, Package, missing_in, package, write_zip
from reelroom.clock import now_us
from reelroom.composer.side_by_side import PIECES
from reelroom.cutting.plan import Look, Plan, PlanError, Range
from reelroom.files.durable import write_durably
from reelroom.files.films import Storage, checksum, product
from reelroom.files.space import DISK_SAYS_NO, why_disk_refused
from reelroom.measures import FILM_READY
from reelroom.opentok.tokens import session_key
from reelroom.processes.child import Child, GaveUp, Message, NotNow, Program
from reelroom.processes.crashes import LastEnd
from reelroom.processes.keyed import KEYED, with_key
from reelroom.store.database import CannotWrite
from reelroom.store.node import LeaseLost, Node
from reelroom.store.store import Store
from reelroom.store.values import Archive
from reelroom.takes.folder import Take, TakeError

_log = structlog.get_logger()

_MOST_FAILURES = 5
_REPORT = ".report.json"  # beside a film: what became of it
_PLAN = ".plan.json"  # beside a film in the making: what its composer is started with
_SHORTEST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0  # seconds between attempts that the disk did not let through
_CLOSING_SECONDS = 5.0
_LONGEST_WAIT = 5.0  # seconds between attempts to start a composer
_LONGEST_REASON = 1024  # characters, as the database has it
_TAP_SECONDS = 1.5  # what the tap may need to bring the last packets to the disk


class _Unmakeable(Exception):
    """There will never be a film of this; the message says why."""


class _Failed(Exception):
    """It went wrong too often for now; the message says how."""


class _NotNow(Exception):
    """The machine does not let it through; the message says why."""


class Making:
    """Sees an archive through from whatever it is now to `available` or `failed`."""

    def __init__(
        self,
        archive: Archive,
        take: Path,
        store: Store,
        changes: ArchiveChanges,
        node: Node,
        storage: Storage,
        turn: contextlib.AbstractAsyncContextManager[object],
        jobs: int = 1,
        why_not_now: Callable[[], str] = lambda: "",
        key: str = "",
        gathering: Gathering | None = None,
    ) -> None:
        """`key` opens what is encrypted end to end: it is nowhere but here, and in the composer.

        With a `gathering` other servers may help, but for where there is a key.
        """
        self.archive = archive
        self.behind_us = 0  # how far (µs) the composer is behind the room, as it said last
        self.child: Child | None = None
        self._take = take
        self._store = store
        self._changes = changes
        self._node = node
        self._storage = storage
        self._turn = turn
        self._jobs = jobs
        self._why_not_now = why_not_now
        self._key = key
        self._gathering = None if key else gathering
        self._end_us = archive.end_us
        self._moment_us = self._furthest_us = archive.start_us
        self._left_out = 0  # how many files composers died of
        self._last_end = LastEnd()
        self._report: Message | None = None
        self._obstacle = ""
        self._failure = ""  # why it is given up for now
        self._unmakeable = ""  # why there will never be a film
        self._stopped = asyncio.Event()
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        if self._end_us is not None:
            self._stopped.set()

    def begin(self, when_done: Callable[[], None]) -> None:
        """Start working."""
        self._task = asyncio.create_task(self._see_through(), name=f"archive {self.archive.id}")
        self._task.add_done_callback(lambda _: when_done())

    def look(self, archive: Archive) -> None:
        """The archive has another plan, or an end: its composer is told how it stands now, if it runs."""
        self._learn(archive)
        if self.child is not None:
            self.child.tell(self._look())

    def _learn(self, archive: Archive) -> None:
        self.archive = archive
        if archive.end_us is not None:
            self._end_us = archive.end_us
            self._stopped.set()

    @property
    def composes(self) -> bool:
        """Whether a composer runs for it."""
        return self.child is not None and self.child.pid is not None

    @property
    def obstacle(self) -> str:
        """Why it does not go on at the moment; "" when it does."""
        return self._obstacle or (self.child.obstacle if self.child else "")

    @property
    def progress(self) -> float | None:
        """How much of the film there is, 0 to 1; None while nobody knows how long it will be."""
        if self._end_us is None:
            return None
        whole = max(1, self._end_us - self.archive.start_us)
        return round(min(1.0, max(0.0, (self._moment_us - self.archive.start_us) / whole)), 3)

    async def close(self) -> None:
        """End the composer; what it was doing is finished at the next start."""
        self._closing.set()
        if self.child is not None:
            await self.child.stop(1.0)
        if self._task is not None:
            if self.archive.output_mode != "individual":
                await asyncio.wait((self._task,), timeout=_CLOSING_SECONDS)
            self._task.cancel()  # it waits: for the end of the recording, or for its turn
            await asyncio.gather(self._task, return_exceptions=True)

    async def _see_through(self) -> None:
        pause, faults = _SHORTEST_PAUSE, 0
        while not self._closing.is_set():
            try:
                if await self._node.hold("archive", self.archive.id) is not None:  # else somebody else makes it
                    await self._make()
                    if not self._closing.is_set():
                        await self._node.let_go("archive", self.archive.id)
                return
            except LeaseLost as error:
                _log.error("film is given up", archive=self.archive.id, why=str(error))
                return
            except (_NotNow, CannotWrite) as error:
                self._obstacle = str(error) if isinstance(error, _NotNow) else "the database cannot be written"
                _log.warning("archive waits", archive=self.archive.id, why=self._obstacle, pause=pause)
            except asyncio.CancelledError:
                raise
            except Exception as error:
                faults += 1
                self._obstacle = f"internal error: {type(error).__name__}"
                _log.exception("archive could not be made", archive=self.archive.id, faults=faults)
                if faults >= _MOST_FAILURES:
                    self._failure = self._obstacle
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _make(self) -> None:
        archive = self.archive
        try:
            if self._failure:
                raise _Failed(self._failure)
            if not self._storage.has(archive.id, product(archive.output_mode)):
                made = await (self._pack() if archive.output_mode == "individual" else self._compose())
                if made is None:
                    return  # the server stops: the next one goes on
                async with self._store.transaction() as tx:  # a film that somebody else has kept stays as it is
                    await self._node.confirm(tx, "archive", archive.id)
                await asyncio.to_thread(self._storage.keep, made, archive.id)
            await self._publish()
        except _Unmakeable as error:
            await self._fail(str(error), passing=False)
        except _Failed as error:
            await self._fail(str(error), passing=True)
        except OSError as error:
            self._report = None  # whatever there was may be gone
            raise _NotNow(why_not_now(error)) from error
        self._obstacle = ""

    async def _fail(self, reason: str, *, passing: bool) -> None:
        """What may pass is tried again by the next server, and by whoever cuts the archive again."""
        _log.error("archive failed", archive=self.archive.id, reason=reason, passing=passing)
        await self._changes.move(self.archive.id, "failed", by=self._node, reason=reason, passing=passing)

    def _path(self) -> Path:
        return _film(self._take, self.archive.id, product(self.archive.output_mode))

    async def _compose(self) -> Path | None:
        if not (self._take / "take.json").is_file():
            raise _Unmakeable("there is no recording to make a film of")
        try:
            plan_of(await self._known())
        except PlanError as error:
            raise _Unmakeable(str(error)) from None
        if self._report is None:
            async with self._turn:
                await self._run_composer()
            if self._unmakeable:
                raise _Unmakeable(self._unmakeable)
            if self._failure:
                raise _Failed(self._failure)
            if self._report is None:
                return None
        report = self._report
        await self._ended(int(report["end"]), int(report["length"]))
        if ranges := report["ranges"]:
            await self._store.archives.replan(self.archive.id, lambda plan: _laid(plan, ranges))
        damage = {name: report[name] for name in ("damaged_video", "damaged_audio", "lost_packets") if report[name]}
        if missing := report["summary"]:
            _log.warning("the film does not have all of the meeting", archive=self.archive.id, why=missing, **damage)
        return self._path()

    async def _ended(self, end: int, length: int) -> None:
        """The film ends there (µs of room time), and is so long (µs)."""
        await self._changes.move(self.archive.id, "stopped", by=self._node, end_us=end, reason="session ended")
        await self._store.archives.note_duration(self.archive.id, length // 1000)

    async def _run_composer(self) -> None:
        self.child = child = Child(
            "composer",
            self._program,
            ids={"archive": self.archive.id, "take": self.archive.take_id},
            most_failures=_MOST_FAILURES,
            progress=lambda: (self._furthest_us, self._left_out),
            on_restart=self._last_end.was,
            longest_pause=_LONGEST_WAIT,
            on_message=self._receive,
            wanted=lambda: self._node.may_run("archive", self.archive.id),
        )
        if self._closing.is_set():
            return
        if self._key:
            child.tell(self._look())
        try:
            await child.run()
        except GaveUp as error:
            if self._obstacle:
                raise _NotNow(self._obstacle) from None
            raise _Failed(f"composing failed: {error}") from None
        finally:
            self.child = None
            if self._gathering is not None:
                await self._gathering.end(self.archive.id)

    def _look(self) -> Message:
        """What its composer is told of the archive."""
        look = Look(plan=plan_of(self.archive), end=self.archive.end_us)
        order = look.model_dump(mode="json", by_alias=True, exclude_none=True)
        return with_key(order, self._key) if self._key else order

    def _receive(self, message: Message) -> None:
        if "report" in message:
            self._report = message["report"]
        elif "left_out" in message:
            self._left_out = int(message["left_out"])
            if self._left_out and self._gathering is not None:
                self._gathering.withdraw(self.archive.id)
        elif "pieces" in message and self._gathering is not None:
            folder = self._path().with_name(self._path().name + PIECES)
            self._gathering.begin(self.archive.id, folder, Offer(int(message["pieces"]), str(message["mark"])))
        elif "failure" in message:
            self._unmakeable = str(message["failure"])
        elif "obstacle" in message:
            self._obstacle = str(message["obstacle"])
        else:
            self._moment_us = int(message.get("moment", self._moment_us))
            self._furthest_us = max(self._furthest_us, self._moment_us)
            behind = int(message.get("behind", 0))
            self.behind_us = behind if self._end_us is None else max(0, self._end_us - self._moment_us)
            self._obstacle = ""

    async def _known(self) -> Archive:
        """The archive as it is kept by now."""
        self._learn(await self._store.archives.get(self.archive.id) or self.archive)
        return self.archive

    async def _program(self) -> Program:
        if why_not := self._why_not_now():
            raise NotNow(why_not)
        film, archive = self._path(), await self._known()
        plan = film.with_suffix(_PLAN)
        await asyncio.to_thread(self._write_plan, plan, plan_of(archive).to_json())
        command = [sys.executable, "-m", "reelroom.composer"]
        command += ["--take", str(self._take), "--output", str(film)]
        command += ["--start", str(archive.start_us), "--plan", str(plan)]
        if self._end_us is not None:
            command += ["--end", str(self._end_us), "--jobs", str(self._jobs)]
            if self._gathering is not None and await self._gathering.has_others():
                command += ["--offered"]
        command += self._last_end.arguments()
        command += [KEYED] if self._key else []
        return Program(command, log=film.with_suffix(".log"), fenced=self._storage.folder.parent)

    def _write_plan(self, path: Path, plan: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_durably(path, plan)

    async def _pack(self) -> Path:
        await self._stopped.wait()
        assert self._end_us is not None
        start, end = self.archive.start_us, self._end_us
        missing = _TAP_SECONDS - (now_us() - end) / 1e6
        if missing > 0:
            await asyncio.sleep(missing)
        await self._ended(end, end - start)
        path = self._path()
        try:
            await asyncio.to_thread(self._write_tracks, path)
        except (TakeError, PlanError) as error:
            raise _Unmakeable(str(error)) from error
        self._moment_us = end
        return path

    def _write_tracks(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        packed = tracks_of(self.archive, self._take, self._end_us)
        if not packed.files:
            raise TakeError("nothing to keep: nothing of what was asked for was published while it was recorded")
        write_zip(packed, path)

    def _missing(self) -> str:
        """What is missing in the film, in words, as its report says, or of the tracks; blocking."""
        if self.archive.output_mode == "individual":
            start, end = self.archive.start_us, self._end_us or self._moment_us
            return missing_in(Take.open(self._take), start, end)
        try:
            report = json.loads(_film(self._take, self.archive.id, _REPORT).read_bytes())
            return str(report["summary"])
        except (OSError, ValueError, KeyError):
            return ""

    async def _publish(self) -> None:
        path = self._storage.path(self.archive.id, product(self.archive.output_mode))
        digest, size = await asyncio.to_thread(checksum, path)
        reason = with_missing((await self._known()).reason, await asyncio.to_thread(self._missing))
        file = {"size": size, "sha256sum": digest, "reason": reason}
        if await self._changes.finish(self.archive.id, by=self._node, **file):
            _log.info("film finished", archive=self.archive.id, size=size)
            if self._end_us is not None and self.archive.recut_of is None:
                FILM_READY.observe(max(0.0, (now_us() - self._end_us) / 1e6))


def _laid(plan: str, ranges: list[tuple[int, int]]) -> str:
    """A plan, as text, whose ranges are where the composer has laid them."""
    found = tuple(Range(start=start, end=end) for start, end in ranges)
    return Plan.model_validate_json(plan).model_copy(update={"ranges": found, "laid": True}).to_json()


def with_missing(reason: str, missing: str) -> str:
    """Why a recording ended, and what its film does not have of it."""
    return f"{reason}; {missing}"[:_LONGEST_REASON] if missing and missing not in reason else reason


def tracks_of(archive: Archive, take: Path, end_us: int | None) -> Package:
    """The tracks that an archive is made of: all of a film's, those an individual archive asks for.

    Raises TakeError, PlanError. Blocking.
    """
    label = Manifest(
        archive.id,
        archive.name,
        session_key(archive.session_id) or "",
        archive.session_id,
        archive.created_at,
        archive.start_us,
        end_us if end_us is not None else now_us(),
    )
    return package(Take.open(take), label, plan_of(archive) if archive.output_mode == "individual" else None)


def why_not_now(error: OSError) -> str:
    """Why the machine said no, for people."""
    if error.errno in DISK_SAYS_NO:
        return why_disk_refused(error)
    return f"the film could not be kept: {error.strerror or error}"


def _film(take: Path, archive_id: str, suffix: str) -> Path:
    return take / "films" / f"{archive_id}{suffix}"
