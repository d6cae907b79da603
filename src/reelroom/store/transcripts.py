"""Transcripts: which archives have one, or are to have one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Update, bindparam, func, select, update

from reelroom.store.database import Rows, now_ms
from reelroom.store.states import FILM_IS_MADE
from reelroom.store.tables import archives, transcripts

_OF_SOME = select(transcripts).where(transcripts.c.archive_id.in_(bindparam("archives", expanding=True)))


@dataclass(frozen=True, kw_only=True)
class KeptTranscript:
    """What becomes of an archive's transcript: `requested`, `started`, `available` or `failed`, and then a `reason`.

    `asked` is the language in which people are said to speak, "" where that is to be found out; `language` is the one
    that most of them spoke (ISO 639). `next_at` is when `node`, where the take lies, tries it; None: no more.
    `created_at` is when it was asked for last. At `write_at` its files and its film are made to follow corrections.

    `has_summary`: it is to be summed up, too. `summary_status` says how that stands, in the same words ("": nobody
    has asked), with `summary_reason` and `summary_attempts`; at `summary_at` its node tries it, once it is there.

    `wording` stands for what it says now, `summary_wording` for what it said when its summary was made
    ("": not known).
    """

    archive_id: str
    node: str
    status: str = "requested"
    reason: str = ""
    asked: str = ""
    language: str = ""
    has_summary: bool = False
    summary_status: str = ""
    summary_reason: str = ""
    summary_attempts: int = 0
    summary_at: int | None = None
    wording: str = ""
    summary_wording: str = ""
    attempts: int = 0
    next_at: int | None
    write_at: int | None = None
    created_at: int
    updated_at: int

    @property
    def summary_is_outdated(self) -> bool:
        """Whether it has come to say something else since its summary was made."""
        return "" not in (self.wording, self.summary_wording) and self.wording != self.summary_wording


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

    async def to_be_written(self, node: str, now: int, most: int) -> Sequence[KeptTranscript]:
        """Those of a node whose files and films are to follow corrections at `now` (ms)."""
        query = select(transcripts).where(transcripts.c.node == node, transcripts.c.write_at <= now)
        there = transcripts.c.status == "available"
        return await self._all(
            query.where(there).order_by(transcripts.c.write_at, transcripts.c.archive_id).limit(most)
        )

    async def write_again(self, take_id: str, at: int) -> None:
        """The transcripts of all films of a take are to follow its corrections at `at` (ms)."""
        of_take = transcripts.c.archive_id.in_(select(archives.c.id).where(archives.c.take_id == take_id))
        await self._change(update(transcripts).where(of_take).values(write_at=at))

    async def write_later(self, archive_id: str, at: int) -> None:
        """An archive's files or its film could not be written: they are to be at `at` (ms)."""
        await self._change(_one(archive_id).values(write_at=at))

    async def written(self, transcript: KeptTranscript) -> None:
        """It has followed what was known when `transcript` was read, unless it is to be written later."""
        known = transcripts.c.write_at == transcript.write_at
        await self._change(_one(transcript.archive_id).where(known).values(write_at=None))

    async def to_be_summed_up(self, node: str, now: int, most: int) -> Sequence[KeptTranscript]:
        """Those of a node that are there, and to be summed up at `now` (ms); who waits longest first."""
        query = (
            select(transcripts)
            .join(archives, archives.c.id == transcripts.c.archive_id)
            .where(transcripts.c.node == node, transcripts.c.summary_at <= now, transcripts.c.status == "available")
            .where(archives.c.status.in_(FILM_IS_MADE))
        )
        return await self._all(query.order_by(transcripts.c.summary_at, transcripts.c.archive_id).limit(most))

    async def ask_for_summary(self, archive_id: str, at: int) -> KeptTranscript | None:
        """Have one summed up, or summed up again, from `at` (ms) on; None where there is no such transcript."""
        again = {"has_summary": True, "summary_status": "requested", "summary_reason": ""}
        return await self._changed(_one(archive_id).values(**again, summary_attempts=0, summary_at=at))

    async def says(self, archive_id: str, wording: str) -> None:
        """What it says from now on."""
        await self._change(_one(archive_id).values(wording=wording))

    async def summed_up(
        self, known: KeptTranscript, status: str, reason: str = "", at: int | None = None, *, wording: str = ""
    ) -> bool:
        """How its summary stands, and when (ms) it is tried again; False where that was asked anew since `known`.

        `wording`: of what a summary was made that is there now.
        """
        same = transcripts.c.summary_at == known.summary_at
        tried = {"summary_status": status, "summary_reason": reason, "summary_at": at}
        if wording:
            tried["summary_wording"] = wording
        attempts = transcripts.c.summary_attempts + (1 if status == "requested" else 0)
        return await self._change(_one(known.archive_id).where(same).values(**tried, summary_attempts=attempts)) > 0

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
            if transcript.has_summary:  # one that is there stays until then
                again |= {
                    "has_summary": True,
                    "summary_status": "requested",
                    "summary_reason": "",
                    "summary_at": None,
                }
            await self._change(_one(transcript.archive_id).values(**again))

    async def lies_at(self, archive_id: str, node: str) -> None:
        """That node makes it, if it is still to be made."""
        to_be_made = transcripts.c.next_at.is_not(None)
        await self._change(_one(archive_id).where(to_be_made).values(node=node))

    async def move(self, archive_id: str, status: str, **changes: object) -> KeptTranscript | None:
        """How it stands; None when nobody has asked for it."""
        return await self._changed(_one(archive_id).values(status=status, updated_at=now_ms(), **changes))

    async def put_off(self, archive_id: str, next_at: int, reason: str) -> None:
        """It was tried, and is tried again at `next_at` (ms)."""
        tried = {"attempts": transcripts.c.attempts + 1, "next_at": next_at, "reason": reason}
        await self._change(_one(archive_id).values(**tried))


def _one(archive_id: str) -> Update:
    return update(transcripts).where(transcripts.c.archive_id == archive_id)
