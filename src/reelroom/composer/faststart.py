"""A finished film's index, brought from its end to its front: a player that is sent the film can begin at once.

The film is not copied for that where its file system can insert space at the front of a file, as ext4 and XFS can.
"""

import ctypes
import os
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from reelroom.composer.boxes import HEAD, Box, box, moved
from reelroom.composer.text_tracks import Chapter, Texts, length_of, with_texts

_BLOCK = 4096  # bytes: what is inserted is made of whole blocks, of which none is larger on what can insert
_INSERT_RANGE = 0x20  # Linux's fallocate(2)
# Bytes that are left free at the front for what is said in a film: players that play it go on while it gets captions.
_ROOM, _ROOM_A_SECOND = 8192, 80


def index_first(path: Path, chapters: Sequence[Chapter]) -> None:
    """Give an MP4 that ends with its index one at its front, with a track of the chapters.

    It stays as it is where there is no space for that; it is not whole while this goes on. Raises OSError.
    """
    with path.open("rb") as file:
        tops = {each.kind: each for each in top_boxes(file)}
        moov, first = tops[b"moov"], tops[b"mdat"]
        if moov.at < first.at:
            return
        kind, index = content_of(file, tops[b"ftyp"]), content_of(file, moov)
    texts = Texts(chapters)
    samples = texts.samples()
    about = box(b"mdat", samples) if samples else b""

    def front(by: int) -> bytes:
        """All that lies before the samples, once these lie `by` bytes further back; the end of it is padding."""
        where = moved(index, by)
        size = len(with_texts(where, texts, 0))
        return kind + with_texts(where, texts, len(kind) + size + HEAD) + about

    room = _ROOM + int(_ROOM_A_SECOND * length_of(index))
    by = -(-(len(front(0)) + HEAD + room) // _BLOCK) * _BLOCK
    try:
        head = front(by)
    except OverflowError:
        return
    padding = struct.pack(">I4s", by + first.at - len(head), b"free")
    if not (_insert(path, by) or _copy(path, by, moov.at)):
        return
    with path.open("r+b") as film:
        film.write(head + padding)
        film.truncate(by + moov.at)


def top_boxes(file: BinaryIO) -> list[Box]:
    """The boxes of a film, in order; one that is larger than 4 GB, too."""
    found: list[Box] = []
    at, whole = 0, os.fstat(file.fileno()).st_size
    while at < whole:
        file.seek(at)
        size, kind, large = struct.unpack(">I4sQ", file.read(16).ljust(16, b"\0"))
        found.append(Box(kind, at, large if size == 1 else size))
        at += max(found[-1].size, HEAD)
    return found


def content_of(file: BinaryIO, what: Box) -> bytes:
    """A box whole, with its head."""
    file.seek(what.at)
    return file.read(what.size)


def _insert(path: Path, size: int) -> bool:
    """Move all of a file so many bytes back; False where its file system does that only by copying."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "fallocate"):
        return False
    with path.open("r+b") as file:
        offset, length = ctypes.c_longlong(0), ctypes.c_longlong(size)
        return bool(libc.fallocate(file.fileno(), _INSERT_RANGE, offset, length) == 0)


def _copy(path: Path, by: int, size: int) -> bool:
    """The same, as far as `size` bytes, by a copy: where the file system can, one that shares its blocks.

    False where there is no space for it.
    """
    copy = path.with_name(path.name + ".copy")
    try:
        with path.open("rb") as source, copy.open("wb") as target:
            copy_bytes(source, target, size, 0, by)
    except OSError:
        copy.unlink(missing_ok=True)
        return False
    copy.replace(path)
    return True


def copy_bytes(source: BinaryIO, target: BinaryIO, size: int, at: int, to: int) -> None:
    """Copy `size` bytes from byte `at` on to byte `to`: where the file system can, they share their blocks."""
    done = 0
    while done < size and (count := _copied(source, target, size - done, at + done, to + done)):
        done += count
    source.seek(at + done)
    target.seek(to + done)
    while done < size and (data := source.read(min(1 << 20, size - done))):
        target.write(data)
        done += len(data)


def _copied(source: BinaryIO, target: BinaryIO, count: int, at: int, to: int) -> int:
    """How many bytes the kernel has copied; 0 where it cannot."""
    try:
        return os.copy_file_range(source.fileno(), target.fileno(), count, at, to)
    except OSError:
        return 0
