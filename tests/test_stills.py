"""Poster and thumbnails: which moments are kept, and what they show."""

import io
from collections.abc import Iterator

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from reelroom.composer.stills import MOST_TILES, Stills

S = 1_000_000
WIDTH, HEIGHT = 320, 180


def plain(luma: int | NDArray[np.int64]) -> av.VideoFrame:
    planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, dtype=np.uint8)
    planes[:HEIGHT] = luma
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")


def detailed(luma: int) -> av.VideoFrame:
    return plain(np.random.default_rng(1).integers(luma - 30, luma + 30, (HEIGHT, WIDTH)))


def brightness(jpeg: bytes | None) -> float:
    assert jpeg is not None
    return float(np.asarray(Image.open(io.BytesIO(jpeg)).convert("L")).mean())


def seconds(count: float, step: float = 1 / 30) -> Iterator[int]:
    for index in range(int(count / step)):
        yield round(index * step * S)


@pytest.mark.parametrize(
    ("length", "every", "tiles"), [(0.1, 1, 1), (12, 1, 12), (100, 1, 100), (101, 2, 51), (3600, 64, 57)]
)
def test_there_are_never_too_many_thumbnails(length: float, every: int, tiles: int) -> None:
    stills = Stills(WIDTH, HEIGHT)
    for moment in seconds(length, 0.1):
        stills.see(moment, plain(round(moment / S) % 200 + 20), False)
    assert (stills.every / S, len(stills.tiles)) == (every, tiles)
    assert tiles <= MOST_TILES


def test_a_thumbnail_shows_its_moment() -> None:
    stills = Stills(WIDTH, HEIGHT)
    for moment in seconds(200, 0.1):
        stills.see(moment, plain(16 + moment // S), False)
    shown = [float(tile.mean()) * 219 / 255 + 16 for tile in stills.tiles]
    assert shown == pytest.approx([16 + index * stills.every / S for index in range(len(shown))], abs=2)
    strip = stills.strip()
    assert strip is not None
    assert Image.open(io.BytesIO(strip)).size == (1600, 900)


def test_upright_films_have_upright_thumbnails() -> None:
    assert (Stills(720, 1280).tile_width, Stills(720, 1280).tile_height) == (90, 160)


def test_the_poster_is_the_first_good_moment() -> None:
    stills = Stills(WIDTH, HEIGHT)
    for moment in seconds(20):
        second = moment // S
        if second < 4:
            stills.see(moment, detailed(46), False)  # a card
        elif second < 6:
            stills.see(moment, plain(16), True)  # a camera that is still dark
        elif second < 10:
            stills.see(moment, detailed(120), True)
        else:
            stills.see(moment, detailed(200), True)
    assert brightness(stills.poster()) == pytest.approx((120 - 16) * 255 / 219, abs=8)


def test_a_poster_of_nothing_but_black_is_better_than_none() -> None:
    stills = Stills(WIDTH, HEIGHT)
    assert stills.poster() is None
    assert stills.strip() is None
    for moment in seconds(3):
        stills.see(moment, plain(16), False)
    assert brightness(stills.poster()) < 3


def test_pictures_at_longer_distances_stand_for_what_lies_between() -> None:
    stills = Stills(WIDTH, HEIGHT)
    for second in (0, 2, 4, 5, 6):
        stills.see(second * S, plain(20 + second * 20), True)
    shown = [round(float(tile.mean()) * 219 / 255 + 16) for tile in stills.tiles]
    assert shown == pytest.approx([20, 60, 60, 100, 100, 120, 140], abs=2)
