"""Where each tile of a picture sits: boxes in pixels, from what people send and how it is to be laid out.

The layouts but `active-speaker` are OpenTok's, with its percentages, its numbers of tiles and its order of streams.
What OpenTok leaves open is decided here: rows that are not full stand in the middle, tiles keep a small gap, and a
focus without anybody beside it has the whole frame.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from reelroom.layouts.names import LayoutType
from reelroom.takes.events import Source

# A participant's camera (a microphone alone counts as one) or screen; or one more camera of theirs, by its track.
Key = tuple[str, Source] | tuple[str, Source, str]
Part = Literal["front", "tile", "inset"]

MOST_TILES = 16
_LARGE = 1920  # pixels on the longer side: room for more tiles beside a focus
_CLASS: dict[LayoutType, str] = {
    "pip": "full",
    "verticalPresentation": "focus",
    "horizontalPresentation": "focus",
}


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels; all four numbers are even, as 4:2:0 pictures want them."""

    x: int
    y: int
    width: int
    height: int

    def common(self, other: "Box") -> "Box | None":
        """The pixels that the two share; None when there are none."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        right = min(self.x + self.width, other.x + other.width)
        bottom = min(self.y + self.height, other.y + other.height)
        return Box(x, y, right - x, bottom - y) if x < right and y < bottom else None

    def overlaps(self, other: "Box") -> bool:
        """Whether the two share a pixel."""
        return self.common(other) is not None


@dataclass(frozen=True)
class Tile:
    """What one participant sends, as a layout sees it; `arrived` orders tiles by age, `aspect` is width / height."""

    participant: str
    source: Source
    arrived: int = 0
    classes: frozenset[str] = frozenset()
    has_picture: bool = True
    aspect: float = 16 / 9
    track: str = ""  # of a camera that is not its participant's only one, nor the latest of them

    @property
    def key(self) -> Key:
        return (self.participant, self.source, self.track) if self.track else (self.participant, self.source)

    @property
    def is_screen(self) -> bool:
        return self.source == "screen_share"


_LEAST_SEEN = 2 / 3  # of each side of a camera's picture that fills a tile
_WORTH_IT = 1.2  # by how much more must be seen in another grid than OpenTok's


@dataclass(frozen=True)
class Placement:
    """A tile and where it sits. An `inset` lies over the `front`; but for custom layouts, nothing else overlaps.

    Where a tile reaches beyond the frame, or beyond what is seen of it, `box` is what is seen and `whole` all of it.
    A picture that `covers` its tile is cropped; any other has bars, or is cropped a little (`least_seen`).
    """

    tile: Tile
    box: Box
    part: Part
    whole: Box | None = None
    covers: bool = False

    @property
    def least_seen(self) -> float:
        """How much of each side of its picture is seen at least, 0 to 1 (`crop`)."""
        if self.covers:
            return 0.0
        return _LEAST_SEEN if self.part == "tile" and not self.tile.is_screen else 1.0


def arrange(
    layout: LayoutType,
    tiles: Sequence[Tile],
    width: int,
    height: int,
    *,
    shot: Key | None = None,
    inset: Key | None = None,
    screenshare: LayoutType | None = None,
) -> list[Placement]:
    """Where the tiles sit in a frame of `width` x `height` pixels (even), in the order in which they are painted.

    `shot` is whom the director shows: the front of a layout that has one, unless a stream has the layout's class.
    `inset` is shown small over it, in `active-speaker` only. While there is a screen, `bestFit` is the layout
    `screenshare` with the screen as its front; where that is not said, a presentation.
    """
    frame = Box(0, 0, width, height)
    queue = in_order(tiles)
    by_key = {tile.key: tile for tile in queue}
    if layout == "active-speaker":
        large, small = (by_key.get(key) if key else None for key in (shot, inset))
        if large is not None and not large.is_screen and small is None:
            small = next((tile for tile in queue if tile.track and tile.participant == large.participant), None)
        return _active_speaker(large, small, frame)
    screens = [tile for tile in queue if tile.is_screen]
    front = _front(layout, queue, shot)
    if layout == "bestFit" and screens:
        front = next((tile for tile in screens if tile.key == shot), screens[0])
        layout = screenshare or ("verticalPresentation" if width >= height else "horizontalPresentation")
        queue = screens if screenshare == "bestFit" else queue
    if front is None:
        return []
    others = [tile for tile in queue if tile is not front]
    match layout:
        case "pip":
            corner = next((tile for tile in others if "full" not in tile.classes), None)
            return _pip(front, corner, frame)
        case "verticalPresentation":
            return _vertical(front, others, frame)
        case "horizontalPresentation":
            return _horizontal(front, others, frame)
        case _:
            return _grid(queue[:MOST_TILES], frame)


def in_order(tiles: Sequence[Tile]) -> list[Tile]:
    """Who comes first where room is short.

    Classed streams, then unclassed; within each screens, cameras of who shares a screen, (unclassed) other streams of
    who has a classed one; then by arrival.
    """
    sharers = {tile.participant for tile in tiles if tile.is_screen}
    classed = {tile.participant for tile in tiles if tile.classes}

    def rank(tile: Tile) -> tuple[bool, int, int, str]:
        place = (tile.is_screen, tile.participant in sharers, tile.participant in classed, True).index(True)
        return not tile.classes, place, tile.arrived, tile.participant

    return sorted(tiles, key=rank)


def _front(layout: LayoutType, queue: list[Tile], shot: Key | None) -> Tile | None:
    wanted = _CLASS.get(layout)
    classed = (tile for tile in queue if wanted in tile.classes)
    shown = (tile for tile in queue if tile.key == shot)
    return next(classed, None) or next(shown, None) or next(iter(queue), None)


def _active_speaker(front: Tile | None, inset: Tile | None, frame: Box) -> list[Placement]:
    if front is None:
        return []
    placements = [Placement(front, frame, "front")]
    if inset is not None and inset is not front and inset.has_picture:
        margin = _even(min(frame.width, frame.height) / 36)
        corner = Box(0, 0, frame.width - margin, frame.height - margin)
        box = _inset(inset, frame)
        placements.append(Placement(inset, _at(box, corner.width - box.width, corner.height - box.height), "inset"))
    return placements


def _pip(front: Tile, corner: Tile | None, frame: Box) -> list[Placement]:
    placements = [Placement(front, frame, "front")]
    if corner is not None:
        box = _inset(corner, frame)
        right, top = _even(frame.width * 0.9), _even(frame.height * 0.1)
        placements.append(Placement(corner, _at(box, right - box.width, top), "inset"))
    return placements


def _inset(tile: Tile, frame: Box) -> Box:
    """The shape of a tile within 20 % x 20 %: an inset has no bars, which would hide what is behind them."""
    room = Box(0, 0, _even(frame.width * 0.2), _even(frame.height * 0.2))
    return fit(round(tile.aspect * 1000), 1000, room) if tile.has_picture else room


def _at(box: Box, x: int, y: int) -> Box:
    return Box(x, y, box.width, box.height)


def _gap(frame: Box) -> int:
    return max(4, round(min(frame.width, frame.height) / 720) * 4)


def _grid(tiles: Sequence[Tile], frame: Box) -> list[Placement]:
    if len(tiles) == 1:
        return [Placement(tiles[0], frame, "front")]
    return _cells(tiles, frame, *_columns_and_lines(tuple(tile.aspect for tile in tiles), frame))


@lru_cache(maxsize=64)
def _columns_and_lines(aspects: tuple[float, ...], frame: Box) -> tuple[int, int]:
    """OpenTok's columns, in as many lines as they need; others where much more is seen of pictures so shaped."""
    count = len(aspects)
    side = next(side for side in (2, 3, 4) if count <= side * side)
    lines = -(-count // side)
    usual = (side, lines) if frame.width >= frame.height else (lines, side)
    others = ((columns, -(-count // columns)) for columns in range(1, count + 1))
    best = max(others, key=lambda grid: _area_seen(aspects, frame, *grid))
    enough = _area_seen(aspects, frame, *usual) * _WORTH_IT
    return best if _area_seen(aspects, frame, *best) > enough else usual


def _area_seen(aspects: tuple[float, ...], frame: Box, columns: int, lines: int) -> float:
    width, height = _cell(frame, columns, lines)
    areas = 0.0
    for aspect in aspects:
        filled = _filled(aspect, 1.0, width, height, _LEAST_SEEN)
        areas += filled[0] * filled[1]
    return areas


def _vertical(front: Tile, others: Sequence[Tile], frame: Box) -> list[Placement]:
    if not others:
        return [Placement(front, frame, "front")]
    column = _even(frame.width * 0.2)
    usual, most = (5, 7) if frame.width >= frame.height else (8, 10)
    shown = others[: most if _large(frame) else usual]
    focus = Box(column, 0, frame.width - column, frame.height)
    strip = Box(0, 0, column - _gap(frame), frame.height)
    return [Placement(front, focus, "front"), *_cells(shown, strip, 1, max(usual, len(shown)))]


def _horizontal(front: Tile, others: Sequence[Tile], frame: Box) -> list[Placement]:
    if not others:
        return [Placement(front, frame, "front")]
    line = _even(frame.height * 0.2)
    usual, most = (5, 7) if frame.width >= frame.height else (3, 3)
    shown = others[: most if _large(frame) else usual]
    focus = Box(0, 0, frame.width, frame.height - line)
    strip = Box(0, focus.height + _gap(frame), frame.width, line - _gap(frame))
    return [Placement(front, focus, "front"), *_cells(shown, strip, max(usual, len(shown)), 1)]


def _large(frame: Box) -> bool:
    return max(frame.width, frame.height) >= _LARGE


def _cells(tiles: Sequence[Tile], frame: Box, columns: int, lines: int) -> list[Placement]:
    """Tiles line by line in cells of equal size; lines that are not full, and all of them together, are centred."""
    gap = _gap(frame)
    width, height = _cell(frame, columns, lines)
    rows = [tiles[at : at + columns] for at in range(0, len(tiles), columns)]
    top = frame.y + _margin(frame.height, height, len(rows), gap)
    placements = []
    for number, row in enumerate(rows):
        left = frame.x + _margin(frame.width, width, len(row), gap)
        for place, tile in enumerate(row):
            box = Box(left + place * (width + gap), top + number * (height + gap), width, height)
            placements.append(Placement(tile, box, "tile"))
    return placements


def _cell(frame: Box, columns: int, lines: int) -> tuple[int, int]:
    """Width and height of each.

    Gaps take from both alike: pictures of the frame's shape fill cells of a square grid.
    """
    gap = _gap(frame)
    shape = (frame.width * lines) / (frame.height * columns)
    most_width = (frame.width - gap * (columns - 1)) / columns
    most_height = (frame.height - gap * (lines - 1)) / lines
    width = _even_within(min(most_width, most_height * shape))
    height = _even_within(min(most_height, most_width / shape))
    return width, height


def _even_within(value: float) -> int:
    return int(value) // 2 * 2


def _margin(whole: int, each: int, count: int, gap: int) -> int:
    return (whole - count * each - (count - 1) * gap) // 4 * 2


def _even(value: float) -> int:
    return max(2, _near_even(value))


def fit(width: int, height: int, frame: Box) -> Box:
    """The largest box of shape `width` x `height` inside `frame`, centred: letterboxed, never distorted."""
    scale = min(frame.width / width, frame.height / height)
    inner_width = min(frame.width, _even(width * scale))
    inner_height = min(frame.height, _even(height * scale))
    return _centred(inner_width, inner_height, frame)


def _centred(width: int, height: int, frame: Box) -> Box:
    return Box(frame.x + (frame.width - width) // 4 * 2, frame.y + (frame.height - height) // 4 * 2, width, height)


def crop(width: int, height: int, shown: Box, whole: Box, least: float) -> tuple[Box, Box] | None:
    """Where a picture of `width` x `height` is seen in a tile, and which part of the picture that is.

    The tile is the box `whole`, of which `shown` is seen. The picture's middle fills the tile as far as `least` of
    each of its sides is still seen: with 1 it has bars, with 0 it is cut off. None when nothing of it is seen.
    """
    target, used_width, used_height = fit(width, height, whole), float(width), float(height)
    if least < 1:
        filled_width, filled_height, scale = _filled(width, height, whole.width, whole.height, least)
        target = _centred(min(whole.width, _even(filled_width)), min(whole.height, _even(filled_height)), whole)
        used_width, used_height = min(width, target.width / scale), min(height, target.height / scale)
    inner = target.common(shown)
    if inner is None:
        return None
    x, across = _part(inner.x - target.x, inner.width, target.width, used_width, width)
    y, down = _part(inner.y - target.y, inner.height, target.height, used_height, height)
    return inner, Box(x, y, across, down)


def _filled(
    width: float, height: float, most_width: float, most_height: float, least: float
) -> tuple[float, float, float]:
    """Width and height of what is seen of a picture, and its scale."""
    fitting, covering = sorted((most_width / width, most_height / height))
    scale = min(covering, fitting / least) if least else covering
    return min(most_width, width * scale), min(most_height, height * scale), scale


def _part(offset: int, length: int, target: int, used: float, whole: int) -> tuple[int, int]:
    """What of a side of `whole` pixels becomes `length` from `offset` on, where its middle `used` become `target`."""
    if (length == target and used >= whole) or whole < 4:
        return 0, whole
    first = (whole - used) / 2
    begin = min(_near_even(first + offset * used / target), _even_within(whole) - 2)
    end = min(_near_even(first + (offset + length) * used / target), _even_within(whole))
    return begin, max(end - begin, 2)


def _near_even(value: float) -> int:
    return round(value / 2) * 2
