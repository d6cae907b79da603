"""Where tiles sit in a picture."""

from itertools import combinations
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelroom.layouts.arrange import Key, Placement, Tile, arrange, in_order
from reelroom.layouts.boxes import Box, crop, fit
from reelroom.layouts.names import LayoutType, Size

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


HD = Size(1280, 720)
SIZES = [HD, Size(640, 480), Size(480, 640), Size(720, 1280), Size(1920, 1080), Size(1080, 1920)]
LAYOUTS: tuple[LayoutType, ...] = get_args(LayoutType)


def cameras(count: int, **classes: str) -> list[Tile]:
    """Cameras of p0, p1 ..., in order of arrival."""
    return [
        Tile(f"p{number}", "camera", number, frozenset({classes[f"p{number}"]} if f"p{number}" in classes else ()))
        for number in range(count)
    ]


def screen(of: int, arrived: int = 100) -> Tile:
    return Tile(f"p{of}", "screen_share", arrived)


def who(placements: list[Placement]) -> list[str]:
    return [placement.tile.participant + "!" * placement.tile.is_screen for placement in placements]


def boxes(placements: list[Placement]) -> list[tuple[int, int, int, int]]:
    return [(box.x, box.y, box.width, box.height) for box in (placement.box for placement in placements)]


tiles_of_a_room = st.lists(
    st.builds(
        Tile,
        st.integers(0, 30).map(lambda number: f"p{number}"),
        st.sampled_from(["camera", "screen_share"]),
        st.integers(0, 50),
        st.frozensets(st.sampled_from(["focus", "full", "other"]), max_size=2),
        st.booleans(),
        st.sampled_from([16 / 9, 4 / 3, 9 / 16, 3.5, 0.2]),
    ),
    max_size=24,
    unique_by=lambda tile: tile.key,
)


@given(
    st.sampled_from(LAYOUTS),
    tiles_of_a_room,
    st.sampled_from(SIZES),
    st.integers(0, 30),
    st.integers(0, 30),
    st.sampled_from([None, "bestFit", "pip", "verticalPresentation", "horizontalPresentation"]),
)
def test_tiles_are_even_inside_and_apart(
    layout: LayoutType, tiles: list[Tile], size: Size, shot: int, inset: int, screenshare: LayoutType | None
) -> None:
    front: Key = (f"p{shot}", "camera")
    placements = arrange(
        layout,
        tiles,
        size.width,
        size.height,
        shot=front,
        inset=(f"p{inset}", "camera"),
        screenshare=screenshare,
    )
    assert len(placements) <= 16
    assert len({placement.tile.key for placement in placements}) == len(placements)
    for placement in placements:
        box = placement.box
        assert all(part % 2 == 0 for part in (box.x, box.y, box.width, box.height))
        assert min(box.x, box.y) >= 0
        assert min(box.width, box.height) >= 2
        assert box.x + box.width <= size.width
        assert box.y + box.height <= size.height
    for one, other in combinations(placements, 2):
        if "inset" not in (one.part, other.part):
            assert not one.box.overlaps(other.box)
    if tiles and layout != "active-speaker":
        assert placements


def test_best_fit_is_a_grid_by_count() -> None:
    for count, columns, lines in (
        (1, 1, 1),
        (2, 2, 1),
        (3, 2, 2),
        (4, 2, 2),
        (5, 3, 2),
        (9, 3, 3),
        (10, 4, 3),
        (16, 4, 4),
    ):
        placements = arrange("bestFit", cameras(count), 1280, 720)
        assert len(placements) == count
        for placement in placements:
            assert abs(placement.box.width - 1280 / columns) < 10
        assert len({placement.box.y for placement in placements}) == lines
    assert len(arrange("bestFit", cameras(17), 1280, 720)) == 16


def test_a_line_that_is_not_full_stands_in_the_middle() -> None:
    left, right, below = arrange("bestFit", cameras(3), 1280, 720)
    assert left.box.y == right.box.y < below.box.y
    assert below.box.x + below.box.width / 2 == 640


def test_two_in_an_upright_frame_sit_one_above_the_other() -> None:
    above, below = arrange("bestFit", cameras(2), 720, 1280)
    assert above.box.x == below.box.x
    assert above.box.y < below.box.y


def test_pictures_of_the_frames_shape_fill_their_cells() -> None:
    for count in (3, 9, 16):
        for placement in arrange("bestFit", cameras(count), 1280, 720):
            inner = fit(1280, 720, placement.box)
            assert placement.box.width - inner.width <= 2
            assert placement.box.height - inner.height <= 2


