"""How large a picture may be, and how large a VP9 frame says it is, before a decoder makes room for it."""

from collections.abc import Iterator

MOST_PIXELS = 4096 * 4096  # as in the tap: a screen of 5120x2880 is within it
_SYNC = 0x498342
_RGB = 7


class _Bits:
    """Bits of a frame's header, the first one first; zeros after its end."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data[:32].ljust(32, b"\0"))
        self._left = 256

    def read(self, count: int) -> int:
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)


def _frames(payload: bytes) -> Iterator[bytes]:
    """The frames of a superframe (VP9 specification, annex B), or the one that the payload is."""
    mark = payload[-1] if payload else 0
    count, width = (mark & 7) + 1, (mark >> 3 & 3) + 1
    index = 2 + count * width
    if mark >> 5 != 0b110 or len(payload) < index or payload[-index] != mark:
        yield payload
        return
    at = 0
    for number in range(count):
        begin = len(payload) - index + 1 + number * width
        size = int.from_bytes(payload[begin : begin + width], "little")
        yield payload[at : at + size]
        at += size


def _pass_colours(bits: _Bits, profile: int) -> None:
    if profile >= 2:
        bits.read(1)
    if bits.read(3) != _RGB:
        bits.read(4 if profile in (1, 3) else 1)
    elif profile in (1, 3):
        bits.read(1)


def _claimed(frame: bytes) -> int:
    """The pixels of a frame that brings a size of its own, else 0 (VP9 specification, 6.2)."""
    bits = _Bits(frame)
    if bits.read(2) != 2:
        return 0
    profile = bits.read(1) | bits.read(1) << 1
    if profile == 3:
        bits.read(1)
    if bits.read(1):  # it only shows another one
        return 0
    inter, shown, resilient = bits.read(1), bits.read(1), bits.read(1)
    if inter:
        intra_only = 0 if shown else bits.read(1)
        if not resilient:
            bits.read(2)
        if not intra_only:
            bits.read(8 + 3 * 4)  # what it refreshes, and its three references
            if any(bits.read(1) for _ in range(3)):  # it is as large as that one
                return 0
            return (bits.read(16) + 1) * (bits.read(16) + 1)
    if bits.read(24) != _SYNC:
        return 0
    if not inter or profile > 0:
        _pass_colours(bits, profile)
    if inter:
        bits.read(8)
    return (bits.read(16) + 1) * (bits.read(16) + 1)


def vp9_too_large(payload: bytes) -> bool:
    """Whether a block of VP9 claims more than `MOST_PIXELS`; libvpx has no bound of its own."""
    return any(_claimed(frame) > MOST_PIXELS for frame in _frames(payload))
