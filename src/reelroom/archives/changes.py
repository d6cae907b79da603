"""Changes of archives: each is written with the callbacks that tell of it, and whoever listens hears of it after."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog

from reelroom.archives.answer import archive_answer, links_of
from reelroom.config import Settings
from reelroom.keys import Keys
from reelroom.projects.callbacks import Callbacks
from reelroom.projects.projects import Projects
from reelroom.recorder.taps import TapFailed
from reelroom.store.database import now_ms
from reelroom.store.node import Node
from reelroom.store.states import RECORDING
from reelroom.store.store import Rowsets, Store
from reelroom.store.transcripts import KeptTranscript
from reelroom.store.values import Archive, Upload

_log = structlog.get_logger()


class ArchiveCallbacks:
    """Tells an archive's project how it stands."""

    def __init__(self, settings: Settings, keys: Keys, projects: Projects, callbacks: Callbacks) -> None:
        self._settings = settings
        self._keys = keys
        self._projects = projects
        self._callbacks = callbacks

    async def write(self, tx: Rowsets, archive: Archive) -> None:
        """Write down what is to be told of an archive as it is in `tx`."""
        record = await self._callbacks.recipient(tx, archive.session_id)
        if record is None:
            return
        links = links_of(archive, await tx.transcripts.get(archive.id), self._settings, self._keys)
        payload = archive_answer(archive, self._projects.known(record), links)
        await self._callbacks.tell(tx, record.key, "archive", "status", payload, about=archive.id)

    def send(self) -> None:
        """What was written may go out."""
        self._callbacks.written.set()


