"""Films in other layouts, and layouts that change while a film is made."""

import json
from pathlib import Path

import numpy as np
import pytest

from reelroom.composer.reading import VideoReader
from reelroom.composer.scene import Scene
from reelroom.cutting.plan import LayoutChoice, Plan, Planned
from reelroom.takes.folder import Take
from tests.e2e.films import watch
from tests.takes import BLUE, GREEN, RED, TakeMaker, at, coloured, cut
from tests.test_composer import is_colour, picture_at

PLAN = Plan(width=320, height=180)


@pytest.fixture(scope="module")
def trio(tmp_path_factory: pytest.TempPathFactory) -> Take:
    """Ann is red, bob blue and cleo green; bob speaks from the first second on, cleo's camera is track T5."""
    maker = TakeMaker(tmp_path_factory.mktemp("layouts") / "take")
    maker.person(0, "ann", RED, 440, 4, speaks=())
    maker.person(0, "bob", BLUE, 880, 4, speaks=((0.2, 4),))
    maker.person(0, "cleo", GREEN, 660, 4, speaks=())
    return maker.write()


def test_everybody_is_seen_in_a_grid(trio: Take, tmp_path: Path) -> None:
    plan = PLAN.with_layout(0, LayoutChoice(type="bestFit"))
    cut(trio, tmp_path / "film.mp4", 1, 2, plan=plan)
    picture = picture_at(tmp_path / "film.mp4", 0.5)
    assert is_colour(picture[10:60, 20:140], RED)
    assert is_colour(picture[10:60, 180:300], BLUE)
    assert is_colour(picture[100:150, 100:220], GREEN)
    assert is_colour(picture[100:, :70], (0, 0, 0))


def test_a_layout_changes_on_its_very_picture(trio: Take, tmp_path: Path) -> None:
    plan = PLAN.with_layout(at(2.5), LayoutChoice(type="verticalPresentation")).with_classes(
        at(3), {"T5": ("focus",)}
    )
    cut(trio, tmp_path / "film.mp4", 1, 3.5, plan=plan)
    for picture, focus, corner in (
        (44, BLUE, BLUE),
        (45, BLUE, (0, 0, 0)),
        (59, BLUE, (0, 0, 0)),
        (60, GREEN, (0, 0, 0)),
    ):
        shown = picture_at(tmp_path / "film.mp4", picture / 30)
        assert is_colour(shown[60:110, 120:260], focus), picture
        assert is_colour(shown[:15, 8:50], corner), picture
    shots = json.loads((tmp_path / "film.timeline.json").read_text())["shots"]
    assert [(shot["start"], shot["layout"]) for shot in shots] == [
        (at(1), "active-speaker"),
        (at(2.5), "verticalPresentation"),
    ]


