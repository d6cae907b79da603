"""Matroska files as the tap writes them (docs/formats.md), made in memory for tests."""

from collections.abc import Iterable
from dataclasses import dataclass, field

_UNKNOWN = b"\x01" + b"\xff" * 7
_CODECS = {"vp8": b"V_VP8", "vp9": b"V_VP9", "h264": b"V_MPEG4/ISO/AVC", "av1": b"V_AV1", "opus": b"A_OPUS"}


def element(name: str, body: bytes) -> bytes:
    """An EBML element; `name` is its id in hex."""
    return bytes.fromhex(name) + (len(body) | 1 << 56).to_bytes(8) + body


def number(value: int) -> bytes:
    return value.to_bytes(max(1, (value.bit_length() + 7) // 8))


def head(codec: str, codec_private: bytes = b"") -> bytes:
    """All that comes before the first cluster."""
    ebml = element("42f7", number(1)) + element("4282", b"matroska") + element("4287", number(4))
    kind = element("83", number(2 if codec == "opus" else 1))
    track = element("d7", number(1)) + element("73c5", number(1)) + kind + element("86", _CODECS[codec])
    if codec_private:
        track += element("63a2", codec_private)
    if codec == "opus":
        track += element("e1", element("b5", bytes.fromhex("40e7700000000000")[:4]) + element("9f", number(1)))
    else:
        track += element("e0", element("b0", number(16)) + element("ba", number(16)))
    info = element("1549a966", element("2ad7b1", number(1_000_000)))
    return (
        element("1a45dfa3", ebml)
        + bytes.fromhex("18538067")
        + _UNKNOWN
        + info
        + element("1654ae6b", element("ae", track))
    )


def cluster(ms: int) -> bytes:
    """The start of a cluster of unknown size."""
    return bytes.fromhex("1f43b675") + _UNKNOWN + element("e7", number(ms))


def block(relative_ms: int, payload: bytes, *, keyframe: bool) -> bytes:
    return element("a3", b"\x81" + relative_ms.to_bytes(2, signed=True) + (b"\x80" if keyframe else b"\0") + payload)


@dataclass(frozen=True)
class Frame:
    """An encoded frame; `ms` from the file's tick 0."""

    ms: int
    payload: bytes
    keyframe: bool = True


@dataclass
class WrittenFile:
    """A file's bytes, and the byte offset of each of its clusters."""

    data: bytes
    clusters: dict[int, int] = field(default_factory=dict)  # index of the first frame -> offset


def written(codec: str, frames: Iterable[Frame], codec_private: bytes = b"") -> WrittenFile:
    """A whole file: a new cluster at each video keyframe and after 5 s."""
    parts, size = [head(codec, codec_private)], 0
    size = len(parts[0])
    clusters: dict[int, int] = {}
    began: int | None = None
    for index, frame in enumerate(frames):
        if began is None or frame.ms - began >= 5000 or (codec != "opus" and frame.keyframe):
            began = frame.ms
            clusters[index] = size
            parts.append(cluster(began))
            size += len(parts[-1])
        parts.append(block(frame.ms - began, frame.payload, keyframe=frame.keyframe))
        size += len(parts[-1])
    return WrittenFile(b"".join(parts), clusters)
