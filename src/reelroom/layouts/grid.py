"""Grids: cells of equal size, and rows whose tiles are as wide as their pictures want."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from reelroom.layouts.boxes import Box, even_within, filled

_WORTH_IT = 1.2  # by how much more must be seen in another grid than OpenTok's
_NARROWEST, _WIDEST = 1 / 4, 4.0  # shapes beyond are placed as if they were these


@dataclass(frozen=True)
class Shape:
    """Width / height of a picture; what is `flexible` may be cropped to fill its tile."""

    aspect: float
    flexible: bool = True


def gap(frame: Box) -> int:
    """Pixels between two tiles."""
    return max(4, round(min(frame.width, frame.height) / 720) * 4)


def cells(count: int, frame: Box, columns: int, lines: int) -> list[Box]:
    """Boxes of equal size, line by line; lines that are not full, and all of them together, are centred."""
    width, height = _cell(frame, columns, lines)
    return _centred(
        [[width] * in_row for in_row in _fillings(count, columns)], [height] * -(-count // columns), frame
    )


@lru_cache(maxsize=64)
def rows(shapes: tuple[Shape, ...], frame: Box, least: float) -> tuple[Box, ...]:
    """Where pictures sit that are seen together: OpenTok's grid, or another where much more of them is seen so.

    Of each side of a flexible picture `least` is seen (0 to 1). The tiles of a row are as equal as they can be
    without bars beside a picture; where its pictures do not reach its height, all are equally high.
    """
    count = len(shapes)
    side = next(side for side in (2, 3, 4) if count <= side * side)
    lines = -(-count // side)
    usual = (side, lines) if frame.width >= frame.height else (lines, side)
    found = {
        grid: _rows(shapes, frame, *grid, least)
        for grid in [usual, *((columns, -(-count // columns)) for columns in range(1, count + 1))]
    }
    seen = {grid: _area_seen(shapes, boxes, least) for grid, boxes in found.items()}
    best = max(seen, key=seen.__getitem__)
    return tuple(found[best if seen[best] > seen[usual] * _WORTH_IT else usual])


def _rows(shapes: Sequence[Shape], frame: Box, columns: int, lines: int, least: float) -> list[Box]:
    width, height = _cell(frame, columns, lines)
    widths, heights, first = [], [], 0
    for count in _fillings(len(shapes), columns):
        row = shapes[first : first + count]
        room = count * width
        if all(shape.flexible for shape in row):
            shares, high = _shares([_bounded(shape.aspect) for shape in row], room, height, least)
        else:
            shares, high = [width] * count, height
        widths.append(shares)
        heights.append(high)
        first += count
    return _centred(widths, heights, frame)


def _shares(aspects: Sequence[float], room: int, height: int, least: float) -> tuple[list[int], int]:
    """How wide each picture of a row is, of `room` pixels in all; and how high they are, `height` at most."""
    fewest = [height * aspect * least for aspect in aspects]
    most = [height * aspect / least for aspect in aspects]
    wanted = sum(fewest)
    if wanted >= room:
        return [_even_share(each * room / wanted) for each in fewest], even_within(height * room / wanted)
    level = _level(fewest, most, room)
    return [_even_share(min(max(level, low), high)) for low, high in zip(fewest, most, strict=True)], height


def _level(fewest: Sequence[float], most: Sequence[float], room: float) -> float:
    """The width that all share but those that must be wider or narrower, so that together they fill the room."""
    low, high = 0.0, max(most)
    for _ in range(40):
        middle = (low + high) / 2
        taken = sum(min(max(middle, least), largest) for least, largest in zip(fewest, most, strict=True))
        low, high = (middle, high) if taken <= room else (low, middle)
    return low


def _even_share(width: float) -> int:
    return max(2, even_within(width + 1e-6))


def _bounded(aspect: float) -> float:
    return min(max(aspect, _NARROWEST), _WIDEST)


def _area_seen(shapes: Sequence[Shape], boxes: Sequence[Box], least: float) -> float:
    """How many pixels of their boxes pictures fill."""
    area = 0.0
    for shape, box in zip(shapes, boxes, strict=True):
        width, height, _ = filled(shape.aspect, 1.0, box.width, box.height, least if shape.flexible else 1.0)
        area += width * height
    return area


def _fillings(count: int, columns: int) -> list[int]:
    """How many there are in each row."""
    return [min(columns, count - first) for first in range(0, count, columns)]


def _centred(widths: Sequence[Sequence[int]], heights: Sequence[int], frame: Box) -> list[Box]:
    """Boxes in rows of these sizes (pixels), each row in the middle of the frame, and all of them."""
    between = gap(frame)
    top = frame.y + _margin(frame.height, heights, between)
    boxes = []
    for row, height in zip(widths, heights, strict=True):
        left = frame.x + _margin(frame.width, row, between)
        for width in row:
            boxes.append(Box(left, top, width, height))
            left += width + between
        top += height + between
    return boxes


def _margin(whole: int, sizes: Sequence[int], between: int) -> int:
    return (whole - sum(sizes) - (len(sizes) - 1) * between) // 4 * 2


def _cell(frame: Box, columns: int, lines: int) -> tuple[int, int]:
    """Width and height of each.

    Gaps take from both alike: pictures of the frame's shape fill cells of a square grid.
    """
    between = gap(frame)
    shape = (frame.width * lines) / (frame.height * columns)
    most_width = (frame.width - between * (columns - 1)) / columns
    most_height = (frame.height - between * (lines - 1)) / lines
    width = even_within(min(most_width, most_height * shape))
    height = even_within(min(most_height, most_width / shape))
    return width, height
