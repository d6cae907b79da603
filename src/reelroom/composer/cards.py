"""What is written on a picture: the name below a face, and the card of somebody without a camera."""

import colorsys
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Plane = NDArray[np.uint8]

_FONT = Path(__file__).parent / "fonts" / "DejaVuSans.ttf"
_BACKGROUND = (24, 26, 32)


@dataclass(frozen=True)
class Patch:
    """A picture with transparency, as 4:2:0 planes (ITU-R BT.601, limited range); even sizes in pixels."""

    luma: NDArray[np.uint16]
    blue: NDArray[np.uint16]
    red: NDArray[np.uint16]
    opacity: NDArray[np.uint16]  # 0 to 255, full size
    opacity_half: NDArray[np.uint16]

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
    red, green, blue, opacity = (rgba[..., channel] for channel in range(4))
    luma = 16 + (65.738 * red + 129.057 * green + 25.064 * blue) / 256
    chroma_blue = 128 + (-37.945 * red - 74.494 * green + 112.439 * blue) / 256
    chroma_red = 128 + (112.439 * red - 94.154 * green - 18.285 * blue) / 256
    return Patch(
        luma.astype(np.uint16),
        _halve(chroma_blue).astype(np.uint16),
        _halve(chroma_red).astype(np.uint16),
        opacity.astype(np.uint16),
        _halve(opacity).astype(np.uint16),
    )


def _even(value: float) -> int:
    return int(value) // 2 * 2 + 2


def _shorten(text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text + "…"


@lru_cache(maxsize=256)
def name_label(name: str, frame_width: int, frame_height: int) -> Patch:
    """The name on a dark pill, sized for a frame of that many pixels."""
    size = max(12, round(min(frame_height, frame_width) * 0.038))
    font = ImageFont.truetype(str(_FONT), size)
    text = _shorten(name, font, int(frame_width * 0.6))
    width, height = _even(font.getlength(text) + size * 1.4), _even(size * 1.9)
    scale = 4  # drawn large and scaled down: smooth corners
    pill = Image.new("L", (width * scale, height * scale))
    ImageDraw.Draw(pill).rounded_rectangle(
        (0, 0, width * scale - 1, height * scale - 1), radius=int(height * scale * 0.32), fill=165
    )
    image = Image.new("RGBA", (width, height), (12, 13, 16, 0))
    image.putalpha(pill.resize((width, height), Image.Resampling.LANCZOS))
    words = Image.new("RGBA", (width, height), (255, 255, 255, 0))
    ImageDraw.Draw(words).text((width / 2, height / 2), text, font=font, fill="white", anchor="mm")
    return _patch(Image.alpha_composite(image, words))


def initials(name: str) -> str:
    """One or two letters that stand for a name."""
    words = [word for word in name.split() if word[0].isalnum()]
    letters = [words[0][0], words[-1][0]] if len(words) > 1 else [word[0] for word in words]
    return "".join(letters).upper()


@lru_cache(maxsize=32)
def name_card(name: str, width: int, height: int) -> Patch:
    """A whole frame for somebody without a camera: initials on a disc whose colour is the name's own."""
    image = Image.new("RGBA", (width, height), (*_BACKGROUND, 255))
    if letters := initials(name):
        hue = hashlib.sha256(name.encode()).digest()[0] / 256
        colour = tuple(round(part * 255) for part in colorsys.hls_to_rgb(hue, 0.38, 0.42))
        diameter, scale = _even(min(width, height) * 0.4), 4
        disc = Image.new("L", (diameter * scale, diameter * scale))
        ImageDraw.Draw(disc).ellipse((0, 0, diameter * scale - 1, diameter * scale - 1), fill=255)
        mask = disc.resize((diameter, diameter), Image.Resampling.LANCZOS)
        image.paste(colour, ((width - diameter) // 2, (height - diameter) // 2), mask)
        font = ImageFont.truetype(str(_FONT), int(diameter * 0.4))
        ImageDraw.Draw(image).text((width / 2, height / 2), letters, font=font, fill="white", anchor="mm")
    return _patch(image)
