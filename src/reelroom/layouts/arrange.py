"""Where each tile of a picture sits: boxes in pixels, from what people send and how it is to be laid out.

The layouts but `active-speaker` are OpenTok's, with its percentages, its numbers of tiles and its order of streams.
What OpenTok leaves open is decided here: rows that are not full stand in the middle, tiles keep a small gap, and a
focus without anybody beside it has the whole frame.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from reelroom.layouts.boxes import Box, even, fit
from reelroom.layouts.grid import Shape, cells, gap, rows
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
        margin = even(min(frame.width, frame.height) / 36)
        corner = Box(0, 0, frame.width - margin, frame.height - margin)
        box = _inset(inset, frame)
        placements.append(Placement(inset, _at(box, corner.width - box.width, corner.height - box.height), "inset"))
    return placements


def _pip(front: Tile, corner: Tile | None, frame: Box) -> list[Placement]:
    placements = [Placement(front, frame, "front")]
    if corner is not None:
        box = _inset(corner, frame)
        right, top = even(frame.width * 0.9), even(frame.height * 0.1)
        placements.append(Placement(corner, _at(box, right - box.width, top), "inset"))
    return placements


def _inset(tile: Tile, frame: Box) -> Box:
    """The shape of a tile within 20 % x 20 %: an inset has no bars, which would hide what is behind them."""
    room = Box(0, 0, even(frame.width * 0.2), even(frame.height * 0.2))
    return fit(round(tile.aspect * 1000), 1000, room) if tile.has_picture else room


def _at(box: Box, x: int, y: int) -> Box:
    return Box(x, y, box.width, box.height)


def _grid(tiles: Sequence[Tile], frame: Box) -> list[Placement]:
    if len(tiles) == 1:
        return [Placement(tiles[0], frame, "front")]
    shapes = tuple(Shape(tile.aspect, flexible=not tile.is_screen) for tile in tiles)
    return _placed(tiles, rows(shapes, frame, _LEAST_SEEN))


def _placed(tiles: Sequence[Tile], boxes: Sequence[Box]) -> list[Placement]:
    return [Placement(tile, box, "tile") for tile, box in zip(tiles, boxes, strict=True)]


def _vertical(front: Tile, others: Sequence[Tile], frame: Box) -> list[Placement]:
    if not others:
        return [Placement(front, frame, "front")]
    column = even(frame.width * 0.2)
    usual, most = (5, 7) if frame.width >= frame.height else (8, 10)
    shown = others[: most if _large(frame) else usual]
    focus = Box(column, 0, frame.width - column, frame.height)
    strip = Box(0, 0, column - gap(frame), frame.height)
    return [Placement(front, focus, "front"), *_placed(shown, cells(len(shown), strip, 1, max(usual, len(shown))))]


def _horizontal(front: Tile, others: Sequence[Tile], frame: Box) -> list[Placement]:
    if not others:
        return [Placement(front, frame, "front")]
    line = even(frame.height * 0.2)
    usual, most = (5, 7) if frame.width >= frame.height else (3, 3)
    shown = others[: most if _large(frame) else usual]
    focus = Box(0, 0, frame.width, frame.height - line)
    strip = Box(0, focus.height + gap(frame), frame.width, line - gap(frame))
    return [Placement(front, focus, "front"), *_placed(shown, cells(len(shown), strip, max(usual, len(shown)), 1))]


def _large(frame: Box) -> bool:
    return max(frame.width, frame.height) >= _LARGE
