"""Films of several ranges of a take: their time, and the room's; where their cuts lie."""

import numpy as np
import pytest
from pydantic import ValidationError

from reelroom.composer.laying import quiet_block
from reelroom.cutting.kept import Kept
from reelroom.cutting.plan import Plan, Range
from reelroom.cutting.ranges import joined_ranges
from reelroom.cutting.recut import RecutOrder, parse_ranges
from reelroom.cutting.timeline import Shot, Timeline
from reelroom.cutting.turns import Turn
from reelroom.errors import BadRequest
from reelroom.takes.chat import ChatMessage
from reelroom.takes.missing import Missing
from tests.takes import SECOND, at
from tests.voices import RATE, noise, silence

FILM = Kept(((at(2), at(4)), (at(6), at(7)), (at(10), at(13))))


def span(start: float, end: float) -> tuple[int, int]:
    return at(start), at(end)


def test_a_moment_of_the_room_has_its_place_in_the_film() -> None:
    assert (FILM.start, FILM.end, FILM.length) == (at(2), at(13), 6 * SECOND)
    places = {1: 2, 2: 2, 3: 3, 4: 4, 5: 4, 6: 4, 6.5: 4.5, 8: 5, 11: 6, 13: 8, 20: 8}
    assert {moment: FILM.joined(at(moment)) for moment in places} == {key: at(value) for key, value in places.items()}
    assert [FILM.has(at(moment)) for moment in (1.9, 2, 3.9, 4, 6, 7, 12.9, 13)] == [
        *(False, True, True, False, True, False, True, False)
    ]


