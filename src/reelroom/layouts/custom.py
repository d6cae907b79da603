"""A custom layout: where a stylesheet puts each tile, as a browser would, and what is painted over what."""

from collections.abc import Sequence
from functools import lru_cache

from reelroom.layouts.arrange import MOST_TILES, Placement, Tile, in_order
from reelroom.layouts.boxes import Box
from reelroom.layouts.css.flow import Area, flow
from reelroom.layouts.css.selectors import Classes
from reelroom.layouts.css.stylesheet import UNIT, Style, parse

_Laid = tuple[int, Box, Box, bool]  # the stream's index, what is seen of it, all of it, whether its picture covers it


def arrange_by(stylesheet: str, tiles: Sequence[Tile], width: int, height: int) -> list[Placement]:
    """Where the tiles sit in a frame of `width` x `height` pixels (even), in the order in which they are painted.

    They are streams side by side in OpenTok's order, 16 at most. What has no size, lies outside of the frame or under
    another tile is left out. Raises StylesheetError.
    """
    queue = in_order(tiles)[:MOST_TILES]
    laid = _laid_out(stylesheet, tuple(tile.classes for tile in queue), width, height)
    return [Placement(queue[index], box, "front", whole, covers) for index, box, whole, covers in laid]


@lru_cache(maxsize=64)
def _laid_out(stylesheet: str, streams: tuple[Classes, ...], width: int, height: int) -> tuple[_Laid, ...]:
    styles = parse(stylesheet).styles(streams, width, height)
    areas = flow(styles, width * UNIT, height * UNIT)
    frame = Box(0, 0, width, height)
    laid: list[_Laid] = []
    for index in sorted(range(len(styles)), key=lambda index: _depth(styles[index])):
        area = areas[index]
        whole = _box(area) if area is not None else None
        if whole is not None and (seen := whole.common(frame)) is not None:
            laid = [each for each in laid if each[1].common(seen) != each[1]]  # tiles are opaque
            laid.append((index, seen, whole, styles[index].object_fit == "cover"))
    return tuple(laid)


def _depth(style: Style) -> tuple[int, int]:
    """What is painted first (CSS 2.1, appendix E); of equal depth, the streams' order decides."""
    if style.is_positioned:
        z_index = style.z_index or 0
        return (z_index, 0) if z_index < 0 else (z_index, 4)
    return (0, 3 if style.is_inline else 2 if style.is_floating else 1)


def _box(area: Area) -> Box | None:
    """In pixels, each edge at the nearest even one; None where nothing is left."""
    left, top = _even(area.left), _even(area.top)
    width, height = _even(area.left + area.width) - left, _even(area.top + area.height) - top
    return Box(left, top, width, height) if width > 0 and height > 0 else None


def _even(units: int) -> int:
    return (units + UNIT) // (2 * UNIT) * 2