class ArchiveChanges:
    """All that adds or moves an archive goes through here."""

    def __init__(self, store: Store, callbacks: ArchiveCallbacks | None = None) -> None:
        self._store = store
        self._callbacks = callbacks
        self.finished = asyncio.Event()  # set when some may be uploaded
        self.transcribable = asyncio.Event()  # set when some may be transcribed
        self.summable = asyncio.Event()  # set when some may be summed up
        # Each is told of an archive that was added or has moved, after the fact; what it raises changes nothing.
        self.listeners: list[Callable[[Archive], Awaitable[None]]] = []
        # Where the depot is, which has what was made before anybody is told of it.
        self.film_made: Callable[[str, str], Awaitable[None]] | None = None  # of its id and checksum
        self.words_made: Callable[[str, str], Awaitable[None]] | None = None  # and of the film's, if it is another
        self.words_corrected: Callable[[str], Awaitable[None]] | None = None
        self.summary_made: Callable[[str], Awaitable[None]] | None = None

    async def add(self, archive: Archive, transcript: KeptTranscript | None = None) -> None:
        """Write a new archive down, and that it is to have a transcript.

        Raises AlreadyThere, and TapFailed where its take has just ended.
        """
        async with self._store.transaction() as tx:
            if archive.status in RECORDING and not await tx.takes.goes_on(archive.take_id):
                raise TapFailed("the take has ended")
            await tx.archives.add(archive)
            if transcript is not None:
                await tx.transcripts.add(transcript)
            await self._write_callbacks(tx, archive)
        await self._tell(archive)

    async def move(self, archive_id: str, status: str, *, by: Node | None = None, **changes: Any) -> bool:
        """Change an archive's state; False, and nothing is changed, when it may not go there.

        `by` is the node that makes its film, where only that one may say so. Raises LeaseLost.
        """
        async with self._store.transaction() as tx:
            if by is not None:
                await by.confirm(tx, "archive", archive_id)
            moved = await tx.archives.move(archive_id, status, **changes)
            if moved is None:
                return False
            await self._write_callbacks(tx, moved)
        self.transcribable.set()
        await self._tell(moved)
        return True

    async def finish(self, archive_id: str, *, by: Node, **file: Any) -> bool:
        """Its film is there, of which `file` is noted: it is available, or on its way to its project's bucket.

        False where it was deleted. `by` is the node that has made the film, and has it. Raises LeaseLost.
        """
        if self.film_made is not None:
            await self.film_made(archive_id, str(file["sha256sum"]))
        now = now_ms()
        async with self._store.transaction() as tx:
            await by.confirm(tx, "archive", archive_id)
            # Who recorded may make no transcripts, and may be gone; whoever made the film has the take.
            await tx.transcripts.lies_at(archive_id, by.name)
            bucket = await tx.buckets.of_archive(archive_id)
            if bucket is None:
                done = await tx.archives.move(archive_id, "available", **file)
                if done is not None:
                    await self._write_callbacks(tx, done)
            else:
                done = await tx.archives.note_file(archive_id, **file)
                if done is not None:
                    upload = Upload(
                        archive_id=done.id, project=bucket.project, node=by.name, next_at=now, created_at=now
                    )
                    await tx.uploads.begin(upload)
        if done is None:
            return False
        if bucket is None:
            await self._tell(done)
        self.finished.set()
        self.transcribable.set()
        return True

    async def transcribed(
        self,
        archive_id: str,
        status: str,
        *,
        by: Node | None,
        file: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> bool:
        """How its transcript stands, and what its film is since it has captions; False where it was deleted.

        `by` is the node that makes the transcript, where only that one may say so. Raises LeaseLost.
        """
        if self.words_made is not None and status == "available":
            await self.words_made(archive_id, str((file or {}).get("sha256sum", "")))
        async with self._store.transaction() as tx:
            if by is not None:
                await by.confirm(tx, "transcript", archive_id)
            archive = await tx.archives.touch(archive_id, **(file or {}))
            moved = await tx.transcripts.move(archive_id, status, **changes)
            if moved is not None and moved.has_summary:
                await self._sum_up(tx, moved)
            if archive is None or archive.status == "deleted":
                return False  # nobody is told; what lies in the bin has its transcript
            if by is not None and status == "available":
                await self._bring_words(tx, archive, by.name)
            await self._write_callbacks(tx, archive)
        self.finished.set()
        self.summable.set()
        await self._tell(archive)
        return True

    async def _sum_up(self, tx: Rowsets, transcript: KeptTranscript) -> None:
        """A transcript that is to be summed up has just been made, or there will be none."""
        if transcript.status == "available":
            await tx.transcripts.ask_for_summary(transcript.archive_id, now_ms())
        else:
            reason = "there is no transcript to be summed up"
            await tx.transcripts.move(
                transcript.archive_id, transcript.status, summary_status="failed", summary_reason=reason
            )

    async def summed_up(
        self, known: KeptTranscript, status: str, reason: str, *, by: Node, wording: str = ""
    ) -> bool:
        """A transcript is summed up, or will not be; False where that was asked anew since `known`, or it is gone.

        `wording` is that of which it was made. Raises LeaseLost.
        """
        archive_id = known.archive_id
        if self.summary_made is not None and status == "available":
            await self.summary_made(archive_id)
        async with self._store.transaction() as tx:
            await by.confirm(tx, "summary", archive_id)
            if not await tx.transcripts.summed_up(known, status, reason, wording=wording):
                return False
            archive = await tx.archives.touch(archive_id)
            if archive is None or archive.status == "deleted":
                return False
            if status == "available":
                await self._bring_words(tx, archive, by.name)
            await self._write_callbacks(tx, archive)
        self.finished.set()
        await self._tell(archive)
        return True

    async def rewritten(self, archive_id: str, file: Mapping[str, Any], node: str) -> None:
        """Its transcript was written anew; where its film was, `file` is noted of it, and its project is told.

        `node` is the one where that lies.
        """
        if self.words_corrected is not None:
            await self.words_corrected(archive_id)
        async with self._store.transaction() as tx:
            archive = await tx.archives.touch(archive_id, **file)
            if archive is None or archive.status == "deleted":
                return
            await self._bring_words(tx, archive, node)
            if file:
                await self._write_callbacks(tx, archive)
        self.finished.set()
        await self._tell(archive)

    async def _bring_words(self, tx: Rowsets, archive: Archive, node: str) -> None:
        """What is said in it goes to where its film is, where that is its project's bucket."""
        bucket = await tx.buckets.of_archive(archive.id) if archive.status == "uploaded" else None
        if bucket is not None:
            now = now_ms()
            await tx.uploads.again(
                Upload(archive_id=archive.id, project=bucket.project, node=node, next_at=now, created_at=now)
            )

    async def delete(self, archive_id: str) -> bool:
        """Into the bin; False, and nothing is changed, when it may not go there."""
        return await self._change(lambda tx: tx.archives.delete(archive_id)) is not None

    async def restore(self, archive_id: str) -> Archive | None:
        """Out of the bin again, as it was; None when it does not lie there."""
        return await self._change(lambda tx: tx.archives.restore(archive_id))

    async def retry(self, archive_id: str) -> Archive | None:
        """An archive that failed for a passing reason is to be made again; None when it did not."""
        return await self._change(lambda tx: tx.archives.retry(archive_id))

    async def _change(self, change: Callable[[Rowsets], Awaitable[Archive | None]]) -> Archive | None:
        """Change one, with the callbacks that tell of it; None when there was nothing to change."""
        async with self._store.transaction() as tx:
            changed = await change(tx)
            if changed is None:
                return None
            await self._write_callbacks(tx, changed)
        await self._tell(changed)
        return changed

    async def _write_callbacks(self, tx: Rowsets, archive: Archive) -> None:
        if self._callbacks is not None:
            await self._callbacks.write(tx, archive)

    async def _tell(self, archive: Archive) -> None:
        if self._callbacks is not None:
            self._callbacks.send()
        for listener in self.listeners:
            try:
                await listener(archive)
            except Exception:
                _log.exception("a change of an archive was not followed up", archive=archive.id)
