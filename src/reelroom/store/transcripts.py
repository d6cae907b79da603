"""Transcripts: which archives have one, or are to have one."""

from collections.abc import Collection, Sequence

from sqlalchemy import Update, bindparam, func, select, update

from reelroom.store.database import Rows, now_ms
from reelroom.store.states import FILM_IS_MADE
from reelroom.store.tables import archives, transcripts
from reelroom.store.values import KeptTranscript

_OF_SOME = select(transcripts).where(transcripts.c.archive_id.in_(bindparam("archives", expanding=True)))


class Transcripts(Rows[KeptTranscript]):
    """Transcripts by their archives."""

    table, value = transcripts, KeptTranscript

    async def of_archives(self, ids: Collection[str]) -> dict[str, KeptTranscript]:
        """Those that these archives have."""
        if not ids:
            return {}
        return {each.archive_id: each for each in await self._all(_OF_SOME, archives=list(ids))}

    async def due(self, node: str, now: int, most: int) -> Sequence[KeptTranscript]:
        """Those of a node whose time has come at `now` (ms), and whose films are made; who waits longest first."""
        query = (
            select(transcripts)
            .join(archives, archives.c.id == transcripts.c.archive_id)
            .where(transcripts.c.node == node, transcripts.c.next_at <= now, archives.c.status.in_(FILM_IS_MADE))
        )
        return await self._all(query.order_by(transcripts.c.next_at, transcripts.c.archive_id).limit(most))

    async def waiting(self) -> int:
        """How many are to be made."""
        query = select(func.count()).select_from(transcripts).where(transcripts.c.next_at.is_not(None))
        return await self._scope.read(lambda connection: connection.scalar(query)) or 0

    async def ask(self, transcript: KeptTranscript) -> None:
        """Have one made, or made again; within a transaction."""
        if await self.get(transcript.archive_id) is None:
            await self.add(transcript)
        else:
            again = {"status": "requested", "reason": "", "attempts": 0, "next_at": transcript.next_at}
            again |= {"asked": transcript.asked, "node": transcript.node, "created_at": transcript.created_at}
            again |= {"updated_at": now_ms()}
            await self._change(_one(transcript.archive_id).values(**again))

    async def move(self, archive_id: str, status: str, **changes: object) -> KeptTranscript | None:
        """How it stands; None when nobody has asked for it."""
        return await self._changed(_one(archive_id).values(status=status, updated_at=now_ms(), **changes))

    async def put_off(self, archive_id: str, next_at: int, reason: str) -> None:
        """It was tried, and is tried again at `next_at` (ms)."""
        tried = {"attempts": transcripts.c.attempts + 1, "next_at": next_at, "reason": reason}
        await self._change(_one(archive_id).values(**tried))


def _one(archive_id: str) -> Update:
    return update(transcripts).where(transcripts.c.archive_id == archive_id)
