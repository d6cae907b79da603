"""Stylesheets of custom layouts: those of OpenTok's guide, others that use what it allows, and random ones."""

import random
from dataclasses import dataclass

from reelroom.layouts.names import Size

# From OpenTok's guide "Video layouts for composed archives and live streaming broadcasts", "Sample CSS".
TWO_CLASSES = """
stream.main { position: absolute; left: 0; top: 0; width: 100%; height: 100%; z-index: 100; }
stream.lower-left { position: absolute; left: 10%; bottom: 10%; width: 20%; height: 20%; z-index: 200; }
"""
BEST_FIT = """
stream { float: left; }
stream:first-child:nth-last-child(1) { width: 100%; height: 100%; }
stream:first-child:nth-last-child(2), stream:first-child:nth-last-child(2) ~ stream { width: 50%; height: 100%; }
stream:first-child:nth-last-child(3), stream:first-child:nth-last-child(3) ~ stream,
stream:first-child:nth-last-child(4), stream:first-child:nth-last-child(4) ~ stream { width: 50%; height: 50%; }
stream:first-child:nth-last-child(5), stream:first-child:nth-last-child(5) ~ stream,
stream:first-child:nth-last-child(6), stream:first-child:nth-last-child(6) ~ stream,
stream:first-child:nth-last-child(7), stream:first-child:nth-last-child(7) ~ stream,
stream:first-child:nth-last-child(8), stream:first-child:nth-last-child(8) ~ stream,
stream:first-child:nth-last-child(9), stream:first-child:nth-last-child(9) ~ stream
{ width: 33.33%; height: 33.33%; }
"""
HORIZONTAL = """
stream { float:left; margin-top: 60%; width: 20%; height: 20%; }
stream.focus { position: absolute; top: 0; left: 0; margin-top: 0px; height: 80%; width: 100%; }
"""
VERTICAL = """
stream { float: left; left: 0px; clear: left; width: 20%; height: 20%; }
stream.focus { position: absolute; top: 0; left: 0; margin: 0px; left: 20%; height: 100%; width: 80%; }
"""
PIP = """
stream.full { position: absolute; top: 0; right: 0; width: 100%; height: 100%; z-index: 100; }
stream { position: absolute; right: 10%; top: 10%; width: 20%; height: 20%; z-index: 200; }
"""
INSTRUCTOR = "stream.instructor {position: absolute; width: 100%;  height:50%;}"
# From the tests of OpenTok's Ruby SDK.
FIRST_AND_LAST = (
    "stream:last-child{display: block;margin: 0;top: 0;left: 0;width: 1px;height: 1px;}"
    "stream:first-child{display: block;margin: 0;top: 0;left: 0;width: 100%;height: 100%;}"
)
THIRDS = "stream {float: left; height: 100%; width: 33.33%;}"


HD, SD, UPRIGHT = Size(1280, 720), Size(640, 480), Size(480, 640)


@dataclass(frozen=True)
class Case:
    """A stylesheet, the classes of the streams that stand side by side, and the film's size."""

    sheet: str
    streams: tuple[str, ...]
    size: Size = HD


