"""Frames that were encrypted end to end, opened with the key that the application handed over.

The format is LiveKit's (livekit-client, src/e2ee/worker/FrameCryptor.ts; native clients: libwebrtc's
frame_crypto_transformer.cc): AES-128-GCM, whose key is made of a passphrase by PBKDF2 with SHA-256. The first bytes
of a frame stay in clear, and are authenticated; behind the encrypted rest and its tag stand vector and trailer. Of
H.264 all up to the head of the first slice is in clear, and what follows is escaped as NAL units are.

The tag tells whether a frame was opened rightly, so where it is not known how much is in clear, it is tried.
"""

from collections.abc import Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from reelroom.takes.events import Codec
from reelroom.takes.nal_units import unescaped
from reelroom.takes.sealing import IV_LENGTH, seems_sealed

LONGEST_KEY = 1024  # characters of a passphrase
_SALT, _ITERATIONS, _KEY_BYTES = b"LKFrameEncryptionKey", 100_000, 16
_TRAILER = IV_LENGTH + 2
_START_CODE = b"\0\0\0\1"
_SLICE, _IDR, _SPS = 1, 5, 7
_SLICE_HEAD = 2  # bytes of a slice that stay in clear
# How many bytes stay in clear, of a keyframe and of others; VP9's are none by native clients, VP8's by browsers.
_IN_CLEAR: dict[Codec, tuple[tuple[int, int], ...]] = {
    "opus": ((1, 1),),
    "vp8": ((10, 3),),
    "vp9": ((0, 0), (10, 3)),
    "av1": ((0, 0),),
}


class Unsealing:
    """Opens frames of whoever encrypts with this passphrase."""

    def __init__(self, passphrase: str) -> None:
        derived = PBKDF2HMAC(SHA256(), _KEY_BYTES, _SALT, _ITERATIONS).derive(passphrase.encode())
        self._cipher = AESGCM(derived)

    def opened(self, codec: Codec, frame: bytes, *, keyframe: bool, codec_private: bytes = b"") -> bytes | None:
        """The frame as it was before it was encrypted; None where another key, or none, did that.

        `codec_private` is what stands in the track file's header: H.264's parameter sets are in clear, and signed.
        """
        if codec == "h264":
            return self._opened_h264(frame, codec_private)
        for of_keyframe, of_others in _IN_CLEAR[codec]:
            clear = of_keyframe if keyframe else of_others
            rest = self._decrypted(frame[:clear], frame[clear:])
            if rest is not None:
                return frame[:clear] + rest
        return None

    def _opened_h264(self, frame: bytes, codec_private: bytes) -> bytes | None:
        units = list(_units(frame))
        first = next((index for index, unit in enumerate(units) if unit[0] & 0x1F in (_SLICE, _IDR)), None)
        if first is None or len(units[first]) < _SLICE_HEAD:
            return None
        before, head, rest = units[:first], units[first][:_SLICE_HEAD], units[first][_SLICE_HEAD:]
        rest += b"".join(_START_CODE + unit for unit in units[first + 1 :])
        # The tap leaves parameter sets that the file's header has out of the frames.
        has_sets = any(unit[0] & 0x1F == _SPS for unit in before)
        for sets in ((), tuple(_parameter_sets(codec_private))) if not has_sets else ((),):
            clear = b"".join(_START_CODE + unit for unit in (*sets, *before)) + _START_CODE + head
            for sealed in dict.fromkeys((unescaped(rest), rest)):
                if (opened := self._decrypted(clear, sealed)) is not None:
                    return b"".join(_with_length(unit) for unit in (*before, *_annex_b(head + opened)))
        return None

    def _decrypted(self, clear: bytes, rest: bytes) -> bytes | None:
        if len(rest) < _TRAILER or rest[-2] != IV_LENGTH:
            return None
        try:
            return self._cipher.decrypt(rest[-_TRAILER:-2], rest[:-_TRAILER], clear)
        except InvalidTag:
            return None


def is_made_up(codec: Codec, frame: bytes) -> bool:
    """Whether a frame of an encrypted track is the engine's own, which ends and mutes tracks with a few in clear."""
    if codec == "h264":
        units = list(_units(frame))
        frame = unescaped(units[-1]) if units else b""
    return not seems_sealed(frame)


def _units(frame: bytes) -> Iterator[bytes]:
    """The NAL units of a frame, each of which stands behind four bytes for its length."""
    at = 0
    while at + 4 < len(frame):
        size = int.from_bytes(frame[at : at + 4], "big")
        if unit := frame[at + 4 : at + 4 + size]:
            yield unit
        at += 4 + size


def _with_length(unit: bytes) -> bytes:
    return len(unit).to_bytes(4, "big") + unit


def _annex_b(stream: bytes) -> Iterator[bytes]:
    """The NAL units of a stream that begins with one, and has start codes between them."""
    for unit in stream.split(b"\0\0\1"):
        if whole := unit.rstrip(b"\0"):
            yield whole


def _parameter_sets(record: bytes) -> Iterator[bytes]:
    """Those of an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1), in order."""
    at = 5
    for mask in (0x1F, 0xFF):
        if at >= len(record):
            return
        count, at = record[at] & mask, at + 1
        for _ in range(count):
            size = int.from_bytes(record[at : at + 2], "big")
            yield record[at + 2 : at + 2 + size]
            at += 2 + size
