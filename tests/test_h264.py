"""What H.264 says of itself: no bytes of anybody's end more than the copying of a track."""

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reelroom.composer.h264 import NotCopyable, head_of, parameter_sets, units_of
from reelroom.composer.h264_bits import BitReader, BitWriter, EndOfBits
from reelroom.takes.nal_units import escaped, unescaped
from tests.h264_tracks import NO_B_FRAMES, h264_track

RECORD = h264_track(seconds=0.1).private


@given(st.binary(max_size=200))
@example(b"\0\0\0\0\0\3\0\0\1")
def test_start_codes_are_kept_out_of_units(content: bytes) -> None:
    unit = escaped(content)
    assert not any(code in unit for code in (b"\0\0\0", b"\0\0\1", b"\0\0\2"))
    assert unescaped(unit) == content


@given(st.lists(st.integers(0, 1 << 20), max_size=30))
def test_numbers_are_read_as_they_were_written(numbers: list[int]) -> None:
    written = BitWriter()
    for number in numbers:
        written.number(number)
    bits = BitReader(written.data())
    assert [bits.number() for _ in numbers] == numbers


def test_a_set_that_was_written_anew_says_the_same_and_more() -> None:
    """Colours and order are the film's, all else is the camera's; so it is written anew as it is."""
    for track in (h264_track(seconds=0.1), h264_track(640, 360, seconds=0.1, options=NO_B_FRAMES)):
        sets = parameter_sets(track.private)
        own, pps = len(sets.sps).to_bytes(2) + sets.sps, len(sets.pps[0]).to_bytes(2) + sets.pps[0]
        assert parameter_sets(track.private[:6] + own + b"\1" + pps) == sets
        assert sets.sps[1] == track.private[1], "its profile"


@given(at=st.integers(0, len(RECORD) - 1), value=st.integers(0, 255), end=st.integers(0, len(RECORD)))
@example(0, 1, 0)
def test_a_damaged_record_is_refused_or_read(at: int, value: int, end: int) -> None:
    damaged = bytearray(RECORD)
    damaged[at] = value
    with contextlib.suppress(NotCopyable):
        parameter_sets(bytes(damaged[:end]))


@given(st.binary(max_size=300))
def test_any_sample_is_refused_or_read(sample: bytes) -> None:
    sets = parameter_sets(RECORD)
    with contextlib.suppress(EndOfBits):
        head_of(list(units_of(sample)), sets)


def test_nothing_at_all_is_no_picture() -> None:
    with pytest.raises(EndOfBits):
        head_of([], parameter_sets(RECORD))
