"""Whether the depot has the very bytes of a file that lies here: asked before the one here is removed."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reelroom.files.depot import Depot
from reelroom.files.parcels import Part, length

_PIECE = 4 << 20  # bytes that are compared at once


@dataclass(frozen=True)
class Seen:
    """A file as it was when it was looked at: one that is written anew, or grows, is another one."""

    inode: int
    size: int
    changed_ns: int


def seen(path: Path) -> Seen | None:
    """How a file is now; None where there is none. Blocking."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return Seen(stat.st_ino, stat.st_size, stat.st_mtime_ns)


async def is_object(depot: Depot, key: str, path: Path) -> bool:
    """Whether an object has the bytes of a file, no less and no more. Raises DepotError, OSError."""
    size = (await asyncio.to_thread(path.stat)).st_size
    if await depot.size(key) != size:
        return False
    for start in range(0, size, _PIECE):
        end = min(size, start + _PIECE)
        if await depot.read_range(key, start, end) != await asyncio.to_thread(_read, path, start, end - start):
            return False
    return True


async def is_laid_out(depot: Depot, key: str, parts: Sequence[Part], path: Path) -> bool:
    """Whether parcels below `key`, laid out, have the bytes of a file. Raises DepotError, OSError."""
    if (await asyncio.to_thread(path.stat)).st_size != length(parts):
        return False
    for part in parts:
        there = (await depot.read(f"{key}/{part.parcel.name}"))[: part.size]
        if there != await asyncio.to_thread(_read, path, part.parcel.offset, part.size):
            return False
    return True


def remove_as_seen(path: Path, then: Seen) -> bool:
    """Remove a file, unless it is another one by now; whether it is gone. Blocking."""
    if seen(path) != then:
        return False
    path.unlink()
    return True


def _read(path: Path, start: int, size: int) -> bytes:
    with path.open("rb") as file:
        return os.pread(file.fileno(), size, start)
