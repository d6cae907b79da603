"""What is drawn beside people's pictures: names, muted microphones, and who is there without a camera."""

import colorsys
import hashlib
from functools import lru_cache

from PIL import Image, ImageChops, ImageDraw

from reelroom.composer.lettering import initials, line
from reelroom.composer.patch import Patch

BACKGROUND = (24, 26, 32)
SPEAKING = (74, 222, 155)  # as in the page

_PANEL = (12, 13, 16)
_PANEL_OPACITY = 190
_MUTED = (255, 122, 114)
_QUIET = (196, 202, 214)
_SHADE = (50, 55, 66)
_SMOOTH = 4  # drawn so many times larger and scaled down: smooth edges
_LIGHT = 500


def even(value: float) -> int:
    """The next even number above."""
    return int(value) // 2 * 2 + 2


def _smooth(large: Image.Image) -> Image.Image:
    return large.resize((large.width // _SMOOTH, large.height // _SMOOTH), Image.Resampling.LANCZOS)


def _panel(width: int, height: int, corner: float) -> Image.Image:
    shape = Image.new("L", (width * _SMOOTH, height * _SMOOTH))
    edge = (0, 0, shape.width - 1, shape.height - 1)
    ImageDraw.Draw(shape).rounded_rectangle(edge, radius=int(corner * _SMOOTH), fill=_PANEL_OPACITY)
    image = Image.new("RGBA", (width, height), (*_PANEL, 0))
    image.putalpha(_smooth(shape))
    return image


@lru_cache(maxsize=256)
def label(name: str, letter: int, width: int, *, muted: bool = False, screen: bool = False) -> Patch | None:
    """A dark pill, at most `width` pixels wide: a crossed microphone, a screen, the name as it fits.

    `letter` is the size of the letters in pixels. None where there is nothing to say, or no room for it.
    """
    height, padding = even(letter * 1.9), letter * 0.7
    side = even(letter * 1.2)
    marks = [_crossed_microphone(side)] * muted + [_screen(side)] * screen
    before = len(marks) * (side + letter * 0.35)
    words = line(name, letter, width - 2 * padding - before - 2, _LIGHT)
    if not words and (not muted or width < even(side + padding)):
        return None
    if not words:
        marks, before, padding = marks[:1], side, padding / 2
    image = _panel(even(2 * padding + before + words.width), height, height * 0.32)
    x = padding
    for mark in marks:
        image.alpha_composite(mark, (round(x), (height - side) // 2))
        x += side + letter * 0.35
    words.draw(image, x, height / 2)
    return Patch.of(image)


@lru_cache(maxsize=32)
def lower_third(name: str, letter: int, width: int, opacity: float) -> Patch | None:
    """A name as television shows it, in letters of `letter` pixels, at most `width` pixels wide.

    `opacity` is 0 to 1. None where there is nothing to say, or no room for it.
    """
    height, padding, bar = even(letter * 2.0), letter * 0.75, even(letter * 0.12)
    words = line(name, letter, width - bar - 2 * padding - 2)
    if not words:
        return None
    image = _panel(even(bar + 2 * padding + words.width), height, letter * 0.2)
    accent = Image.new("RGBA", image.size, (*SPEAKING, 0))
    side = Image.new("L", image.size)
    ImageDraw.Draw(side).rectangle((0, 0, bar - 1, height), fill=255)
    accent.putalpha(
        ImageChops.multiply(side, image.getchannel("A").point(lambda alpha: alpha * 255 // _PANEL_OPACITY))
    )
    image.alpha_composite(accent)
    words.draw(image, bar + padding, height / 2)
    return Patch.of(image).faded(opacity)


@lru_cache(maxsize=64)
def caption(name: str, letter: int, width: int) -> Patch | None:
    """A name without anything behind it, for cards; at most `width` pixels wide."""
    words = line(name, letter, width - 2, _LIGHT)
    if not words:
        return None
    image = Image.new("RGBA", (even(words.width), even(letter * 1.9)), (255, 255, 255, 0))
    words.draw(image, 0, image.height / 2)
    return Patch.of(image)


@lru_cache(maxsize=8)
def badge(side: int, *, disc: bool = False) -> Patch:
    """A crossed microphone on a dark square, or disc, of `side` pixels (even)."""
    image, mark = _panel(side, side, side * (0.5 if disc else 0.1)), side // 4 * 2 + side // 20 * 2
    image.alpha_composite(_crossed_microphone(mark), ((side - mark) // 2, (side - mark) // 2))
    return Patch.of(image)


def _crossed_microphone(side: int) -> Image.Image:
    unit = side * _SMOOTH / 24
    shape = Image.new("L", (side * _SMOOTH, side * _SMOOTH))
    draw, stroke = ImageDraw.Draw(shape), max(1, round(2 * unit))

    def box(*corners: float) -> tuple[float, ...]:
        return tuple(corner * unit for corner in corners)

    draw.rounded_rectangle(box(8.5, 2, 15.5, 14), radius=3.5 * unit, fill=255)
    draw.arc(box(5, 4, 19, 18), 10, 170, fill=255, width=stroke)
    draw.line(box(12, 17, 12, 22), fill=255, width=stroke)
    draw.line(box(5, 1.5, 22, 20.5), fill=0, width=round(2.4 * unit))
    draw.line(box(3, 3, 20, 22), fill=255, width=stroke)
    return _coloured(shape, _MUTED)


def _screen(side: int) -> Image.Image:
    """A screen on its foot."""
    unit = side * _SMOOTH / 24
    shape = Image.new("L", (side * _SMOOTH, side * _SMOOTH))
    draw, stroke = ImageDraw.Draw(shape), max(1, round(2 * unit))
    draw.rounded_rectangle((2 * unit, 4 * unit, 22 * unit, 17 * unit), 2 * unit, outline=255, width=stroke)
    draw.line((12 * unit, 17 * unit, 12 * unit, 21 * unit), fill=255, width=stroke)
    draw.line((7 * unit, 21 * unit, 17 * unit, 21 * unit), fill=255, width=stroke)
    return _coloured(shape, _QUIET)


def _coloured(large: Image.Image, paint: tuple[int, int, int]) -> Image.Image:
    mark = Image.new("RGBA", (large.width // _SMOOTH, large.height // _SMOOTH), (*paint, 0))
    mark.putalpha(_smooth(large))
    return mark


@lru_cache(maxsize=48)
def portrait(name: str, diameter: int) -> Patch:
    """For somebody without a camera: initials on a disc whose colour is the name's own, `diameter` pixels (even)."""
    letters = line(initials(name), max(1, int(diameter * 0.4)), diameter)
    if not letters:
        return _figures(diameter, ((0.5, 0.5),))
    hue = hashlib.sha256(name.encode(errors="replace")).digest()[0] / 256
    red, green, blue = (round(part * 255) for part in colorsys.hls_to_rgb(hue, 0.38, 0.42))
    disc = Image.new("L", (diameter * _SMOOTH, diameter * _SMOOTH))
    ImageDraw.Draw(disc).ellipse((0, 0, disc.width - 1, disc.height - 1), fill=255)
    image = _coloured(disc, (red, green, blue))
    letters.draw(image, (diameter - letters.width) / 2, diameter / 2)
    return Patch.of(image)


@lru_cache(maxsize=4)
def nobody(side: int) -> Patch:
    """For an empty room: the shades of two who are not there, on a square of `side` pixels (even)."""
    return _figures(side, ((0.3, 0.5), (0.7, 0.5)))


def _figures(side: int, places: tuple[tuple[float, float], ...]) -> Patch:
    """Heads and shoulders of half the square's height, or all of it for one; `places` are middles, 0 to 1."""
    whole = side * _SMOOTH
    height = whole * (0.5 if len(places) > 1 else 0.9)
    shape = Image.new("L", (whole, whole))
    draw = ImageDraw.Draw(shape)
    for x, y in places:
        middle, top = x * whole, y * whole - height / 2
        head, shoulders = height * 0.22, height * 0.36
        draw.ellipse((middle - head, top, middle + head, top + 2 * head), fill=255)
        draw.pieslice(
            (middle - shoulders, top + height * 0.52, middle + shoulders, top + height * 1.4), 180, 360, fill=255
        )
    return Patch.of(_coloured(shape, _SHADE))
