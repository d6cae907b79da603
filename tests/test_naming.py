"""When a name is seen: for four seconds after a cut, over a picture, and never over what is shared."""

import numpy as np
import pytest

from reelroom.composer.drawing import Drawing, View
from reelroom.composer.scene import Scene
from reelroom.cutting.naming import opacity, shown_since
from reelroom.cutting.plan import LayoutChoice, Plan, Planned
from reelroom.cutting.timeline import Cut
from reelroom.layouts.boxes import Box
from reelroom.layouts.names import Size
from reelroom.takes.folder import Take
from reelroom.takes.stage import RENDER_IDENTITY
from tests.golden import camera, screen
from tests.takes import RED, TakeMaker, at

PLAN = Plan(width=640, height=360)


def test_a_name_fades_in_stays_and_fades_out() -> None:
    seconds = [0.0, 0.15, 0.3, 2.0, 4.0, 4.25, 4.5, 60.0]
    assert [opacity(7, 7 + round(each * 1e6)) for each in seconds] == [0, 0.5, 1, 1, 1, 0.5, 0, 0]


def test_a_cut_that_changes_somebody_else_names_nobody_again() -> None:
    cuts = [
        Cut(1, "ann", "camera", "speaking"),
        Cut(2, "bob", "screen_share", "screen_shared", inset="ann"),
        Cut(3, "bob", "screen_share", "speaking", inset="cleo"),
        Cut(4, "", "nobody", "nobody_here"),
        Cut(5, "ann", "camera", "speaking"),
    ]
    assert [shown_since(cuts, index, ("ann", "camera")) for index in range(5)] == [1, 1, None, None, 5]
    assert [shown_since(cuts, index, ("bob", "screen_share")) for index in range(5)] == [None, 2, 2, None, None]
    assert shown_since(cuts, 2, ("cleo", "camera")) == 3
    assert shown_since(cuts, 2, ("bob", "camera")) is None


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Take:
    maker = TakeMaker(tmp_path_factory.mktemp("naming") / "take")
    maker.person(0, "Ann Example", RED, 440, 8, speaks=((0.2, 8),))
    return maker.write()


def pictures(take: Take, *seconds: float, plan: Plan = PLAN, start: float = 1) -> list[np.ndarray]:
    scene = Scene(take, Planned(plan), at(start))
    made = []
    for second in seconds:
        scene.advance(at(second))
        made.append(scene.picture(at(second)).to_ndarray())
    scene.close()
    return made


def test_a_name_is_seen_after_a_cut_and_then_the_picture_alone(alone: Take) -> None:
    begun, named, still, gone, later = pictures(alone, 1.0, 2.0, 4.9, 5.6, 7.0)
    assert np.array_equal(named, still) and np.array_equal(gone, later) and np.array_equal(begun, gone)
    where = np.argwhere(named[:360] != gone[:360])
    assert where[:, 0].min() > 200 and where[:, 0].max() < 350, "in the lower third, off the edge"
    assert where[:, 1].min() > 10 and where[:, 1].max() < 400


def test_a_piece_shows_the_name_that_the_whole_film_shows(alone: Take) -> None:
    whole = pictures(alone, 1.0, 3.0, 5.2, 5.3, 6.0)
    for index, second in enumerate((1.0, 3.0, 5.2, 5.3, 6.0)):
        assert np.array_equal(whole[index], pictures(alone, second)[0]), second


def test_another_layout_names_people_again(alone: Take) -> None:
    plan = PLAN.with_layout(at(6), LayoutChoice(type="pip"))
    before, after = pictures(alone, 5.9, 6.5, plan=plan)
    assert not np.array_equal(before, after)


def view(**what: object) -> View:
    return View(**{"box": Box(0, 0, 1280, 720), "part": "front", "picture": camera(0), "name": "Ann", **what})  # type: ignore[arg-type]


def drawn(*views: View) -> np.ndarray:
    return Drawing(Size(1280, 720)).draw(views).to_ndarray()


def test_no_name_lies_over_a_shared_screen() -> None:
    whole = view(picture=screen(), screen=True, title=1.0)
    assert np.array_equal(drawn(whole), drawn(view(picture=screen(), screen=True, name="", title=1.0)))
    beside = view(picture=screen(), screen=True, title=1.0, box=Box(256, 0, 1024, 720))
    named, unnamed = drawn(beside), drawn(view(picture=screen(), screen=True, name="", box=Box(256, 0, 1024, 720)))
    changed = np.argwhere(named[:720] != unnamed[:720])
    assert len(changed) and changed[:, 0].min() >= 648, "in the bar below it"
    tile = view(picture=screen(), screen=True, part="tile", box=Box(0, 0, 640, 360))
    changed = np.argwhere(drawn(tile)[:720] != drawn(view(**{**tile.__dict__, "name": ""}))[:720])
    assert len(changed) and changed[:, 0].min() >= 360 - 50


def test_the_same_name_at_screen_and_camera_is_told_apart() -> None:
    from reelroom.composer.cards import label

    plain, marked = label("Ann", 20, 400), label("Ann", 20, 400, screen=True)
    assert plain is not None and marked is not None and marked.width > plain.width + 20


def test_a_muted_microphone_stays_when_the_name_is_gone() -> None:
    gone = view(title=0.0)
    assert np.array_equal(drawn(gone), drawn(view(title=0.0, name="")))
    assert not np.array_equal(drawn(gone), drawn(view(title=0.0, muted=True)))


def test_a_card_keeps_its_name() -> None:
    card = view(picture=None, title=0.0)
    assert np.array_equal(drawn(card), drawn(view(picture=None, title=1.0)))
    nameless = drawn(view(picture=None, title=0.0, name=""))
    assert not np.array_equal(drawn(card)[520:720], nameless[520:720])


def test_a_render_that_is_shown_whole_has_no_name_over_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What it shows was cut, and has the names of people in it."""
    seen = []
    for who in (f"{RENDER_IDENTITY}1", "ann"):
        maker = TakeMaker(tmp_path_factory.mktemp("rendered") / "take")
        maker.person(0, who, RED, 440, 3, speaks=((0.2, 3),))
        seen.append(pictures(maker.write(), 2.0)[0])
    assert np.ptp(seen[0][:360]) < 20 < np.ptp(seen[1][:360])
