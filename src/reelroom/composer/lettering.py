"""Names as one line of letters: of any script, in both directions, with emoji, and never wider than asked for."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import regex
from bidi import algorithm
from PIL import Image, ImageDraw, ImageFont

from reelroom.composer.typefaces import Face, emoji, face_of, region_of

BOLD = 600
_MOST_CODE_POINTS = 512
_MOST_LETTERS = 100
_FEWEST_LETTERS = 3
_EMOJI_SIDE = 1.2  # of the letters' size
_BASELINE = 0.355  # of the letters' size, below the middle of a line: half the height of capitals

_SPACE = regex.compile(r"[\s\p{Z}\p{Cc}]+")
# What is not seen by itself, and what changes how others are seen: marks of direction, tags, code points of nobody.
_UNWANTED = regex.compile(
    r"(?<!\U0001F3F4[\U000E0020-\U000E007F]*)[\U000E0020-\U000E007F]|[\p{Cf}--[\u200C\u200D\U000E0020-\U000E007F]]"
    r"|[\p{Cs}\p{Co}\p{Cn}]",
    regex.V1,
)
_ADRIFT = regex.compile(r"^[\p{M}\u200C\u200D ]+")  # marks of no letter
_STYLED = regex.compile(r"[\U0001D400-\U0001D7FF]")  # letters of formulas, which some write their names in
_PILED = regex.compile(r"(\p{Mn}{4})\p{Mn}+")  # no script has more marks on one letter
_BIDIRECTIONAL = ("L", "R", "AL", "EN", "ES", "ET", "AN", "CS", "NSM", "WS", "ON")
_CLUSTER = regex.compile(r"\X")
_EMOJI = regex.compile(
    r"\p{Emoji_Presentation}|[\U0001F000-\U0001FAFF]|\p{Regional_Indicator}|\p{Emoji}(\p{Emoji_Modifier}|\uFE0F)"
)
_JOINED = regex.compile(r"\u200D|(?=\p{Emoji_Modifier})")


def clean(name: str) -> str:
    """What is drawn of a name: one line, of a length and with marks that somebody can be called by."""
    text = _SPACE.sub(" ", name[:_MOST_CODE_POINTS])
    text = unicodedata.normalize("NFC", _UNWANTED.sub("", text))
    text = _STYLED.sub(lambda styled: unicodedata.normalize("NFKC", styled[0]), text)
    return str(_ADRIFT.sub("", _PILED.sub(r"\1", text))).rstrip()


def clusters(text: str) -> list[str]:
    """A text's letters, each with its marks, and its emoji."""
    found: list[str] = _CLUSTER.findall(text)
    return found


def initials(name: str) -> str:
    """One or two letters that stand for a name, or its first emoji; nothing where it has neither."""
    text = clean(name)
    words = [clusters(word)[0] for word in text.split() if word[0].isalnum()]
    letters = words[:1]
    if len(words) > 1 and words[0] != words[0].swapcase():  # letters without capitals stand alone
        letters.append(words[-1])
    pictures = (each for each in clusters(text) if _EMOJI.match(each))
    return "".join(letters).upper() or next(pictures, "")


@dataclass(frozen=True)
class _Run:
    """Letters of one typeface and one direction, or one emoji; `level` is odd where it reads from right to left."""

    text: str
    level: int
    face: Face | None = None  # None: an emoji


@dataclass(frozen=True)
class Line:
    """A text set in letters of `size` pixels; `width` in pixels."""

    size: int
    weight: int
    width: float
    runs: tuple[_Run, ...]  # from left to right

    def __bool__(self) -> bool:
        return bool(self.runs)

    def draw(self, image: Image.Image, x: float, middle: float) -> None:
        """Onto an RGBA image, white, from `x` on, around the height `middle`; what is beyond the image is cut off."""
        draw, baseline = ImageDraw.Draw(image), middle + self.size * _BASELINE
        for run in self.runs:
            if run.face is None:
                picture = emoji(run.text, _emoji_side(self.size))
                assert picture is not None
                image.alpha_composite(*_within(image, picture, round(x), round(middle - picture.height / 2)))
            else:
                font = run.face.at(self.size, self.weight)
                # Letters of one line may overlap: each run has a layer of its own.
                layer = Image.new("RGBA", image.size, (255, 255, 255, 0))
                draw = ImageDraw.Draw(layer)
                draw.text((x, baseline), run.text, "white", font, "ls", direction=_direction(run))
                image.alpha_composite(layer)
            x += _length(run, self.size, self.weight)


