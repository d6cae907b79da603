"""The pictures of a film, drawn tile by tile: only what has changed since the last one is painted anew."""

from collections.abc import Sequence
from dataclasses import dataclass

import av
from av.video.reformatter import VideoReformatter

from reelroom.composer.cards import (
    BACKGROUND,
    SPEAKING,
    badge,
    caption,
    even,
    label,
    lower_third,
    nobody,
    portrait,
)
from reelroom.composer.picture import BLACK, Canvas, Colour, Picture, colour
from reelroom.layouts.arrange import Part
from reelroom.layouts.boxes import Box, crop
from reelroom.layouts.names import Size

_BACKGROUND = colour(*BACKGROUND)
_SPEAKING = colour(*SPEAKING)


@dataclass(frozen=True)
class View:
    """What one tile shows and where; without a `picture` it is a card with the name's initials.

    `whole` and `least_seen` are those of its placement. A name is a steady label, or, where `title` says how much of
    it is seen (0 to 1), a lower third. Over a shared `screen` there is none: it stands beside, where there is room.
    A `note` says on a card why there is no picture.
    """

    box: Box
    part: Part
    picture: Picture | None
    name: str
    muted: bool = False
    speaking: bool = False
    whole: Box | None = None
    least_seen: float = 1.0
    screen: bool = False
    title: float | None = None
    note: str = ""

    @property
    def is_bare(self) -> bool:
        """Whether nothing is drawn on a picture that fills the frame."""
        return self.screen or (not self.muted and (self.title == 0 or not self.name))


