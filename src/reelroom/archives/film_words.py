"""Films are given what is said in them: captions that players can switch on, and chapters called by first words."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import structlog

from reelroom.composer.captioned import NotCaptioned, captioned
from reelroom.composer.text_tracks import Captions, Chapter, Cue, Texts
from reelroom.cutting.turns import Turn, chapters
from reelroom.files.films import FILM, WORDS, Storage, checksum
from reelroom.store.store import Store
from reelroom.transcripts.captions import captions, one_by_one
from reelroom.transcripts.documents import from_json
from reelroom.transcripts.headings import titled
from reelroom.transcripts.languages import three_letters
from reelroom.transcripts.words import Transcript

_log = structlog.get_logger()


class FilmWords:
    """The films that lie here; one is written at a time."""

    def __init__(self, store: Store, storage: Storage) -> None:
        self._store = store
        self._storage = storage
        self._one = asyncio.Lock()

    async def give(self, archive_id: str) -> dict[str, Any]:
        """An archive's film has what its transcript says; returns what is to be noted of the file, if it is another.

        A film that is on its way to a bucket stays as it is. Raises OSError.
        """
        async with self._one:
            if not self._storage.has(archive_id) or await self._store.uploads.get(archive_id) is not None:
                return {}
            try:
                return await asyncio.to_thread(self._give, archive_id)
            except (NotCaptioned, ValueError) as error:
                _log.error("a film has no captions", archive=archive_id, why=str(error))
                return {}

    def _give(self, archive_id: str) -> dict[str, Any]:
        said = read_transcript(self._storage, archive_id)
        if said is None:
            return {}
        texts = texts_of(said)
        self._storage.replace_film(archive_id, lambda film, beside: captioned(film, beside, texts))
        digest, size = checksum(self._storage.path(archive_id, FILM))
        return {"sha256sum": digest, "size": size}


def read_transcript(storage: Storage, archive_id: str) -> Transcript | None:
    """What is said in an archive's film, in µs from its start, and who has the floor; None without a transcript.

    Raises ValueError. Blocking.
    """
    try:
        text = storage.path(archive_id, WORDS[0]).read_bytes()
    except FileNotFoundError:
        return None
    return from_json(text, _floor(storage.path(archive_id, ".timeline.json")))


def _floor(path: Path) -> tuple[Turn, ...]:
    """The chapters of a film, in µs from its start; none where there is no timeline."""
    try:
        found: Mapping[str, Any] = json.loads(path.read_bytes())
    except FileNotFoundError:
        return ()
    start, names = int(found["start"]), found["names"]
    turns = [
        Turn(int(turn["start"]) - start, int(turn["end"]) - start, who, str(names.get(who, "")))
        for turn in found["turns"]
        for who in [str(turn["participant"])]
    ]
    return chapters(turns, 0, int(found["end"]) - start)


def texts_of(said: Transcript) -> Texts:
    """What a film has to be read, where that is said in it; times from its start."""
    floor = titled(said.chapters, said.passages)
    cues = tuple(Cue(*each) for each in one_by_one(captions(said)))
    return Texts(
        [Chapter(turn.start, turn.end, turn.name) for turn in floor],
        Captions(cues, three_letters(said.language)) if cues else None,
    )
