"""Films of streams that are chosen: who is seen and heard in them, and from when to when."""

import json
from pathlib import Path

import numpy as np
import pytest

from reelroom.composer.reading import AudioReader
from reelroom.composer.scene import Scene
from reelroom.composer.sound import Mixer
from reelroom.composer.voice import Voice
from reelroom.cutting.choosing import choose, with_stream
from reelroom.cutting.plan import LayoutChoice, Plan, Planned
from reelroom.cutting.recut import RecutOrder
from reelroom.takes.events import ChosenStream
from reelroom.takes.folder import Take
from tests.e2e.films import watch
from tests.matroska_files import written
from tests.takes import BLUE, RED, SECOND, TakeMaker, at, cut, tone
from tests.test_composer import is_colour, picture_at
from tests.tones import steepest

ANN, BOB = ChosenStream(stream_id="T1"), ChosenStream(stream_id="T3")
PLAN = Plan(width=320, height=180).with_streams(0, ())


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Take:
    """Ann is red and says 440 Hz, bob blue and 880 Hz, both all the time; their cameras are T1 and T3."""
    maker = TakeMaker(tmp_path_factory.mktemp("chosen") / "take")
    maker.person(0, "ann", RED, 440, 8)
    maker.person(0, "bob", BLUE, 880, 8)
    return maker.write()


def test_streams_come_and_go_in_picture_and_sound(pair: Take, tmp_path: Path) -> None:
    plan = PLAN.with_streams(at(1), [BOB]).with_streams(at(3), [ANN, BOB]).with_streams(at(5), [ANN])
    cut(pair, tmp_path / "film.mp4", 0, 7, plan=plan)
    film = watch(tmp_path / "film.mp4")
    for second, colour in ((1.1, BLUE), (2.9, BLUE), (4.9, BLUE), (5.1, RED), (6.9, RED)):
        assert film.shows(colour, second), f"{film.colour_at(second)} at {second} s"
    assert not film.shows(RED, 0.5) and not film.shows(BLUE, 0.5)
    for begin, end, ann, bob in ((0.2, 0.9, 0, 0), (1.2, 2.9, 0, 1), (3.2, 4.9, 1, 1), (5.2, 6.9, 1, 0)):
        for hertz, there in ((440, ann), (880, bob)):
            assert film.loudness(hertz, begin, end) == pytest.approx(0.12 * there, abs=0.04), (hertz, begin)
    timeline = json.loads((tmp_path / "film.timeline.json").read_text())
    first = [(turn["participant"], turn["start"]) for turn in timeline["turns"]]
    assert first == [("bob", at(1)), ("ann", at(3))]
    assert [shot["start"] for shot in timeline["shots"]] == [at(0), at(1), at(5)]


def test_a_grid_has_the_tiles_of_those_that_are_chosen(pair: Take, tmp_path: Path) -> None:
    plan = PLAN.with_layout(0, LayoutChoice(type="bestFit")).with_streams(at(1), [ANN, BOB])
    cut(pair, tmp_path / "film.mp4", 0.5, 3, plan=plan.with_streams(at(2), [BOB]))
    assert is_colour(picture_at(tmp_path / "film.mp4", 1)[60:120, 20:140], RED)
    assert is_colour(picture_at(tmp_path / "film.mp4", 1)[60:120, 180:300], BLUE)
    assert is_colour(picture_at(tmp_path / "film.mp4", 2)[30:120, 40:280], BLUE)


def test_of_a_stream_picture_or_sound_alone_may_be_chosen(pair: Take, tmp_path: Path) -> None:
    mute = ChosenStream(stream_id="T1", has_audio=False)
    unseen = ChosenStream(stream_id="T3", has_video=False)
    plan = PLAN.with_layout(0, LayoutChoice(type="bestFit")).with_streams(0, [mute, unseen])
    cut(pair, tmp_path / "film.mp4", 1, 3, plan=plan)
    picture, film = picture_at(tmp_path / "film.mp4", 1), watch(tmp_path / "film.mp4")
    assert is_colour(picture[60:110, 20:140], RED)
    assert np.abs(picture[60:110, 180:300].reshape(-1, 3).mean(axis=0) - BLUE).max() > 60
    assert film.loudness(440, 0.5, 1.8) < 0.02
    assert film.loudness(880, 0.5, 1.8) == pytest.approx(0.12, abs=0.03)


def test_a_voice_that_is_chosen_or_dropped_does_not_click(tmp_path: Path) -> None:
    (tmp_path / "voice.mkv").write_bytes(written("opus", tone(440, 3)).data)
    mixer = Mixer([Voice(AudioReader(tmp_path / "voice.mkv"), lambda: 0, "T1")])
    heard = [{"T1"} if second in (0, 2) else set() for second in range(3) for _ in range(30)]
    sound = np.concatenate([mixer.mix(n * 1600, 1600, tracks) for n, tracks in enumerate(heard)], axis=1)
    assert np.abs(sound[:, 50_000:95_000]).max() == 0
    assert np.abs(sound[:, 100_000:120_000]).max() == pytest.approx(0.25, abs=0.03)
    assert steepest(sound[:, 10_000:130_000]) < 1.5 * 0.25 * 2 * np.pi * 440 / 48_000


def test_an_order_changes_the_streams_and_a_film_cut_again_keeps_them() -> None:
    planned = Planned(PLAN)
    one = {"streamId": "T1", "hasAudio": True, "hasVideo": False}
    planned.plan = choose(planned.plan, 5, lambda known: with_stream(known, one, "An archive"))
    chosen = planned.plan.streams[-1].streams
    assert chosen == (ChosenStream(stream_id="T1", has_video=False),)
    again = RecutOrder(layout="pip").plan(planned.plan)
    assert Plan.model_validate_json(again.to_json()).streams == planned.plan.streams


def test_an_order_on_the_way_makes_the_film_that_the_plan_makes(pair: Take) -> None:
    told, whole = Planned(PLAN), Planned(PLAN.with_streams(at(1.5), [BOB]).with_streams(at(2), []))
    scenes = Scene(pair, told, at(0)), Scene(pair, whole, at(0))
    for picture in range(75):
        moment = at(0) + picture * SECOND // 30
        if picture == 10:  # the room is further than the film
            told.plan = told.plan.with_streams(at(1.5), [BOB])
        if picture == 20:
            told.plan = told.plan.with_streams(at(2), [])
        seen, sounds = [], []
        for scene in scenes:
            scene.advance(moment)
            seen.append(scene.picture(moment).to_ndarray())
            sounds.append(scene.sound(picture * 1600, 1600))
        assert np.array_equal(*seen) and np.array_equal(*sounds), picture
    for scene in scenes:
        scene.close()
