"""Selectors of a custom layout's stylesheet: which of the streams that stand side by side a rule is about.

They are those that OpenTok documents: `stream`, classes, `:first-child`, `:last-child`, `:nth-child()`,
`:nth-last-child()`, and the sibling combinators `+` and `~`. The element around the streams may be named before
them, and alone: its size is the film's, whatever a stylesheet says.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tinycss2.nth import parse_nth

Classes = frozenset[str]
Token = Any  # a node of tinycss2, which has no types

ROOTS = ("archive", "broadcast")


class StylesheetError(ValueError):
    """A stylesheet says what cannot be drawn; the message names it and its line."""

    def __init__(self, line: int, words: str) -> None:
        super().__init__(f"stylesheet, line {line}: {words}")


@dataclass(frozen=True)
class Place:
    """`:nth-child(an+b)`, counted from the first stream, or from the last."""

    step: int
    first: int
    from_last: bool = False

    def holds(self, index: int, count: int) -> bool:
        """Whether it holds of the stream of that index of `count`."""
        beyond = (count - index if self.from_last else index + 1) - self.first
        return beyond == 0 if self.step == 0 else beyond % self.step == 0 and beyond // self.step >= 0


@dataclass(frozen=True)
class Compound:
    """What is said of one stream: all of it must hold."""

    named: bool = False  # with the element's name, which makes it weigh more
    classes: Classes = frozenset()
    places: tuple[Place, ...] = ()
    beside: Literal["", "+", "~"] = ""  # how it stands to the compound before it

    def holds(self, streams: Sequence[Classes], index: int) -> bool:
        """Whether it holds of one of the streams, each of which is its classes."""
        return self.classes <= streams[index] and all(place.holds(index, len(streams)) for place in self.places)


@dataclass(frozen=True)
class Selector:
    """Compounds from left to right; without any, it is the element around the streams that is meant."""

    compounds: tuple[Compound, ...] = ()
    root: bool = False  # whether the element around the streams is named, too

    @property
    def weight(self) -> tuple[int, int]:
        """What decides between rules that contradict each other (CSS's specificity)."""
        exact = sum(len(each.classes) + len(each.places) for each in self.compounds)
        return exact, sum(each.named for each in self.compounds) + self.root

    def chosen(self, streams: Sequence[Classes]) -> frozenset[int]:
        """The indexes of the streams that are meant, where each stream is its classes."""
        chosen: set[int] = set()
        for compound in self.compounds:
            match compound.beside:
                case "+":
                    near: Iterable[int] = (index + 1 for index in chosen)
                case "~":
                    near = range(min(chosen) + 1, len(streams)) if chosen else ()
                case _:
                    near = range(len(streams))
            chosen = {index for index in near if index < len(streams) and compound.holds(streams, index)}
        return frozenset(chosen)


def parse_selectors(prelude: Sequence[Token], line: int) -> tuple[Selector, ...]:
    """The selectors before a `{`, from tinycss2's tokens. Raises StylesheetError."""
    groups: list[list[Token]] = [[]]
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            groups.append([])
        elif token.type != "comment":
            groups[-1].append(token)
    return tuple(_Reader(group, line).read() for group in groups)


@dataclass
class _Reader:
    """Reads one selector, token by token."""

    tokens: list[Token]
    line: int
    _compounds: list[Compound] = field(default_factory=list)
    _named: bool = False
    _classes: list[str] = field(default_factory=list)
    _places: list[Place] = field(default_factory=list)
    _beside: Literal["", "+", "~"] = ""
    _root: bool = False

    def read(self) -> Selector:
        tokens = self.tokens
        while tokens and tokens[-1].type == "whitespace":
            tokens.pop()
        self._skip_space()
        if not tokens:
            raise StylesheetError(self.line, "a rule, or what follows a comma, has no selector")
        if tokens[0].type == "ident" and tokens[0].lower_value in ROOTS:
            tokens.pop(0)
            self._root = True
            self._read_step_down()
            if not tokens:
                return Selector(root=True)
        while tokens:
            self._read_one()
        self._finish()
        return Selector(tuple(self._compounds), self._root)

    def _skip_space(self) -> bool:
        spaced = False
        while self.tokens and self.tokens[0].type == "whitespace":
            self.tokens.pop(0)
            spaced = True
        return spaced

    def _read_step_down(self) -> None:
        """From the element around the streams to these: everything else is beside them, never in them."""
        spaced = self._skip_space()
        if self.tokens and self.tokens[0] == ">":
            self.tokens.pop(0)
            self._skip_space()
            if not self.tokens:
                raise StylesheetError(self.line, "a selector ends with >")
        elif self.tokens and not spaced:
            raise self._unknown(self.tokens[0])

    @property
    def _empty(self) -> bool:
        return not (self._named or self._classes or self._places)

    def _finish(self) -> None:
        if self._empty:
            raise StylesheetError(self.line, f"a selector begins or ends with {self._beside or '+ or ~'}")
        compound = Compound(self._named, frozenset(self._classes), tuple(self._places), self._beside)
        self._compounds.append(compound)
        self._named, self._classes, self._places = False, [], []

    def _read_one(self) -> None:
        if self._skip_space() and (self.tokens[0].type == "ident" or self.tokens[0] in (".", ":")):
            raise StylesheetError(
                self.line, "descendant selectors (stream stream) are not supported: no stream has any"
            )
        token = self.tokens.pop(0)
        if token in ("+", "~"):
            self._finish()
            self._beside = token.value
            self._skip_space()
        elif token.type == "ident" and token.lower_value == "stream" and self._empty:
            self._named = True
        elif token == "." and self.tokens and self.tokens[0].type == "ident":
            self._classes.append(self.tokens.pop(0).value)
        elif token == ":" and self.tokens:
            self._places.append(self._place(self.tokens.pop(0)))
        else:
            raise self._unknown(token)

    def _place(self, token: Token) -> Place:
        if token == ":":
            raise StylesheetError(self.line, "pseudo-elements (::) are not supported")
        name = token.lower_name if token.type == "function" else getattr(token, "lower_value", "")
        if token.type == "ident" and name in ("first-child", "last-child"):
            return Place(0, 1, name == "last-child")
        if token.type == "function" and name in ("nth-child", "nth-last-child"):
            step = parse_nth(token.arguments)
            if step is None:
                raise StylesheetError(self.line, f":{name}() takes a number, odd, even or an+b")
            return Place(step[0], step[1], name == "nth-last-child")
        raise StylesheetError(
            self.line,
            f"the pseudo-class :{name[:40]} is not supported: there are :first-child, :last-child, :nth-child() "
            "and :nth-last-child()",
        )

    def _unknown(self, token: Token) -> StylesheetError:
        words = "this selector is not supported"
        if token == "*":
            words = "the selector * is not supported: stream is every stream"
        elif token == ">":
            words = "child selectors (>) are not supported: no stream has any"
        elif token.type == "hash":
            words = f"selectors of an id (#{token.value[:40]}) are not supported: streams have classes"
        elif token.type == "[] block":
            words = "selectors of an attribute ([ ]) are not supported: streams have classes"
        elif token.type == "ident":
            words = f"there is no element {token.value[:40]!r}, but stream"
        elif token.type in ("literal", "number", "dimension"):
            words = f"{token.serialize()[:40]!r} is not expected in a selector"
        return StylesheetError(self.line, words)
