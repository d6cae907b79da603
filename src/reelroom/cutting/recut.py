"""Cutting again: which part of a take, in which layout, by which rules, at which size."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from pydantic.alias_generators import to_camel

from reelroom.cutting.kept import Kept
from reelroom.cutting.plan import LayoutChoice, LayoutFrom, Plan, Range, Splice
from reelroom.cutting.ranges import joined_ranges
from reelroom.cutting.rules import Rules
from reelroom.errors import BadRequest
from reelroom.layouts.names import LAYOUTS, OPENTOK_LAYOUTS, RATES, RESOLUTIONS, Size

Rule = float | bool | None
_MICROSECONDS = 1_000_000
_LONGEST_RULE = 60.0  # s
_TIME = r"(?:\d{1,4}:){0,2}\d{1,6}(?:\.\d{1,6})?"
_RANGE = re.compile(rf"({_TIME})\s*-\s*({_TIME})", re.ASCII)
_MOST_RANGES = 2000
_SHORTEST_RANGE = 0.1  # s
_LATEST = 10 * 365 * 24 * 3600.0  # s


@dataclass(frozen=True)
class RecutOrder:
    """What is asked for; what is None stays as it was. Times in s from the start of the archive's film.

    `ranges` are what is kept, [from, to) each, in order; instead of them, `begin` and `end` are of one that is kept.
    `screenshare` is the layout while a screen is shared, beside the layout `bestFit`; `rate` is in pictures a second.
    `splice` is whether pictures that a camera encoded are copied. `key` opens what is encrypted end to end; it is not
    kept, so each film needs it again. `name` is the new film's.
    """

    layout: str | None = None
    rules: Mapping[str, Rule] | None = None
    resolution: str | None = None
    begin: float | None = None
    end: float | None = None
    rate: int | None = None
    screenshare: str | None = None
    ranges: tuple[tuple[float, float], ...] | None = None
    splice: Splice | None = None
    key: str = field(default="", repr=False)
    name: str | None = None

    def check(self) -> None:
        """Raises BadRequest."""
        if self.layout is not None and self.layout not in LAYOUTS:
            raise BadRequest(f"layout: there is no layout {self.layout[:100]!r}, but {', '.join(LAYOUTS)}")
        if self.resolution is not None and self.resolution not in RESOLUTIONS:
            raise BadRequest(f"resolution: {self.resolution[:100]!r} is none of {', '.join(RESOLUTIONS)}")
        if self.rate is not None and self.rate not in RATES:
            raise BadRequest(f"rate: {self.rate} is none of {', '.join(map(str, RATES))}")
        if self.screenshare is not None:
            if self.screenshare not in OPENTOK_LAYOUTS:
                words = f"there is no layout {self.screenshare[:100]!r}, but {', '.join(OPENTOK_LAYOUTS)}"
                raise BadRequest(f"screenshareType: {words}")
            if self.layout != "bestFit":
                raise BadRequest("screenshareType needs the layout bestFit")
        for name, value in (("from", self.begin), ("to", self.end)):
            if value is not None and abs(value) > _LATEST:
                raise BadRequest(f"{name}: {value} s is no time of a recording")
        if self.begin is not None and self.end is not None and self.begin >= self.end:
            raise BadRequest("from: the film would end before it begins (from >= to)")
        if self.ranges is not None:
            if self.begin is not None or self.end is not None:
                raise BadRequest("ranges: either these or from and to")
            _check_ranges(self.ranges)
        _rules(self.rules or {})

    def plan(self, source: Plan, film: Kept | None = None) -> Plan:
        """The plan of the new film that keeps `film`, where `source` is that of the film there is; after `check`.

        Without a `film`, its ranges stay.
        """
        size = Size.parse(self.resolution) if self.resolution else source.size
        layouts = source.layouts
        if self.layout is not None:
            layouts = (
                LayoutFrom(
                    at=0,
                    layout=LayoutChoice.model_validate({"type": self.layout, "screenshareType": self.screenshare}),
                ),
            )
        ranges: tuple[Range, ...] = source.ranges
        if film is not None:
            ranges = film.as_ranges() if self.ranges is not None or len(film.ranges) > 1 else ()
        return source.model_copy(
            update={
                "width": size.width,
                "height": size.height,
                "rate": self.rate or source.rate,
                "rules": replace(source.rules, **_rules(self.rules or {})),
                "layouts": layouts,
                "ranges": ranges,
                "laid": self.ranges is None and bool(ranges),
                "splice": self.splice or source.splice,
            }
        )

    def kept(self, film: Kept, extent: tuple[int, int]) -> Kept:
        """What of a take is meant, where `film` is what the archive shows of it.

        Times before 0 and after the film's end reach for what was recorded then; where nothing was, the new film
        begins or ends with the recording. Raises BadRequest when nothing is left.
        """
        if self.ranges is not None:
            wished = [(round(begin * _MICROSECONDS), round(end * _MICROSECONDS)) for begin, end in self.ranges]
        else:
            start = 0 if self.begin is None else round(self.begin * _MICROSECONDS)
            end = film.length if self.end is None else round(self.end * _MICROSECONDS)
            if start >= end:
                raise BadRequest("from: the film would end before it begins (from >= to)")
            wished = [(start, end)]
        parts = [part for each in wished if (part := film.part(*each, extent)) is not None]
        ranges = joined_ranges([span for part in parts for span in part.ranges])
        if not ranges:
            raise BadRequest(f"{'from, to' if self.ranges is None else 'ranges'}: nothing was recorded then")
        return Kept(ranges)


def parse_ranges(text: str) -> tuple[tuple[float, float], ...]:
    """Ranges as people write them: 0:10-0:25.5, 1:02:00-1:03:00. Raises BadRequest."""
    found = []
    for each in text.split(","):
        match = _RANGE.fullmatch(each.strip())
        if match is None:
            raise BadRequest(f"ranges: {each.strip()[:40]!r} is none, as 1:05-1:30.5 is")
        begin, end = (
            sum(float(part) * 60**n for n, part in enumerate(reversed(at.split(":")))) for at in match.groups()
        )
        found.append((begin, end))
    return tuple(found)


def _check_ranges(ranges: Sequence[tuple[float, float]]) -> None:
    """Raises BadRequest."""
    if not 1 <= len(ranges) <= _MOST_RANGES:
        raise BadRequest(f"ranges: from 1 to {_MOST_RANGES} are kept, not {len(ranges)}")
    before = -_LATEST
    for number, (begin, end) in enumerate(ranges, 1):
        if not (abs(begin) <= _LATEST and abs(end) <= _LATEST):
            raise BadRequest(f"ranges: the {number}. has a time that is none of a recording")
        if end - begin < _SHORTEST_RANGE:
            raise BadRequest(f"ranges: the {number}. is shorter than {_SHORTEST_RANGE} s (from {begin} to {end})")
        if begin < before:
            raise BadRequest(f"ranges: the {number}. begins before the one before it ends; they are in order of time")
        before = end


def _rules(wished: Mapping[str, Rule]) -> dict[str, Any]:
    """As fields of Rules (µs), where `wished` has their names in camel case and times in s. Raises BadRequest."""
    known = {to_camel(rule.name): rule for rule in fields(Rules)}
    rules: dict[str, Any] = {}
    for name, value in wished.items():
        if name not in known:
            raise BadRequest(f"rules: there is no rule {name[:100]!r}, but {', '.join(sorted(known))}")
        rule = known[name]
        if isinstance(rule.default, bool):
            if not isinstance(value, bool):
                raise BadRequest(f"rules: {name} is true or false")
            rules[rule.name] = value
        elif value is None and rule.default is None:
            rules[rule.name] = None
        elif value is None or isinstance(value, bool) or not 0 <= value <= _LONGEST_RULE:
            raise BadRequest(f"rules: {name} is a number of seconds from 0 to {_LONGEST_RULE:.0f}")
        else:
            rules[rule.name] = round(value * _MICROSECONDS)
    return rules
