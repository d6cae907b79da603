"""Corrections of what was understood of takes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, String, Table, delete, select

from reelroom.store.database import Rows
from reelroom.store.tables import metadata

corrections = Table(
    "corrections",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("take_id", String(36), ForeignKey("takes.id"), nullable=False, index=True),
    Column("participant", String(255), nullable=False),
    Column("start_us", BigInteger, nullable=False),
    Column("end_us", BigInteger, nullable=False),
    Column("name", String(128), nullable=False),
    Column("words", JSON, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)


@dataclass(frozen=True, kw_only=True)
class KeptCorrection:
    """What was said into a participant's microphone during [start_us, end_us), and by whom (`name`).

    `words`: each its start, its end (µs of room time) and its text.
    """

    id: str
    take_id: str
    participant: str
    start_us: int
    end_us: int
    name: str
    words: Sequence[tuple[int, int, str]]
    created_at: int


class Corrections(Rows[KeptCorrection]):
    """Corrections by their ids."""

    table, value = corrections, KeptCorrection

    async def of_take(self, take_id: str) -> Sequence[KeptCorrection]:
        """Those of a take, in the order in which they were made."""
        query = select(corrections).where(corrections.c.take_id == take_id)
        return await self._all(query.order_by(corrections.c.created_at, corrections.c.id))

    async def put(self, correction: KeptCorrection) -> None:
        """In place of what others say of its time and microphone; within a transaction.

        Of one that reaches beyond it, as where a film that was cut again has only a part of a line, the rest stays.
        """
        overlapping = (
            corrections.c.take_id == correction.take_id,
            corrections.c.participant == correction.participant,
            corrections.c.start_us < correction.end_us,
            corrections.c.end_us > correction.start_us,
        )
        for each in await self._all(select(corrections).where(*overlapping)):
            await self._change(delete(corrections).where(corrections.c.id == each.id))
            for rest in without(each, correction.start_us, correction.end_us):
                await self.add(rest)
        await self.add(correction)

    async def remove(self, take_id: str, correction_id: str) -> bool:
        """False when a take has no such one."""
        which = corrections.c.id == correction_id, corrections.c.take_id == take_id
        return await self._change(delete(corrections).where(*which)) > 0


def without(correction: KeptCorrection, start: int, end: int) -> Sequence[KeptCorrection]:
    """What is left of a correction before `start` and after `end` (µs of room time), where it has words there."""
    before = [
        (since, min(until, start), text) for since, until, text in correction.words if since + until < 2 * start
    ]
    after = [(max(since, end), until, text) for since, until, text in correction.words if since + until >= 2 * end]
    left = [replace(correction, end_us=start, words=before)] if before else []
    if after:
        other = str(uuid4()) if before else correction.id
        left.append(replace(correction, id=other, start_us=end, words=after))
    return left
