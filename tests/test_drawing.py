"""What is painted anew, and what turned, foreign and letterboxed pictures become."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest
from av.bitstream import BitStreamFilterContext
from numpy.typing import NDArray

from reelroom.composer.cards import BACKGROUND, SPEAKING, label
from reelroom.composer.drawing import Drawing, View
from reelroom.composer.picture import Canvas, Picture
from reelroom.layouts.boxes import Box
from reelroom.layouts.names import Size

SIZE = Size(320, 180)
WHOLE = Box(0, 0, 320, 180)
LEFT, RIGHT = Box(0, 0, 160, 180), Box(160, 0, 160, 180)
RED, GREEN, BLUE = (200, 30, 30), (30, 170, 30), (40, 40, 210)


def flat(colour: tuple[int, int, int], width: int = 320, height: int = 180) -> Picture:
    pixels = np.full((height, width, 3), colour, dtype=np.uint8)
    return Picture(av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p"))


def rgb(picture: av.VideoFrame) -> NDArray[np.int_]:
    return picture.to_ndarray(format="rgb24").astype(int)


def is_colour(region: NDArray[np.int_], colour: tuple[int, int, int]) -> bool:
    return bool(np.abs(region - colour).max() < 12)


def drawn(*views: View, size: Size = SIZE) -> NDArray[np.int_]:
    return rgb(Drawing(size).draw(views))


def test_only_what_changed_is_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    painted: list[Box] = []
    paint = Canvas.paint

    def note(canvas: Canvas, picture: Picture, box: Box, scaler: object) -> None:
        painted.append(box)
        paint(canvas, picture, box, scaler)  # type: ignore[arg-type]

    monkeypatch.setattr(Canvas, "paint", note)
    drawing = Drawing(SIZE)
    ann, bob = View(LEFT, "tile", flat(RED, 160, 180), "Ann"), View(RIGHT, "tile", flat(BLUE, 160, 180), "Bob")

    def newly_painted(*views: View) -> list[Box]:
        painted.clear()
        drawing.draw(views)
        return list(painted)

    assert newly_painted(ann, bob) == [LEFT, RIGHT]
    assert newly_painted(ann, bob) == []
    assert newly_painted(ann, replace(bob, picture=flat(GREEN, 160, 180))) == [RIGHT]
    assert newly_painted(replace(ann, speaking=True), bob) == [LEFT, RIGHT], "bob is blue again"
    assert newly_painted(replace(ann, picture=None), bob) == []
    assert newly_painted(bob) == [RIGHT]


@pytest.mark.parametrize(
    "steps",
    [
        [{}, {"speaking": True}, {"muted": True}, {"name": "Somebody else"}, {}],
        [{"picture": None}, {}, {"picture": flat(GREEN, 90, 160)}, {"picture": flat(BLUE)}, {"picture": None}],
    ],
)
def test_a_picture_is_the_same_whatever_was_drawn_before(steps: list[dict[str, object]]) -> None:
    drawing = Drawing(SIZE)
    other = View(RIGHT, "tile", flat(BLUE, 160, 180), "Bob")
    for step in steps:
        views: Sequence[View] = [replace(View(LEFT, "tile", flat(RED), "Ann"), **step), other]  # type: ignore[arg-type]
        assert np.array_equal(drawing.draw(views).to_ndarray(), Drawing(SIZE).draw(views).to_ndarray()), step


def test_a_picture_that_fills_the_frame_with_nothing_on_it_is_not_copied() -> None:
    drawing, ann = Drawing(SIZE), View(WHOLE, "front", flat(RED), "Ann", title=0.0)
    assert ann.picture is not None
    assert drawing.draw([replace(ann, title=0.5)]) is not ann.picture.frame
    assert drawing.draw([ann]) is ann.picture.frame
    assert drawing.draw([replace(ann, screen=True, title=None)]) is ann.picture.frame
    for other in ({"muted": True}, {"title": None}, {"picture": flat(RED, 160, 90)}, {"picture": None}):
        views = [replace(ann, **other)]  # type: ignore[arg-type]
        assert drawing.draw(views) is not ann.picture.frame
        assert np.array_equal(drawing.draw(views).to_ndarray(), Drawing(SIZE).draw(views).to_ndarray()), other
    assert is_colour(rgb(ann.picture.frame), RED)


def test_an_inset_stays_over_a_front_that_moves() -> None:
    inset = Box(240, 120, 64, 36)
    drawing = Drawing(SIZE)
    corner = View(inset, "inset", flat(GREEN), "")
    drawing.draw([View(WHOLE, "front", flat(RED), ""), corner])
    picture = rgb(drawing.draw([View(WHOLE, "front", flat(BLUE), ""), corner]))
    assert is_colour(picture[126:150, 250:290], GREEN)
    assert is_colour(picture[:110], BLUE)


def test_a_turned_picture_stands_upright() -> None:
    """Left is red and right is blue; a quarter against the clock, red is below."""
    pixels = np.full((180, 320, 3), RED, dtype=np.uint8)
    pixels[:, 160:] = BLUE
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p")
    picture = drawn(View(WHOLE, "front", Picture(frame, turns=1), ""))
    assert is_colour(picture[:85, 115:205], BLUE)
    assert is_colour(picture[95:, 115:205], RED)
    assert is_colour(picture[:, :105], (0, 0, 0))
    around = drawn(View(WHOLE, "front", Picture(frame, turns=2), ""))
    assert is_colour(around[:, :155], BLUE)


@pytest.mark.parametrize(("degrees", "turns"), [(0, 0), (90, 1), (180, 2), (270, 3)])
def test_the_orientation_of_an_h264_picture_is_honoured(degrees: int, turns: int) -> None:
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 320, 180, "yuv420p", Fraction(1, 30)
    encoder.options = {"tune": "zerolatency"}
    turn = BitStreamFilterContext(f"h264_metadata=display_orientation=insert:rotate={degrees}", "h264")
    decoder = av.CodecContext.create("h264", "r")
    packets = [turned for packet in encoder.encode(flat(RED).frame) for turned in turn.filter(packet)]
    frames = [frame for packet in [*packets, None] for frame in decoder.decode(packet)]  # type: ignore[attr-defined]
    assert [Picture.of(frame).turns for frame in frames] == [turns]


@pytest.mark.parametrize("space", ["ITU709", "BT2020"])
@pytest.mark.parametrize("colours", ["MPEG", "JPEG"])
def test_pictures_of_other_colour_spaces_keep_their_colours(space: str, colours: str) -> None:
    pixels = np.full((180, 320, 3), GREEN, dtype=np.uint8)
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
        format="yuv420p", dst_colorspace=space, dst_color_range=colours
    )
    picture = drawn(View(WHOLE, "front", Picture(frame), ""))
    assert is_colour(picture, GREEN)


def test_nobody_is_a_calm_card_and_no_black_hole() -> None:
    picture = drawn()
    assert is_colour(picture[:40], BACKGROUND)
    assert 5 < np.ptp(picture) < 80


def test_who_speaks_has_a_border_beside_others_only() -> None:
    tile = View(LEFT, "tile", flat(RED, 160, 180), "", speaking=True)
    assert is_colour(drawn(tile)[2:178, 0], SPEAKING)
    front = View(WHOLE, "front", flat(RED), "", speaking=True)
    assert is_colour(drawn(front)[2:178, 0], RED)


def test_a_name_is_written_where_it_fits() -> None:
    assert label("Ann", 12, 200, muted=False) is not None
    assert label("Ann", 12, 20, muted=False) is None
    assert label("", 12, 200, muted=False) is None
    long = label("Ida Lovelace-Featherstonehaugh", 12, 100, muted=True)
    assert long is not None
    assert long.width <= 100
    mark = label("Ann", 12, 30, muted=True)
    assert mark is not None
    assert mark.width <= 30, "the microphone alone"


def test_the_smallest_tiles_are_drawn() -> None:
    drawn(View(Box(10, 10, 2, 2), "tile", None, "Ann", muted=True), size=Size(64, 64))
    drawn(View(Box(10, 10, 4, 30), "tile", flat(RED), "Ann", speaking=True), size=Size(64, 64))


def halves(left: tuple[int, int, int], right: tuple[int, int, int], width: int = 320, height: int = 180) -> Picture:
    pixels = np.full((height, width, 3), left, dtype=np.uint8)
    pixels[:, width // 2 :] = right
    return Picture(av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p"))


def test_a_picture_that_covers_its_tile_loses_two_sides() -> None:
    """Blue is in the middle third, which is all that an upright tile shows."""
    pixels = np.full((180, 320, 3), RED, dtype=np.uint8)
    pixels[:, 100:220] = BLUE
    picture = Picture(av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p"))
    upright = Box(20, 0, 100, 180)
    covered = drawn(View(upright, "front", picture, "", least_seen=0.0))
    assert is_colour(covered[:, 22:118], BLUE) and is_colour(covered[:, :18], (0, 0, 0))
    whole = drawn(View(upright, "front", picture, ""))
    assert is_colour(whole[:56, 20:120], (0, 0, 0)) and is_colour(whole[70:110, 24:46], RED)


def test_a_tile_that_reaches_beyond_the_frame_is_clipped() -> None:
    picture = halves(RED, BLUE)
    shown = drawn(View(Box(0, 0, 160, 180), "front", picture, "", whole=Box(-160, 0, 320, 180)))
    assert is_colour(shown[:, 2:158], BLUE) and is_colour(shown[:, 162:], (0, 0, 0))
    shown = drawn(View(Box(0, 90, 320, 90), "front", picture, "", whole=Box(0, 90, 320, 180)))
    assert is_colour(shown[92:, :156], RED) and is_colour(shown[92:, 164:], BLUE)
    bars = drawn(View(Box(280, 0, 40, 180), "front", picture, "", whole=Box(280, 0, 320, 640)))
    assert is_colour(bars, (0, 0, 0)), "of this tile, only the bar above its picture is in the frame"


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_part_of_a_turned_picture_is_where_it_was(turns: int) -> None:
    noise = np.random.default_rng(7).integers(0, 255, (90, 60, 3), dtype=np.uint8).repeat(4, 0).repeat(4, 1)
    picture = Picture(av.VideoFrame.from_ndarray(noise, format="rgb24").reformat(format="yuv420p"), turns)
    size = Size(picture.width, picture.height)
    everything = drawn(View(Box(0, 0, size.width, size.height), "front", picture, ""), size=size)
    box = Box(32, 48, 100, 64)
    part = drawn(View(Box(0, 0, 100, 64), "front", picture.part(box), ""), size=Size(100, 64))
    assert np.abs(part - everything[48:112, 32:132]).max() < 3


@pytest.mark.parametrize("form", ["yuv420p", "yuv444p"])
def test_a_part_keeps_its_colours(form: str) -> None:
    pixels = np.full((180, 320, 3), GREEN, dtype=np.uint8)
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
        format=form, dst_colorspace="ITU709", dst_color_range="JPEG"
    )
    part = Picture(frame).part(Box(0, 0, 160, 90))
    assert (part.width, part.height) == (160, 90)
    assert is_colour(drawn(View(WHOLE, "front", part, "")), GREEN)


def test_people_whom_the_layout_hides_leave_a_black_picture() -> None:
    drawing = Drawing(SIZE)
    empty = rgb(drawing.draw([]))
    assert is_colour(rgb(drawing.draw([], hidden=True)), (0, 0, 0))
    assert np.array_equal(rgb(drawing.draw([])), empty) and not is_colour(empty, (0, 0, 0))
