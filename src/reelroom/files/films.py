"""Where finished films and what belongs to them are kept: a folder of the data directory."""

import base64
import errno
import functools
import hashlib
import os
import shutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from reelroom.files.durable import sync_folder

FILM = ".mp4"
TRACKS = ".zip"
_ID_LENGTH = 36  # of a UUID
# What an archive may have beside its film or tracks, by suffix.
WORDS = (".transcript.json", ".captions.vtt", ".captions.srt", ".transcript.txt")  # of a transcript
SUMMARY = ".summary.json"
TEXTS = (*WORDS, SUMMARY)  # what may be there, or become another, after the film has gone to a bucket
CHAPTERS = ".chapters.vtt"
BESIDE = (
    ".timeline.json",
    ".speakers.vtt",
    CHAPTERS,
    ".poster.jpg",
    ".thumbnails.vtt",
    ".thumbnails.jpg",
    ".chat.json",
)
_EVERY = (FILM, TRACKS, *BESIDE, *TEXTS)
_DRAFTS = ".summary.drafts"  # of a summary that is being made


def product(output_mode: str) -> str:
    """The suffix of the file that an archive is about."""
    return TRACKS if output_mode == "individual" else FILM


@dataclass(frozen=True)
class Storage:
    """Files by archive id and suffix."""

    folder: Path

    def path(self, archive_id: str, suffix: str = FILM) -> Path:
        """Where an archive's file is, or would be."""
        return self.folder / f"{archive_id}{suffix}"

    def has(self, archive_id: str, suffix: str = FILM) -> bool:
        """Whether the file is here, whole."""
        return self.path(archive_id, suffix).is_file()

    def beside(self, archive_id: str, updated_at: int) -> frozenset[str]:
        """The suffixes of all files that an archive has, as it was when it changed last (ms since the epoch).

        What lies beside a film is there before its archive is available, so it is looked for once: a list of archives
        would spend most of its time asking the disk.
        """
        return _beside(self.folder, archive_id, updated_at)

    def keep(self, made: Path, archive_id: str) -> Path:
        """Take over a finished file and what was made beside it, itself last; raises OSError. Blocking."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for suffix in BESIDE:
            beside = made.with_suffix(suffix)
            if beside.is_file():
                _move(beside, self.path(archive_id, suffix))
        kept = self.path(archive_id, made.suffix)
        _move(made, kept)
        sync_folder(self.folder)
        return kept

    def replace_film(self, archive_id: str, write: Callable[[Path, Path], None]) -> None:
        """A film is what `write` makes of it, in one moment: it is told the film and where to write the new one.

        Raises OSError, and what `write` does; then the film is as it was. Blocking.
        """
        film = self.path(archive_id)
        beside = film.with_name(film.name + ".partial")
        try:
            write(film, beside)
            beside.replace(film)
        finally:
            beside.unlink(missing_ok=True)
        sync_folder(self.folder)

    def archives(self) -> frozenset[str]:
        """The ids of all archives of which there is a file; raises OSError. Blocking."""
        if not self.folder.is_dir():
            return frozenset()
        return frozenset(path.name[:_ID_LENGTH] for path in self.folder.iterdir())

    def suffixes(self) -> Mapping[str, frozenset[str]]:
        """What there is, by archive; raises OSError. Blocking."""
        found: dict[str, set[str]] = {}
        if self.folder.is_dir():
            for path in self.folder.iterdir():
                if (suffix := path.name[_ID_LENGTH:]) in _EVERY:
                    found.setdefault(path.name[:_ID_LENGTH], set()).add(suffix)
        return {archive_id: frozenset(suffixes) for archive_id, suffixes in found.items()}

    def suffixes_of(self, archive_id: str) -> frozenset[str]:
        """What there is of one archive now. Blocking."""
        return frozenset(suffix for suffix in _EVERY if self.has(archive_id, suffix))

    def keep_words(self, made: Path, archive_id: str) -> None:
        """Take over a transcript that was made beside the film's place; raises OSError. Blocking.

        Chapters get the titles that it gives them, where there are any.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        retitled = made.with_suffix(CHAPTERS)
        if retitled.is_file() and self.has(archive_id, CHAPTERS):
            _move(retitled, self.path(archive_id, CHAPTERS))
        retitled.unlink(missing_ok=True)
        for suffix in WORDS:
            _move(made.with_suffix(suffix), self.path(archive_id, suffix))
        sync_folder(self.folder)

    def drafts(self, archive_id: str) -> Path:
        """Where what is known of a summary is kept while it is made."""
        return self.path(archive_id, _DRAFTS)

    def remove(self, archive_id: str, but: Collection[str] = ()) -> None:
        """Remove all of an archive's files, `but` those with these suffixes; raises OSError. Blocking."""
        for suffix in set(_EVERY).difference(but):
            self.path(archive_id, suffix).unlink(missing_ok=True)
        for suffix in (FILM + ".partial", *(() if SUMMARY in but else (_DRAFTS,))):
            self.path(archive_id, suffix).unlink(missing_ok=True)
        if self.folder.is_dir():
            sync_folder(self.folder)
        _beside.cache_clear()


@functools.lru_cache(maxsize=20_000)
def _beside(folder: Path, archive_id: str, _updated_at: int) -> frozenset[str]:
    return frozenset(suffix for suffix in _EVERY if os.path.isfile(f"{folder}/{archive_id}{suffix}"))  # noqa: PTH113


def checksum(path: Path) -> tuple[str, int]:
    """A file's SHA-256, in base64, and its size in bytes; raises OSError. Blocking."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    return base64.b64encode(digest).decode(), path.stat().st_size


def _move(made: Path, kept: Path) -> None:
    try:
        made.replace(kept)
        return
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
    partial = kept.with_name(kept.name + ".partial")  # the folders lie on two disks
    try:
        with made.open("rb") as source, partial.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
            target.flush()
            os.fsync(target.fileno())
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    partial.replace(kept)
    made.unlink()