def _within(image: Image.Image, picture: Image.Image, x: int, y: int) -> tuple[Image.Image, tuple[int, int]]:
    """What of a picture at (x, y) is seen in an image, and where."""
    left, top = max(0, -x), max(0, -y)
    right, bottom = min(picture.width, image.width - x), min(picture.height, image.height - y)
    return picture.crop((left, top, max(left, right), max(top, bottom))), (max(0, x), max(0, y))


def _emoji_side(size: int) -> int:
    return round(size * _EMOJI_SIDE)


def _direction(run: _Run) -> str:
    return "rtl" if run.level % 2 else "ltr"


def _length(run: _Run, size: int, weight: int) -> float:
    if run.face is None:
        return _emoji_side(size) + size * 0.1
    font: ImageFont.FreeTypeFont = run.face.at(size, weight)
    return font.getlength(run.text, direction=_direction(run))


@lru_cache(maxsize=256)
def line(name: str, size: int, width: float, weight: int = BOLD) -> Line:
    """A name in letters of `size` pixels: all of it or, with an ellipsis, as many letters as fit into `width` pixels.

    Empty where fewer than three letters would be left of a longer name, and where a name has nothing to be seen.
    """
    letters = clusters(clean(name))
    whole = _set("".join(letters[:_MOST_LETTERS]), size, weight)
    if whole.width <= width and len(letters) <= _MOST_LETTERS:
        return whole
    fitting, too_many = 0, min(len(letters), _MOST_LETTERS + 1)
    while fitting + 1 < too_many:
        half = (fitting + too_many) // 2
        fits = _set(_cut(letters, half), size, weight).width <= width
        fitting, too_many = (half, too_many) if fits else (fitting, half)
    return _set(_cut(letters, fitting) if fitting >= _FEWEST_LETTERS else "", size, weight)


def _cut(letters: Sequence[str], count: int) -> str:
    return "".join(letters[:count]).rstrip() + "…"


def _set(text: str, size: int, weight: int) -> Line:
    runs = tuple(_left_to_right(_runs(text)))
    return Line(size, weight, sum(_length(run, size, weight) for run in runs), runs)


def _runs(text: str) -> list[_Run]:
    """In the order of reading."""
    runs: list[_Run] = []
    letters, region, before = clusters(text), region_of(text), None
    for cluster, level in zip(letters, _levels([each[0] for each in letters]), strict=True):
        if _EMOJI.match(cluster) and (parts := _emoji_parts(cluster)):
            runs += [_Run(part, level) for part in parts]
            continue
        face = face_of(cluster, region, before)
        before = face
        last = runs[-1] if runs else None
        if last is not None and (last.face, last.level) == (face, level):
            runs[-1] = _Run(last.text + cluster, level, face)
        else:
            runs.append(_Run(cluster, level, face))
    return runs


def _emoji_parts(cluster: str) -> list[str]:
    """The emoji itself; of a new one that consists of others, those that there are pictures of."""
    if emoji(cluster, 8) is not None:
        return [cluster]
    return [part for part in _JOINED.split(cluster) if part and emoji(part, 8) is not None]


def _levels(letters: Sequence[str]) -> list[int]:
    """The embedding level of each letter (UAX #9), without its marks; odd ones read from right to left."""
    if all(letter.isascii() for letter in letters):
        return [0] * len(letters)
    # What is of no class that a line may have, as it is of a newer Unicode, counts as a letter.
    text = "".join(each if unicodedata.bidirectional(each) in _BIDIRECTIONAL else "a" for each in letters)
    storage = algorithm.get_empty_storage()
    storage["base_level"] = algorithm.get_base_level(text)
    storage["base_dir"] = ("L", "R")[storage["base_level"]]
    algorithm.get_embedding_levels(text, storage)
    algorithm.explicit_embed_and_overrides(storage)
    algorithm.resolve_weak_types(storage)
    algorithm.resolve_neutral_types(storage, False)
    algorithm.resolve_implicit_levels(storage, False)
    return [character["level"] for character in storage["chars"]]


def _left_to_right(runs: list[_Run]) -> list[_Run]:
    """Runs as they stand on the line (UAX #9, rule L2)."""
    ordered = list(runs)
    levels = [run.level for run in runs]
    for level in range(max(levels, default=0), 0, -1):
        at = 0
        while at < len(ordered):
            end = at
            while end < len(ordered) and ordered[end].level >= level:
                end += 1
            ordered[at:end] = reversed(ordered[at:end])
            at = end + 1
    return ordered
