"""Golden pictures: what each layout looks like. `python -m tests.golden` draws them anew, for a person to look at."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from reelroom.composer.drawing import Drawing, View
from reelroom.composer.picture import Picture
from reelroom.layouts.arrange import Key, Tile, arrange
from reelroom.layouts.names import LayoutType, Size

FOLDER = Path(__file__).parent / "golden"
HD, VGA, FULL_HD, PORTRAIT = Size(1280, 720), Size(640, 480), Size(1920, 1080), Size(720, 1280)
NAMES = (
    *("Ann Example", "Bob", "Cleo de Mérode", "Dmitri Shostakovich", "Eve", "Faraz Ahmadi", "Grace Hopper", "Hedy"),
    *("Ida Lovelace-Featherstonehaugh", "Jun", "Kateryna", "Liam O’Brien", "Mona", "Nils", "Olga", "Pelé", "Quinn"),
)


@lru_cache(maxsize=64)
def camera(number: int, width: int = 640, height: int = 360) -> Picture:
    """Somebody before a wall: a picture of which one sees whether it is distorted, cropped or upside down."""
    hue = number * 0.618 % 1
    wall = tuple(round(110 + 70 * math.cos(2 * math.pi * (hue + third / 3))) for third in range(3))
    image = Image.new("RGB", (width, height), wall)
    draw = ImageDraw.Draw(image)
    lamp = height // 6
    draw.ellipse((width // 12, height // 12, width // 12 + lamp, height // 12 + lamp), fill=(250, 240, 200))
    head, middle = min(width, height) * 0.2, width / 2
    top = height / 2 - head * 1.2
    shirt = tuple(255 - part // 2 for part in reversed(wall))
    draw.ellipse((middle - head * 1.9, top + head * 1.8, middle + head * 1.9, top + head * 7), fill=shirt)
    skin = ((241, 205, 176), (198, 134, 96), (120, 78, 52))[number % 3]
    draw.ellipse((middle - head * 0.8, top, middle + head * 0.8, top + head * 2), fill=skin)
    for side in (-1, 1):
        eye = middle + side * head * 0.3
        draw.ellipse((eye - head * 0.08, top + head * 0.7, eye + head * 0.08, top + head * 0.9), fill=(30, 30, 30))
    draw.arc((middle - head * 0.4, top + head, middle + head * 0.4, top + head * 1.6), 20, 160, (150, 60, 60), 3)
    draw.rectangle((0, 0, width - 1, height - 1), outline=(255, 255, 255), width=2)
    return Picture(av.VideoFrame.from_image(image).reformat(format="yuv420p"))


@lru_cache(maxsize=1)
def screen(width: int = 1920, height: int = 1080) -> Picture:
    """A document in a bright window."""
    image = Image.new("RGB", (width, height), (246, 247, 249))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width, height // 18), fill=(60, 66, 80))
    for line in range(26):
        y = height * (line + 3) // 30
        length = width * (55 + line * 37 % 40) // 100
        draw.rectangle((width // 20, y, length, y + height // 90), fill=(70, 76, 88) if line % 7 else (30, 90, 200))
    return Picture(av.VideoFrame.from_image(image).reformat(format="yuv420p"))


@dataclass(frozen=True)
class Case:
    """A moment of a room; people are numbers into NAMES, and those of `cameras_off` have no picture."""

    layout: LayoutType
    people: int
    size: Size = HD
    shot: int | None = 0
    screen_of: int | None = None
    inset: int | None = None
    muted: tuple[int, ...] = ()
    cameras_off: tuple[int, ...] = ()
    speaking: tuple[int, ...] = ()
    classes: dict[int, str] | None = None
    portraits: tuple[int, ...] = ()
    squarish: tuple[int, ...] = ()
    screenshare: LayoutType | None = None
    title: float = 1.0  # how much is seen of a lower third
    names: tuple[str, ...] = NAMES


SCRIPTS = (
    *("王小明", "김민준", "田中さくら", "สมชาย ใจดี", "प्रिया शर्मा", "محمد عبد الله", "דוד כהן", "🎉 Party"),
    *("👩🏽‍🚀 Zoë", "👨‍👩‍👧‍👦 Familie 🏳️‍🌈", "Dr. محمد Smith (PhD) 🎉", "Nguyễn Thị Ánh", "தமிழ் செல்வி", "አበበ ቢቂላ"),
    *("Ольга Ёлкина", "Z" + "\u0301" * 500, "\u202eevil\u0000\n\u200b"),
)
CASES = {
    "active-speaker-one": Case("active-speaker", 3),
    "active-speaker-muted": Case("active-speaker", 2, muted=(0,)),
    "active-speaker-camera-off": Case("active-speaker", 2, cameras_off=(0,), muted=(0,)),
    "active-speaker-portrait-source": Case("active-speaker", 2, portraits=(0,)),
    "active-speaker-4-to-3-source": Case("active-speaker", 2, squarish=(0,)),
    "active-speaker-portrait-frame": Case("active-speaker", 2, PORTRAIT),
    "active-speaker-empty": Case("active-speaker", 0, shot=None),
    "active-speaker-screen-inset": Case("active-speaker", 3, shot=1, screen_of=1, inset=0),
    "active-speaker-screen-portrait-inset": Case("active-speaker", 3, shot=1, screen_of=1, inset=0, portraits=(0,)),
    "active-speaker-name-fades": Case("active-speaker", 3, title=0.5),
    "active-speaker-name-gone": Case("active-speaker", 2, title=0.0, muted=(0,)),
    "active-speaker-screen-narrow": Case("active-speaker", 3, VGA, shot=1, screen_of=1, inset=0),
    "active-speaker-1920x1080": Case("active-speaker", 3, FULL_HD),
    "active-speaker-640x480": Case("active-speaker", 3, VGA, names=SCRIPTS[4:]),
    "active-speaker-480x640": Case("active-speaker", 3, Size(480, 640), names=SCRIPTS),
    "active-speaker-hostile-name": Case("active-speaker", 1, names=SCRIPTS[15:]),
    "active-speaker-long-name": Case("active-speaker", 1, VGA, names=("Pneumonoultramicroscopic" * 8,)),
    "bestFit-scripts": Case("bestFit", 16, names=SCRIPTS, cameras_off=(0, 1, 2, 3, 4, 5, 6, 7, 8)),
    "bestFit-upright-phones": Case("bestFit", 3, portraits=(0, 1, 2), speaking=(1,)),
    "bestFit-two-phones": Case("bestFit", 2, portraits=(1,), speaking=(1,)),
    "bestFit-screen": Case("bestFit", 5, screen_of=2, speaking=(2,), muted=(1,)),
    "bestFit-screen-portrait-frame": Case("bestFit", 3, PORTRAIT, screen_of=2),
    "bestFit-screens-only": Case("bestFit", 2, screen_of=1, screenshare="bestFit"),
    "bestFit-five-portrait-frame": Case("bestFit", 5, PORTRAIT, portraits=(1,)),
    "bestFit-two": Case("bestFit", 2, speaking=(1,), squarish=(0,)),
    "bestFit-three-muted": Case("bestFit", 3, muted=(1,), speaking=(0,)),
    "bestFit-five": Case("bestFit", 5, speaking=(2,), muted=(3, 4), cameras_off=(4,), portraits=(1,)),
    "bestFit-sixteen": Case("bestFit", 17, speaking=(6,), muted=(0, 3, 8), cameras_off=(5, 8, 10)),
    "bestFit-sixteen-640x480": Case("bestFit", 17, VGA, speaking=(6,), muted=(0, 3, 8), cameras_off=(5, 8, 10)),
    "bestFit-nine-1920x1080": Case("bestFit", 9, FULL_HD, speaking=(4,), muted=(2, 3), cameras_off=(5, 8)),
    "bestFit-portrait-frame": Case("bestFit", 2, PORTRAIT, speaking=(0,)),
    "bestFit-screenshare-horizontal": Case("bestFit", 4, screen_of=2, screenshare="horizontalPresentation"),
    "pip-two": Case("pip", 2),
    "pip-full-class": Case("pip", 3, classes={2: "full"}, portraits=(0,)),
    "pip-camera-off": Case("pip", 2, cameras_off=(1,), muted=(1,)),
    "verticalPresentation-six": Case(
        "verticalPresentation", 6, shot=3, speaking=(3, 0), muted=(1,), cameras_off=(2,)
    ),
    "verticalPresentation-screen": Case("verticalPresentation", 3, shot=1, screen_of=1, speaking=(1,)),
    "verticalPresentation-portrait-frame": Case("verticalPresentation", 6, PORTRAIT, muted=(1,)),
    "horizontalPresentation-four": Case("horizontalPresentation", 4, classes={2: "focus"}, speaking=(1,), muted=(0,)),
    "horizontalPresentation-640x480": Case("horizontalPresentation", 6, VGA, speaking=(1,), cameras_off=(2,)),
    "horizontalPresentation-portrait-frame": Case("horizontalPresentation", 4, PORTRAIT, portraits=(1,)),
}


def _picture(case: Case, key: Key) -> Picture | None:
    number = int(key[0])
    if key[1] == "screen_share":
        return screen()
    if number in case.cameras_off:
        return None
    if number in case.portraits:
        return camera(number, 360, 640)
    return camera(number, 640, 480) if number in case.squarish else camera(number)


def views_of(case: Case) -> list[View]:
    """What is to be drawn of that moment."""
    keys: list[Key] = [(str(number), "camera") for number in range(case.people)]
    if case.screen_of is not None:
        keys.append((str(case.screen_of), "screen_share"))
    tiles = []
    for arrived, key in enumerate(keys):
        picture = _picture(case, key)
        tile = Tile(*key, arrived=arrived, has_picture=picture is not None)
        if picture is not None:
            tile = replace(tile, aspect=picture.width / picture.height)
        if key[1] == "camera" and (name := (case.classes or {}).get(int(key[0]))):
            tile = replace(tile, classes=frozenset({name}))
        tiles.append(tile)
    shot: Key | None = None
    if case.shot is not None:
        shot = str(case.shot), "screen_share" if case.shot == case.screen_of else "camera"
    placements = arrange(
        case.layout,
        tiles,
        case.size.width,
        case.size.height,
        shot=shot,
        inset=None if case.inset is None else (str(case.inset), "camera"),
        screenshare=case.screenshare,
    )
    return [
        View(
            placement.box,
            placement.part,
            _picture(case, placement.tile.key),
            case.names[int(placement.tile.participant)],
            muted=not placement.tile.is_screen and int(placement.tile.participant) in case.muted,
            speaking=not placement.tile.is_screen and int(placement.tile.participant) in case.speaking,
            whole=placement.whole,
            least_seen=placement.least_seen,
            screen=placement.tile.is_screen,
            title=None if placement.part == "tile" else case.title,
        )
        for placement in placements
    ]


def draw(case: Case) -> NDArray[np.uint8]:
    """The picture, RGB."""
    return Drawing(case.size).draw(views_of(case)).to_ndarray(format="rgb24")


def main(say: Callable[[str], None] = print) -> None:
    """Write all golden pictures, and remove those of no case."""
    FOLDER.mkdir(exist_ok=True)
    for name, case in CASES.items():
        path = FOLDER / f"{name}.png"
        Image.fromarray(draw(case)).save(path, optimize=True)
        say(f"{path.name}: {path.stat().st_size // 1024} KiB")
    for path in FOLDER.glob("*.png"):
        if path.stem not in CASES:
            path.unlink()


if __name__ == "__main__":
    main()
