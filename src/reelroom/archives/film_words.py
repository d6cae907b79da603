"""Films are given what is said in them: captions that players can switch on, and chapters called by first words."""

import asyncio
import errno
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog

from reelroom.archives.answer import plan_of
from reelroom.archives.changes import ArchiveChanges
from reelroom.archives.film_files import FilmFiles
from reelroom.composer.captioned import NotCaptioned, captioned
from reelroom.composer.text_tracks import Captions, Chapter, Cue, Texts
from reelroom.cutting.kept import Kept, kept
from reelroom.cutting.plan import PlanError
from reelroom.cutting.turns import Turn, chapters
from reelroom.errors import Overloaded
from reelroom.files.films import FILM, WORDS, Storage, checksum
from reelroom.files.space import free_mb
from reelroom.processes.looks import Looks
from reelroom.processes.patience import doubling
from reelroom.store.database import now_ms
from reelroom.store.node import Node
from reelroom.store.states import FILM_IS_MADE
from reelroom.store.store import Store
from reelroom.store.values import Archive
from reelroom.transcripts.beside import write_transcript
from reelroom.transcripts.captions import captions, one_by_one
from reelroom.transcripts.corrections import Correction, as_heard, corrected
from reelroom.transcripts.documents import from_json, model_of
from reelroom.transcripts.headings import titled
from reelroom.transcripts.languages import three_letters
from reelroom.transcripts.summary import wording_of
from reelroom.transcripts.words import Transcript, Word

_log = structlog.get_logger()

_EVERY_SECONDS = 5.0
_AT_ONCE = 20
_MEGABYTE = 1_000_000
_FIRST_PAUSE, _LONGEST_PAUSE = 30.0, 900.0  # s between two attempts at one film


