"""Rectangles of a frame in whole pixels, and how a picture lies in one: with bars, or cropped."""

from dataclasses import dataclass


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


def even(value: float) -> int:
    """The next even number, 2 at least."""
    return max(2, near_even(value))


def fit(width: int, height: int, frame: Box) -> Box:
    """The largest box of shape `width` x `height` inside `frame`, centred: letterboxed, never distorted."""
    scale = min(frame.width / width, frame.height / height)
    inner_width = min(frame.width, even(width * scale))
    inner_height = min(frame.height, even(height * scale))
    return centred(inner_width, inner_height, frame)


def centred(width: int, height: int, frame: Box) -> Box:
    """A box of `width` x `height` in the middle of a frame."""
    return Box(frame.x + (frame.width - width) // 4 * 2, frame.y + (frame.height - height) // 4 * 2, width, height)


def crop(width: int, height: int, shown: Box, whole: Box, least: float) -> tuple[Box, Box] | None:
    """Where a picture of `width` x `height` is seen in a tile, and which part of the picture that is.

    The tile is the box `whole`, of which `shown` is seen. The picture's middle fills the tile as far as `least` of
    each of its sides is still seen: with 1 it has bars, with 0 it is cut off. None when nothing of it is seen.
    """
    target, used_width, used_height = fit(width, height, whole), float(width), float(height)
    if least < 1:
        filled_width, filled_height, scale = filled(width, height, whole.width, whole.height, least)
        target = centred(min(whole.width, even(filled_width)), min(whole.height, even(filled_height)), whole)
        used_width, used_height = min(width, target.width / scale), min(height, target.height / scale)
    inner = target.common(shown)
    if inner is None:
        return None
    x, across = _part(inner.x - target.x, inner.width, target.width, used_width, width)
    y, down = _part(inner.y - target.y, inner.height, target.height, used_height, height)
    return inner, Box(x, y, across, down)


def filled(
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
    begin = min(near_even(first + offset * used / target), even_within(whole) - 2)
    end = min(near_even(first + (offset + length) * used / target), even_within(whole))
    return begin, max(end - begin, 2)


def near_even(value: float) -> int:
    """The next even number."""
    return round(value / 2) * 2


def even_within(value: float) -> int:
    """The largest even number that is not more."""
    return int(value) // 2 * 2
