"""Frames that were encrypted end to end: told by what LiveKit's clients put behind each.

A client leaves the first bytes of a frame as they were, encrypts the rest (AES-GCM) and ends it with the
initialization vector, its length and the index of the key (livekit-client, src/e2ee/worker/FrameCryptor.ts; native
clients do the same). The vector is the source, the time, and the time less how many frames were sent before: no two
frames have the same one.
"""

import struct
from typing import Protocol

IV_LENGTH = 12
_MOST_SENT = 0xFFFF  # then the count begins anew
_SMALLEST = 1 + 16 + IV_LENGTH + 2  # a byte in clear, the tag, the vector, the two bytes of the trailer
_AGREE = 3  # frames in a row that end so


class Blocks(Protocol):
    """A track file's frames."""

    def __len__(self) -> int: ...

    def payload(self, index: int) -> bytes:
        """The encoded frame in block `index`."""


def _trailer(frame: bytes) -> tuple[int, bytes] | None:
    """The index of the key, and the vector, that a frame may be encrypted with; None where it is not encrypted."""
    if len(frame) < _SMALLEST or frame[-2] != IV_LENGTH:
        return None
    vector = frame[-2 - IV_LENGTH : -2]
    _source, time, less = struct.unpack(">III", vector)
    return (frame[-1], vector) if (time - less) % (1 << 32) <= _MOST_SENT else None


def seems_sealed(frame: bytes) -> bool:
    """Whether a frame ends as one that is encrypted does."""
    return _trailer(frame) is not None


def is_sealed(blocks: Blocks, index: int, frame: bytes) -> bool:
    """Whether frame `index`, which is `frame`, is encrypted: it and its neighbours have one key, and each its vector.

    A still picture's frames end alike, for seconds, and with anything.
    """
    own = _trailer(frame)
    if own is None:
        return False
    key, vectors = own[0], {own[1]}
    for step in (1, -1):
        at = index + step
        while 0 <= at < len(blocks) and len(vectors) < _AGREE:
            trailer = _trailer(blocks.payload(at))
            if trailer is None or trailer[0] != key or trailer[1] in vectors:
                break
            vectors.add(trailer[1])
            at += step
    return len(vectors) >= min(_AGREE, max(2, len(blocks)))
