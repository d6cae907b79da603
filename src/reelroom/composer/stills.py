"""A film's still pictures, taken while it is composed: a poster, and thumbnails at even distances."""

import io

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Planes = NDArray[np.uint8]

MOST_TILES = 100
COLUMNS = 10
_LONGER_SIDE = 160  # pixels, of a tile
_EVERY = 1_000_000  # µs between two tiles, as long as there are few
_DARK = 40  # mean luma; black is 16
_DETAILED = 4.0  # bits of entropy in the luma; a card has less than 2
_BETTER = 1.0  # bits by which a later moment must win over an earlier one
_SETTLED = 2_000_000  # µs; before that, a camera is often still finding its brightness


class Stills:
    """Shown one picture each `_EVERY` µs, it keeps at most MOST_TILES of them, small, and one as poster."""

    def __init__(self, width: int, height: int) -> None:
        scale = _LONGER_SIDE / max(width, height)
        self.tile_width = max(2, round(width * scale / 2) * 2)
        self.tile_height = max(2, round(height * scale / 2) * 2)
        self.every = _EVERY
        self.tiles: list[NDArray[np.uint8]] = []
        self._due = 0
        self._poster: Planes | None = None
        self._best = (False, -_BETTER)

    def wants(self, moment: int) -> bool:
        """Whether a picture of the film at `moment` (µs from its start) would be kept."""
        return moment >= self._due

    def see(self, moment: int, picture: av.VideoFrame, pictured: bool) -> None:
        """The film at `moment` (µs from its start) is `picture`; `pictured`: with somebody's camera or screen."""
        if not self.wants(moment):
            return
        small = picture.reformat(self.tile_width, self.tile_height, "rgb24", interpolation="AREA")
        tile = small.to_ndarray().astype(np.uint8, copy=False)
        while self._due <= moment:  # more than once where pictures come at longer distances
            self.tiles.append(tile)
            if len(self.tiles) > MOST_TILES:
                self.tiles = self.tiles[::2]
                self.every *= 2
            self._due = len(self.tiles) * self.every
        self._consider(moment, picture.to_ndarray().astype(np.uint8, copy=False), pictured)

    def _consider(self, moment: int, planes: Planes, pictured: bool) -> None:
        if self._best[0]:
            return
        luma = planes[: planes.shape[0] * 2 // 3]
        detail = _entropy(luma) if luma.mean() >= _DARK else 0.0
        value = detail + (100.0 if pictured and detail else 0.0)
        if value >= self._best[1] + _BETTER:
            self._poster = planes
            good = pictured and detail >= _DETAILED and moment >= _SETTLED
            self._best = good, value

    def poster(self) -> bytes | None:
        """A good moment as JPEG; None for a film without pictures."""
        if self._poster is None:
            return None
        frame = av.VideoFrame.from_ndarray(self._poster, format="yuv420p").reformat(format="rgb24")
        return _jpeg(Image.fromarray(frame.to_ndarray()), 88)

    def strip(self) -> bytes | None:
        """All tiles as one JPEG, COLUMNS a row."""
        if not self.tiles:
            return None
        columns, rows = min(COLUMNS, len(self.tiles)), -(-len(self.tiles) // COLUMNS)
        image = Image.new("RGB", (columns * self.tile_width, rows * self.tile_height))
        for index, tile in enumerate(self.tiles):
            place = index % COLUMNS * self.tile_width, index // COLUMNS * self.tile_height
            image.paste(Image.fromarray(tile), place)
        return _jpeg(image, 80)


def _entropy(luma: NDArray[np.uint8]) -> float:
    shares = np.bincount(luma[::4, ::4].reshape(-1), minlength=256) / luma[::4, ::4].size
    shares = shares[shares > 0]
    return float(-(shares * np.log2(shares)).sum())


def _jpeg(image: Image.Image, quality: int) -> bytes:
    data = io.BytesIO()
    image.save(data, "JPEG", quality=quality, optimize=True)
    return data.getvalue()
