"""Files that survive a crash: written whole or not at all."""

import os
from pathlib import Path


def write_durably(path: Path, text: str | bytes, mode: int = 0o644) -> None:
    """Write a file so that a crash leaves the old one or the new one, never half of it."""
    data = text.encode() if isinstance(text, str) else text
    temporary = path.with_name(path.name + ".partial")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """Make what is in a file survive a power cut."""
    _sync(path)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` survive a power cut."""
    _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
