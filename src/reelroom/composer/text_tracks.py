"""Texts in an MP4's index: chapters (QuickTime's text, Nero's list) and captions (3GPP's timed text, TS 26.245)."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from reelroom.composer.boxes import HEAD, Box, box, boxes, full_box

_CLOCK = 1000  # ticks a second, of texts
_IDENTITY = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
_UTF8 = struct.pack(">I4sI", 12, b"encd", 0x100)
_UNDETERMINED = "und"  # ISO 639-2's word for it
_IN_FILM = 2  # a track's flag: without that of one that is on (1), players offer it, and show it when asked to
_INSTEAD = 3  # the group of tracks of which a player shows one
_LETTERS = 18  # a picture is so many letters high
_BOTTOM = -1
_MOST_LISTED, _LONGEST_LISTED = 255, 255  # chapters of Nero's list, and bytes of a title in it


@dataclass(frozen=True)
class Chapter:
    """[start, end) in µs from the start of the film."""

    start: int
    end: int
    title: str


@dataclass(frozen=True)
class Cue:
    """What is to be read during [start, end), µs from the start of the film."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Captions:
    """Cues in order, none over another, in a language (ISO 639-2's code for terms)."""

    cues: tuple[Cue, ...]
    language: str = _UNDETERMINED


@dataclass(frozen=True)
class Texts:
    """What a film has to be read."""

    chapters: Sequence[Chapter] = ()
    captions: Captions | None = None

    def samples(self) -> bytes:
        """The texts, as they lie in the film: those of the chapters, then those of the captions."""
        return b"".join([*_chapter_samples(self.chapters), *_caption_samples(self.captions)])


@dataclass(frozen=True)
class _Samples:
    """A track's texts as they lie in the film from byte `at` on, and how long each is shown, in ticks."""

    texts: Sequence[bytes]
    lengths: Sequence[int]
    at: int

    def table(self, entry: bytes) -> bytes:
        """Where they are and when; `entry` says what they are."""
        times = struct.pack(
            f">I{2 * len(self.lengths)}I", len(self.texts), *(n for one in self.lengths for n in (1, one))
        )
        return box(
            b"stbl",
            full_box(b"stsd", 0, struct.pack(">I", 1), entry),
            full_box(b"stts", 0, times),
            full_box(b"stsc", 0, struct.pack(">IIII", 1, 1, len(self.texts), 1)),
            full_box(b"stsz", 0, struct.pack(f">II{len(self.texts)}I", 0, len(self.texts), *map(len, self.texts))),
            full_box(b"co64", 0, struct.pack(">IQ", 1, self.at)),
        )


def without_texts(moov: bytes) -> bytes:
    """An index without tracks of text, and without what refers to them or lists chapters."""
    kept: list[bytes] = []
    for each in boxes(moov, HEAD, len(moov)):
        content = moov[each.at : each.end]
        if each.kind == b"trak":
            if _handler(content) in (b"text", b"sbtl"):
                continue
            content = _without(content, b"tref")
        elif each.kind == b"udta":
            content = _without(content, b"chpl")
            if len(content) == HEAD:
                continue
        kept.append(content)
    number = 1 + max(_number(each) for each in kept if each[4:8] == b"trak")
    kept = [each[:-4] + struct.pack(">I", number) if each[4:8] == b"mvhd" else each for each in kept]
    return box(b"moov", *kept)


