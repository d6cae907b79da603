"""Knocks: who waits before a room's door, and what a moderator answered."""

from collections.abc import Sequence

from sqlalchemy import delete, select, update

from reelroom.store.database import Rows
from reelroom.store.tables import knocks
from reelroom.store.values import Knock


class Knocks(Rows[Knock]):
    """Knocks by their ids."""

    table, value = knocks, Knock

    async def waiting(self, session_id: str, since: int) -> Sequence[Knock]:
        """Those of a session that nobody has answered, and that were heard of since then (ms), the first first."""
        still = knocks.c.session_id == session_id, knocks.c.answer == "", knocks.c.seen_at >= since
        return await self._all(select(knocks).where(*still).order_by(knocks.c.created_at, knocks.c.id))

    async def note_seen(self, knock_id: str, now: int) -> None:
        """Whoever knocked is still there at `now` (ms)."""
        await self._change(update(knocks).where(knocks.c.id == knock_id).values(seen_at=now))

    async def answer(self, session_id: str, knock_id: str, answer: str, now: int) -> bool:
        """Answer a knock at a session's door; False where there is none that waits."""
        which = knocks.c.id == knock_id, knocks.c.session_id == session_id, knocks.c.answer == ""
        return bool(await self._change(update(knocks).where(*which).values(answer=answer, answered_at=now)))

    async def forget(self, before: int) -> int:
        """Those that were heard of before that time (ms) for the last time."""
        return await self._change(delete(knocks).where(knocks.c.seen_at < before))
