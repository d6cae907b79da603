"""Stamps: what a step was made from, so that it is made again only when that has changed.

A stamp is one small file. It says `begun` while its step is at work and holds the digest of the step's inputs
once the step is done, so a step that was interrupted (even by `kill -9`) never counts as done, and
the next run knows that it must start from nothing.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

BEGUN = "begun"


def digest(*parts: str | Path, root: Path) -> str:
    """SHA-256 over texts and files: their names (from `root`) and contents; a missing file counts too."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            total.update(f"text {len(part.encode())}\n{part}\n".encode())
        elif part.is_file():
            content = part.read_bytes()
            total.update(f"file {part.relative_to(root).as_posix()} {len(content)}\n".encode())
            total.update(content)
        else:
            total.update(f"missing {part.relative_to(root).as_posix()}\n".encode())
    return total.hexdigest()


def files_under(folder: Path, leave_out: Iterable[str] = ()) -> list[Path]:
    """Every file below `folder`, sorted, without hidden ones and without folders named in `leave_out`."""
    left_out = set(leave_out)
    found = []
    for at, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in left_out and not name.startswith(".")]
        found += [Path(at) / name for name in names if not name.startswith(".")]
    return sorted(found)


class Stamp:
    """The stamp of one step."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def reads(self) -> str:
        """The digest of a step that is done, `begun`, or nothing."""
        try:
            return self.path.read_text().strip()
        except FileNotFoundError:
            return ""

    def begin(self) -> None:
        self._write(BEGUN)

    def finish(self, inputs: str) -> None:
        self._write(inputs)

    def _write(self, text: str) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_suffix(".new")
        beside.write_text(text + "\n")
        beside.replace(self.path)
