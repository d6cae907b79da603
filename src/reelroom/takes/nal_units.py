"""What a NAL unit of H.264 holds, and as what it is written (ITU-T H.264, 7.4.1)."""


def unescaped(unit: bytes) -> bytes:
    """What a NAL unit holds, without the 3 that keeps two zeros from looking like the beginning of a start code."""
    return unit.replace(b"\0\0\3", b"\0\0")


def escaped(content: bytes) -> bytes:
    """The same with them."""
    written, zeros = bytearray(), 0
    for each in content:
        if zeros >= 2 and each <= 3:
            written.append(3)
            zeros = 0
        written.append(each)
        zeros = zeros + 1 if each == 0 else 0
    return bytes(written)
