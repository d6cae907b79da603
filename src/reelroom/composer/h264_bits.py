"""The bits of H.264's headers: read and written as the standard has them (ITU-T H.264, 7.2 and 9.1)."""


class EndOfBits(ValueError):
    """A header ends early, or holds a number that none may."""


_MOST_ZEROS = 31  # before an Exp-Golomb number: it has 32 bits at most


class BitReader:
    """Bits of some bytes, the first one first. Raises EndOfBits."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data)
        self._left = 8 * len(data)

    def bits(self, count: int) -> int:
        """So many bits, as a number."""
        if count > self._left:
            raise EndOfBits("a header of H.264 ends early")
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    def flag(self) -> bool:
        return self.bits(1) == 1

    def number(self) -> int:
        """An Exp-Golomb number."""
        zeros = 0
        while not self.bits(1):
            zeros += 1
            if zeros > _MOST_ZEROS:
                raise EndOfBits("a number in a header of H.264 is too long")
        return (1 << zeros) - 1 + self.bits(zeros)


class BitWriter:
    """Bits, one after the other."""

    def __init__(self) -> None:
        self._value = 1  # a bit before the first, so that zeros count
        self._count = 0

    def bits(self, value: int, count: int) -> None:
        self._value = self._value << count | value
        self._count += count

    def number(self, value: int) -> None:
        """An Exp-Golomb number."""
        length = (value + 1).bit_length()
        self.bits(value + 1, 2 * length - 1)

    def data(self) -> bytes:
        """All of them, with the bit that ends a NAL unit's content."""
        self.bits(1, 1)
        self.bits(0, -self._count % 8)
        return (self._value - (1 << self._count)).to_bytes(self._count // 8)