def test_only_who_is_visible_is_decoded(trio: Take, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: set[int] = set()
    decode = VideoReader._decode

    def note(reader: VideoReader, index: int) -> None:
        decoded.add(id(reader))
        decode(reader, index)

    monkeypatch.setattr(VideoReader, "_decode", note)
    for layout, count in (("active-speaker", 1), ("pip", 2), ("bestFit", 3)):
        planned = Planned(PLAN.with_layout(0, LayoutChoice.model_validate({"type": layout})))
        scene = Scene(trio, planned, at(1))
        decoded.clear()
        scene.advance(at(1))
        scene.picture(at(1))
        assert len(decoded) == count, layout
        scene.close()


def test_a_plan_that_changes_on_the_way_is_followed(trio: Take) -> None:
    planned = Planned(PLAN)
    scene = Scene(trio, planned, at(1))
    scene.advance(at(1.35))  # when the name has faded in
    alone = scene.picture(at(1.35)).to_ndarray()
    planned.plan = planned.plan.with_layout(at(1.5), LayoutChoice(type="bestFit"))
    scene.advance(at(1.4))
    assert np.array_equal(scene.picture(at(1.4)).to_ndarray(), alone)
    scene.advance(at(1.5))
    assert not np.array_equal(scene.picture(at(1.5)).to_ndarray(), alone)
    scene.close()


def test_a_microphone_that_is_muted_is_marked(tmp_path: Path) -> None:
    maker = TakeMaker(tmp_path / "take")
    maker.person(0, "ann", RED, 440, 3)
    maker.event(1, "track_muted", participant="ann", track="T2")
    cut(maker.write(), tmp_path / "film.mp4", 0, 2)
    before, after = (picture_at(tmp_path / "film.mp4", second)[140:] for second in (0.9, 1.1))
    assert np.abs(before - after)[:, :30].max() > 60
    assert np.abs(before - after)[:, 100:].max() < 30


def test_a_screen_brings_its_layout_and_takes_it_away(tmp_path: Path) -> None:
    maker = TakeMaker(tmp_path / "take")
    maker.person(0, "ann", RED, 440, 4)
    maker.person(0, "bob", BLUE, 880, 4)
    maker.publishes(1, "bob", "screen_share", coloured(GREEN, 2))
    maker.event(3, "track_unpublished", participant="bob", track="T5")
    choice = LayoutChoice(type="bestFit", screenshare_type="horizontalPresentation")
    cut(maker.write(), tmp_path / "film.mp4", 0, 4, plan=PLAN.with_layout(0, choice))
    for second, colour in ((0.5, RED), (2, GREEN), (3.5, RED)):
        assert is_colour(picture_at(tmp_path / "film.mp4", second)[55:100, 40:140], colour), second


STYLESHEET = """
stream { float: left; width: 25%; height: 50%; object-fit: cover }
.focus { position: absolute; left: 50%; top: 0; width: 50%; height: 100%; }
stream:last-child { z-index: 1; position: absolute; left: 70%; bottom: -10%; width: 20%; height: 40% }
"""


def test_a_stylesheet_puts_everybody_where_it_says(trio: Take, tmp_path: Path) -> None:
    custom = LayoutChoice(type="custom", stylesheet=STYLESHEET)
    plan = PLAN.with_layout(at(1.5), custom).with_classes(0, {"T5": ("focus",)})
    plan = plan.with_layout(at(2.5), LayoutChoice(type="custom", stylesheet="stream { display: none }"))
    report = cut(trio, tmp_path / "film.mp4", 1, 3, plan=plan)
    before, shown, hidden = (picture_at(tmp_path / "film.mp4", second) for second in (14 / 30, 15 / 30, 45 / 30))
    assert is_colour(before[10:150, 20:300], BLUE), "bob speaks"
    assert is_colour(shown[2:70, 2:78], RED), "ann is the second stream: cleo's class comes first"
    assert is_colour(shown[2:120, 164:316], GREEN) and is_colour(shown[100:178, 4:156], (0, 0, 0))
    assert is_colour(shown[128:150, 228:284], BLUE), "bob's tile is over cleo's"
    assert is_colour(shown[128:178, 292:318], GREEN)
    assert is_colour(hidden, (0, 0, 0))
    shots = json.loads((tmp_path / "film.timeline.json").read_text())["shots"]
    assert [(shot["start"], shot["layout"]) for shot in shots] == [
        (at(1), "active-speaker"),
        (at(1.5), "custom"),
        (at(2.5), "custom"),
    ]
    again = cut(trio, tmp_path / "again.mp4", 1, 3, plan=plan)
    assert (report.pictures, again.pictures) == (60, 60)
    for second in (0.2, 0.9, 1.9):
        one, other = (picture_at(tmp_path / name, second) for name in ("film.mp4", "again.mp4"))
        assert np.array_equal(one, other)


def test_all_cameras_of_somebody_are_in_the_film(tmp_path: Path) -> None:
    """In a grid each has a tile; where she is shown alone, the one that came first is inset in the latest."""
    maker = TakeMaker(tmp_path / "take")
    maker.person(0, "ann", RED, 440, 6)
    maker.publishes(0.2, "ann", "camera", coloured(BLUE, 5.5))
    take = maker.write()
    plan = Plan(width=320, height=180).with_layout(at(3), LayoutChoice(type="bestFit"))
    cut(take, tmp_path / "film.mp4", 0, 5, plan=plan)
    film = watch(tmp_path / "film.mp4")
    assert film.shows(BLUE, 2)
    corner = film.pictures[60][29:33, 54:60].reshape(-1, 3).mean(axis=0)
    assert corner[0] > corner[2] + 20, "her other camera"
    halves = [film.pictures[120][10:20, half].reshape(-1, 3).mean(axis=0) for half in (slice(4, 28), slice(36, 60))]
    assert sorted("red" if part[0] > part[2] else "blue" for part in halves) == ["blue", "red"]
