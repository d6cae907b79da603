"""Uploads: where projects have their archives, and which archives are on their way there."""

from collections.abc import Sequence

from sqlalchemy import delete, func, select, update

from reelroom.store.database import Rows
from reelroom.store.tables import archives, buckets, sessions, uploads
from reelroom.store.values import Bucket, Upload


class Buckets(Rows[Bucket]):
    """Buckets by their projects."""

    table, value = buckets, Bucket

    async def of_archive(self, archive_id: str) -> Bucket | None:
        """That of an archive's project."""
        whose = select(sessions.c.project).join(archives, archives.c.session_id == sessions.c.id)
        return await self._one(select(buckets).where(buckets.c.project.in_(whose.where(archives.c.id == archive_id))))

    async def replace(self, bucket: Bucket) -> None:
        """From now on this one; within a transaction."""
        await self.remove(bucket.project)
        await self.add(bucket)

    async def remove(self, project: str) -> bool:
        """False when the project has none."""
        return await self._change(delete(buckets).where(buckets.c.project == project)) > 0


class Uploads(Rows[Upload]):
    """Uploads by their archives."""

    table, value = uploads, Upload

    async def due(self, node: str, now: int, most: int) -> Sequence[Upload]:
        """Those of a node whose time has come at `now` (ms), the one that waits longest first."""
        query = select(uploads).where(uploads.c.node == node, uploads.c.next_at <= now)
        return await self._all(query.order_by(uploads.c.next_at, uploads.c.archive_id).limit(most))

    async def next_time(self, node: str) -> int | None:
        """When (ms) the next of a node is due."""
        query = select(func.min(uploads.c.next_at)).where(uploads.c.node == node)
        return await self._scope.read(lambda connection: connection.scalar(query))

    async def begin(self, upload: Upload) -> None:
        """Write it down, where it is not; within a transaction."""
        if await self.get(upload.archive_id) is None:
            await self.add(upload)

    async def again(self, upload: Upload) -> None:
        """There is more of it to bring, also while some of it is under way; within a transaction."""
        under_way = await self.get(upload.archive_id)
        if under_way is None:
            await self.add(upload)
        else:
            next_at = max(upload.next_at, under_way.next_at + 1)  # another: `settle` leaves it
            query = update(uploads).where(uploads.c.archive_id == upload.archive_id)
            await self._change(query.values(next_at=next_at, attempts=0, created_at=upload.created_at))

    async def put_off(self, archive_id: str, next_at: int, problem: str) -> None:
        """It was tried, and is tried again at `next_at` (ms)."""
        tried = {"attempts": uploads.c.attempts + 1, "next_at": next_at, "problem": problem}
        await self._change(update(uploads).where(uploads.c.archive_id == archive_id).values(**tried))

    async def hurry(self, project: str, now: int) -> None:
        """A project's bucket has changed: what waits is tried now (ms)."""
        await self._change(update(uploads).where(uploads.c.project == project).values(next_at=now))

    async def settle(self, upload: Upload) -> None:
        """It is there, or will never be; what was asked for again meanwhile is still to be done."""
        same = (uploads.c.archive_id == upload.archive_id) & (uploads.c.next_at == upload.next_at)
        await self._change(delete(uploads).where(same))
