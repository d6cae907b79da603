"""Corrections: who may edit a film says what was really said in it, and by whom; all films of its take follow."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from reelroom.archives.film_words import FilmWords, film_of, read_transcript
from reelroom.errors import BadRequest, Conflict, NotFound
from reelroom.files.films import Storage
from reelroom.store.corrections import KeptCorrection
from reelroom.store.database import now_ms
from reelroom.store.store import Store
from reelroom.store.values import Archive
from reelroom.transcripts.corrections import reworded
from reelroom.transcripts.words import Passage, Word

_FILMS_FOLLOW_MS = 15_000  # who corrects one line corrects others


@dataclass(frozen=True)
class Line:
    """A passage of a transcript: `participant`'s, which begins `start` s after its film does."""

    participant: str
    start: float


class Corrections:
    """Corrections of what was understood."""

    def __init__(self, store: Store, storage: Storage, words: FilmWords) -> None:
        self._store = store
        self._storage = storage
        self._words = words

    async def correct(self, archive: Archive, line: Line, text: str, name: str) -> None:
        """That is what was said, and `name` ("": as it is) said it. Raises BadRequest, Conflict, NotFound."""
        if not text.split():
            raise BadRequest("text: say what was said")
        passage = await self._passage(archive, line)
        heard, heard_name = passage.heard or passage.words, passage.heard_name or passage.name
        words = await asyncio.to_thread(reworded, heard, text)  # long lines are compared for long
        name = name or passage.name
        if passage.correction and name == heard_name and _text(words) == _text(heard):
            return await self.undo(archive, passage.correction)
        film = film_of(archive)
        correction = KeptCorrection(
            id=str(uuid4()),
            take_id=archive.take_id,
            participant=line.participant,
            start_us=film.in_room(film.start + heard[0].start),
            end_us=film.in_room(film.start + heard[-1].end - 1) + 1,
            name=name,
            words=[
                (film.in_room(film.start + word.start), film.in_room(film.start + word.end), word.text)
                for word in words
            ],
            created_at=now_ms(),
        )
        async with self._store.transaction() as tx:
            await tx.corrections.put(correction)
            await tx.transcripts.write_again(archive.take_id, now_ms() + _FILMS_FOLLOW_MS)
        await self._words.follow(archive)
        return None

    async def _passage(self, archive: Archive, line: Line) -> Passage:
        said = await asyncio.to_thread(read_transcript, self._storage, archive.id)
        if said is None:
            known = await self._store.transcripts.get(archive.id)
            if known is not None and known.status == "available":
                raise Conflict("Another server has the transcript of this archive: it is corrected there")
            raise Conflict("The archive has no transcript: have one made first (POST /archive/:id/transcript)")
        at = round(line.start * 1_000_000)
        for passage in said.passages:
            if passage.participant == line.participant and abs(passage.start - at) < 1_000:
                return passage
        raise NotFound("The transcript has no such line: it may have changed since it was read")

    async def undo(self, archive: Archive, correction_id: str) -> None:
        """What was heard counts again. Raises NotFound."""
        async with self._store.transaction() as tx:
            if not await tx.corrections.remove(archive.take_id, correction_id):
                raise NotFound("The transcript has no such correction")
            await tx.transcripts.write_again(archive.take_id, now_ms() + _FILMS_FOLLOW_MS)
        await self._words.follow(archive)


def _text(words: Sequence[Word]) -> str:
    return "".join(word.text for word in words).strip()
