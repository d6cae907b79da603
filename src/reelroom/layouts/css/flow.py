"""Where the streams of a custom layout sit: the boxes that a browser would give to such elements (CSS 2.1).

The container is as large as the film, and the streams in it are empty: no text, no padding, no borders. Lines have no
height but that of what stands in them. Lengths are in units of `stylesheet.UNIT`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from reelroom.layouts.css.floats import Floats
from reelroom.layouts.css.stylesheet import Style


@dataclass(frozen=True)
class Area:
    """A box without its margins; it may lie outside of the film, or be empty."""

    left: int
    top: int
    width: int
    height: int

    def moved(self, right: int, down: int) -> Self:
        """The same box elsewhere."""
        return replace(self, left=self.left + right, top=self.top + down)


def flow(styles: Sequence[Style], width: int, height: int) -> list[Area | None]:
    """The box of each stream in a container of that size; None where it is not shown."""
    flowing = _Flow(styles, width)
    for index, style in enumerate(styles):
        if style.display != "none":
            flowing.add(index, style)
    flowing.finish_run()
    areas: list[Area | None] = [None] * len(styles)
    for index, area in flowing.areas.items():
        areas[index] = _relative(styles[index], area, width, height)
    for index, (left, top) in flowing.static.items():
        areas[index] = _absolute(styles[index], left, top, width, height)
    return areas


def _relative(style: Style, area: Area, width: int, height: int) -> Area:
    """`left` and `top` have it their way where both sides say something."""
    if style.position != "relative":
        return area
    right = style.left if style.left is not None else -(style.right or 0)
    down = style.top if style.top is not None else -(style.bottom or 0)
    return area.moved(right, down)


def _absolute(style: Style, static_left: int, static_top: int, width: int, height: int) -> Area:
    across = _along(
        *(style.left, style.right, style.margin_left, style.margin_right),
        *(style.width, style.wide, static_left, width),
    )
    down = _along(
        *(style.top, style.bottom, style.margin_top, style.margin_bottom),
        *(style.height, style.high, static_top, height),
    )
    return Area(across[0], down[0], across[1], down[1])


@dataclass
class _Strut:
    """Margins that have met, one above the other, and count as one (CSS 2.1, 8.3.1)."""

    most: int = 0
    least: int = 0

    def joined(self, margin: int) -> "_Strut":
        return _Strut(max(self.most, margin), min(self.least, margin))

    @property
    def height(self) -> int:
        return self.most + self.least


@dataclass
class _Flow:
    """Takes the streams in order; `areas` are of those that take room, `static` where others would have been."""

    styles: Sequence[Style]
    width: int
    areas: dict[int, Area] = field(default_factory=dict)
    static: dict[int, tuple[int, int]] = field(default_factory=dict)
    _top: int = 0
    _strut: _Strut = field(default_factory=_Strut)
    _run: list[int] = field(default_factory=list)  # what stands in lines, or among it

    def __post_init__(self) -> None:
        self._floats = Floats(self.width)

    def add(self, index: int, style: Style) -> None:
        """The next stream."""
        if style.is_inline or (self._run and (style.is_floating or style.is_apart)):
            self._run.append(index)
        elif style.is_apart:
            top = self._top + self._strut.height
            self.static[index] = (self._floats.room(top)[0] if style.display.startswith("inline") else 0, top)
        elif style.is_floating:
            self.areas[index] = _float(style, self._top + self._strut.height, self._floats)
        else:
            self.finish_run()
            self._block(index, style)

    def _block(self, index: int, style: Style) -> None:
        above, below = style.margin_top or 0, style.margin_bottom or 0
        strut = self._strut.joined(above)
        top, height = self._top + strut.height, style.high()
        cleared = self._floats.clearance(style.clear)
        is_cleared = top < cleared
        top = max(top, cleared)
        if style.overflow == "hidden":
            self.areas[index] = area = self._beside_floats(style, top, height)
            self._top, self._strut = area.top + height, _Strut().joined(below)
            return
        left, wide = _across(style, 0, self.width, self.width)
        self.areas[index] = Area(left, top, wide, height)
        if height:
            self._top, self._strut = top + height, _Strut().joined(below)
        elif is_cleared:
            self._top, self._strut = top - _Strut().joined(above).height, _Strut().joined(above).joined(below)
        else:  # the margins of what has no height meet each other, too
            self._strut = strut.joined(below)

    def _beside_floats(self, style: Style, top: int, height: int) -> Area:
        """What hides its overflow is never under a float, but beside or below it."""
        for place in (top, *self._floats.bottoms(top)):
            left, right = self._floats.room(place, height)
            x, wide = _across(style, left, right, self.width)
            if x + wide <= right or not self._floats.is_narrowed(place, height):
                break
        return Area(x, place, wide, height)

    def finish_run(self) -> None:
        """What stands in lines is over: a block follows, or nothing."""
        if not self._run:
            return
        lines = _Lines(self.styles, self._run, self._floats, self._top + self._strut.height)
        while lines.rest:
            lines.add_line()
        self.areas |= lines.areas
        self.static |= lines.static
        self._top, self._strut, self._run, self._floats = lines.top, _Strut(), [], lines.floats


@dataclass
class _Lines:
    """Breaks `rest` into lines, one below the other from `top` on."""

    styles: Sequence[Style]
    rest: list[int]
    floats: Floats
    top: int
    areas: dict[int, Area] = field(default_factory=dict)
    static: dict[int, tuple[int, int]] = field(default_factory=dict)

    def add_line(self) -> None:
        """The next line, where there is room for it."""
        height = 0
        while True:
            line = _Line(self.styles, self.floats.copy(), self.top, height)
            line.fill(self.rest)
            if line.is_crowded:
                self.top, height = self.floats.bottoms(self.top)[0], 0
            elif line.height > height and line.floats.room(self.top, line.height) != line.floats.room(
                self.top, height
            ):
                height = line.height  # lower down, floats leave less room
            else:
                break
        self.rest = self.rest[line.taken :]
        self.floats, self.top = line.floats, self.top + line.height
        self.areas |= line.areas()
        self.static |= line.static()
        for index in line.postponed:
            self.areas[index] = _float(self.styles[index], self.top, self.floats)


@dataclass
class _Line:
    """One line, as far as there is room at `top`, and so far down as `least`."""

    styles: Sequence[Style]
    floats: Floats
    top: int
    least: int
    taken: int = 0
    is_crowded: bool = False  # floats leave no room for even one
    postponed: list[int] = field(default_factory=list)  # floats that go below the line
    _boxes: list[tuple[int, int]] = field(default_factory=list)  # index, offset
    _floating: dict[int, Area] = field(default_factory=dict)
    _apart: list[tuple[int, int, bool]] = field(default_factory=list)  # index, offset, whether something is before
    _filled: int = 0

    def fill(self, rest: Sequence[int]) -> None:
        """Take as many as fit."""
        for index in rest:
            style = self.styles[index]
            left, right = self.floats.room(self.top, self.least)
            wide = style.wide(0) + (style.margin_left or 0) + (style.margin_right or 0)
            fits = self._filled + wide <= right - left
            if style.is_apart and self._boxes and self._filled > right - left:
                return
            if style.is_apart:
                self._apart.append((index, self._filled, bool(self._boxes)))
            elif style.is_floating:
                is_late = self.postponed or not fits or self.floats.clearance(style.clear) > self.top
                if self._boxes and is_late:
                    self.postponed.append(index)
                else:
                    self._floating[index] = _float(style, self.top, self.floats)
            elif not fits and self._boxes:
                return
            elif not fits and (left, right) != (0, self.floats.width):
                self.is_crowded = True
                return
            else:
                self._boxes.append((index, self._filled))
                self._filled += wide
            self.taken += 1

    @property
    def height(self) -> int:
        """That of the highest with its margins; all stand on the line's bottom."""
        return max((self._outer(self.styles[index]) for index, _ in self._boxes), default=0)

    @staticmethod
    def _outer(style: Style) -> int:
        return max(0, style.high() + (style.margin_top or 0) + (style.margin_bottom or 0))

    def areas(self) -> dict[int, Area]:
        """Where its boxes and the floats beside them are."""
        left, _ = self.floats.room(self.top, max(self.least, self.height))
        areas = dict(self._floating)
        for index, offset in self._boxes:
            style = self.styles[index]
            top = self.top + self.height - (style.margin_bottom or 0) - style.high()
            areas[index] = Area(left + offset + (style.margin_left or 0), top, style.wide(0), style.high())
        return areas

    def static(self) -> dict[int, tuple[int, int]]:
        """Where those would have been that take no room."""
        left, _ = self.floats.room(self.top, max(self.least, self.height))
        places = {}
        for index, offset, follows in self._apart:
            if self.styles[index].display.startswith("inline"):
                places[index] = left + offset, self.top
            else:
                places[index] = 0, self.top + (self.height if follows else 0)
        return places


