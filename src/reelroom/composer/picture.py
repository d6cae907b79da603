"""One picture of a film: a canvas of 4:2:0 planes onto which tracks and names are painted."""

import av
import numpy as np
from numpy.typing import NDArray

from reelroom.composer.cards import Patch
from reelroom.layout import Box

_BLACK_LUMA, _BLACK_CHROMA = 16, 128


class Canvas:
    """A frame of `width` x `height` pixels (even), yuv420p; `planes` is what an encoder takes.

    All painting is whole-array work in native code: nothing here touches single pixels.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self.planes: NDArray[np.uint8] = np.empty((height * 3 // 2, width), dtype=np.uint8)
        quarter = width * height // 4
        flat = self.planes.reshape(-1)
        self._luma = flat[: width * height].reshape(height, width)
        self._blue = flat[width * height : width * height + quarter].reshape(height // 2, width // 2)
        self._red = flat[width * height + quarter :].reshape(height // 2, width // 2)
        self.clear()

    def clear(self) -> None:
        """All black."""
        self._luma[:] = _BLACK_LUMA
        self._blue[:] = _BLACK_CHROMA
        self._red[:] = _BLACK_CHROMA

    def paint(self, frame: av.VideoFrame, box: Box) -> None:
        """Scale a decoded frame to `box`; its shape is the caller's care (`layout.fit`)."""
        if (frame.width, frame.height, frame.format.name) != (box.width, box.height, "yuv420p"):
            frame = frame.reformat(box.width, box.height, "yuv420p", interpolation="BILINEAR")
        source = frame.to_ndarray().reshape(-1)
        size, quarter = box.width * box.height, box.width * box.height // 4
        half = Box(box.x // 2, box.y // 2, box.width // 2, box.height // 2)
        _region(self._luma, box)[:] = source[:size].reshape(box.height, box.width)
        _region(self._blue, half)[:] = source[size : size + quarter].reshape(half.height, half.width)
        _region(self._red, half)[:] = source[size + quarter :].reshape(half.height, half.width)

    def lay(self, patch: Patch, x: int, y: int) -> None:
        """Blend a patch onto the canvas at (x, y), even pixels; it must lie inside."""
        box = Box(x, y, patch.width, patch.height)
        half = Box(x // 2, y // 2, patch.width // 2, patch.height // 2)
        _blend(_region(self._luma, box), patch.luma, patch.opacity)
        _blend(_region(self._blue, half), patch.blue, patch.opacity_half)
        _blend(_region(self._red, half), patch.red, patch.opacity_half)


def _region(plane: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    return plane[box.y : box.y + box.height, box.x : box.x + box.width]


def _blend(under: NDArray[np.uint8], over: NDArray[np.uint16], opacity: NDArray[np.uint16]) -> None:
    under[:] = (under * (255 - opacity) + over * opacity + 127) // 255
