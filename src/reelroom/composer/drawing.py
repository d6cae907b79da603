"""The pictures of a film, drawn tile by tile: only what has changed since the last one is painted anew."""

from collections.abc import Sequence
from dataclasses import dataclass

from av.video.reformatter import VideoReformatter

from reelroom.composer.cards import BACKGROUND, SPEAKING, label, nobody, portrait
from reelroom.composer.picture import BLACK, Canvas, Colour, Picture, Plane, colour
from reelroom.layouts.arrange import Box, Part, Size, crop

_BACKGROUND = colour(*BACKGROUND)
_SPEAKING = colour(*SPEAKING)


@dataclass(frozen=True)
class View:
    """What one tile shows and where; without a `picture` it is a card with the name's initials.

    `whole` and `covers` are those of its placement.
    """

    box: Box
    part: Part
    picture: Picture | None
    name: str
    muted: bool = False
    speaking: bool = False
    whole: Box | None = None
    covers: bool = False


class Drawing:
    """Call `draw` with the views of each picture in turn."""

    def __init__(self, size: Size) -> None:
        self._canvas = Canvas(size)
        self._drawn: list[View] | None = None
        self._hidden = False
        self._scalers: dict[Box, VideoReformatter] = {}
        shorter = min(size.width, size.height)
        self._largest_letter = max(12, round(shorter * 0.038))
        self._margin = max(4, shorter // 72 * 2)
        self._line = max(2, round(shorter / 360) * 2)

    def draw(self, views: Sequence[View], *, hidden: bool = False) -> Plane:
        """The yuv420p planes that show these views, painted in that order; they are painted anew by the next call.

        Without views it is a picture of an empty room, or a black one where people are `hidden` by their layout.
        """
        drawn, self._drawn = self._drawn, list(views)
        moved = (
            drawn is None or hidden != self._hidden or [view.box for view in drawn] != [view.box for view in views]
        )
        self._hidden = hidden
        if drawn is None or moved:
            self._start_anew(views)
            return self._canvas.planes
        painted: list[Box] = []
        for view, before in zip(views, drawn, strict=True):
            if view != before or any(box.overlaps(view.box) for box in painted):
                self._draw_view(view)
                painted.append(view.box)
        return self._canvas.planes

    def _start_anew(self, views: Sequence[View]) -> None:
        self._scalers = {view.box: VideoReformatter() for view in views}
        whole = self._canvas.box
        if not views and not self._hidden:
            self._canvas.fill(whole, _BACKGROUND)
            side = min(whole.width, whole.height) // 4 * 2
            self._canvas.lay(nobody(side), *_middle(whole, side))
            return
        if not views or views[0].box != whole:
            self._canvas.fill(whole, BLACK)
        for view in views:
            self._draw_view(view)

    def _draw_view(self, view: View) -> None:
        box, canvas = view.box, self._canvas
        inner = box
        if view.picture is None:
            canvas.fill(box, _BACKGROUND)
            diameter = int(min(box.width, box.height) * 0.4) // 2 * 2
            if diameter:
                canvas.lay(portrait(view.name, diameter), *_middle(box, diameter))
        elif seen := crop(view.picture.width, view.picture.height, box, view.whole or box, covers=view.covers):
            inner, part = seen
            canvas.surround(inner, box, BLACK)
            canvas.paint(view.picture.part(part), inner, self._scalers[box])
        else:  # a bar is all that is seen
            canvas.fill(box, BLACK)
        if view.part == "inset":
            self._border(box, self._line // 4 * 2 or 2, BLACK)
        elif view.speaking and view.part == "tile":
            self._border(inner, self._line, _SPEAKING)
        self._label(view, inner)

    def _border(self, box: Box, line: int, paint: Colour) -> None:
        inner = Box(box.x + line, box.y + line, box.width - 2 * line, box.height - 2 * line)
        self._canvas.surround(inner, box, paint)

    def _label(self, view: View, inner: Box) -> None:
        """Down left in the picture; in the tile where the picture is too narrow for the name."""
        shorter = min(view.box.width, view.box.height)
        letter = max(12, min(self._largest_letter, round(shorter * 0.07)))
        margin = min(self._margin, max(4, shorter // 40 * 2))
        whole = label(view.name, letter, view.box.width * 2, muted=view.muted)
        narrow = inner.width * 2 < view.box.width and whole is not None and whole.width + 2 * margin > inner.width
        within = view.box if narrow else inner
        patch = label(view.name, letter, within.width - 2 * margin, muted=view.muted)
        if patch is not None and patch.height + 2 * margin <= within.height:
            self._canvas.lay(patch, within.x + margin, within.y + within.height - margin - patch.height)


def _middle(box: Box, side: int) -> tuple[int, int]:
    return box.x + (box.width - side) // 4 * 2, box.y + (box.height - side) // 4 * 2
