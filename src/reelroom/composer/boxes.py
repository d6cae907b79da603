"""The boxes of an MP4's index, and where they say that samples are (ISO/IEC 14496-12)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

_CONTAINERS = (b"trak", b"mdia", b"minf", b"stbl")
_OFFSETS = {b"stco": ">u4", b"co64": ">u8"}
HEAD = 8  # bytes of a box before its content


@dataclass(frozen=True)
class Box:
    """A box that begins at byte `at` of what it is in; `size` with its head."""

    kind: bytes
    at: int
    size: int

    @property
    def end(self) -> int:
        return self.at + self.size


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box of these parts."""
    content = b"".join(parts)
    return struct.pack(">I4s", HEAD + len(content), kind) + content


def full_box(kind: bytes, flags: int, *parts: bytes) -> bytes:
    """A box of version 0 with flags."""
    return box(kind, struct.pack(">I", flags), *parts)


def boxes(data: bytes | bytearray, start: int, end: int) -> Iterator[Box]:
    """The boxes that lie side by side in [start, end); none has a size of 64 bits. Raises ValueError."""
    while start < end:
        size, kind = struct.unpack_from(">I4s", data, start)
        if size < HEAD or start + size > end:
            raise ValueError(f"a damaged box at {start}")
        yield Box(kind, start, size)
        start += size


def moved(moov: bytes, by: int) -> bytes:
    """An index of samples that lie `by` bytes further back. Raises OverflowError where 32 bits do not reach."""
    data = bytearray(moov)

    def move(start: int, end: int) -> None:
        for each in boxes(data, start, end):
            if each.kind in _CONTAINERS:
                move(each.at + HEAD, each.end)
            elif each.kind in _OFFSETS:
                first, kind = each.at + HEAD + 8, _OFFSETS[each.kind]  # after the version, the flags, the count
                offsets = np.frombuffer(data[first : each.end], dtype=kind).astype(np.int64) + by
                if len(offsets) and offsets.max() > np.iinfo(np.dtype(kind)).max:
                    raise OverflowError("the film is too long for its index")
                data[first : each.end] = offsets.astype(kind).tobytes()

    move(HEAD, len(data))
    return bytes(data)
