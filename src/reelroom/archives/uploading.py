"""Uploading: finished archives go to the buckets of their projects, tried for a day; the film is here until then."""

import asyncio
import functools

import structlog

from reelroom.archives.changes import ArchiveChanges
from reelroom.config import Settings
from reelroom.egress import Egress
from reelroom.files.buckets import NotUploaded, Uploader
from reelroom.files.films import TEXTS, Storage, product
from reelroom.processes.looks import Looks
from reelroom.processes.patience import doubling
from reelroom.store.database import now_ms
from reelroom.store.store import Store
from reelroom.store.values import Archive, Bucket, Upload

_log = structlog.get_logger()

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 900.0  # s between two attempts
_GIVEN_UP_AFTER_MS = 24 * 3600 * 1000
_AT_ONCE = 2
_LONGEST_WAIT = 10.0  # s between two looks


def key_of(project: str, archive: Archive, suffix: str = "") -> str:
    """Where an archive lies in a bucket, as the cloud has it; with a suffix: where what belongs to it lies."""
    return f"{project}/{archive.id}/archive{suffix or product(archive.output_mode)}"


def next_attempt(upload: Upload, now: int) -> int | None:
    """When (ms) an upload that has failed at `now` is tried again; None: never."""
    if now - upload.created_at > _GIVEN_UP_AFTER_MS:
        return None
    return now + int(1000 * doubling(upload.attempts, _FIRST_PAUSE, _LONGEST_PAUSE))


class Uploading:
    """What is on its way is a row: the next run of the server goes on with it."""

    def __init__(
        self, settings: Settings, store: Store, storage: Storage, changes: ArchiveChanges, node: str
    ) -> None:
        self._egress = Egress(private=settings.private_destinations)
        self._store = store
        self._node = node
        self._storage = storage
        self._changes = changes
        self._uploader: Uploader | None = None
        self._written = changes.finished
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._looks = Looks(self._look, _LONGEST_WAIT, "uploads cannot be read", woken=self._written)

    async def set_bucket(self, bucket: Bucket) -> None:
        """A project's archives go there from now on, and those that are on their way."""
        async with self._store.transaction() as tx:
            await tx.buckets.replace(bucket)
            await tx.uploads.hurry(bucket.project, now_ms())
        self._written.set()

    async def remove_bucket(self, project: str) -> None:
        """Archives stay here from now on, also those that are on their way."""
        async with self._store.transaction() as tx:
            await tx.buckets.remove(project)
            await tx.uploads.hurry(project, now_ms())
        self._written.set()

    async def start(self) -> None:
        """Upload, also what an earlier server left."""
        self._uploader = Uploader(await self._egress.start())
        self._looks.start("uploads")

    async def _look(self) -> float:
        """Begin what is due; returns how long (s) until there may be more. What ends meanwhile wakes us."""
        now = now_ms()
        for upload in await self._store.uploads.due(self._node, now, _AT_ONCE + len(self._under_way)):
            if upload.archive_id not in self._under_way and len(self._under_way) < _AT_ONCE:
                task = asyncio.create_task(self._attempt(upload), name=f"upload {upload.archive_id}")
                self._under_way[upload.archive_id] = task
                task.add_done_callback(functools.partial(self._ended, upload.archive_id))
        moment = await self._store.uploads.next_time(self._node)
        if self._under_way or moment is None:
            return _LONGEST_WAIT
        return min(_LONGEST_WAIT, max(0.0, (moment - now_ms()) / 1000))

    def _ended(self, archive_id: str, _task: "asyncio.Task[None]") -> None:
        self._under_way.pop(archive_id, None)
        self._written.set()

    async def _attempt(self, upload: Upload) -> None:
        log = _log.bind(archive=upload.archive_id, project=upload.project, attempt=upload.attempts + 1)
        try:
            await self._upload(upload, log)
        except (NotUploaded, OSError) as error:
            await self._put_off(upload, str(error), log)
        except Exception:
            log.exception("an upload failed in a way that nobody foresaw")
            await self._put_off(upload, "internal error", log)

    async def _upload(self, upload: Upload, log: structlog.stdlib.BoundLogger) -> None:
        assert self._uploader is not None
        archive = await self._store.archives.get(upload.archive_id)
        bucket = await self._store.buckets.get(upload.project)
        if archive is None or archive.status not in {"stopped", "available", "uploaded"}:
            pass  # what was deleted lies in the bin
        elif archive.status == "uploaded" or (bucket is not None and await self._bring(upload, archive, bucket, log)):
            await asyncio.to_thread(self._storage.remove, archive.id, TEXTS)
            if bucket is not None:
                await self._bring_words(upload, archive, bucket)
        elif bucket is None:
            await self._changes.move(archive.id, "available")
        await self._store.uploads.settle(upload)

    async def _bring(
        self, upload: Upload, archive: Archive, bucket: Bucket, log: structlog.stdlib.BoundLogger
    ) -> bool:
        """The film is in the bucket; False where it was deleted meanwhile, and lies in the bin."""
        assert self._uploader is not None
        file, key = self._storage.path(archive.id, product(archive.output_mode)), key_of(upload.project, archive)
        await self._uploader.upload(bucket.kind, bucket.config, file, key)
        if await self._changes.move(archive.id, "uploaded"):
            log.info("archive uploaded", size=archive.size)
            return True
        await self._uploader.remove(bucket.kind, bucket.config, key)
        return False

    async def _bring_words(self, upload: Upload, archive: Archive, bucket: Bucket) -> None:
        """What was said in it, where that is written down already, lies beside it; once it is, it comes by itself."""
        assert self._uploader is not None
        for suffix in TEXTS:
            if await asyncio.to_thread(self._storage.has, archive.id, suffix):
                file, key = self._storage.path(archive.id, suffix), key_of(upload.project, archive, suffix)
                await self._uploader.upload(bucket.kind, bucket.config, file, key)

    async def _put_off(self, upload: Upload, problem: str, log: structlog.stdlib.BoundLogger) -> None:
        bucket = await self._store.buckets.get(upload.project)
        if bucket is not None and bucket.fallback:
            await self._changes.move(upload.archive_id, "available")  # from here, for as long as it is not there
        again = next_attempt(upload, now_ms())  # where the film is there, and its words are not, it stays uploaded
        if again is not None:
            log.warning("archive not uploaded", problem=problem)
            await self._store.uploads.put_off(upload.archive_id, again, problem[:255])
            return
        log.error("upload given up", problem=problem)
        if bucket is None or not bucket.fallback:  # the film stays, and the next server tries again
            reason = f"could not be uploaded: {problem}"
            await self._changes.move(upload.archive_id, "failed", reason=reason, passing=True)
        await self._store.uploads.settle(upload)

    async def close(self) -> None:
        """Stop; what is under way is begun anew by the next server."""
        await self._looks.close()
        tasks = [*self._under_way.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._egress.stop()
