"""What an archive or a broadcast of a session is to show: its first plan, and the streams that are chosen for it."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from pydantic import ValidationError

from reelroom.cutting.plan import LayoutChoice, Plan
from reelroom.errors import BadRequest, NotFound
from reelroom.layouts.names import Size
from reelroom.opentok.stream_ids import stream_id
from reelroom.opentok.streams import Stream
from reelroom.takes.events import ChosenStream

MOST_STREAMS = 50
Chosen = list[dict[str, Any]]  # `streamId` (the track that the stream goes by), `hasAudio`, `hasVideo`


def layout_choice(layout: dict[str, Any]) -> LayoutChoice:
    """The layout as it is to be drawn. Raises BadRequest."""
    try:
        return LayoutChoice.model_validate(layout)
    except ValidationError as error:
        raise BadRequest(f"layout: {error.errors()[0]['msg']}") from None


def first_plan(
    resolution: str, layout: dict[str, Any], stream_mode: str, streams: Iterable[Stream], **more: Any
) -> Plan:
    """The plan at the start, with the classes that `streams` have; `more` are fields of `Plan`. Raises BadRequest."""
    size = Size.parse(resolution)
    plan = Plan(width=size.width, height=size.height, **more).with_layout(0, layout_choice(layout))
    if stream_mode == "manual":
        plan = plan.with_streams(0, ())
    return plan.with_classes(0, {each.track: each.classes for each in streams})


def with_stream(chosen: Sequence[dict[str, Any]], one: dict[str, Any], what: str) -> Chosen:
    """One more stream, or one of them otherwise; `what` has them. Raises BadRequest where that is one too many."""
    others = [each for each in chosen if each["streamId"] != one["streamId"]]
    if len(others) >= MOST_STREAMS:
        raise BadRequest(f"{what} has at most {MOST_STREAMS} streams")
    return [*others, one]


def without_stream(chosen: Sequence[dict[str, Any]], wanted: str, ids: Collection[str], what: str) -> Chosen:
    """One stream less; `what` has them. Raises NotFound where the `wanted` one is not among them.

    `ids` are all by which applications may know it.
    """
    others = [each for each in chosen if stream_id(each["streamId"]) not in ids]
    if len(others) == len(chosen):
        raise NotFound(f"{what} does not have the stream {wanted[:300]}")
    return others


def chosen_of(plan: Plan) -> Chosen:
    """The streams that are chosen by now; none where the plan chooses by itself."""
    streams = plan.streams[-1].streams if plan.streams else None
    return [each.model_dump(by_alias=True) for each in streams or ()]


def choose(plan: Plan, at: int, change: Callable[[Chosen], Chosen]) -> Plan:
    """The plan with other streams from `at` (µs) on: what `change` makes of those that are chosen by now."""
    streams = [ChosenStream.model_validate(each) for each in change(chosen_of(plan))]
    return plan.with_streams(at, streams)


def layout_of(plan: Plan) -> dict[str, Any]:
    """The layout by now, as the API shows it; {} for the default one."""
    return plan.layouts[-1].layout.model_dump(by_alias=True, exclude_none=True) if plan.layouts else {}


def shown(chosen: Iterable[dict[str, Any]]) -> Chosen:
    """The streams as the API shows them: by their ids."""
    return [{**each, "streamId": stream_id(each["streamId"])} for each in chosen]
