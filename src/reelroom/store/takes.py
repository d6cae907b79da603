"""Takes: which run, which may be removed, and who holds them."""

from collections.abc import Collection, Sequence

from sqlalchemy import select, union_all, update

from reelroom.store.database import Joined, Rows, now_ms
from reelroom.store.states import MAY_STILL_BE_MADE, RECORDING
from reelroom.store.tables import archives, broadcasts, renders, takes
from reelroom.store.values import KeptTake


class Takes(Rows[KeptTake]):
    """Takes by their ids."""

    table, value = takes, KeptTake

    async def running(self) -> Sequence[KeptTake]:
        """All that have not been stopped."""
        return await self._all(select(takes).where(takes.c.stopped_at.is_(None)))

    async def running_in(self, session_id: str, *, keep: bool = False) -> KeptTake | None:
        """The one that runs in a session; with `keep`, it does so until the transaction is over."""
        query = select(takes).where(takes.c.session_id == session_id, takes.c.stopped_at.is_(None))
        return await self._one(query.with_for_update() if keep else query)

    async def goes_on(self, take_id: str) -> bool:
        """Whether it runs, and does until the transaction is over: what needs it is written down in the same one."""
        query = select(takes).where(takes.c.id == take_id, takes.c.stopped_at.is_(None))
        return await self._one(query.with_for_update()) is not None

    async def lies_at(self, take_id: str, node: str) -> None:
        """Its newest copy is that server's from now on."""
        await self._change(update(takes).where(takes.c.id == take_id).values(node=node))

    async def stop(self, take_id: str) -> None:
        """It ends now; harmless when it has ended already."""
        running = takes.c.id == take_id, takes.c.stopped_at.is_(None)
        await self._change(update(takes).where(*running).values(stopped_at=now_ms()))

    async def stop_unless_held(self, take_id: str) -> bool:
        """It ends now if nobody needs it; False when somebody does."""
        async with self._scope.writing() as connection:
            await connection.execute(select(takes.c.id).where(takes.c.id == take_id).with_for_update())
            within = Takes(Joined(connection))
            if await within.holders(take_id):
                return False
            await within.stop(take_id)
        return True

    async def holders(self, take_id: str) -> Sequence[str]:
        """The ids of the archives, broadcasts and renders for which a take runs."""
        return await self._texts(
            union_all(  # type: ignore[arg-type]
                select(archives.c.id).where(archives.c.take_id == take_id, archives.c.status.in_(RECORDING)),
                select(broadcasts.c.id).where(broadcasts.c.take_id == take_id, broadcasts.c.status == "started"),
                select(renders.c.id).where(
                    renders.c.take_id == take_id, renders.c.status.in_(("starting", "started"))
                ),
            )
        )

    async def unneeded(self) -> Sequence[str]:
        """The ids of those that run and that nobody needs any more."""
        needs = (
            select(archives.c.take_id).where(archives.c.status.in_(RECORDING)),
            select(broadcasts.c.take_id).where(broadcasts.c.status == "started"),
            select(renders.c.take_id).where(
                renders.c.status.in_(("starting", "started")), renders.c.take_id.is_not(None)
            ),
        )
        needed = union_all(*needs)
        return await self._texts(select(takes.c.id).where(takes.c.stopped_at.is_(None), takes.c.id.not_in(needed)))

    async def that_may_go(self, before: int) -> Sequence[KeptTake]:
        """Those that were stopped before that time (ms), of which every archive is made or deleted.

        The take of an archive that failed, or is still being made, may be the only copy of a meeting: it stays, also
        while that archive lies in the bin. Where all archives are gone from the bin, the take goes with them.
        """
        unmade = archives.c.status.in_(MAY_STILL_BE_MADE) | archives.c.deleted_from.in_(MAY_STILL_BE_MADE)
        there = (archives.c.status != "deleted") | archives.c.deleted_from.is_not(None)
        gone = takes.c.id.in_(select(archives.c.take_id)) & takes.c.id.not_in(select(archives.c.take_id).where(there))
        query = select(takes).where(
            takes.c.stopped_at.is_not(None),
            takes.c.removed_at.is_(None),
            takes.c.id.not_in(select(archives.c.take_id).where(unmade)),
            (takes.c.stopped_at < before) | gone,
        )
        return await self._all(query)

    async def that_may_move(self, node: str) -> Sequence[KeptTake]:
        """Those that lie at a server, have ended, and of which every film is made: nobody needs their tracks now."""
        unmade = archives.c.status.in_(MAY_STILL_BE_MADE) | archives.c.deleted_from.in_(MAY_STILL_BE_MADE)
        query = select(takes).where(
            takes.c.node.in_(("", node)),
            takes.c.stopped_at.is_not(None),
            takes.c.removed_at.is_(None),
            takes.c.id.not_in(select(archives.c.take_id).where(unmade)),
        )
        return await self._all(query)

    async def not_shipped(self, node: str) -> Sequence[KeptTake]:
        """Those that lie at a server, and of which there is more than the depot has."""
        query = select(takes).where(
            takes.c.node.in_(("", node)), takes.c.shipped_at.is_(None), takes.c.removed_at.is_(None)
        )
        return await self._all(query)

    async def mark_shipped(self, take_id: str) -> None:
        """All of it is in the depot."""
        await self._change(update(takes).where(takes.c.id == take_id).values(shipped_at=now_ms()))

    async def removed(self, take_ids: Collection[str]) -> Sequence[str]:
        """Those of the takes that are marked as removed."""
        return await self._texts(select(takes.c.id).where(takes.c.id.in_(take_ids), takes.c.removed_at.is_not(None)))

    async def mark_removed(self, take_id: str) -> None:
        """It may be cut no more."""
        await self._change(update(takes).where(takes.c.id == take_id).values(removed_at=now_ms()))
