"""The blocks of a Matroska file that may still be growing, or may have been cut off at any byte.

FFmpeg's demuxer takes the end of a growing file for the end of the track, and cannot go on from there. A take's
files have one track, in SimpleBlocks, in order (docs/formats.md), so an index of blocks is all that a reader
needs: this module keeps one, and learns of new blocks at each `poll`. Element ids are those of RFC 9559.
"""

import os
from array import array
from bisect import bisect_right
from pathlib import Path
from types import TracebackType
from typing import Self

_SEGMENT = 0x18538067
_CLUSTER = 0x1F43B675
_TIMESTAMP = 0xE7
_SIMPLE_BLOCK = 0xA3
_BLOCK_GROUP = 0xA0
_BLOCK = 0xA1
_TRACKS = 0x1654AE6B
_TRACK_ENTRY = 0xAE
_CODEC_PRIVATE = 0x63A2
_ENTERED = {_SEGMENT, _CLUSTER, _BLOCK_GROUP, _TRACKS, _TRACK_ENTRY}
_UNKNOWN_SIZE = -1
_READ_AHEAD = 1 << 20
_BIGGEST_ELEMENT = 64 << 20
_LATEST_MS = 1 << 40  # 35 years


class CorruptFile(ValueError):
    """The file holds something that is not Matroska; what came before it stays readable."""


def _vint(data: bytes, at: int, *, keep_marker: bool) -> tuple[int, int] | None:
    """An EBML variable-size integer and its length in bytes; None when `data` ends within it."""
    if at >= len(data):
        return None
    first = data[at]
    if first == 0:
        raise CorruptFile("a variable-size integer of more than 8 bytes")
    length = 9 - first.bit_length()
    if at + length > len(data):
        return None
    value = int.from_bytes(data[at : at + length])
    if keep_marker:
        return value, length
    value &= (1 << (7 * length)) - 1
    return (_UNKNOWN_SIZE if value == (1 << (7 * length)) - 1 else value), length


class TrackFile:
    """One track file, open for reading; `times`, in ms, has an entry for each whole block so far.

    Raises FileNotFoundError when there is no such file. A corrupt element ends the index there: `corrupt`
    then says what was found.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.times = array("q")
        self.codec_private = b""
        self.corrupt = ""
        self._offsets = array("q")
        self._sizes = array("l")
        self._keyframes = array("l")  # indices of blocks that are keyframes
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._position = 0
        self._cluster_ms = 0

    def __len__(self) -> int:
        return len(self.times)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; the index stays."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def payload(self, index: int) -> bytes:
        """The encoded frame in block `index`."""
        return os.pread(self._fd, self._sizes[index], self._offsets[index])

    def last_at(self, ms: int) -> int:
        """The index of the last block at or before `ms`; -1 when there is none."""
        return bisect_right(self.times, ms) - 1

    def keyframe_at(self, index: int) -> int:
        """The index of the last keyframe at or before block `index`; -1 when there is none."""
        found = bisect_right(self._keyframes, index) - 1
        return self._keyframes[found] if found >= 0 else -1

    def is_keyframe(self, index: int) -> bool:
        """Whether block `index` can be decoded without those before it."""
        return self.keyframe_at(index) == index

    def poll(self) -> int:
        """Index the blocks that were written since the last call; returns how many."""
        before = len(self.times)
        while not self.corrupt:
            data = os.pread(self._fd, _READ_AHEAD, self._position)
            try:
                consumed, wanted = self._parse(data)
                if consumed == 0 and wanted > len(data) >= _READ_AHEAD:
                    data = os.pread(self._fd, wanted, self._position)
                    consumed, _ = self._parse(data)
            except CorruptFile as error:
                self.corrupt = str(error)
                break
            if consumed == 0:
                break
            self._position += consumed
        return len(self.times) - before

    def _parse(self, data: bytes) -> tuple[int, int]:
        """Index the whole elements in `data`; returns bytes consumed, and bytes the next element needs."""
        at = 0
        while True:
            element = _vint(data, at, keep_marker=True)
            size = _vint(data, at + element[1], keep_marker=False) if element else None
            if element is None or size is None:
                return at, 0
            body = at + element[1] + size[1]
            if element[0] in _ENTERED:
                at = body
                continue
            if size[0] == _UNKNOWN_SIZE or size[0] > _BIGGEST_ELEMENT:
                raise CorruptFile(f"an element {element[0]:#x} of impossible size at byte {self._position + at}")
            end = body + size[0]
            if end > len(data):
                return at, end - at
            self._element(element[0], data, body, end)
            at = end

    def _element(self, name: int, data: bytes, body: int, end: int) -> None:
        if name == _TIMESTAMP:
            self._cluster_ms = int.from_bytes(data[body:end])
            if self._cluster_ms > _LATEST_MS:
                raise CorruptFile(f"a cluster of impossible time at byte {self._position + body}")
        elif name == _CODEC_PRIVATE:
            self.codec_private = data[body:end]
        elif name in (_SIMPLE_BLOCK, _BLOCK):
            track = _vint(data, body, keep_marker=False)
            if track is None or body + track[1] + 3 > end:
                raise CorruptFile(f"a block too short for its header at byte {self._position + body}")
            header = body + track[1]
            relative = int.from_bytes(data[header : header + 2], signed=True)
            if data[header + 2] & 0x80:
                self._keyframes.append(len(self.times))
            self.times.append(self._cluster_ms + relative)
            self._offsets.append(self._position + header + 3)
            self._sizes.append(end - header - 3)
