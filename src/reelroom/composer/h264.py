"""What H.264 says of itself: whether pictures of a camera can stand in a film as they came (ITU-T H.264, 7.3)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reelroom.composer.h264_bits import BitReader, BitWriter, EndOfBits
from reelroom.takes.nal_units import escaped, unescaped

SLICE, IDR, SPS, PPS = 1, 5, 7, 8
_SEI = 6
_BASELINE, _MAIN, _HIGH = 66, 77, 100
_COLOURS = (2, 5, 6)  # matrices: BT.601's two; what says nothing counts as that, as everywhere in the composer
_SMPTE_170M = 6
LEVEL = 42  # of every film that copies: 1920x1080 at 60 pictures a second, 34816 macroblocks kept
_MOST_KEPT, _MOST_PICTURES = 34_816, 16  # macroblocks (table A-1), and pictures
_ORIENTATION = 47  # an SEI message: the picture is to be turned
_P, _I = 0, 2  # kinds of slices, modulo 5


class NotCopyable(ValueError):
    """A camera's pictures cannot stand in a film as they came; the message says why."""


@dataclass(frozen=True)
class ParameterSets:
    """Those of one track file: the SPS as a film has it, and each PPS as it came.

    `width` and `height` are what is seen, in pixels; frame numbers count modulo 2 to the `frame_number_bits`.
    """

    sps: bytes
    pps: tuple[bytes, ...]
    width: int
    height: int
    frame_number_bits: int


@dataclass(frozen=True)
class AccessUnitHead:
    """What the first slice of a picture says of it."""

    is_idr: bool
    is_reference: bool
    frame_number: int
    is_plain: bool  # nothing stands in it that a film cannot take


def units_of(sample: bytes) -> Iterator[bytes]:
    """The NAL units of a sample with lengths of 4 bytes. Raises EndOfBits."""
    at = 0
    while at < len(sample):
        size = int.from_bytes(sample[at : at + 4])
        if size == 0 or at + 4 + size > len(sample):
            raise EndOfBits("a sample of H.264 ends early")
        yield sample[at + 4 : at + 4 + size]
        at += 4 + size


def parameter_sets(record: bytes) -> ParameterSets:
    """Those of an avcC record (ISO/IEC 14496-15, 5.3.3.1). Raises NotCopyable."""
    try:
        found, at = _sets(record, 5, 0x1F)
        pps, _ = _sets(record, at, 0xFF)
        if len(found) != 1 or not pps or record[4] & 3 != 3:
            raise NotCopyable("the record of its parameter sets is not as a tap writes it")
        for each in pps:
            _check_pps(BitReader(unescaped(each[1:])))
        return replace(_read_sps(found[0]), pps=tuple(pps))
    except (ValueError, IndexError) as error:
        raise NotCopyable(str(error)) from error


def _sets(record: bytes, at: int, mask: int) -> tuple[list[bytes], int]:
    sets: list[bytes] = []
    count = record[at] & mask
    at += 1
    for _ in range(count):
        size = int.from_bytes(record[at : at + 2])
        sets.append(record[at + 2 : at + 2 + size])
        at += 2 + size
    return sets, at


def _check_pps(bits: BitReader) -> None:
    bits.number()  # its id
    bits.number()  # its SPS's
    bits.bits(2)
    if bits.number():
        raise NotCopyable("its slices lie in groups, which few decoders know")


def _read_sps(unit: bytes) -> ParameterSets:
    content = unescaped(unit[1:])
    bits, written = BitReader(content[3:]), BitWriter()
    profile, constraints, level = content[:3]
    if profile not in (_BASELINE, _MAIN, _HIGH):
        raise NotCopyable(f"its profile is {profile}")
    if profile == _BASELINE and not constraints & 0x40:
        raise NotCopyable("its baseline profile is not the constrained one")

    def number() -> int:
        value = bits.number()
        written.number(value)
        return value

    def flag() -> bool:
        value = bits.bits(1)
        written.bits(value, 1)
        return value == 1

    number()  # its id
    if profile == _HIGH and (number(), number(), number()) != (1, 0, 0):
        raise NotCopyable("it is not 4:2:0 of 8 bits")
    if profile == _HIGH and (flag() or flag()):
        raise NotCopyable("it has lossless pictures, or matrices of its own")
    frame_number_bits = number() + 4
    order = number()
    if order == 0:
        number()
    elif order == 1:
        flag()
        number(), number()
        for _ in range(number()):
            number()
    kept = number()
    flag()  # gaps in frame numbers
    across, down = number() + 1, number() + 1
    if not flag():
        raise NotCopyable("it is interlaced")
    flag()  # direct inference
    width, height = 16 * across, 16 * down
    if flag():
        left, right, top, bottom = number(), number(), number(), number()
        width, height = width - 2 * (left + right), height - 2 * (top + bottom)
    kept = _read_vui(bits, kept, orders=order != 2 and profile != _BASELINE)
    if kept > _MOST_PICTURES or max(kept, 1) * across * down > _MOST_KEPT:
        raise NotCopyable("it keeps more pictures than a film's decoder has to")
    _write_vui(written, kept)
    head = bytes((profile, constraints, min(level, LEVEL)))
    return ParameterSets(unit[:1] + escaped(head + written.data()), (), width, height, frame_number_bits)