def seen(placement: Placement) -> Box:
    """Where a placement's picture is seen, were it 100 times larger than any frame."""
    width, height = round(placement.tile.aspect * 100_000), 100_000
    found = crop(width, height, placement.box, placement.whole or placement.box, placement.least_seen)
    assert found is not None
    inner, part = found
    assert min(part.width / width, part.height / height) >= 0.66, "not more is cut off"
    assert abs(part.width / part.height - inner.width / inner.height) < 0.02, "not distorted"
    return inner


def share_used(placements: list[Placement], size: Size) -> float:
    inner = [seen(placement) for placement in placements]
    return sum(box.width * box.height for box in inner) / (size.width * size.height)


@pytest.mark.parametrize("size", [HD, Size(640, 480), Size(480, 640), Size(1080, 1920)])
@pytest.mark.parametrize("aspects", [(16 / 9,) * 2, (9 / 16,) * 2, (9 / 16,) * 3, (16 / 9,) * 5, (4 / 3, 9 / 16)])
def test_a_grid_uses_its_frame(aspects: tuple[float, ...], size: Size) -> None:
    tiles = [Tile(f"p{number}", "camera", number, aspect=aspect) for number, aspect in enumerate(aspects)]
    assert share_used(arrange("bestFit", tiles, size.width, size.height), size) > 0.6


@pytest.mark.parametrize("aspects", [(16 / 9, 9 / 16), (9 / 16, 16 / 9, 9 / 16), (16 / 9, 9 / 16, 9 / 16, 16 / 9)])
def test_wide_and_upright_pictures_share_a_frame_without_bars(aspects: tuple[float, ...]) -> None:
    tiles = [Tile(f"p{number}", "camera", number, aspect=aspect) for number, aspect in enumerate(aspects)]
    assert share_used(arrange("bestFit", tiles, 1280, 720), HD) > 0.9


def test_who_sit_side_by_side_are_equally_high() -> None:
    """Whatever shapes their pictures have, and if one has none."""
    shapes = (16 / 9, 4 / 3), (4 / 3, 16 / 9, 3.5), (16 / 9, 16 / 9, 9 / 16, 1.0)
    for aspects in shapes:
        tiles = [Tile(f"p{number}", "camera", number, aspect=aspect) for number, aspect in enumerate(aspects)]
        tiles.append(Tile("dark", "camera", 99, has_picture=False))
        rows: dict[int, set[int]] = {}
        for placement in arrange("bestFit", tiles, 1280, 720):
            shown = seen(placement) if placement.tile.has_picture else placement.box
            rows.setdefault(placement.box.y, set()).add(shown.height)
        assert all(max(heights) - min(heights) <= 4 for heights in rows.values()), rows


def test_upright_phones_stand_side_by_side() -> None:
    tiles = [Tile(f"p{number}", "camera", number, aspect=9 / 16) for number in range(3)]
    placements = arrange("bestFit", tiles, 1280, 720)
    assert [placement.box.y for placement in placements] == [placements[0].box.y] * 3
    assert all(seen(placement).width > 400 for placement in placements)


def test_a_screen_is_never_cropped() -> None:
    screens = [screen(0), screen(1, 101), screen(2, 102)]
    for placement in arrange("bestFit", [*cameras(2), *screens], 640, 480, screenshare="bestFit"):
        assert placement.least_seen == 1


def test_best_fit_shows_a_screen_large() -> None:
    front, *others = arrange("bestFit", [*cameras(4), screen(2)], 1280, 720)
    assert front.tile == screen(2)
    assert front.part == "front"
    assert fit(1920, 1080, front.box).width == 1024
    assert who(others) == ["p2", "p0", "p1", "p3"]
    front, *_ = arrange("bestFit", [*cameras(2), screen(0)], 720, 1280)
    assert fit(1920, 1080, front.box).width == 720, "above the others, where the frame is upright"
    chosen = ("p1", "screen_share")
    front, second, *_ = arrange("bestFit", [*cameras(2), screen(0), screen(1, 101)], 1280, 720, shot=chosen)
    assert (front.tile.key, second.tile.key) == (chosen, ("p0", "screen_share"))


@given(st.permutations([Tile(who, "camera", arrived) for who, arrived in (("bob", 2), ("ann", 2), ("cleo", 1))]))
def test_who_came_at_once_stand_in_the_order_of_their_identities(tiles: list[Tile]) -> None:
    """Else a film made again might seat them otherwise."""
    assert [tile.participant for tile in in_order(tiles)] == ["cleo", "ann", "bob"]


def test_pip_has_its_corner_a_tenth_from_the_top_right() -> None:
    full, corner = arrange("pip", cameras(3), 1280, 720, shot=("p1", "camera"))
    assert who([full, corner]) == ["p1", "p0"]
    assert full.box == Box(0, 0, 1280, 720)
    assert corner.box == Box(896, 72, 256, 144)
    assert corner.part == "inset"