class FilmWords:
    """The films of the transcripts that lie here; one is written at a time. What corrections ask for is in rows.

    A film is written where so many MB (`least_mb`) are free beside its copy: less ends recordings.
    """

    def __init__(self, store: Store, files: FilmFiles, changes: ArchiveChanges, node: Node, least_mb: int) -> None:
        self._store = store
        self._files = files
        self._storage = files.storage
        self._changes = changes
        self._node = node
        self._least_mb = least_mb
        self._texts, self._films = asyncio.Lock(), asyncio.Lock()  # a film takes long, who corrects a line waits
        self._failures: dict[str, int] = {}  # in a row, by archive
        problem = "films could not follow their corrections"
        self._looks = Looks(lambda: self.look(now_ms()), _EVERY_SECONDS, problem)

    async def give(self, archive: Archive) -> dict[str, Any] | None:
        """An archive's texts have its corrections, and its film has what they say.

        Returns what is to be noted of the film's file, if it is another; None where no transcript is here, or it was
        not written. A film that is on its way to a bucket stays as it is. What the disk refuses comes later.
        """
        file: dict[str, Any] | None = None
        try:
            async with self._texts:
                if not await self._correct(archive):
                    return None
            file = {}
            if await self._store.uploads.get(archive.id) is None and await self._has_film(archive):
                # A thread cannot be broken off: it keeps its lock until it is done, whoever waits for it no more.
                file = await asyncio.shield(asyncio.create_task(self._write(archive.id)))
        except NotCaptioned as error:
            _log.error("a film has no captions", archive=archive.id, why=str(error))
        except (OSError, Overloaded) as error:
            await self._put_off(archive.id, str(error))
            return file
        self._failures.pop(archive.id, None)
        return file

    async def follow(self, archive: Archive) -> None:
        """An archive's texts have its corrections as they are now; its film follows in a moment. Raises OSError."""
        async with self._texts:
            here = await self._correct(archive)
        if here:
            await self._changes.rewritten(archive.id, {}, self._node.name)

    async def _correct(self, archive: Archive) -> bool:
        """Whether there is a transcript."""
        known = await self._store.corrections.of_take(archive.take_id)
        corrections = [
            Correction(
                *(each.id, each.participant, each.start_us, each.end_us, each.name),
                tuple(Word(start, end, text, 1.0) for start, end, text in each.words),
            )
            for each in known
        ]
        try:
            said = await asyncio.to_thread(_correct, self._storage, archive, corrections)
        except (ValueError, PlanError) as error:
            _log.error("a transcript cannot be read", archive=archive.id, why=str(error))
            return False
        if said is not None:
            await self._store.transcripts.says(archive.id, wording_of(said))
        return said is not None

    async def _has_film(self, archive: Archive) -> bool:
        """Whether its film is here, where one that gave way on a full disk is again. Raises OSError, Overloaded."""
        async with self._films:
            if self._storage.has(archive.id):
                return True
            in_depot = self._files.in_depot(archive).get(FILM)
            if in_depot is None:
                return False
            await asyncio.to_thread(self._check_space, 2 * in_depot.size)  # for its copy, too
            await self._files.bring(archive, FILM)
            return True

    def _check_space(self, size: int) -> None:
        """Whether so many bytes may be written. Raises OSError. Blocking."""
        folder = self._storage.folder
        needed, free = size / _MEGABYTE + self._least_mb, free_mb(folder if folder.is_dir() else folder.parent)
        if free < needed:
            raise OSError(errno.ENOSPC, f"{free:.0f} MB are free, and a copy of the film needs {needed:.0f}")

    async def _write(self, archive_id: str) -> dict[str, Any]:
        async with self._films:
            return await asyncio.to_thread(self._give, archive_id)

    def _give(self, archive_id: str) -> dict[str, Any]:
        said = read_transcript(self._storage, archive_id)
        if said is None:
            return {}
        texts, film = texts_of(said), self._storage.path(archive_id, FILM)
        self._check_space(film.stat().st_size)
        self._storage.replace_film(archive_id, lambda film, beside: captioned(film, beside, texts))
        digest, size = checksum(film)
        return {"sha256sum": digest, "size": size}

    async def _put_off(self, archive_id: str, why: str) -> None:
        failures = self._failures.get(archive_id, 0)
        self._failures[archive_id] = failures + 1
        pause = doubling(failures, _FIRST_PAUSE, _LONGEST_PAUSE)
        _log.warning("a film does not have what is said in it yet", archive=archive_id, why=why, again_in=pause)
        await self._store.transcripts.write_later(archive_id, now_ms() + int(1000 * pause))

    @property
    def still(self) -> asyncio.Lock:
        """While this is held, no film here becomes another one."""
        return self._films

    def start(self) -> None:
        """Have films follow corrections, also those that an earlier server was told."""
        self._looks.start("film words")

    async def look(self, now: int) -> None:
        """At what is to be written at `now` (ms); one that fails keeps no other waiting."""
        for transcript in await self._store.transcripts.to_be_written(self._node.name, now, _AT_ONCE):
            try:
                archive = await self._store.archives.get(transcript.archive_id)
                if archive is not None and archive.status in FILM_IS_MADE:
                    file = await self.give(archive)
                    if file is not None:
                        await self._changes.rewritten(archive.id, file, self._node.name)
                await self._store.transcripts.written(transcript)
            except Exception as error:
                _log.exception("a film could not follow its corrections", archive=transcript.archive_id)
                await self._put_off(transcript.archive_id, str(error))

    async def close(self) -> None:
        """Look no more; what is being written is finished, and begun anew by the next server."""
        await self._looks.close()
        async with self._films:
            pass


def film_of(archive: Archive) -> Kept:
    """What a finished archive keeps of its take. Raises PlanError."""
    end = archive.end_us if archive.end_us is not None else archive.start_us + archive.duration_ms * 1000
    return kept(plan_of(archive), archive.start_us, end)


def _correct(storage: Storage, archive: Archive, corrections: Sequence[Correction]) -> Transcript | None:
    """What an archive's texts say, written anew where these corrections change them; None where it has none."""
    said = read_transcript(storage, archive.id)
    if said is None:
        return None
    now = corrected(as_heard(said), corrections, film_of(archive))
    if now != said:
        model = model_of(storage.path(archive.id, WORDS[0]).read_bytes())
        write_transcript(storage.path(archive.id), now, model)
    return now


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
