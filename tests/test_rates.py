"""A film at the rate of what is shown in it has each of its pictures, once."""

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from reelroom.composer.compose import Pace, compose
from reelroom.composer.side_by_side import compose_side_by_side
from reelroom.cutting.plan import Plan, Planned
from reelroom.cutting.recut import RecutOrder
from reelroom.errors import BadRequest
from reelroom.layouts.names import RATES, Rate
from reelroom.takes.folder import Take
from tests.takes import FPS, TakeMaker, at, changing

GREYS = tuple((level,) * 3 for level in (30, 75, 120, 165, 210))


def counting(folder: Path, rate: int, seconds: float) -> Take:
    """Somebody whose pictures count to five, again and again, at `rate` pictures a second."""
    many = tuple(GREYS[number % 5] for number in range(round(rate * seconds)))
    frames = changing(many, 1 / FPS, 128, 96, 30)
    maker = TakeMaker(folder)
    maker.joins(0, "ann")
    maker.publishes(
        0, "ann", "camera", tuple(replace(frame, ms=number * 1000 // rate) for number, frame in enumerate(frames))
    )
    return maker.write()


def counted(film: Path, side: int = 128) -> list[int]:
    """Which of the five each picture of a film is: told by its upper left corner, where no name is."""
    with av.open(str(film)) as container:
        levels = [
            float(frame.to_ndarray(format="rgb24")[:8, side // 2 - 8 : side // 2 + 8].mean())
            for frame in container.decode(video=0)
        ]
    return [int(np.abs(np.array([grey[0] for grey in GREYS]) - level).argmin()) for level in levels]


@pytest.mark.parametrize("rate", RATES)
def test_a_film_at_the_rate_of_its_source_repeats_and_leaves_out_nothing(tmp_path: Path, rate: Rate) -> None:
    take, film = counting(tmp_path / "take", rate, 4), tmp_path / "film.mp4"
    plan = Plan(width=128, height=96, rate=rate)
    report = compose(take, film, Pace(plan.rules.look_ahead, at(3)), start=at(1), planned=Planned(plan))
    assert report.pictures == 2 * rate
    steps = np.diff(counted(film)) % 5
    assert set(steps.tolist()) == {1}
    with av.open(str(film)) as container:
        assert container.streams.video[0].average_rate == rate
        assert (container.duration or 0) / 1e6 == pytest.approx(2, abs=0.05)


@pytest.mark.slow
def test_a_film_at_another_rate_is_the_same_in_pieces(tmp_path: Path) -> None:
    take = counting(tmp_path / "take", 50, 34)
    plan = Plan(width=128, height=96, rate=50)
    whole, pieces = tmp_path / "whole.mp4", tmp_path / "pieces.mp4"
    compose(take, whole, Pace(plan.rules.look_ahead, at(33)), start=at(0.5), planned=Planned(plan))
    compose_side_by_side(take, pieces, start=at(0.5), end=at(33), plan=plan, jobs=2)
    assert whole.read_bytes() == pieces.read_bytes()


def test_cutting_again_chooses_the_rate_and_how_a_screen_is_shown() -> None:
    plan = RecutOrder(layout="bestFit", rate=60, screenshare="pip").plan(Plan())
    assert plan.rate == 60
    assert plan.layout_at(0).screenshare_type == "pip"
    assert RecutOrder(resolution="640x480").plan(plan).rate == 60, "it stays as it was"
    for order, words in (
        (RecutOrder(rate=31), "rate: 31 is none of 24, 25, 30, 50, 60"),
        (RecutOrder(layout="bestFit", screenshare="active-speaker"), "screenshareType: there is no layout"),
        (RecutOrder(layout="pip", screenshare="pip"), "screenshareType needs the layout bestFit"),
        (RecutOrder(screenshare="pip"), "screenshareType needs the layout bestFit"),
    ):
        with pytest.raises(BadRequest, match=words):
            order.check()
