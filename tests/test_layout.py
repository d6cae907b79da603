"""Where a tile sits in a picture."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelroom.layout import Box, fit

FRAME = Box(0, 0, 1280, 720)


@pytest.mark.parametrize(
    ("width", "height", "box"),
    [
        (1280, 720, FRAME),
        (640, 360, FRAME),
        (3840, 2160, FRAME),
        (640, 480, Box(160, 0, 960, 720)),
        (720, 1280, Box(438, 0, 404, 720)),
        (2560, 1080, Box(0, 90, 1280, 540)),
        (100, 100, Box(280, 0, 720, 720)),
    ],
)
def test_a_source_is_letterboxed_in_the_middle(width: int, height: int, box: Box) -> None:
    assert fit(width, height, FRAME) == box


def test_a_tile_sits_inside_its_own_frame() -> None:
    assert fit(640, 480, Box(640, 360, 640, 360)) == Box(720, 360, 480, 360)


@given(
    st.integers(1, 8000),
    st.integers(1, 8000),
    st.builds(
        Box,
        *(st.integers(0, 500).map(lambda half: half * 2),) * 2,
        *(st.integers(8, 2000).map(lambda half: half * 2),) * 2,
    ),
)
def test_boxes_are_even_and_centred_inside_and_not_distorted(width: int, height: int, frame: Box) -> None:
    box = fit(width, height, frame)
    assert all(part % 2 == 0 for part in (box.x, box.y, box.width, box.height))
    assert frame.x <= box.x
    assert frame.y <= box.y
    assert box.x + box.width <= frame.x + frame.width
    assert box.y + box.height <= frame.y + frame.height
    assert abs((box.x - frame.x) * 2 + box.width - frame.width) <= 2
    assert abs((box.y - frame.y) * 2 + box.height - frame.height) <= 2
    assert box.width == frame.width or box.height == frame.height
    scale = min(frame.width / width, frame.height / height)
    assert abs(box.width - width * scale) <= 2
    assert abs(box.height - height * scale) <= 2
