"""The boxes of an MP4's index: where samples are, and a track of chapters (ISO/IEC 14496-12, QuickTime's text)."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

_CONTAINERS = (b"trak", b"mdia", b"minf", b"stbl")
_OFFSETS = {b"stco": ">u4", b"co64": ">u8"}
_HEAD = 8  # bytes of a box before its content
_CLOCK = 1000  # ticks a second, of chapters
_IDENTITY = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
_UTF8 = struct.pack(">I4sI", 12, b"encd", 0x100)


@dataclass(frozen=True)
class Chapter:
    """[start, end) in µs from the start of the film."""

    start: int
    end: int
    title: str


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
    return struct.pack(">I4s", _HEAD + len(content), kind) + content


def _full(kind: bytes, flags: int, *parts: bytes) -> bytes:
    return box(kind, struct.pack(">I", flags), *parts)


def boxes(data: bytes | bytearray, start: int, end: int) -> Iterator[Box]:
    """The boxes that lie side by side in [start, end); none has a size of 64 bits. Raises ValueError."""
    while start < end:
        size, kind = struct.unpack_from(">I4s", data, start)
        if size < _HEAD or start + size > end:
            raise ValueError(f"a damaged box at {start}")
        yield Box(kind, start, size)
        start += size


def moved(moov: bytes, by: int) -> bytes:
    """An index of samples that lie `by` bytes further back. Raises OverflowError where 32 bits do not reach."""
    data = bytearray(moov)

    def move(start: int, end: int) -> None:
        for each in boxes(data, start, end):
            if each.kind in _CONTAINERS:
                move(each.at + _HEAD, each.end)
            elif each.kind in _OFFSETS:
                first, kind = each.at + _HEAD + 8, _OFFSETS[each.kind]  # after the version, the flags, the count
                offsets = np.frombuffer(data[first : each.end], dtype=kind).astype(np.int64) + by
                if len(offsets) and offsets.max() > np.iinfo(np.dtype(kind)).max:
                    raise OverflowError("the film is too long for its index")
                data[first : each.end] = offsets.astype(kind).tobytes()

    move(_HEAD, len(data))
    return bytes(data)


def chapter_texts(chapters: Sequence[Chapter]) -> list[bytes]:
    """The samples of a track of chapters: each a text, its length before it."""
    titles = [chapter.title.encode(errors="replace")[:0xFFFF] for chapter in chapters]
    return [struct.pack(">H", len(title)) + title + _UTF8 for title in titles]


def with_chapters(moov: bytes, chapters: Sequence[Chapter], first_text: int) -> bytes:
    """An index with one more track, which QuickTime shows as chapters; their texts lie at byte `first_text` on."""
    header = next(each for each in boxes(moov, _HEAD, len(moov)) if each.kind == b"mvhd")
    scale, length = _times(moov, header)
    number = struct.unpack_from(">I", moov, header.end - 4)[0]
    tracks: list[bytes] = []
    others: list[bytes] = []
    for each in boxes(moov, _HEAD, len(moov)):
        content = moov[each.at : each.end]
        if each.kind == b"trak":
            points = box(b"tref", box(b"chap", struct.pack(">I", number)))
            tracks.append(box(b"trak", content[_HEAD:], points))
        elif each.kind != b"mvhd":
            others.append(content)
    tracks.append(_chapter_track(number, chapters, first_text, length * _CLOCK // scale, length))
    counted = moov[header.at : header.end - 4] + struct.pack(">I", number + 1)
    return box(b"moov", counted, *tracks, *others)


def _times(moov: bytes, header: Box) -> tuple[int, int]:
    """Ticks a second, and how many the film lasts."""
    if moov[header.at + _HEAD] == 1:
        scale, length = struct.unpack_from(">IQ", moov, header.at + _HEAD + 4 + 16)
    else:
        scale, length = struct.unpack_from(">II", moov, header.at + _HEAD + 4 + 8)
    return int(scale), int(length)


def _chapter_track(number: int, chapters: Sequence[Chapter], first_text: int, ticks: int, length: int) -> bytes:
    texts = chapter_texts(chapters)
    starts = [chapter.start * _CLOCK // 1_000_000 for chapter in chapters]
    lengths = [after - before for before, after in zip(starts, [*starts[1:], max(ticks, starts[-1])], strict=True)]
    # Flags, alignment, background, box, reserved, font, its colours, an empty name: players' own.
    entry = box(b"text", bytes(6), struct.pack(">H", 1), bytes(4 + 4 + 6 + 8 + 8 + 2 + 2 + 1 + 2 + 6 + 1))
    table = box(
        b"stbl",
        _full(b"stsd", 0, struct.pack(">I", 1), entry),
        _full(
            b"stts", 0, struct.pack(f">I{2 * len(texts)}I", len(texts), *(n for each in lengths for n in (1, each)))
        ),
        _full(b"stsc", 0, struct.pack(">IIII", 1, 1, len(texts), 1)),
        _full(b"stsz", 0, struct.pack(f">II{len(texts)}I", 0, len(texts), *map(len, texts))),
        _full(b"co64", 0, struct.pack(">IQ", 1, first_text)),
    )
    base = box(
        b"gmhd",
        _full(b"gmin", 0, struct.pack(">HHHHHH", 0x40, 0x8000, 0x8000, 0x8000, 0, 0)),
        box(b"text", _IDENTITY),
    )
    here = box(b"dinf", _full(b"dref", 0, struct.pack(">I", 1), _full(b"url ", 1)))
    media = box(
        b"mdia",
        _full(b"mdhd", 0, struct.pack(">IIIIHH", 0, 0, _CLOCK, ticks, 0x55C4, 0)),  # of undetermined language
        _full(b"hdlr", 0, b"mhlrtext", bytes(12), b"\x08Chapters\0"),
        box(b"minf", base, here, table),
    )
    # Not enabled: players show its texts as chapters, not over the picture.
    header = _full(
        b"tkhd", 0, struct.pack(">IIIIIIIhhhH", 0, 0, number, 0, length, 0, 0, 0, 0, 0, 0), _IDENTITY, bytes(8)
    )
    return box(b"trak", header, media)
