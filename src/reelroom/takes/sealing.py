"""Frames that were encrypted end to end: told by what LiveKit's clients put behind each.

A client leaves the first bytes of a frame as they were, encrypts the rest (AES-GCM) and ends it with the
initialization vector, its length and the index of the key (livekit-client, src/e2ee/worker/FrameCryptor.ts).
"""

from typing import Protocol

_IV_LENGTH = 12
_SMALLEST = 1 + 16 + _IV_LENGTH + 2  # a byte in clear, the tag, the vector, the two bytes of the trailer
_AGREE = 3  # frames in a row that end alike: by chance, once in a million million


class Blocks(Protocol):
    """A track file's frames."""

    def __len__(self) -> int: ...

    def payload(self, index: int) -> bytes:
        """The encoded frame in block `index`."""


def _key(frame: bytes) -> int | None:
    """The index of the key that a frame may be encrypted with; None where it is not encrypted."""
    return frame[-1] if len(frame) >= _SMALLEST and frame[-2] == _IV_LENGTH else None


def is_sealed(blocks: Blocks, index: int, frame: bytes) -> bool:
    """Whether frame `index`, which is `frame`, is encrypted: it and its neighbours end with one key's trailer."""
    key = _key(frame)
    if key is None:
        return False
    alike, at = 1, index + 1
    while at < len(blocks) and alike < _AGREE and _key(blocks.payload(at)) == key:
        alike, at = alike + 1, at + 1
    at = index - 1
    while at >= 0 and alike < _AGREE and _key(blocks.payload(at)) == key:
        alike, at = alike + 1, at - 1
    return alike >= min(_AGREE, max(2, len(blocks)))
