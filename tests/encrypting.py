"""Encrypts frames end to end as LiveKit's clients do."""

import hashlib
import re
import struct

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from reelroom.takes.nal_units import escaped

_IN_CLEAR = {"opus": (1, 1), "vp8": (10, 3), "vp9": (0, 0)}


class Sender:
    """Somebody with a passphrase; each frame gets a vector of its own."""

    def __init__(self, passphrase: str, index: int = 0) -> None:
        key = hashlib.pbkdf2_hmac("sha256", passphrase.encode(), b"LKFrameEncryptionKey", 100_000, 16)
        self._cipher, self._index, self._sent = AESGCM(key), index, 0

    def _sealed(self, clear: bytes, rest: bytes) -> bytes:
        time = 3_317_990_873 + 3000 * self._sent
        vector = struct.pack(">III", 7, time % (1 << 32), (time - self._sent) % (1 << 32))
        self._sent += 1
        return self._cipher.encrypt(vector, rest, clear) + vector + bytes([12, self._index])

    def encrypted(self, codec: str, frame: bytes, *, keyframe: bool) -> bytes:
        """A frame of Opus, VP8 or VP9."""
        clear = _IN_CLEAR[codec][0 if keyframe else 1]
        return frame[:clear] + self._sealed(frame[:clear], frame[clear:])

    def encrypted_h264(self, annex_b: bytes) -> bytes:
        """An access unit of H.264 with start codes of four bytes, as it leaves a client."""
        first = re.search(rb"\x00\x00\x00\x01[\x01\x05\x21\x25\x41\x45\x61\x65]", annex_b)
        assert first
        clear = first.end() + 1
        sealed = self._sealed(annex_b[:clear], annex_b[clear:])
        return annex_b[:clear] + escaped(sealed)