def with_texts(moov: bytes, texts: Texts, first: int, *, listed: bool = False) -> bytes:
    """An index with tracks for these texts, whose samples lie at byte `first` on. `listed`: and Nero's list."""
    header = next(each for each in boxes(moov, HEAD, len(moov)) if each.kind == b"mvhd")
    scale, length = _times(moov, header)
    number = struct.unpack_from(">I", moov, header.end - 4)[0]
    ticks = length * _CLOCK // scale
    tracks: list[bytes] = []
    others: list[bytes] = []
    size = 0, 0
    for each in boxes(moov, HEAD, len(moov)):
        content = moov[each.at : each.end]
        if each.kind == b"trak":
            points = box(b"tref", box(b"chap", struct.pack(">I", number))) if texts.chapters else b""
            size = max(size, _size(content))
            tracks.append(box(b"trak", content[HEAD:], points))
        elif each.kind != b"mvhd":
            others.append(content)
    if texts.chapters:
        samples = _chapter_samples(texts.chapters)
        tracks.append(
            _chapter_track(number, _Samples(samples, _chapter_lengths(texts.chapters, ticks), first), length)
        )
        number, first = number + 1, first + sum(map(len, samples))
    if texts.captions is not None:
        placed = _Samples(_caption_samples(texts.captions), _caption_lengths(texts.captions, ticks), first)
        tracks.append(_caption_track(number, placed, length, size, texts.captions.language))
        number += 1
    counted = moov[header.at : header.end - 4] + struct.pack(">I", number)
    if listed and texts.chapters:
        others = _listed(others, texts.chapters)
    return box(b"moov", counted, *tracks, *others)


def length_of(moov: bytes) -> float:
    """How long a film is, in s."""
    header = next(each for each in boxes(moov, HEAD, len(moov)) if each.kind == b"mvhd")
    scale, length = _times(moov, header)
    return length / scale


def _without(content: bytes, kind: bytes) -> bytes:
    kept = [content[each.at : each.end] for each in boxes(content, HEAD, len(content)) if each.kind != kind]
    return box(content[4:8], *kept)


def _handler(track: bytes) -> bytes:
    """What kind of track it is."""
    for media in boxes(track, HEAD, len(track)):
        if media.kind == b"mdia":
            for each in boxes(track, media.at + HEAD, media.end):
                if each.kind == b"hdlr":
                    return track[each.at + HEAD + 8 : each.at + HEAD + 12]
    return b""


def _header(track: bytes) -> bytes:
    """What its tkhd holds."""
    header = next(each for each in boxes(track, HEAD, len(track)) if each.kind == b"tkhd")
    return track[header.at + HEAD : header.end]


def _number(track: bytes) -> int:
    header = _header(track)
    return int(struct.unpack_from(">I", header, 20 if header[0] == 1 else 12)[0])  # after two times


def _size(track: bytes) -> tuple[int, int]:
    """Width and height, in 16.16 pixels; of sound, none."""
    width, height = struct.unpack(">II", _header(track)[-8:])
    return int(width), int(height)


def _times(moov: bytes, header: Box) -> tuple[int, int]:
    """Ticks a second, and how many the film lasts."""
    if moov[header.at + HEAD] == 1:
        scale, length = struct.unpack_from(">IQ", moov, header.at + HEAD + 4 + 16)
    else:
        scale, length = struct.unpack_from(">II", moov, header.at + HEAD + 4 + 8)
    return int(scale), int(length)


def _text(text: str, more: bytes = b"") -> bytes:
    """A sample: its length, itself, and what belongs to it."""
    content = text.encode(errors="replace")[:0xFFFF].decode(errors="ignore").encode()
    return struct.pack(">H", len(content)) + content + more


def _chapter_samples(chapters: Sequence[Chapter]) -> list[bytes]:
    return [_text(chapter.title, _UTF8) for chapter in chapters]


