"""What is drawn beside people's pictures: names, muted microphones, and who is there without a camera."""

import colorsys
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

BACKGROUND = (24, 26, 32)
SPEAKING = (74, 222, 155)  # as in the page

_FONT = Path(__file__).parent / "fonts" / "DejaVuSans.ttf"
_PILL = (12, 13, 16)
_PILL_OPACITY = 178
_MUTED = (255, 122, 114)
_SHADE = (50, 55, 66)
_SMOOTH = 4  # drawn so many times larger and scaled down: smooth edges
_FEWEST_LETTERS = 3


@dataclass(frozen=True)
class Patch:
    """A picture with transparency, as 4:2:0 planes (ITU-R BT.601, limited range); even sizes in pixels.

    Ready to be laid onto others: the planes are multiplied with the opacity, 0 to 256; `clearness` is 256 less that.
    """

    luma: NDArray[np.uint16]
    blue: NDArray[np.uint16]
    red: NDArray[np.uint16]
    clearness: NDArray[np.uint16]
    clearness_half: NDArray[np.uint16]

    @property
    def width(self) -> int:
        return int(self.luma.shape[1])

    @property
    def height(self) -> int:
        return int(self.luma.shape[0])


def _halve(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = plane.shape
    halved: NDArray[np.float32] = plane.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))
    return halved


def _patch(image: Image.Image) -> Patch:
    rgba = np.asarray(image, dtype=np.float32)
    red, green, blue = (rgba[..., channel] for channel in range(3))
    opacity = np.round(rgba[..., 3] * (256 / 255))
    luma = 16 + (65.738 * red + 129.057 * green + 25.064 * blue) / 256
    chroma_blue = 128 + (-37.945 * red - 74.494 * green + 112.439 * blue) / 256
    chroma_red = 128 + (112.439 * red - 94.154 * green - 18.285 * blue) / 256
    half = np.round(_halve(opacity))
    return Patch(
        (luma * opacity + 128).astype(np.uint16),
        (_halve(chroma_blue * opacity) + 128).astype(np.uint16),
        (_halve(chroma_red * opacity) + 128).astype(np.uint16),
        (256 - opacity).astype(np.uint16),
        (256 - half).astype(np.uint16),
    )


def _even(value: float) -> int:
    return int(value) // 2 * 2 + 2


def _smooth(large: Image.Image) -> Image.Image:
    return large.resize((large.width // _SMOOTH, large.height // _SMOOTH), Image.Resampling.LANCZOS)


def _shorten(text: str, font: ImageFont.FreeTypeFont, width: float) -> str:
    """The text, or so much of its beginning as fits; nothing when that would be no name any more."""
    if font.getlength(text) <= width:
        return text
    letters = len(text)
    while letters and font.getlength(text[:letters].rstrip() + "…") > width:
        letters -= 1
    return text[:letters].rstrip() + "…" if letters >= _FEWEST_LETTERS else ""


@lru_cache(maxsize=256)
def label(name: str, letter: int, width: int, *, muted: bool) -> Patch | None:
    """A dark pill, at most `width` pixels wide: a crossed microphone where `muted`, and the name where it fits.

    `letter` is the size of the letters in pixels. None where there is nothing to say, or no room for it.
    """
    font = ImageFont.truetype(str(_FONT), letter)
    height, padding = _even(letter * 1.9), letter * 0.7
    mark = letter * 1.2 if muted else 0.0
    space = letter * 0.35 if muted else 0.0
    text = _shorten(name, font, width - 2 * padding - mark - space - 2)
    if not text and (not muted or width < _even(mark + padding)):
        return None
    pill_width = _even(2 * padding + mark + space + font.getlength(text)) if text else _even(mark + padding)
    image = Image.new("RGBA", (pill_width, height), (*_PILL, 0))
    pill = Image.new("L", (pill_width * _SMOOTH, height * _SMOOTH))
    corner = int(height * _SMOOTH * 0.32)
    ImageDraw.Draw(pill).rounded_rectangle((0, 0, pill.width - 1, pill.height - 1), radius=corner, fill=_PILL_OPACITY)
    image.putalpha(_smooth(pill))
    left = padding if text else padding / 2
    if muted:
        image.alpha_composite(_crossed_microphone(_even(mark)), (round(left), round((height - _even(mark)) / 2)))
    words = Image.new("RGBA", image.size, (255, 255, 255, 0))
    ImageDraw.Draw(words).text((left + mark + space, height / 2), text, font=font, fill="white", anchor="lm")
    return _patch(Image.alpha_composite(image, words))


def _crossed_microphone(side: int) -> Image.Image:
    unit = side * _SMOOTH / 24
    shape = Image.new("L", (side * _SMOOTH, side * _SMOOTH))
    draw, line = ImageDraw.Draw(shape), max(1, round(2 * unit))

    def box(*corners: float) -> tuple[float, ...]:
        return tuple(corner * unit for corner in corners)

    draw.rounded_rectangle(box(8.5, 2, 15.5, 14), radius=3.5 * unit, fill=255)
    draw.arc(box(5, 4, 19, 18), 10, 170, fill=255, width=line)
    draw.line(box(12, 17, 12, 22), fill=255, width=line)
    draw.line(box(5, 1.5, 22, 20.5), fill=0, width=round(2.4 * unit))
    draw.line(box(3, 3, 20, 22), fill=255, width=line)
    mark = Image.new("RGBA", (side, side), (*_MUTED, 0))
    mark.putalpha(_smooth(shape))
    return mark


def initials(name: str) -> str:
    """One or two letters that stand for a name."""
    words = [word for word in name.split() if word[0].isalnum()]
    letters = [words[0][0], words[-1][0]] if len(words) > 1 else [word[0] for word in words]
    return "".join(letters).upper()


@lru_cache(maxsize=48)
def portrait(name: str, diameter: int) -> Patch:
    """For somebody without a camera: initials on a disc whose colour is the name's own, `diameter` pixels (even)."""
    letters = initials(name)
    if not letters:
        return _figures(diameter, ((0.5, 0.5),))
    hue = hashlib.sha256(name.encode()).digest()[0] / 256
    red, green, blue = (round(part * 255) for part in colorsys.hls_to_rgb(hue, 0.38, 0.42))
    disc = Image.new("L", (diameter * _SMOOTH, diameter * _SMOOTH))
    ImageDraw.Draw(disc).ellipse((0, 0, disc.width - 1, disc.height - 1), fill=255)
    image = Image.new("RGBA", (diameter, diameter), (red, green, blue, 0))
    image.putalpha(_smooth(disc))
    font = ImageFont.truetype(str(_FONT), int(diameter * 0.4))
    words = Image.new("RGBA", image.size, (255, 255, 255, 0))
    middle = diameter / 2, diameter / 2
    ImageDraw.Draw(words).text(middle, letters, font=font, fill="white", anchor="mm")
    return _patch(Image.alpha_composite(image, words))


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
    image = Image.new("RGBA", (side, side), (*_SHADE, 0))
    image.putalpha(_smooth(shape))
    return _patch(image)
