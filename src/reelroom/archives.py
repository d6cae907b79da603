"""Archives: each one composed by a process of its own, then kept with its size and checksum."""

import asyncio
import base64
import hashlib
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import structlog

from reelroom.config import Settings
from reelroom.errors import NotFound
from reelroom.plan import LayoutChoice, Plan
from reelroom.process import Child, GaveUp, Message, Program
from reelroom.storage import Storage
from reelroom.store import AlreadyThere, Archive, Base, Render, Store, now_ms
from reelroom.take import write_durably

_log = structlog.get_logger()

_MOST_FAILURES = 5


@dataclass
class _Composing:
    child: Child
    task: asyncio.Task[None]
    report: Message | None = None
    failure: str = ""
    behind_us: int = 0


class Archives:
    """Starts, stops and finishes archives."""

    def __init__(self, settings: Settings, store: Store, storage: Storage) -> None:
        self._settings = settings
        self._store = store
        self._storage = storage
        self._composing: dict[str, _Composing] = {}

    async def start(self, render: Render) -> Archive:
        """An archive of a render's session, from now on; the one there is, when its listener was called twice."""
        now = now_ms()
        archive = Archive(
            id=str(uuid4()),
            session_id=render.session_id,
            render_id=render.id,
            take_id=render.take_id,
            name=render.room_name,
            status="started",
            resolution=render.resolution,
            start_us=time.time_ns() // 1000,
            created_at=now,
            updated_at=now,
        )
        try:
            await self._store.add(archive)
        except AlreadyThere:
            known = await self._store.archive_of_render(render.id)
            if known is None:
                raise
            return known
        self._compose(archive)
        return archive

    async def begin(self, archive: Archive, plan: Plan, *rows: Base) -> None:
        """Write an archive of a running take down, with what belongs to it, and follow it as it grows."""
        await self._store.add(archive, *rows)
        path = self._plan_path(archive)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_durably(path, plan.to_json())
        self._compose(archive)

    async def delete(self, archive_id: str) -> None:
        """Remove an archive's film; the archive stays, deleted."""
        if await self._store.move_archive(archive_id, "deleted"):
            self._storage.path(archive_id).unlink(missing_ok=True)

    async def get(self, archive_id: str) -> Archive:
        """Raises NotFound."""
        archive = await self._store.archive(archive_id)
        if archive is None:
            raise NotFound(f"There is no archive {archive_id}")
        return archive

    async def of_session(self, session_id: str) -> Sequence[Archive]:
        """Newest first. Raises NotFound for a session that does not exist."""
        if await self._store.session(session_id) is None:
            raise NotFound(f"There is no session {session_id}")
        return await self._store.archives_of_session(session_id)

    async def stop(self, archive_id: str, reason: str, end_us: int | None = None) -> None:
        """The film ends at `end_us` (µs; default now); harmless when it has ended already."""
        end = end_us if end_us is not None else time.time_ns() // 1000
        if await self._store.move_archive(archive_id, "stopped", end_us=end, reason=reason):
            _log.info("archive stopped", archive=archive_id, reason=reason)
            if composing := self._composing.get(archive_id):
                composing.child.tell({"end": end})

    async def lay_out(self, archive_id: str, layout: LayoutChoice) -> None:
        """From now on another layout; the plan keeps it for a composer that has to start again. Raises NotFound."""
        archive, at = await self.get(archive_id), time.time_ns() // 1000
        path = self._plan_path(archive)
        plan = Plan.model_validate_json(path.read_bytes()).with_layout(at, layout)
        write_durably(path, plan.to_json())
        if composing := self._composing.get(archive_id):
            composing.child.tell({"layout": layout.model_dump(by_alias=True), "at": at})

    async def classify(self, archive_id: str, streams: dict[str, tuple[str, ...]]) -> None:
        """From now on other layout classes of these streams. Raises NotFound."""
        archive, at = await self.get(archive_id), time.time_ns() // 1000
        path = self._plan_path(archive)
        plan = Plan.model_validate_json(path.read_bytes()).with_classes(at, streams)
        write_durably(path, plan.to_json())
        if composing := self._composing.get(archive_id):
            composing.child.tell({"classes": streams, "at": at})

    def resume(self, archive: Archive) -> None:
        """Compose an archive that an earlier server left unfinished."""
        _log.info("archive resumed", archive=archive.id, status=archive.status)
        self._compose(archive)

    def pid(self, archive_id: str) -> int | None:
        """The process id of an archive's composer, while it runs."""
        composing = self._composing.get(archive_id)
        return composing.child.pid if composing else None

    def _film_path(self, archive: Archive) -> Path:
        return self._settings.data_dir / "takes" / archive.take_id / "films" / f"{archive.id}.mp4"

    def _plan_path(self, archive: Archive) -> Path:
        return self._film_path(archive).with_suffix(".plan.json")

    def _program(self, archive: Archive) -> Program:
        film, plan = self._film_path(archive), self._plan_path(archive)
        film.parent.mkdir(parents=True, exist_ok=True)
        if not plan.exists():
            width, _, height = archive.resolution.partition("x")
            write_durably(plan, Plan(width=int(width), height=int(height)).to_json())
        command = [sys.executable, "-m", "reelroom.composer"]
        command += ["--take", str(film.parent.parent), "--output", str(film)]
        command += ["--start", str(archive.start_us), "--plan", str(plan)]
        if archive.end_us is not None:
            command += ["--end", str(archive.end_us)]
        return Program(command, log=film.with_suffix(".log"))

    def _compose(self, archive: Archive) -> None:
        def receive(message: Message) -> None:
            if "report" in message:
                composing.report = message["report"]
            elif "failure" in message:
                composing.failure = str(message["failure"])
            else:
                composing.behind_us = int(message.get("behind", 0))

        child = Child(
            "composer",
            lambda: self._program(archive),
            ids={"archive": archive.id, "take": archive.take_id},
            most_failures=_MOST_FAILURES,
            on_message=receive,
        )
        composing = _Composing(child, asyncio.create_task(self._see_through(archive), name=archive.id))
        self._composing[archive.id] = composing

    async def _see_through(self, archive: Archive) -> None:
        await asyncio.sleep(0)  # let _compose note the task first
        composing = self._composing[archive.id]
        try:
            if archive.status != "uploaded" and not self._storage.has(archive.id):
                await composing.child.run()
                if composing.report is None:
                    if composing.failure:
                        await self._fail(archive, composing.failure)
                    return  # the server stops: the next one goes on
                duration = int(composing.report["end"] - composing.report["start"]) // 1000
                await self._store.move_archive(
                    archive.id, "stopped", end_us=composing.report["end"], reason="session ended"
                )
                await self._store.note_duration(archive.id, duration)
                await asyncio.to_thread(self._storage.keep, self._film_path(archive), archive.id)
            await self._publish(archive.id)
        except GaveUp as error:
            await self._fail(archive, f"composing failed: {error}")
        except OSError as error:
            await self._fail(archive, f"the film could not be kept: {error.strerror or error}")
        finally:
            self._composing.pop(archive.id, None)

    async def _publish(self, archive_id: str) -> None:
        path = self._storage.path(archive_id)
        digest, size = await asyncio.to_thread(_checksum, path)
        await self._store.move_archive(archive_id, "uploaded", size=size, sha256sum=digest)
        await self._store.move_archive(archive_id, "available")
        _log.info("archive available", archive=archive_id, size=size)

    async def _fail(self, archive: Archive, reason: str) -> None:
        _log.error("archive failed", archive=archive.id, reason=reason)
        await self._store.move_archive(archive.id, "failed", reason=reason)

    async def close(self) -> None:
        """End all composers; what they were doing is finished at the next start."""
        composing = list(self._composing.values())
        await asyncio.gather(*(each.child.stop(1.0) for each in composing))
        await asyncio.gather(*(each.task for each in composing), return_exceptions=True)


def _checksum(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    return base64.b64encode(digest).decode(), path.stat().st_size