def test_pictures_come_range_after_range_and_what_lies_between_is_gone_through() -> None:
    steps = list(Kept((span(0, 1), span(3, 3.5))).steps(30))
    shown = [step.at for step in steps if step.shown]
    assert len(shown) == 45 == Kept((span(0, 1), span(3, 3.5))).pictures(30)
    assert (shown[0], shown[29], shown[30]) == (at(0), at(0) + 29 * SECOND // 30, at(3))
    assert [step.at for step in steps if step.joins] == [at(3)]
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    assert sum(not step.shown for step in steps) == 60


def test_a_part_of_such_a_film_is_of_its_ranges_and_reaches_beyond_them_at_its_ends_alone() -> None:
    whole = span(0, 60)
    assert FILM.part(0, FILM.length, whole) == FILM
    assert FILM.part(SECOND, 4 * SECOND, whole) == Kept((span(3, 4), span(6, 7), span(10, 11)))
    assert FILM.part(-SECOND, SECOND, whole) == Kept((span(1, 3),))
    assert FILM.part(5 * SECOND, 100 * SECOND, whole) == Kept((span(12, 60),))
    assert FILM.part(100 * SECOND, 101 * SECOND, whole) is None


def test_what_is_told_of_a_film_has_its_time() -> None:
    shots = tuple(Shot(*span(*each), who, "camera", "speaking") for who, each in (("a", (2, 5)), ("b", (5, 13))))
    timeline = FILM.timeline(Timeline(at(2), at(13), shots))
    assert (timeline.start, timeline.end) == span(2, 8)
    assert [(shot.start, shot.end, shot.participant) for shot in timeline.shots] == [
        *((*span(2, 4), "a"), (*span(4, 8), "b"))
    ]
    turns = [Turn(*span(3, 6.5), "a", "Ann"), Turn(*span(4.1, 5.9), "b", "Ben"), Turn(*span(11, 20), "c", "Cleo")]
    assert FILM.turns(turns) == (Turn(*span(3, 4.5), "a", "Ann"), Turn(*span(6, 8), "c", "Cleo"))
    said = [ChatMessage(at(moment) // 1000, "a", "Ann", str(moment)) for moment in (3, 5, 6.5)]
    assert [(line.text, line.at * 1000) for line in FILM.chat(said)] == [("3", at(3)), ("6.5", at(4.5))]
    missing = [Missing("interrupted", *span(4.5, 5.5)), Missing("interrupted", *span(3, 6.5))]
    assert FILM.missing(missing) == [Missing("interrupted", *span(3, 4.5))]


def test_ranges_that_touch_are_one() -> None:
    assert joined_ranges([(5, 7), (0, 3), (3, 4), (6, 9), (11, 11)]) == ((0, 4), (5, 9))


def test_a_plan_has_ranges_in_order_alone() -> None:
    plan = Plan(ranges=FILM.as_ranges())
    assert Plan.model_validate_json(plan.to_json()) == plan
    for wrong in ((Range(start=5, end=5),), (Range(start=0, end=5), Range(start=5, end=6))):
        with pytest.raises(ValidationError, match="ranges are in order"):
            Plan(ranges=wrong)


def test_ranges_are_asked_for_in_film_time() -> None:
    wish = RecutOrder(ranges=((0, 1.5), (2.5, 3.5), (3.5, 4)))
    wish.check()
    film = wish.kept(FILM, span(0, 60))
    assert film == Kept((span(2, 3.5), span(6.5, 7), span(10, 11)))
    plan = wish.plan(Plan(), film)
    assert (plan.ranges, plan.laid) == (film.as_ranges(), False)
    trimmed = RecutOrder(begin=1, end=3)
    plan = trimmed.plan(plan, trimmed.kept(film, span(0, 60)))
    assert plan.laid, "where its cuts lie they were heard to be good"
    assert [(each.start, each.end) for each in plan.ranges] == [span(3, 3.5), span(6.5, 7), span(10, 11)]
    alone = RecutOrder(begin=0, end=1)
    assert alone.plan(plan, alone.kept(film, span(0, 60))).ranges == ()


@pytest.mark.parametrize(
    ("ranges", "words"),
    [
        ((), "ranges: from 1 to 2000 are kept, not 0"),
        (((0, 1), (2, 2.05)), "ranges: the 2. is shorter than 0.1 s"),
        (((5, 6), (0, 1)), "ranges: the 2. begins before the one before it ends"),
        (((0, float("inf")),), "ranges: the 1. has a time that is none"),
    ],
)
def test_what_is_no_list_of_ranges_is_refused(ranges: tuple[tuple[float, float], ...], words: str) -> None:
    with pytest.raises(BadRequest, match="ranges") as refused:
        RecutOrder(ranges=ranges).check()
    assert str(refused.value).startswith(words)
    with pytest.raises(BadRequest, match="either these or from and to"):
        RecutOrder(ranges=((0, 1),), begin=0).check()
    with pytest.raises(BadRequest, match="ranges: nothing was recorded then"):
        RecutOrder(ranges=((500, 501),)).kept(FILM, span(0, 60))


def test_people_write_ranges_as_players_show_time() -> None:
    assert parse_ranges("0:10-0:25.5, 1:02:00 - 1:03:00,7-8") == ((10, 25.5), (3720, 3780), (7, 8))
    for wrong in ("", "5", "1:2:3:4-5", "a-b", "-5-6"):
        with pytest.raises(BadRequest, match=r"is none, as 1:05-1:30\.5 is"):
            parse_ranges(wrong)


def test_a_cut_is_laid_where_it_is_quiet_near_by_and_not_far_off_for_nothing() -> None:
    def stereo(*parts: np.ndarray) -> np.ndarray:
        return np.stack([np.concatenate(parts)] * 2)

    speech = stereo(noise(0.15, -20), silence(0.1), noise(0.25, -20, 1))
    block = quiet_block(speech, round(0.3 * RATE))
    assert block is not None and 0.16 <= block / 100 <= 0.24
    assert quiet_block(stereo(silence(0.5)), round(0.3 * RATE)) is None
    assert quiet_block(stereo(noise(0.2, -60), noise(0.3, -62, 1)), round(0.1 * RATE)) is None, "no gain, no move"
