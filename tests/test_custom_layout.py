"""Where a stylesheet puts tiles: OpenTok's own examples, what is painted over what, and what no layout may do.

`test_custom_layout_in_chromium` holds the same boxes against a browser.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelroom.layouts.arrange import Placement, Tile
from reelroom.layouts.boxes import Box, crop
from reelroom.layouts.css.selectors import StylesheetError
from reelroom.layouts.custom import arrange_by
from tests import stylesheets
from tests.stylesheets import CASES, random_case


def tiles(*classes: str) -> list[Tile]:
    """Cameras p0, p1 ... in order of arrival, each with its classes."""
    return [Tile(f"p{n}", "camera", arrived=n, classes=frozenset(each.split())) for n, each in enumerate(classes)]


def sits(placements: list[Placement]) -> dict[str, tuple[int, int, int, int]]:
    """What is seen of each tile, in the order of painting."""
    return {each.tile.participant: (each.box.x, each.box.y, each.box.width, each.box.height) for each in placements}


def test_opentoks_example_of_two_classes() -> None:
    assert sits(arrange_by(stylesheets.TWO_CLASSES, tiles("lower-left", "main", "else"), 1280, 720)) == {
        "p1": (0, 0, 1280, 720),
        "p0": (128, 504, 256, 144),
    }


@pytest.mark.parametrize(
    ("count", "last"),
    [
        (1, (0, 0, 640, 480)),
        (2, (320, 0, 320, 480)),
        (3, (0, 240, 320, 240)),
        (4, (320, 240, 320, 240)),
        (9, (426, 320, 214, 160)),
    ],
)
def test_opentoks_example_of_a_best_fit(count: int, last: tuple[int, int, int, int]) -> None:
    seen = sits(arrange_by(stylesheets.BEST_FIT, tiles(*[""] * count), 640, 480))
    assert len(seen) == count and seen[f"p{count - 1}"] == last


def test_opentoks_example_of_a_focus_with_a_row() -> None:
    seen = sits(arrange_by(stylesheets.HORIZONTAL, tiles("", "focus", ""), 640, 480))
    assert seen == {"p0": (0, 384, 128, 96), "p2": (128, 384, 128, 96), "p1": (0, 0, 640, 384)}
    assert sits(arrange_by(stylesheets.HORIZONTAL, tiles("", "focus"), 1280, 720)) == {"p1": (0, 0, 1280, 576)}, (
        "margins are of the width: it is written for films of 4:3"
    )


def test_opentoks_example_of_a_focus_with_a_column() -> None:
    seen = sits(arrange_by(stylesheets.VERTICAL, tiles("", "focus", ""), 1280, 720))
    assert seen == {"p0": (0, 0, 256, 144), "p2": (0, 144, 256, 144), "p1": (256, 0, 1024, 720)}


def test_opentoks_example_of_a_picture_in_a_picture() -> None:
    seen = sits(arrange_by(stylesheets.PIP, tiles("", "full"), 1280, 720))
    assert seen == {"p1": (0, 0, 1280, 720), "p0": (896, 72, 256, 144)}


def test_what_has_no_size_is_not_seen() -> None:
    assert sits(arrange_by(stylesheets.INSTRUCTOR, tiles("", "instructor"), 640, 480)) == {"p1": (0, 0, 640, 240)}
    assert sits(arrange_by(stylesheets.FIRST_AND_LAST, tiles("", ""), 640, 480)) == {"p0": (0, 0, 640, 480)}
    assert arrange_by("stream {}", tiles("", ""), 640, 480) == []
    assert arrange_by("stream { width: 10px; height: 10px }", [], 640, 480) == []


def test_a_stream_in_a_line_keeps_its_size() -> None:
    for display in ("inline", "inline-block"):
        sheet = f"stream {{ display: {display}; width: 50%; height: 20% }}"
        assert sits(arrange_by(sheet, tiles("", "", ""), 640, 480))["p2"] == (0, 96, 320, 96)


def test_streams_stand_in_opentoks_order_and_16_are_shown() -> None:
    screen = Tile("p17", "screen_share", arrived=17)
    queue = [*tiles(*[""] * 16, "a"), screen]
    sheet = "stream { float: left; width: 5%; height: 5% } stream:nth-child(2) { width: 15% }"
    sheet += "stream:first-child { width: 10% }"
    seen = sits(arrange_by(sheet, queue, 1280, 720))
    assert len(seen) == 16 and "p14" not in seen and "p15" not in seen
    assert (seen["p16"][2], seen["p17"][2], seen["p0"][2]) == (128, 192, 64)


def test_what_is_painted_over_what() -> None:
    case = CASES["layers"]
    placements = arrange_by(case.sheet, tiles(*case.streams), case.size.width, case.size.height)
    assert [each.tile.participant for each in placements] == ["p5", "p4", "p3", "p2", "p6", "p1", "p0"]


def test_what_is_wholly_under_another_is_left_out() -> None:
    sheet = "stream { position: absolute; left: 0; top: 0; width: 50%; height: 50% } .a { width: 100%; height: 100% }"
    assert list(sits(arrange_by(sheet, tiles("a", "", ""), 640, 480))) == ["p0", "p2"]
    assert list(sits(arrange_by(sheet + ".a { z-index: 1 }", tiles("a", "", ""), 640, 480))) == ["p0"]


def test_what_reaches_beyond_the_frame_is_clipped_not_squeezed() -> None:
    case = CASES["beyond the frame"]
    left, right = arrange_by(case.sheet, tiles(*case.streams), 1280, 720)
    assert (left.box, left.whole) == (Box(0, 0, 568, 476), Box(-200, -100, 768, 576))
    assert (right.box, right.whole) == (Box(640, 360, 640, 360), Box(640, 360, 768, 576))


def test_covers_is_the_pictures_affair() -> None:
    sheet = "stream { width: 100%; height: 50% } .c { object-fit: cover }"
    assert [each.covers for each in arrange_by(sheet, tiles("c", ""), 640, 480)] == [True, False]


def test_a_wrong_stylesheet_is_refused() -> None:
    with pytest.raises(StylesheetError, match="line 1: the property 'colour'"):
        arrange_by("stream { colour: red }", tiles(""), 640, 480)


@given(st.integers(0, 10_000))
def test_no_layout_leaves_the_frame_or_an_even_pixel(seed: int) -> None:
    case = random_case(seed)
    frame = Box(0, 0, case.size.width, case.size.height)
    placements = arrange_by(case.sheet, tiles(*case.streams), frame.width, frame.height)
    assert len({each.tile.key for each in placements}) == len(placements) <= len(case.streams)
    for each in placements:
        assert each.whole is not None
        for box in (each.box, each.whole):
            assert not any(number % 2 for number in (box.x, box.y, box.width, box.height))
            assert box.width > 0 and box.height > 0
        assert each.box == each.whole.common(frame)
    assert placements == arrange_by(case.sheet, tiles(*case.streams), frame.width, frame.height)


WIDE = Box(100, 100, 320, 180)


@pytest.mark.parametrize(
    ("picture", "whole", "shown", "covers", "expected"),
    [
        ((320, 180), WIDE, WIDE, False, (WIDE, Box(0, 0, 320, 180))),
        ((640, 360), WIDE, WIDE, True, (WIDE, Box(0, 0, 640, 360))),
        ((640, 480), WIDE, WIDE, False, (Box(140, 100, 240, 180), Box(0, 0, 640, 480))),
        ((640, 480), WIDE, WIDE, True, (WIDE, Box(0, 60, 640, 360))),
        ((180, 320), WIDE, WIDE, True, (WIDE, Box(0, 110, 180, 100))),
        ((320, 180), WIDE, Box(100, 100, 160, 180), False, (Box(100, 100, 160, 180), Box(0, 0, 160, 180))),
        ((640, 360), WIDE, Box(260, 190, 160, 90), True, (Box(260, 190, 160, 90), Box(320, 180, 320, 180))),
        ((640, 480), WIDE, Box(100, 100, 40, 180), False, None),
        (
            (640, 480),
            Box(-320, 0, 640, 480),
            Box(0, 0, 320, 480),
            False,
            (Box(0, 0, 320, 480), Box(320, 0, 320, 480)),
        ),
    ],
)
def test_which_part_of_a_picture_is_seen_where(
    picture: tuple[int, int], whole: Box, shown: Box, covers: bool, expected: tuple[Box, Box] | None
) -> None:
    assert crop(*picture, shown, whole, 0.0 if covers else 1.0) == expected


@given(
    *[st.integers(2, 2000)] * 2,
    *[st.integers(-1000, 1000).map(lambda n: n * 2)] * 2,
    *[st.integers(1, 5000).map(lambda n: n * 2)] * 2,
    st.booleans(),
)
def test_what_is_seen_is_part_of_the_picture(
    width: int, height: int, x: int, y: int, across: int, down: int, covers: bool
) -> None:
    whole, frame = Box(x, y, across, down), Box(0, 0, 1280, 720)
    shown = whole.common(frame)
    if shown is None or (seen := crop(width, height, shown, whole, 0.0 if covers else 1.0)) is None:
        return
    inner, part = seen
    assert shown.common(inner) == inner
    assert not any(number % 2 for number in (inner.x, inner.y, inner.width, inner.height, part.x, part.y))
    assert part.common(Box(0, 0, width, height)) == part
