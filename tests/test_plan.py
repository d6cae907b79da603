"""How a film is to be cut: which layout and which classes hold when, and what is refused."""

import json
from collections.abc import Callable

import pytest
from pydantic import ValidationError

from reelroom.cutting.plan import LayoutChoice, Look, Plan, PlanError, read_plan
from reelroom.cutting.recut import RecutOrder
from reelroom.cutting.rules import Rules
from reelroom.errors import BadRequest
from reelroom.layouts.names import RESOLUTIONS


def test_the_default_is_the_active_speaker() -> None:
    assert Plan().layout_at(5) == LayoutChoice(type="active-speaker")
    assert Plan().rules == Rules()


def test_a_layout_holds_from_its_moment_on() -> None:
    plan = Plan().with_layout(20, LayoutChoice(type="pip")).with_layout(10, LayoutChoice(type="bestFit"))
    assert [plan.layout_at(moment).type for moment in (9, 10, 19, 20, 99)] == [
        *("active-speaker", "bestFit", "bestFit", "pip", "pip")
    ]


def test_the_later_of_two_orders_for_one_moment_holds() -> None:
    plan = Plan().with_layout(10, LayoutChoice(type="pip")).with_layout(10, LayoutChoice(type="bestFit"))
    assert plan.layout_at(10).type == "bestFit"


def test_classes_hold_for_the_streams_that_are_named() -> None:
    plan = Plan().with_classes(10, {"a": ("focus",), "b": ("full",)}).with_classes(20, {"a": ()})
    assert plan.classes_at(9) == {}
    assert plan.classes_at(10) == {"a": frozenset({"focus"}), "b": frozenset({"full"})}
    assert plan.classes_at(20) == {"a": frozenset(), "b": frozenset({"full"})}


def test_a_plan_survives_its_file() -> None:
    plan = Plan(width=640, height=480, rules=Rules(pre_roll=1)).with_classes(5, {"a": ("focus",)})
    plan = plan.with_layout(3, LayoutChoice(type="bestFit", screenshare_type="pip"))
    assert Plan.model_validate_json(plan.to_json()) == plan
    assert '"screenshareType":"pip"' in plan.to_json()


def test_a_stylesheet_survives_the_file_and_an_order() -> None:
    custom = LayoutChoice(type="custom", stylesheet='stream.a { width: 50% } /* "ä" */')
    plan = Plan().with_layout(3, custom)
    assert Plan.model_validate_json(plan.to_json()).layout_at(3) == custom
    told = Look(plan=plan, end=7).model_dump(mode="json", by_alias=True, exclude_none=True)
    assert Look.model_validate(json.loads(json.dumps(told))) == Look(plan=plan, end=7)


def test_a_film_that_is_cut_again_keeps_its_stylesheet_but_cannot_be_given_one() -> None:
    plan = Plan().with_layout(3, LayoutChoice(type="custom", stylesheet="stream {}"))
    assert RecutOrder(resolution="640x480").plan(plan).layouts == plan.layouts
    with pytest.raises(BadRequest, match="there is no layout 'custom'"):
        RecutOrder(layout="custom").check()


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({"type": "custom"}, "custom layout needs a stylesheet"),
        ({"type": "custom", "stylesheet": ""}, "custom layout needs a stylesheet"),
        (
            {"type": "custom", "stylesheet": "stream { colour: red }"},
            "line 1: the property 'colour' is not supported",
        ),
        ({"type": "custom", "stylesheet": "stream {}", "screenshareType": "pip"}, "screenshareType needs"),
        ({"type": "bestFit", "stylesheet": "stream {}"}, "only a custom layout has a stylesheet"),
        ({"type": "pip", "screenshareType": "pip"}, "screenshareType needs the type bestFit"),
        ({"type": "bestFit", "screenshareType": "custom"}, "screenshareType"),
        ({"type": "focus"}, "bestFit"),
    ],
)
def test_what_cannot_be_drawn_is_refused(choice: dict[str, str], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        LayoutChoice.model_validate(choice)


@pytest.mark.parametrize("size", [(1281, 720), (0, 720), (1280, 4000)])
def test_sizes_that_no_film_has_are_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ValidationError):
        Plan(width=size[0], height=size[1])


@pytest.mark.parametrize(
    "wish",
    [
        {"hasAudio": False, "hasVideo": False},
        {"maxBitrate": 500_000, "quantization": 30},
        {"maxBitrate": 99_999},
        {"quantization": 14},
    ],
)
def test_films_that_cannot_be_are_refused(wish: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Plan.model_validate(wish)


@pytest.mark.parametrize("resolution", RESOLUTIONS)
def test_every_resolution_of_opentok_is_one(resolution: str) -> None:
    width, _, height = resolution.partition("x")
    assert Plan.model_validate({"width": width, "height": height}).size.width == int(width)


def test_what_is_kept_is_read_and_nothing_kept_is_a_plain_film() -> None:
    plan = Plan(width=640, height=480, max_bitrate=300_000, has_video=False)
    assert read_plan(plan.to_json(), "1280x720") == plan
    assert read_plan("", "480x640", has_video=False) == Plan(width=480, height=640, has_video=False)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:-5],
        lambda text: text.replace('"version":1', '"version":2'),
        lambda text: text.replace("maxBitrate", "maxBitrates"),
        lambda text: "{",
        lambda text: " ",
    ],
)
def test_a_plan_that_cannot_be_read_is_never_taken_for_a_plain_film(damage: Callable[[str], str]) -> None:
    text = Plan(width=640, height=480, max_bitrate=300_000, has_video=False).to_json()
    with pytest.raises(PlanError, match="the plan of the film cannot be read"):
        read_plan(damage(text), "640x480")
