"""Cutting again: which part of a take, in which layout, by which rules, at which size."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from pydantic.alias_generators import to_camel

from reelroom.cutting.plan import LayoutChoice, LayoutFrom, Plan
from reelroom.cutting.rules import Rules
from reelroom.errors import BadRequest
from reelroom.layouts.names import LAYOUTS, OPENTOK_LAYOUTS, RATES, RESOLUTIONS, Size

Rule = float | bool | None
_MICROSECONDS = 1_000_000
_LONGEST_RULE = 60.0  # s
_LATEST = 10 * 365 * 24 * 3600.0  # s


@dataclass(frozen=True)
class RecutOrder:
    """What is asked for; what is None stays as it was. Times in s from the start of the archive's film.

    `screenshare` is the layout while a screen is shared, beside the layout `bestFit`; `rate` is in pictures a second.
    `key` opens what is encrypted end to end; it is not kept, so each film needs it again.
    """

    layout: str | None = None
    rules: Mapping[str, Rule] | None = None
    resolution: str | None = None
    begin: float | None = None
    end: float | None = None
    rate: int | None = None
    screenshare: str | None = None
    key: str = field(default="", repr=False)

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
        _rules(self.rules or {})

    def plan(self, source: Plan) -> Plan:
        """The plan of the new film, where `source` is that of the film there is; after `check`."""
        size = Size.parse(self.resolution) if self.resolution else source.size
        layouts = source.layouts
        if self.layout is not None:
            layouts = (
                LayoutFrom(
                    at=0,
                    layout=LayoutChoice.model_validate({"type": self.layout, "screenshareType": self.screenshare}),
                ),
            )
        return source.model_copy(
            update={
                "width": size.width,
                "height": size.height,
                "rate": self.rate or source.rate,
                "rules": replace(source.rules, **_rules(self.rules or {})),
                "layouts": layouts,
            }
        )

    def span(self, film: tuple[int, int], extent: tuple[int, int]) -> tuple[int, int]:
        """Which [start, end), µs, of a take is meant, where `film` is what the archive shows of it.

        Times before 0 and after the film's end reach for what was recorded then; where nothing was, the new film
        begins or ends with the recording. Raises BadRequest when nothing is left.
        """
        first, last = min(film[0], extent[0]), max(film[1], extent[1])
        start = film[0] if self.begin is None else film[0] + round(self.begin * _MICROSECONDS)
        end = film[1] if self.end is None else film[0] + round(self.end * _MICROSECONDS)
        if start >= end:
            raise BadRequest("from: the film would end before it begins (from >= to)")
        start, end = max(start, first), min(end, last)
        if start >= end:
            raise BadRequest("from, to: nothing was recorded then")
        return start, end


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
