"""The stylesheet of a custom layout: what it says of each stream, or why it cannot be drawn.

Selectors, properties and defaults are those that OpenTok documents for archives and broadcasts. What a browser would
skip in silence is refused, so that whoever sends it learns of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from math import isfinite
from typing import Any, Literal

import tinycss2

from reelroom.layouts.css.selectors import Classes, Selector, StylesheetError, Token, parse_selectors

UNIT = 64  # of lengths to a pixel: what browsers round them to, so that 3 x 33.33 % fit as they do there

MOST_CHARACTERS = 16_384
_LONGEST = 100_000.0  # pixels or percent


@dataclass(frozen=True)
class Length:
    """As a stylesheet has it: pixels of the film, or hundredths of the film's width or height."""

    number: float
    unit: Literal["px", "%", "vw", "vh"] = "px"

    def units(self, whole: int, width: int, height: int) -> int:
        """In units of 1/64 pixel, where 100 % are `whole` pixels of a film of `width` x `height`."""
        if self.unit == "px":
            return int(self.number * UNIT)
        of = {"%": whole, "vw": width, "vh": height}[self.unit]
        return int(self.number * of * UNIT / 100)


Value = Length | str | int | None  # None: `auto`, or `none` of a maximum


@dataclass(frozen=True)
class Style:
    """What holds of one stream. Lengths are in units of 1/64 pixel; None is `auto`, of a maximum `none`."""

    display: str = "block"
    position: str = "static"
    float: str = "none"
    clear: str = "none"
    object_fit: str = "contain"
    overflow: str = "visible"
    z_index: int | None = None
    width: int | None = None
    height: int | None = None
    min_width: int | None = 0
    min_height: int | None = 0
    max_width: int | None = None
    max_height: int | None = None
    left: int | None = None
    right: int | None = None
    top: int | None = None
    bottom: int | None = None
    margin_left: int | None = 0
    margin_right: int | None = 0
    margin_top: int | None = 0
    margin_bottom: int | None = 0

    @property
    def is_positioned(self) -> bool:
        """Whether it is painted by its z-index, over what is not."""
        return self.position != "static"

    @property
    def is_apart(self) -> bool:
        """Whether it takes no room among the others."""
        return self.position in ("absolute", "fixed")

    @property
    def is_floating(self) -> bool:
        return self.float != "none" and not self.is_apart

    @property
    def is_inline(self) -> bool:
        """Whether it stands in a line. A picture keeps its size there, so `inline` is as `inline-block`."""
        return self.display.startswith("inline") and not self.is_apart and not self.is_floating

    def wide(self, otherwise: int) -> int:
        """Its width, or the nearest to `otherwise` that it may have."""
        return _within(self.width if self.width is not None else otherwise, self.min_width, self.max_width)

    def high(self, otherwise: int = 0) -> int:
        """Its height, or the nearest to `otherwise` that it may have."""
        return _within(self.height if self.height is not None else otherwise, self.min_height, self.max_height)


def _within(value: int, least: int | None, most: int | None) -> int:
    return max(value if most is None else min(value, most), least or 0, 0)


_KEYWORDS = {
    "display": ("block", "inline-block", "inline", "none"),
    "position": ("static", "relative", "absolute", "fixed"),
    "float": ("none", "left", "right"),
    "clear": ("none", "left", "right", "both"),
    "object-fit": ("contain", "cover"),
    "overflow": ("visible", "hidden"),
}
_SIDES = ("top", "right", "bottom", "left")  # in the order of shorthands
_MARGINS = tuple(f"margin-{side}" for side in _SIDES)
_SIZES = ("width", "height", "min-width", "min-height", "max-width", "max-height")
_VERTICAL = ("height", "min-height", "max-height", "top", "bottom")  # hundredths of the height; margins never are
_LENGTHS = (*_SIZES, *_SIDES, *_MARGINS)
_PROPERTIES = (*_KEYWORDS, *_LENGTHS, "margin", "z-index")
# What `initial` means; the default of a stream's display is not CSS's own.
_INITIAL: dict[str, Value] = {name: values[0] for name, values in _KEYWORDS.items()}
_INITIAL |= {"display": "inline", "position": "static", "overflow": "visible", "z-index": None}
_INITIAL |= dict.fromkeys(_LENGTHS) | dict.fromkeys((*_MARGINS, "min-width", "min-height"), Length(0))


@dataclass(frozen=True)
class Declaration:
    """One property, by its name in CSS, and its value."""

    name: str
    value: Value
    important: bool


@dataclass(frozen=True)
class Rule:
    """What holds of the streams that any of its selectors is about."""

    selectors: tuple[Selector, ...]
    declarations: tuple[Declaration, ...]


