"""Small pictures with transparency, made ready to be laid onto a film's."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image


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

    @classmethod
    def of(cls, image: Image.Image) -> "Patch":
        """An RGBA picture."""
        rgba = np.asarray(image, dtype=np.float32)
        red, green, blue = (rgba[..., channel] for channel in range(3))
        opacity = np.round(rgba[..., 3] * (256 / 255))
        luma = 16 + (65.738 * red + 129.057 * green + 25.064 * blue) / 256
        chroma_blue = 128 + (-37.945 * red - 74.494 * green + 112.439 * blue) / 256
        chroma_red = 128 + (112.439 * red - 94.154 * green - 18.285 * blue) / 256
        half = np.round(_halve(opacity))
        return cls(
            (luma * opacity + 128).astype(np.uint16),
            (_halve(chroma_blue * opacity) + 128).astype(np.uint16),
            (_halve(chroma_red * opacity) + 128).astype(np.uint16),
            (256 - opacity).astype(np.uint16),
            (256 - half).astype(np.uint16),
        )

    @property
    def width(self) -> int:
        return int(self.luma.shape[1])

    @property
    def height(self) -> int:
        return int(self.luma.shape[0])

    def faded(self, opacity: float) -> "Patch":
        """The same with 0 to 1 of its opacity."""
        if opacity >= 1:
            return self
        return Patch(
            _share(self.luma, opacity),
            _share(self.blue, opacity),
            _share(self.red, opacity),
            256 - _share(256 - self.clearness, opacity),
            256 - _share(256 - self.clearness_half, opacity),
        )


def _share(plane: NDArray[np.uint16], opacity: float) -> NDArray[np.uint16]:
    return (plane * np.float32(opacity)).astype(np.uint16)


def _halve(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = plane.shape
    halved: NDArray[np.float32] = plane.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))
    return halved