CASES: dict[str, Case] = {
    "two classes": Case(TWO_CLASSES, ("main", "lower-left", "")),
    "best fit of one": Case(BEST_FIT, ("",), SD),
    "best fit of two": Case(BEST_FIT, ("",) * 2, SD),
    "best fit of three": Case(BEST_FIT, ("",) * 3),
    "best fit of nine": Case(BEST_FIT, ("",) * 9),
    "horizontal": Case(HORIZONTAL, ("focus", "", "", "", "", ""), SD),
    "horizontal in a wide film": Case(HORIZONTAL, ("focus", "", "")),
    "vertical": Case(VERTICAL, ("focus", "", "", "", "", "")),
    "picture in picture": Case(PIP, ("full", "", "")),
    "instructor": Case(INSTRUCTOR, ("instructor", "")),
    "first and last": Case(FIRST_AND_LAST, ("", "")),
    "thirds": Case(THIRDS, ("",) * 3),
    "six in a row": Case("stream { float: left; width: 16.6667%; height: 50% }", ("",) * 7, SD),
    "a block for each": Case(
        "stream { height: 25%; margin: 10px auto 20px; width: 80% } .b { margin-top: 40px }", ("", "b", "")
    ),
    "negative margins": Case(
        "stream { height: 200px; margin-bottom: -50px } .b { margin: -20px 0 0 -10% }", ("", "b", "")
    ),
    "margins of what is empty": Case(
        "stream { height: 100px; margin: 30px 0 } .e { height: 0; margin: 50px 0 -10px }", ("", "e", "e", "")
    ),
    "lines": Case(
        "stream { display: inline-block; width: 30%; height: 150px; margin: 5px } .t { height: 30% }",
        ("", "t", "", "", "t"),
    ),
    "lines beside floats": Case(
        "stream { display: inline-block; width: 300px; height: 100px } .l { float: left; height: 250px }"
        " .r { float: right; width: 20%; height: 120px }",
        ("l", "", "r", "", "", "", ""),
    ),
    "a float in a line": Case(
        "stream { display: inline-block; width: 40%; height: 100px } .l { float: left; width: 30%; height: 150px }",
        ("", "l", "", "", "l", "", ""),
    ),
    "floats that are cleared": Case(
        "stream { float: left; width: 300px; height: 100px } .r { float: right; height: 300px } .c { clear: left }"
        " .b { clear: both; float: none; width: auto }",
        ("", "r", "", "c", "", "b", ""),
    ),
    "a block beside floats": Case(
        ".l { float: left; width: 30%; height: 400px } .h { overflow: hidden; height: 200px } .u { height: 100px }"
        " .w { overflow: hidden; width: 80%; height: 100px }",
        ("l", "h", "u", "w"),
    ),
    "sides": Case(
        "stream { position: absolute } .f { left: 10px; right: 10%; top: 5vh; bottom: 20px } .m { left: 0; right: 0;"
        " margin: auto; width: 100px; top: 0; bottom: 0; height: 50% } .x { right: 0; bottom: 0; width: 30vw;"
        " height: 10vh; min-height: 100px; max-width: 200px }",
        ("f", "m", "x"),
    ),
    "where it would have been": Case(
        "stream { height: 100px; margin: 20px } .a { position: absolute; width: 200px } .i { display: inline-block;"
        " width: 300px } .ia { display: inline-block; position: absolute; width: 100px }",
        ("", "a", "", "i", "ia", "a", "i", "", "a"),
    ),
    "relative": Case(
        "stream { float: left; width: 25%; height: 50%; position: relative }"
        " .a { left: 10px; top: -20px; z-index: 2 } .b { right: 50px; bottom: 5% ; z-index: -1 }",
        ("", "a", "b", ""),
    ),
    "layers": Case(
        "stream { width: 400px; height: 300px; margin: 0 0 -200px 0 } .f { float: left; margin-top: 20px }"
        " .i { display: inline-block; } .p { position: relative; top: 10px } .z { position: relative; z-index: 1 }"
        " .n { position: relative; z-index: -1 }",
        ("z", "p", "i", "f", "", "n", "i"),
    ),
    "beyond the frame": Case(
        "stream { position: absolute; width: 60%; height: 80% } .a { left: -200px; top: -100px }"
        " .b { right: -10%; bottom: -30% }",
        ("a", "b"),
    ),
    "siblings": Case(
        "stream { float: left; width: 10%; height: 10% } .a + stream { height: 20% } .a ~ .b { height: 30% }"
        " stream:nth-child(2n+1) { width: 15% } stream:nth-last-child(-n+2) { margin-left: 10px }"
        " stream:nth-child(even).b { margin-top: 5px !important } .b { margin-top: 0 }",
        ("", "a", "", "b", "a b", "b", ""),
    ),
    "none": Case(
        "stream { height: 50px } .n { display: none } stream:nth-child(2) + stream { height: 80px }",
        ("", "n", "", ""),
    ),
}


def random_case(seed: int) -> Case:
    """Streams of three classes, and rules about them that contradict each other now and then."""
    dice = random.Random(seed)

    def length(*, negative: bool = False) -> str:
        number = dice.choice([0, 10, 20, 25, 33.33, 50, 100])
        number = -number if negative and dice.random() < 0.25 else number
        return f"{number}%" if dice.random() < 0.5 else f"{number * 4}px"

    def declaration() -> str:
        names = "width height width height margin margin-side side position float clear display"
        name = dice.choice(names.split())
        if dice.random() < 0.2:
            name = dice.choice(["z-index", "limit", "overflow"])
        side = dice.choice(["left", "right", "top", "bottom"])
        match name:
            case "side":
                return f"{side}: {length(negative=True)}"
            case "margin":
                return f"margin: {length()} {dice.choice(['auto', length()])}"
            case "margin-side":
                return f"margin-{side}: {length(negative=True)}"
            case "limit":
                return f"{dice.choice(['min', 'max'])}-{dice.choice(['width', 'height'])}: {length()}"
            case "width" | "height":
                return f"{name}: {length()}"
            case "z-index":
                return f"z-index: {dice.randint(-1, 2)}"
        words = {
            "position": ["static", "relative", "absolute", "fixed"],
            "float": ["left", "right", "none", "left"],
            "clear": ["left", "right", "both"],
            "display": ["inline-block", "block", "inline-block", "none"],
            "overflow": ["hidden"],
        }
        return f"{name}: {dice.choice(words[name])}"

    selectors = [
        "stream",
        "stream",
        ".a",
        ".b",
        ".a + stream",
        ".b ~ .c",
        "stream:nth-child(odd)",
        "stream:last-child",
    ]
    sheet = "stream { width: 30%; height: 120px }\n"
    for _ in range(dice.randint(2, 5)):
        rules = "; ".join(declaration() for _ in range(dice.randint(1, 4)))
        sheet += f"{dice.choice(selectors)} {{ {rules} }}\n"
    streams = tuple(dice.choice(["", "a", "b", "c", "a b"]) for _ in range(dice.randint(1, 8)))
    return Case(sheet, streams, dice.choice([HD, SD, UPRIGHT]))