def _read_vui(bits: BitReader, kept: int, *, orders: bool) -> int:
    """How many pictures a decoder has to keep; the stream may not have to be put in another order.

    `orders`: it could, unless it says that it need not. Raises NotCopyable.
    """
    has_it = bits.flag()
    if has_it:
        _read_looks(bits)
        if bits.flag():  # timing
            bits.bits(65)
        if sum(_pass_hrd(bits) for _ in range(2)):
            bits.flag()
        bits.flag()  # structure of pictures
        if bits.flag():
            bits.flag()
            for _ in range(4):
                bits.number()
            if bits.number():
                raise NotCopyable("it has B-frames")
            return max(kept, bits.number())
    if orders:
        raise NotCopyable("it may have B-frames")
    return kept


def _read_looks(bits: BitReader) -> None:
    """Shape and colour. Raises NotCopyable where the film has others."""
    if bits.flag() and (shape := bits.bits(8)) not in (0, 1):
        raise NotCopyable(f"its pixels are not square ({shape})")
    if bits.flag():  # overscan
        bits.flag()
    if bits.flag():  # the signal's type
        bits.bits(3)
        if bits.flag():
            raise NotCopyable("its range is the full one")
        if bits.flag() and (bits.bits(16), bits.bits(8))[1] not in _COLOURS:
            raise NotCopyable("its colours are not those of BT.601")
    if bits.flag() and (bits.number(), bits.number()) != (0, 0):
        raise NotCopyable("its colours lie elsewhere")


def _pass_hrd(bits: BitReader) -> bool:
    """Pass what is said of a buffer; whether something is."""
    if not bits.flag():
        return False
    count = bits.number() + 1
    bits.bits(8)
    for _ in range(min(count, 32)):
        bits.number(), bits.number(), bits.flag()
    bits.bits(20)
    return True


def _write_vui(written: BitWriter, kept: int) -> None:
    """Colours as our own encoders say them, pictures in the order in which they come; a film has its own clock."""
    written.bits(1, 1)  # it is there
    written.bits(0, 2)  # pixels, overscan: nothing said
    written.bits(1, 1)
    written.bits(5, 3)  # unspecified format
    written.bits(0, 1)  # limited range
    written.bits(1, 1)
    for _ in range(3):  # primaries, transfer, matrix
        written.bits(_SMPTE_170M, 8)
    written.bits(0, 1)  # where chroma lies: as usual
    written.bits(0, 4)  # timing, both kinds of buffering, structure
    written.bits(1, 1)  # restrictions
    written.bits(1, 1)
    for value in (0, 0, 16, 16, 0, kept):
        written.number(value)


def head_of(units: Sequence[bytes], sets: ParameterSets) -> AccessUnitHead:
    """What a picture says of itself. Raises EndOfBits."""
    slices = [unit for unit in units if unit[0] & 31 in (SLICE, IDR)]
    if not slices:
        raise EndOfBits("a sample of H.264 without a picture")
    first = slices[0]
    bits = BitReader(unescaped(first[1:40]))
    begins = bits.number() == 0
    kind = bits.number() % 5
    bits.number()  # its PPS
    others = (unit[0] & 31 for unit in units if unit[0] & 31 not in (SLICE, IDR))
    plain = begins and kind in (_P, _I) and len({unit[0] & 31 for unit in slices}) == 1
    # Parameter sets stand in the file's record; messages may be left out, but one that says to turn the picture.
    return AccessUnitHead(
        is_idr=first[0] & 31 == IDR,
        is_reference=first[0] >> 5 & 3 != 0,
        frame_number=bits.bits(sets.frame_number_bits),
        is_plain=plain and all(other not in (2, 3, 4, 20) for other in others) and not _turns(units),
    )


def _turns(units: Sequence[bytes]) -> bool:
    return any(unit[0] & 31 == _SEI and len(unit) > 1 and unit[1] == _ORIENTATION for unit in units)


def annex_b(units: Sequence[bytes], sets: ParameterSets | None) -> bytes:
    """A picture alone, with start codes; with `sets`, these before it."""
    own = (sets.sps, *sets.pps) if sets else ()
    slices = (unit for unit in units if unit[0] & 31 in (SLICE, IDR))
    return b"".join(b"\0\0\0\1" + unit for unit in (*own, *slices))
