"""Where finished films are kept: a folder of the data directory."""

from dataclasses import dataclass
from pathlib import Path

from reelroom.take import sync_folder


@dataclass(frozen=True)
class Storage:
    """Films by archive id."""

    folder: Path

    def path(self, archive_id: str) -> Path:
        """Where an archive's film is, or would be."""
        return self.folder / f"{archive_id}.mp4"

    def has(self, archive_id: str) -> bool:
        """Whether the film is here, whole."""
        return self.path(archive_id).is_file()

    def keep(self, film: Path, archive_id: str) -> Path:
        """Take over a finished film; raises OSError. Blocking."""
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = film.replace(self.path(archive_id))
        sync_folder(self.folder)
        return kept
