"""Floats of a custom layout: where each goes, and what room they leave beside them (CSS 2.1, 9.5.1).

Lengths are in units of `stylesheet.UNIT`.
"""

from dataclasses import dataclass, field
from typing import Self

_ABOVE_ALL = -(1 << 40)


@dataclass(frozen=True)
class _Float:
    side: str
    left: int
    top: int
    right: int
    bottom: int


@dataclass
class Floats:
    """Those placed so far, in a container of that width."""

    width: int
    _placed: list[_Float] = field(default_factory=list)
    _lowest_top: int = _ABOVE_ALL  # no float is higher than one before it
    _cleared: dict[str, int] = field(default_factory=lambda: {"left": _ABOVE_ALL, "right": _ABOVE_ALL})

    def copy(self) -> Self:
        """The same floats, to place others on trial."""
        return type(self)(self.width, [*self._placed], self._lowest_top, {**self._cleared})

    def room(self, top: int, height: int = 0) -> tuple[int, int]:
        """From where to where nothing floats between `top` and `top + height`."""
        beside = [each for each in self._placed if each.top < max(top + height, top + 1) and each.bottom > top]
        left = max((each.right for each in beside if each.side == "left"), default=0)
        right = min((each.left for each in beside if each.side == "right"), default=self.width)
        return max(left, 0), min(right, self.width)

    def is_narrowed(self, top: int, height: int = 0) -> bool:
        """Whether floats take room there."""
        return self.room(top, height) != (0, self.width)

    def bottoms(self, top: int) -> list[int]:
        """Where, below `top`, there may be more room."""
        return sorted({each.bottom for each in self._placed if each.bottom > top})

    def clearance(self, sides: str) -> int:
        """Below what nothing floats on that side, `left`, `right` or `both`; far above all where nothing does."""
        return max((bottom for side, bottom in self._cleared.items() if sides in (side, "both")), default=_ABOVE_ALL)

    def place(self, side: str, width: int, height: int, top: int, clear: str = "none") -> tuple[int, int]:
        """Place a margin box of that size at `top` or below; returns where its left upper corner is."""
        top = max(top, self._lowest_top, self.clearance(clear))
        for place in (top, *self.bottoms(top)):
            left, right = self.room(place)
            if width <= right - left or not self.is_narrowed(place):
                break
        x = left if side == "left" else right - width
        self._lowest_top = place
        self._cleared[side] = max(self._cleared[side], place + height)
        if width > 0 and height > 0:
            self._placed.append(_Float(side, x, place, x + width, place + height))
        return x, place