def _float(style: Style, top: int, floats: Floats) -> Area:
    left, above = style.margin_left or 0, style.margin_top or 0
    wide, high = style.wide(0), style.high()
    outer = left + wide + (style.margin_right or 0), above + high + (style.margin_bottom or 0)
    x, y = floats.place(style.float, *outer, top, style.clear)
    return Area(x + left, y + above, wide, high)


def _across(style: Style, left: int, right: int, whole: int) -> tuple[int, int]:
    """Where a block begins that has the room from `left` to `right`, and how wide it is.

    Margins count from the container's edges; those that are `auto` share what is left over.
    """
    before, after = style.margin_left or 0, whole - (style.margin_right or 0)
    if (left, right) != (0, whole):  # there, margins take nothing from the floats
        before, after = max(left, before), min(right, after)
    wide = style.wide(max(0, after - before))
    if style.margin_left is None:
        spare = max(0, after - before - wide)
        before += spare // 2 if style.margin_right is None else spare
    return before, wide


def _along(
    start: int | None,
    end: int | None,
    margin_start: int | None,
    margin_end: int | None,
    size: int | None,
    used: Callable[[int], int],
    static: int,
    whole: int,
) -> tuple[int, int]:
    """Where something begins that takes no room among others, and how long it is (CSS 2.1, 10.3.7, 10.6.4)."""
    before, after = margin_start or 0, margin_end or 0
    if start is None and end is None:
        return static + before, used(0)
    if start is None:
        length = used(0)
        return whole - (end or 0) - after - length, length
    if end is None:
        return start + before, used(0)
    wished = max(0, whole - start - end - before - after)
    length = used(wished)
    spare = whole - start - end - length
    if size is not None or length != wished:
        if margin_start is None and margin_end is None:
            before = max(0, spare // 2)
        elif margin_start is None:
            before = spare - after
    return start + before, length
