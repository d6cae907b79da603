"""How a film is to be cut: size, sound, picture, the director's rules, layouts over time (docs/formats.md)."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from reelroom.cutting.rules import Rules
from reelroom.layouts.css.stylesheet import parse
from reelroom.layouts.names import AnyLayout, OpenTokLayout, Rate, Size, check_layout
from reelroom.takes.events import ChosenStream, StreamsChosen


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, populate_by_name=True, alias_generator=to_camel, extra="forbid")


class LayoutChoice(_Part):
    """A layout as somebody asked for it; with `bestFit`, another one may be used while a screen is shared.

    A `custom` one is that of its stylesheet. Raises ValidationError for what cannot be drawn, with words for the
    caller.
    """

    type: AnyLayout = "active-speaker"
    screenshare_type: OpenTokLayout | None = None
    stylesheet: str | None = None

    @model_validator(mode="after")
    def _agree(self) -> Self:
        check_layout(self.type, self.stylesheet, self.screenshare_type)
        if self.stylesheet:
            parse(self.stylesheet)
        return self


class LayoutFrom(_Part):
    """From `at` (µs of room time) on this is the layout."""

    at: int
    layout: LayoutChoice


class ClassesFrom(_Part):
    """From `at` (µs of room time) on these streams have these classes; other streams keep theirs.

    A stream is named by the id of its track, or a camera by its participant.
    """

    at: int
    streams: dict[str, tuple[str, ...]]


class StreamsFrom(_Part):
    """From `at` (µs of room time) on the film has these streams; None: everybody's."""

    at: int
    streams: tuple[ChosenStream, ...] | None = None

    def event(self) -> StreamsChosen:
        """As stage and director take it."""
        return StreamsChosen(at=self.at, streams=self.streams)


class Range(_Part):
    """What of the room is kept: [start, end), µs of room time."""

    start: int
    end: int


_Side = Annotated[int, Field(ge=64, le=1920, multiple_of=2)]
_Bitrate = Annotated[int, Field(ge=100_000, le=6_000_000)]
_Loudness = Annotated[float, Field(ge=-31, le=-9)]
Splice = Literal["auto", "never"]
_Quantization = Annotated[int, Field(ge=15, le=40)]


class Plan(_Part):
    """The whole plan of a film; each schedule is in order of time. Plans never change: `with_` makes another.

    `rate` is in pictures a second: at the rate of what is shown, a film moves as smoothly. `max_bitrate` is in bit/s,
    of the pictures alone; `quantization` as libx264's constant rate factor. `loudness` is in LUFS, of what is said.
    `ranges` are what the film keeps, in order, none touching another; none: all from its start to its end. They are
    `laid` once their ends lie where little is heard. With `splice` a film copies what a camera encoded where that
    alone fills the frame; not one whose encoding is asked for.
    """

    version: Literal[1] = 1
    width: _Side = 1280
    height: _Side = 720
    rate: Rate = 30
    rules: Rules = Rules()
    layouts: tuple[LayoutFrom, ...] = ()
    classes: tuple[ClassesFrom, ...] = ()
    streams: tuple[StreamsFrom, ...] = ()
    has_audio: bool = True
    has_video: bool = True
    loudness: _Loudness = -16.0
    max_bitrate: _Bitrate | None = None
    quantization: _Quantization | None = None
    ranges: tuple[Range, ...] = ()
    laid: bool = False
    splice: Splice = "never"

    @model_validator(mode="after")
    def _is_a_film(self) -> Self:
        ends = [moment for each in self.ranges for moment in (each.start, each.end)]
        if any(earlier >= later for earlier, later in pairwise(ends)):
            raise ValueError("ranges are in order, and none touches another")
        if not (self.has_audio or self.has_video):
            raise ValueError("a film needs audio or video")
        if self.max_bitrate is not None and self.quantization is not None:
            raise ValueError("either maxBitrate or quantization")
        return self

    @property
    def size(self) -> Size:
        return Size(self.width, self.height)

    @property
    def copies(self) -> bool:
        """Whether pictures may be copied: where nothing is asked of their encoding, up to 1920x1080 or so large."""
        asked = self.max_bitrate is not None or self.quantization is not None
        return self.splice == "auto" and self.has_video and not asked and self.width * self.height <= 1920 * 1088

    def layout_at(self, moment: int) -> LayoutChoice:
        """The layout of `moment`, µs of room time; before the first one, the default."""
        due = (step.layout for step in reversed(self.layouts) if step.at <= moment)
        return next(due, _DEFAULT)

    def classes_at(self, moment: int) -> dict[str, frozenset[str]]:
        """The classes of each stream at `moment`, µs of room time."""
        classes: dict[str, frozenset[str]] = {}
        for step in self.classes:
            if step.at <= moment:
                classes.update({stream: frozenset(names) for stream, names in step.streams.items()})
        return classes

    def with_layout(self, at: int, layout: LayoutChoice) -> Self:
        """The plan with another layout from `at` (µs) on."""
        return self.model_copy(update={"layouts": _in_time(*self.layouts, LayoutFrom(at=at, layout=layout))})

    def with_classes(self, at: int, streams: dict[str, tuple[str, ...]]) -> Self:
        """The plan with other classes of these streams from `at` (µs) on."""
        return self.model_copy(update={"classes": _in_time(*self.classes, ClassesFrom(at=at, streams=streams))})

    def with_streams(self, at: int, streams: Iterable[ChosenStream]) -> Self:
        """The plan with these streams, and no others, from `at` (µs) on."""
        step = StreamsFrom(at=at, streams=tuple(streams))
        return self.model_copy(update={"streams": _in_time(*self.streams, step)})

    def to_json(self) -> str:
        """As docs/formats.md has it; `model_validate_json` reads it."""
        return self.model_dump_json(by_alias=True, exclude_none=True) + "\n"


_DEFAULT = LayoutChoice()
_Step = TypeVar("_Step", LayoutFrom, ClassesFrom, StreamsFrom)


def _in_time(*steps: _Step) -> tuple[_Step, ...]:
    return tuple(sorted(steps, key=lambda step: step.at))


class PlanError(Exception):
    """A plan that cannot be read; the message says why."""


def read_plan(text: str, resolution: str, *, has_audio: bool = True, has_video: bool = True) -> Plan:
    """A plan as it is kept; where nothing is, that of a plain film. Raises PlanError for any other text.

    A damaged one, or one of a newer version, is never taken for a plain film: that would not be what was asked for.
    """
    if not text:
        size = Size.parse(resolution)
        return Plan(width=size.width, height=size.height, has_audio=has_audio, has_video=has_video)
    try:
        return Plan.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "JSON"
        raise PlanError(f"the plan of the film cannot be read ({where}: {first['msg']})") from None


class Look(_Part):
    """Told to whoever shows or films a take: how things stand now, whole; the last one told is all that counts.

    `end` is where the film ends (µs of room time), None while it goes on; a broadcast ends at once with any.
    """

    plan: Plan
    end: int | None = None


@dataclass
class Planned:
    """The plan in force; another thread may replace it, whole, while a film is made."""

    plan: Plan
