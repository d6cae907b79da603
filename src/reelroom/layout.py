"""Where each tile of a picture sits: rectangles in pixels from shapes in pixels."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels; all four numbers are even, as 4:2:0 pictures want them."""

    x: int
    y: int
    width: int
    height: int


def _even(value: float) -> int:
    return max(2, round(value / 2) * 2)


def fit(width: int, height: int, frame: Box) -> Box:
    """The largest box of shape `width` x `height` inside `frame`, centred: letterboxed, never distorted."""
    scale = min(frame.width / width, frame.height / height)
    inner_width = min(frame.width, _even(width * scale))
    inner_height = min(frame.height, _even(height * scale))
    x = frame.x + (frame.width - inner_width) // 4 * 2
    y = frame.y + (frame.height - inner_height) // 4 * 2
    return Box(x, y, inner_width, inner_height)