def test_the_corner_is_the_first_without_the_class() -> None:
    assert who(arrange("pip", cameras(3, p1="full", p0="full"), 1280, 720, shot=("p2", "camera"))) == ["p0", "p2"]


def test_an_inset_has_the_shape_of_its_picture() -> None:
    upright = Tile("p1", "camera", 1, aspect=9 / 16)
    _, corner = arrange("pip", [*cameras(1), upright], 1280, 720)
    assert (corner.box.width, corner.box.height) == (80, 144)
    assert corner.box.x + corner.box.width == 1152


def test_presentations_have_a_focus_of_four_fifths() -> None:
    focus, *column = arrange("verticalPresentation", cameras(6), 1280, 720, shot=("p2", "camera"))
    assert who([focus, *column]) == ["p2", "p0", "p1", "p3", "p4", "p5"]
    assert focus.box == Box(256, 0, 1024, 720)
    assert all(tile.box.x + tile.box.width <= 256 for tile in column)
    focus, *row = arrange("horizontalPresentation", cameras(6), 1280, 720, shot=("p2", "camera"))
    assert focus.box == Box(0, 0, 1280, 576)
    assert all(tile.box.y >= 576 for tile in row)


@pytest.mark.parametrize(
    ("layout", "size", "others"),
    [
        ("verticalPresentation", Size(1280, 720), 5),
        ("verticalPresentation", Size(1920, 1080), 7),
        ("verticalPresentation", Size(720, 1280), 8),
        ("verticalPresentation", Size(1080, 1920), 10),
        ("horizontalPresentation", Size(640, 480), 5),
        ("horizontalPresentation", Size(1920, 1080), 7),
        ("horizontalPresentation", Size(480, 640), 3),
        ("horizontalPresentation", Size(1080, 1920), 3),
    ],
)
def test_how_many_are_beside_a_focus(layout: LayoutType, size: Size, others: int) -> None:
    assert len(arrange(layout, cameras(16), size.width, size.height)) == others + 1


@pytest.mark.parametrize("layout", ["verticalPresentation", "horizontalPresentation", "pip", "bestFit"])
def test_who_is_alone_has_the_whole_frame(layout: LayoutType) -> None:
    assert boxes(arrange(layout, cameras(1), 1280, 720)) == [(0, 0, 1280, 720)]


def test_a_class_beats_the_director() -> None:
    tiles = cameras(4, p3="focus")
    assert who(arrange("horizontalPresentation", tiles, 1280, 720, shot=("p1", "camera")))[0] == "p3"
    assert who(arrange("pip", tiles, 1280, 720, shot=("p1", "camera"))) == ["p1", "p3"], "focus is no class of pip"


def test_active_speaker_shows_the_shot_alone() -> None:
    assert who(arrange("active-speaker", cameras(3), 1280, 720, shot=("p1", "camera"))) == ["p1"]
    assert arrange("active-speaker", cameras(3), 1280, 720) == []


def test_active_speaker_has_a_camera_over_a_screen() -> None:
    tiles = [*cameras(2), screen(of=1)]
    front, inset = arrange("active-speaker", tiles, 1280, 720, shot=("p1", "screen_share"), inset=("p0", "camera"))
    assert who([front, inset]) == ["p1!", "p0"]
    assert inset.box == Box(1004, 556, 256, 144)
    off = [Tile("p0", "camera", has_picture=False), screen(of=1)]
    assert len(arrange("active-speaker", off, 1280, 720, shot=("p1", "screen_share"), inset=("p0", "camera"))) == 1


def test_a_screen_brings_its_own_layout() -> None:
    tiles = [*cameras(3, p0="focus"), screen(of=2)]

    def shown(screenshare: LayoutType | None, among: list[Tile] = tiles) -> list[str]:
        return who(arrange("bestFit", among, 1280, 720, shot=("p1", "camera"), screenshare=screenshare))

    assert shown("horizontalPresentation") == ["p2!", "p0", "p2", "p1"]
    assert shown("pip") == ["p2!", "p0"]
    assert shown("bestFit") == ["p2!"]
    assert len(shown(None)) == 4
    assert shown("pip", cameras(3)) == ["p0", "p1", "p2"]


def test_the_order_of_streams() -> None:
    tiles = [*cameras(6, p4="focus"), screen(of=4, arrived=50), screen(of=3, arrived=40)]
    order = [tile.participant + "!" * tile.is_screen for tile in in_order(tiles)]
    assert order == ["p4", "p3!", "p4!", "p3", "p0", "p1", "p2", "p5"]