class Drawing:
    """Call `draw` with the views of each picture in turn."""

    def __init__(self, size: Size) -> None:
        self._canvas = Canvas(size)
        self._drawn: list[View] | None = None
        self._noticed: tuple[str, str] | None = None  # the words on the canvas, instead of views
        self._hidden = False
        self._scalers: dict[Box, VideoReformatter] = {}
        shorter = min(size.width, size.height)
        self._largest_letter = max(12, round(shorter * 0.034))
        self._margin = max(4, shorter // 72 * 2)
        self._line = max(2, round(shorter / 360) * 2)

    def draw(self, views: Sequence[View], *, hidden: bool = False) -> av.VideoFrame:
        """The picture (yuv420p) that shows these views, painted in that order; it is painted anew by the next call.

        Without views it is a picture of an empty room, or a black one where people are `hidden` by their layout.
        """
        if (bare := self._bare(views)) is not None:
            self._drawn = self._noticed = None
            return bare
        drawn, self._drawn, self._noticed = self._drawn, list(views), None
        moved = (
            drawn is None or hidden != self._hidden or [view.box for view in drawn] != [view.box for view in views]
        )
        self._hidden = hidden
        if drawn is None or moved:
            self._start_anew(views)
            return self._canvas.frame
        painted: list[Box] = []
        for view, before in zip(views, drawn, strict=True):
            if view != before or any(box.overlaps(view.box) for box in painted):
                self._draw_view(view)
                painted.append(view.box)
        return self._canvas.frame

    def _bare(self, views: Sequence[View]) -> av.VideoFrame | None:
        """The only picture there is to see, where it fills the frame just as it came: then nothing is copied."""
        if len(views) != 1:
            return None
        view, whole = views[0], self._canvas.box
        if view.picture is None or view.box != whole or view.whole not in (None, whole) or not view.is_bare:
            return None
        if view.part != "front" or not view.picture.is_as_shown(whole.width, whole.height):
            return None
        return view.picture.frame

    def notice(self, words: str, below: str) -> av.VideoFrame:
        """As `draw`, of nobody: words in the middle of the picture, and smaller ones below them."""
        if self._noticed != (words, below):
            self._noticed, self._drawn = (words, below), None
            canvas, whole = self._canvas, self._canvas.box
            canvas.fill(whole, _BACKGROUND)
            letter = max(12, round(min(whole.width, whole.height) * 0.055))
            lines = [caption(words, letter, whole.width * 9 // 10), caption(below, letter * 3 // 4, whole.width)]
            top = (whole.height - sum(line.height for line in lines if line)) // 4 * 2
            for line in filter(None, lines):
                canvas.lay(line, (whole.width - line.width) // 4 * 2, top)
                top += line.height
        return self._canvas.frame

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
            self._card(view)
        elif seen := self._seen(view.picture, view):
            inner, part = seen
            canvas.surround(inner, box, BLACK)
            canvas.paint(view.picture.part(part), inner, self._scalers[box])
        else:  # a bar is all that is seen
            canvas.fill(box, BLACK)
        if view.part == "inset":
            self._border(box, self._line // 4 * 2 or 2, BLACK)
        elif view.speaking and view.part == "tile":
            self._border(inner, self._line, _SPEAKING)
        if view.picture is None and view.title is not None:
            return  # a card has its name on it
        if view.screen:
            self._name_below(view, inner)
        elif view.title is not None:
            self._title(view, inner, view.title)
        else:
            self._label(view, inner)

    def _seen(self, picture: Picture, view: View) -> tuple[Box, Box] | None:
        """Where the picture is seen, and which part of it; in a grid, a screen leaves room for a name below it."""
        whole = view.whole or view.box
        if view.screen and view.part == "tile":
            height = whole.height - even(self._letter(view) * 1.9)
            whole = Box(whole.x, whole.y, whole.width, height) if height > whole.height // 2 else whole
        return crop(picture.width, picture.height, view.box, whole, view.least_seen)

    def _border(self, box: Box, line: int, paint: Colour) -> None:
        inner = Box(box.x + line, box.y + line, box.width - 2 * line, box.height - 2 * line)
        self._canvas.surround(inner, box, paint)

    def _card(self, view: View) -> None:
        """A disc with initials; below it, where nothing else names it, the name."""
        box, canvas = view.box, self._canvas
        canvas.fill(box, _BACKGROUND)
        shorter = min(box.width, box.height)
        if diameter := int(shorter * 0.4) // 2 * 2:
            x, y = _middle(box, diameter)
            name = caption(view.name, max(12, round(shorter * 0.05)), box.width * 9 // 10)
            if view.title is not None and name is not None and y + diameter + name.height + 8 <= box.y + box.height:
                y -= name.height // 4 * 2
                below = y + diameter + shorter // 60 * 2
                canvas.lay(name, box.x + (box.width - name.width) // 4 * 2, below)
            canvas.lay(portrait(view.name, diameter), x, y)
            if view.note:
                self._note(view, y + diameter + even(shorter * 0.11))
            if view.title is not None and view.muted:
                mark = badge(even(diameter * 0.24), disc=True)
                canvas.lay(mark, x + diameter - mark.width, y + diameter - mark.height)

    def _note(self, view: View, top: int) -> None:
        """Why there is no picture, where there is room for the words."""
        box = view.box
        words = caption(view.note, max(11, round(min(box.width, box.height) * 0.04)), box.width * 9 // 10)
        if words is not None and top + words.height <= box.y + box.height:
            self._canvas.lay(words, box.x + (box.width - words.width) // 4 * 2, top)

    def _letter(self, view: View) -> int:
        """The size of a label's letters, in pixels: alike for wide and upright tiles that are equally high."""
        box = view.box
        share = 0.11 if view.part == "inset" else 0.075
        return max(13, min(self._largest_letter, round(min(box.width * 16 / 9, box.height) * share)))

    def _label(self, view: View, inner: Box) -> None:
        """Down left in the picture; in the tile where the picture is too narrow for the name."""
        letter = self._letter(view)
        margin = min(self._margin, max(4, round(letter * 0.35) * 2))
        whole = label(view.name, letter, view.box.width * 2, muted=view.muted)
        narrow = inner.width * 2 < view.box.width and whole is not None and whole.width + 2 * margin > inner.width
        within = view.box if narrow else inner
        patch = label(view.name, letter, within.width - 2 * margin, muted=view.muted)
        if patch is not None and patch.height + 2 * margin <= within.height:
            self._canvas.lay(patch, within.x + margin, within.y + within.height - margin - patch.height)

    def _title(self, view: View, inner: Box, opacity: float) -> None:
        """A lower third where television has it, after the mark of a muted microphone, which stays."""
        shorter = min(view.box.width, view.box.height)
        letter, margin = max(12, round(shorter * 0.042)), max(4, round(shorter * 0.03) * 2)
        if view.part == "inset":
            letter = max(12, min(self._letter(view), round(shorter * 0.15)))
        within = inner if inner.width * 2 >= view.box.width else view.box
        left, right = within.x + margin, within.x + within.width - margin
        side = even(letter * 2.0)
        top = within.y + within.height - margin - side
        if top < within.y:
            return
        if view.muted and left + side <= right:
            self._canvas.lay(badge(side), left, top)
            left += side + even(letter * 0.25)
        patch = lower_third(view.name, letter, right - left, opacity) if opacity else None
        if patch is not None:
            self._canvas.lay(patch, left, top)

    def _name_below(self, view: View, inner: Box) -> None:
        """Whose screen it is, in the bar below it; nowhere, where there is none."""
        box = view.box
        bottom = inner.y + inner.height
        patch = label(view.name, self._letter(view), inner.width, screen=True)
        if patch is not None and patch.height <= box.y + box.height - bottom:
            self._canvas.lay(patch, inner.x, bottom + (box.y + box.height - bottom - patch.height) // 4 * 2)


def _middle(box: Box, side: int) -> tuple[int, int]:
    return box.x + (box.width - side) // 4 * 2, box.y + (box.height - side) // 4 * 2
