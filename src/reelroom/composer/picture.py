"""One picture of a film: a canvas of 4:2:0 planes onto which tracks and names are painted."""

from dataclasses import dataclass

import av
import numpy as np
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

from reelroom.composer.patch import Patch
from reelroom.layouts.boxes import Box
from reelroom.layouts.names import Size

Plane = NDArray[np.uint8]

# FFmpeg's numbers of the colour spaces that are not ours: BT.709, BT.2020; and of the full range.
_OTHER_COLOURS = (1, 9, 10)
_FULL_RANGE = 2


@dataclass(frozen=True)
class Colour:
    """One colour as 4:2:0 planes have it (ITU-R BT.601, limited range)."""

    luma: int
    blue: int
    red: int


def colour(red: int, green: int, blue: int) -> Colour:
    """What 8-bit RGB is in a film."""
    return Colour(
        round(16 + (65.738 * red + 129.057 * green + 25.064 * blue) / 256),
        round(128 + (-37.945 * red - 74.494 * green + 112.439 * blue) / 256),
        round(128 + (112.439 * red - 94.154 * green - 18.285 * blue) / 256),
    )


BLACK = colour(0, 0, 0)


class Canvas:
    """A picture of `size` (even), yuv420p: its `planes`, and the same as the `frame` that an encoder takes.

    All painting is whole-array work in native code: nothing here touches single pixels.
    """

    def __init__(self, size: Size) -> None:
        width, height = size.width, size.height
        self.box = Box(0, 0, width, height)
        self.planes: Plane = np.empty((height * 3 // 2, width), dtype=np.uint8)
        quarter = width * height // 4
        flat = self.planes.reshape(-1)
        self._luma = flat[: width * height].reshape(height, width)
        self._blue = flat[width * height : width * height + quarter].reshape(height // 2, width // 2)
        self._red = flat[width * height + quarter :].reshape(height // 2, width // 2)
        self.frame = av.VideoFrame.from_numpy_buffer(self.planes, format="yuv420p")
        self.fill(self.box, BLACK)

    def _regions(self, box: Box) -> tuple[Plane, Plane, Plane]:
        half = Box(box.x // 2, box.y // 2, box.width // 2, box.height // 2)
        return _region(self._luma, box), _region(self._blue, half), _region(self._red, half)

    def fill(self, box: Box, paint: Colour) -> None:
        """One colour all over `box`."""
        for region, value in zip(self._regions(box), (paint.luma, paint.blue, paint.red), strict=True):
            region[:] = value

    def surround(self, inner: Box, outer: Box, paint: Colour) -> None:
        """One colour over what of `outer` lies outside of `inner`: bars, or a border."""
        right, bottom = inner.x + inner.width, inner.y + inner.height
        for bar in (
            Box(outer.x, outer.y, outer.width, inner.y - outer.y),
            Box(outer.x, bottom, outer.width, outer.y + outer.height - bottom),
            Box(outer.x, inner.y, inner.x - outer.x, inner.height),
            Box(right, inner.y, outer.x + outer.width - right, inner.height),
        ):
            if bar.width > 0 and bar.height > 0:
                self.fill(bar, paint)

    def paint(self, picture: "Picture", box: Box, scaler: VideoReformatter) -> None:
        """Scale a picture to `box`; its shape is the caller's care (`layout.fit`)."""
        width, height = (box.height, box.width) if picture.turns % 2 else (box.width, box.height)
        frame = _scaled(picture.frame, width, height, scaler)
        for region, plane in zip(self._regions(box), frame.planes, strict=True):
            source = _pixels(plane)
            region[:] = np.rot90(source, picture.turns) if picture.turns else source

    def lay(self, patch: Patch, x: int, y: int) -> None:
        """Blend a patch onto the canvas at (x, y), even pixels; it must lie inside."""
        luma, blue, red = self._regions(Box(x, y, patch.width, patch.height))
        _blend(luma, patch.luma, patch.clearness)
        _blend(blue, patch.blue, patch.clearness_half)
        _blend(red, patch.red, patch.clearness_half)


@dataclass(frozen=True)
class Picture:
    """A decoded frame as it is to be seen: turned by `turns` quarters, against the clock."""

    frame: av.VideoFrame
    turns: int = 0

    @classmethod
    def of(cls, frame: av.VideoFrame) -> "Picture":
        """As the frame itself says (H.264's display orientation; WebRTC's cameras turn their pixels before)."""
        return cls(frame, round(frame.rotation / 90) % 4)

    def part(self, box: Box) -> "Picture":
        """What is seen of it in `box`, whose numbers are even; itself where that is all."""
        if (box.width, box.height) == (self.width, self.height):
            return self
        frame, right, bottom = self.frame, box.x + box.width, box.y + box.height
        match self.turns:
            case 1:
                box = Box(frame.width - bottom, box.x, box.height, box.width)
            case 2:
                box = Box(frame.width - right, frame.height - bottom, box.width, box.height)
            case 3:
                box = Box(box.y, frame.height - right, box.height, box.width)
        return Picture(_cut_out(frame, box), self.turns)

    def is_as_shown(self, width: int, height: int) -> bool:
        """Whether its frame is, to the last bit, what a film shows of it in `width` x `height` pixels."""
        return self.turns == 0 and _is_as_shown(self.frame, width, height)

    @property
    def width(self) -> int:
        return self.frame.height if self.turns % 2 else self.frame.width

    @property
    def height(self) -> int:
        return self.frame.width if self.turns % 2 else self.frame.height


def _cut_out(frame: av.VideoFrame, box: Box) -> av.VideoFrame:
    source = frame if frame.format.name == "yuv420p" else frame.reformat(format="yuv420p")
    width, height = box.width // 2 * 2, box.height // 2 * 2
    planes = np.empty((height * 3 // 2, width), dtype=np.uint8)
    at = 0
    for plane, share in zip(source.planes, (1, 2, 2), strict=True):
        region = Box(box.x // share, box.y // share, width // share, height // share)
        part = _region(_pixels(plane), region)
        planes.reshape(-1)[at : at + part.size] = part.reshape(-1)
        at += part.size
    cut = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    cut.colorspace, cut.color_range = source.colorspace, source.color_range
    return cut


def _pixels(plane: VideoPlane) -> Plane:
    whole = np.frombuffer(memoryview(plane), dtype=np.uint8).reshape(plane.height, plane.line_size)
    return whole[:, : plane.width]


def _is_foreign(frame: av.VideoFrame) -> bool:
    return frame.colorspace in _OTHER_COLOURS or frame.color_range == _FULL_RANGE


def _is_as_shown(frame: av.VideoFrame, width: int, height: int) -> bool:
    return (frame.width, frame.height, frame.format.name) == (width, height, "yuv420p") and not _is_foreign(frame)


def _scaled(frame: av.VideoFrame, width: int, height: int, scaler: VideoReformatter) -> av.VideoFrame:
    if _is_as_shown(frame, width, height):
        return frame
    foreign = _is_foreign(frame)
    small = height * 2 <= frame.height
    return scaler.reformat(
        frame,
        width,
        height,
        "yuv420p",
        dst_colorspace=Colorspace.ITU601 if foreign else None,
        dst_color_range=ColorRange.MPEG if foreign else None,
        interpolation=Interpolation.AREA if small else Interpolation.BICUBIC,
        threads=1,
    )


def _region(plane: Plane, box: Box) -> Plane:
    return plane[box.y : box.y + box.height, box.x : box.x + box.width]


def _blend(under: Plane, over: NDArray[np.uint16], clearness: NDArray[np.uint16]) -> None:
    under[:] = (under * clearness + over) >> 8