@dataclass(frozen=True)
class Stylesheet:
    """The rules, in their order."""

    rules: tuple[Rule, ...]

    def styles(self, streams: Sequence[Classes], width: int, height: int) -> list[Style]:
        """The style of each of the streams, whose classes are given, in a film of `width` x `height` pixels."""
        said: list[dict[str, tuple[tuple[bool, int, int], Value]]] = [{} for _ in streams]
        for rule in self.rules:
            for selector in rule.selectors:
                for index in selector.chosen(streams):
                    for each in rule.declarations:
                        weight = (each.important, *selector.weight)
                        if each.name not in said[index] or weight >= said[index][each.name][0]:
                            said[index][each.name] = weight, each.value
        return [_style({name: value for name, (_, value) in each.items()}, width, height) for each in said]


def _style(said: dict[str, Value], width: int, height: int) -> Style:
    values: dict[str, Any] = {}
    for field in fields(Style):
        name = field.name.replace("_", "-")
        if name in said:
            value = said[name]
            whole = height if name in _VERTICAL else width
            values[field.name] = value.units(whole, width, height) if isinstance(value, Length) else value
    return Style(**values)


@lru_cache(maxsize=64)
def parse(text: str) -> Stylesheet:
    """Raises StylesheetError, with words for whoever wrote the stylesheet."""
    if len(text) > MOST_CHARACTERS:
        raise StylesheetError(1, f"it has {len(text)} characters, of at most {MOST_CHARACTERS}")
    rules = []
    for node in tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True):
        if node.type == "error":
            raise StylesheetError(node.source_line, f"this is no CSS: {node.message}")
        if node.type == "at-rule":
            raise StylesheetError(node.source_line, f"@{node.at_keyword[:40]} is not supported")
        selectors = parse_selectors(node.prelude, node.source_line)
        rules.append(Rule(selectors, tuple(_declarations(node.content))))
    if not rules:
        raise StylesheetError(1, "it has no rules")
    return Stylesheet(tuple(rules))


def _declarations(content: list[Token]) -> list[Declaration]:
    declarations: list[Declaration] = []
    for node in tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True):
        if node.type == "error":
            raise StylesheetError(node.source_line, f"this is no declaration: {node.message}")
        if node.type != "declaration":
            raise StylesheetError(node.source_line, "rules in rules are not supported")
        name, line = node.lower_name, node.source_line
        if name not in _PROPERTIES:
            raise StylesheetError(line, f"the property {node.name[:40]!r} is not supported")
        tokens = [token for token in node.value if token.type not in ("whitespace", "comment")]
        for one, value in _values(name, tokens, line).items():
            declarations.append(Declaration(one, value, node.important))
    return declarations


def _values(name: str, tokens: list[Token], line: int) -> dict[str, Value]:
    """The properties that a declaration sets: `margin` sets four."""
    words = [token.lower_value for token in tokens if token.type == "ident"]
    names = _MARGINS if name == "margin" else (name,)
    if len(tokens) == 1 and (words == ["initial"] or (words == ["inherit"] and name == "clear")):
        return {each: _INITIAL[each] for each in names}
    if name == "margin" and 1 <= len(tokens) <= 4:
        sides = [_length(name, token, line) for token in tokens]
        top, right = sides[0], sides[min(1, len(sides) - 1)]
        bottom = sides[2] if len(sides) > 2 else top
        left = sides[3] if len(sides) > 3 else right
        return dict(zip(_MARGINS, (top, right, bottom, left), strict=True))
    if len(tokens) != 1:
        raise StylesheetError(line, f"{name} takes {'one to four values' if name == 'margin' else 'one value'}")
    reader = _READERS.get(name, _length)
    return {name: reader(name, tokens[0], line)}


def _keyword(name: str, token: Token, line: int) -> Value:
    if token.type == "ident" and token.lower_value in _KEYWORDS[name]:
        return str(token.lower_value)
    raise StylesheetError(line, f"{name} is one of {', '.join(_KEYWORDS[name])}")


def _z_index(name: str, token: Token, line: int) -> Value:
    if token.type == "ident" and token.lower_value == "auto":
        return None
    if token.type == "number" and token.is_integer and abs(token.value) < 2**31:
        return int(token.int_value)
    raise StylesheetError(line, f"{name} is a whole number, or auto")


def _length(name: str, token: Token, line: int) -> Value:
    nothing = "none" if name.startswith("max-") else "auto"
    if token.type == "ident" and token.lower_value == nothing:
        return Length(0) if name.startswith("min-") else None
    if token.type == "percentage":
        length = Length(token.value, "%")
    elif token.type == "dimension" and token.lower_unit in ("px", "vw", "vh"):
        length = Length(token.value, token.lower_unit)
    elif token.type == "number" and token.value == 0:
        length = Length(0)
    else:
        raise StylesheetError(line, f"{name} is a number of px, %, vw or vh, or {nothing}")
    if not isfinite(length.number) or abs(length.number) > _LONGEST:
        raise StylesheetError(line, f"{name} is at most {_LONGEST:.0f}")
    if name in _SIZES and length.number < 0:
        raise StylesheetError(line, f"{name} is not negative")
    return length


_READERS: Mapping[str, Callable[[str, Token, int], Value]] = {
    **dict.fromkeys(_KEYWORDS, _keyword),
    "z-index": _z_index,
}