def _chapter_lengths(chapters: Sequence[Chapter], ticks: int) -> list[int]:
    starts = [chapter.start * _CLOCK // 1_000_000 for chapter in chapters]
    return [after - before for before, after in zip(starts, [*starts[1:], max(ticks, starts[-1])], strict=True)]


def _caption_samples(captions: Captions | None) -> list[bytes]:
    """What is read, and nothing in between; after the last, too."""
    if captions is None:
        return []
    return [_text(""), *(part for cue in captions.cues for part in (_text(cue.text), _text("")))]


def _caption_lengths(captions: Captions, ticks: int) -> list[int]:
    bounds = [0, *(at * _CLOCK // 1_000_000 for cue in captions.cues for at in (cue.start, cue.end))]
    return [after - before for before, after in zip(bounds, [*bounds[1:], max(ticks, bounds[-1])], strict=True)]


def _chapter_track(number: int, samples: _Samples, length: int) -> bytes:
    # Flags, alignment, background, box, reserved, font, its colours, an empty name: players' own.
    entry = box(b"text", bytes(6), struct.pack(">H", 1), bytes(4 + 4 + 6 + 8 + 8 + 2 + 2 + 1 + 2 + 6 + 1))
    base = box(
        b"gmhd",
        full_box(b"gmin", 0, struct.pack(">HHHHHH", 0x40, 0x8000, 0x8000, 0x8000, 0, 0)),
        box(b"text", _IDENTITY),
    )
    handler = full_box(b"hdlr", 0, b"mhlrtext", bytes(12), b"\x08Chapters\0")
    # Not enabled: players show its texts as chapters, not over the picture.
    header = full_box(
        b"tkhd", 0, struct.pack(">IIIIIIIhhhH", 0, 0, number, 0, length, 0, 0, 0, 0, 0, 0), _IDENTITY, bytes(8)
    )
    return box(b"trak", header, _media(samples, handler, base, entry, _UNDETERMINED))


def _caption_track(number: int, samples: _Samples, length: int, size: tuple[int, int], language: str) -> bytes:
    """`size` is the picture's, in 16.16 pixels."""
    width, height = size[0] >> 16, size[1] >> 16
    font = max(8, height // _LETTERS)
    look = struct.pack(">Ibb4B4h", 0, 1, _BOTTOM, *(0, 0, 0, 0), *(0, 0, height, width))
    style = struct.pack(">HHHBB4B", 0, 0, 1, 0, min(font, 255), *(255, 255, 255, 255))
    fonts = box(b"ftab", struct.pack(">HHB", 1, 1, 10), b"Sans-Serif")
    entry = box(b"tx3g", bytes(6), struct.pack(">H", 1), look, style, fonts)
    handler = full_box(b"hdlr", 0, bytes(4), b"sbtl", bytes(12), b"Captions\0")
    header = full_box(
        b"tkhd",
        _IN_FILM,
        struct.pack(">IIIIIIIhhhH", 0, 0, number, 0, length, 0, 0, -1, _INSTEAD, 0, 0),
        _IDENTITY,
        struct.pack(">II", *size),
    )
    return box(b"trak", header, _media(samples, handler, full_box(b"nmhd", 0), entry, language))


def _media(samples: _Samples, handler: bytes, base: bytes, entry: bytes, language: str) -> bytes:
    code = 0
    for letter in language:
        code = code << 5 | ord(letter) - 0x60
    here = box(b"dinf", full_box(b"dref", 0, struct.pack(">I", 1), full_box(b"url ", 1)))
    return box(
        b"mdia",
        full_box(b"mdhd", 0, struct.pack(">IIIIHH", 0, 0, _CLOCK, sum(samples.lengths), code, 0)),
        handler,
        box(b"minf", base, here, samples.table(entry)),
    )


def _listed(others: Sequence[bytes], chapters: Sequence[Chapter]) -> list[bytes]:
    """What else an index has, with Nero's list of the chapters: times in 100 ns, titles of 255 bytes at most."""
    listed = chapters[:_MOST_LISTED]
    entries = b"".join(
        struct.pack(">QB", chapter.start * 10, len(title)) + title
        for chapter in listed
        for title in [chapter.title.encode(errors="replace")[:_LONGEST_LISTED].decode(errors="ignore").encode()]
    )
    chpl = box(b"chpl", struct.pack(">IIB", 1 << 24, 0, len(listed)), entries)
    if not any(each[4:8] == b"udta" for each in others):
        return [*others, box(b"udta", chpl)]
    return [box(b"udta", each[HEAD:], chpl) if each[4:8] == b"udta" else each for each in others]
