"""What layouts and sizes are called: OpenTok's names, and ours."""

import re
from dataclasses import dataclass
from typing import Literal, get_args

OpenTokLayout = Literal["bestFit", "pip", "verticalPresentation", "horizontalPresentation"]
LayoutType = Literal["active-speaker", OpenTokLayout]
AnyLayout = Literal[LayoutType, "custom"]  # `custom` is not arranged, but laid out by its stylesheet
OPENTOK_LAYOUTS: tuple[OpenTokLayout, ...] = get_args(OpenTokLayout)
LAYOUTS: tuple[LayoutType, ...] = get_args(LayoutType)

Resolution = Literal["640x480", "480x640", "1280x720", "720x1280", "1920x1080", "1080x1920"]
RESOLUTIONS: tuple[Resolution, ...] = get_args(Resolution)
Rate = Literal[24, 25, 30, 50, 60]  # pictures a second
RATES: tuple[Rate, ...] = get_args(Rate)
_SIZE = re.compile(r"(\d{1,5})x(\d{1,5})", re.ASCII)


@dataclass(frozen=True)
class Size:
    """A film's size in pixels."""

    width: int = 1280
    height: int = 720

    @classmethod
    def parse(cls, text: str) -> "Size":
        """As it is written, `1280x720`. Raises ValueError."""
        match = _SIZE.fullmatch(text)
        if match is None:
            raise ValueError(f"{text[:100]!r} is no size such as 1280x720")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


def check_layout(layout: AnyLayout, stylesheet: str | None, screenshare: OpenTokLayout | None) -> None:
    """Raises ValueError where a layout has what it cannot have, or lacks what it needs."""
    if layout == "custom" and not stylesheet:
        raise ValueError("a custom layout needs a stylesheet")
    if layout != "custom" and stylesheet:
        raise ValueError("only a custom layout has a stylesheet")
    if screenshare is not None and layout != "bestFit":
        raise ValueError("screenshareType needs the type bestFit")
