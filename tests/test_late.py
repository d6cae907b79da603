"""What reached the disk too late for a film that follows a room is in the film all the same."""

from pathlib import Path

import pytest

from reelroom.composer.compose import Pace, compose, compose_in_time
from reelroom.composer.reading import Punctuality
from reelroom.cutting.plan import Plan, Planned
from reelroom.takes.matroska import TrackFile
from tests.e2e.films import watch
from tests.takes import BLUE, RED, SECOND, START, TakeMaker, changing, tone

PLAN = Plan(width=320, height=180)
END = START + 6 * SECOND


def test_a_block_is_late_when_its_time_had_been_asked_for() -> None:
    punctuality = Punctuality()
    punctuality.ask([0, 20, 40], 30)
    punctuality.ask([0, 20, 40, 60, 80], 70)  # what comes in time
    assert punctuality.late is None
    punctuality.ask([0, 20, 40, 60, 80], 200)  # silence
    punctuality.ask([0, 20, 40, 60, 80, 220], 210)
    assert punctuality.late is None
    punctuality.ask([0, 20, 40, 60, 80, 220, 205, 230], 240)
    assert punctuality.late == 205
    punctuality.ask([0, 20, 40, 60, 80, 220, 205, 230, 100], 250)
    assert punctuality.late == 205, "the first one counts"


@pytest.mark.parametrize("source", ["camera", "microphone"])
def test_film_with_what_came_late_is_the_film_made_later(tmp_path: Path, source: str) -> None:
    maker = TakeMaker(tmp_path / "take")
    maker.joins(0, "ann")
    files = {
        "camera": maker.publishes(0, "ann", "camera", changing((RED, BLUE, RED), 2.0, 320, 180, 15)),
        "microphone": maker.publishes(0, "ann", "microphone", tone(440, 6)),
    }
    take = maker.write()
    whole = files[source].read_bytes()
    with TrackFile(files[source]) as file:
        file.poll()
        held_back = file._offsets[file.last_at(2500)] - 20
    files[source].write_bytes(whole[:held_back])

    def come_late(moment: int, _behind: int) -> None:
        if moment > START + 4 * SECOND and files[source].stat().st_size == held_back:
            files[source].write_bytes(whole)

    followed, later = tmp_path / "followed.mp4", tmp_path / "later.mp4"
    pace = Pace(PLAN.rules.look_ahead, END)
    report = compose_in_time(take, followed, pace, start=START, planned=Planned(PLAN), progress=come_late)
    assert report.late_from is not None
    assert report.late_from < START + 3 * SECOND
    compose(take, later, pace, start=START, planned=Planned(PLAN))
    assert followed.read_bytes() == later.read_bytes()
    film = watch(followed)
    assert film.shows(BLUE, 3.5)
    assert film.loudness(440, 2.6, 3.9) > 0.08
    assert not [path for path in tmp_path.iterdir() if path.suffix in {".late", ".partial"}]


def test_a_film_in_time_is_made_once(tmp_path: Path) -> None:
    maker = TakeMaker(tmp_path / "take")
    maker.person(0, "ann", RED, 440, 3)
    asked: list[int] = []
    report = compose_in_time(
        maker.write(),
        tmp_path / "film.mp4",
        Pace(SECOND, START + 3 * SECOND),
        start=START,
        planned=Planned(PLAN),
        progress=lambda moment, _: asked.append(moment),
    )
    assert report.late_from is None
    assert len(asked) == 3
