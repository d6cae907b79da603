"""Films of takes that the test wrote itself: what is seen and heard, when, and what damage does."""

import json
import shutil
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from reelroom.composer.listening import Listening
from reelroom.cutting.director import direct
from reelroom.cutting.rules import Rules
from reelroom.cutting.timeline import laid_out
from reelroom.takes.clock import RoomClock
from reelroom.takes.events import FileOpened
from reelroom.takes.folder import EventLog, Take
from tests.e2e.films import WatchedFilm, watch
from tests.takes import BLUE, GREEN, RED, SECOND, START, TakeMaker, changing, coloured, cut, later, tone
from tests.voices import cough, keyboard, opus, over, silence

DARK = (24, 26, 32)


def picture_at(path: Path, second: float) -> NDArray[np.int_]:
    """The picture shown at a time, in its own size, RGB."""
    shown = None
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            if float(frame.pts * frame.time_base) > second + 1e-6:
                break
            shown = frame
    assert shown is not None
    return shown.to_ndarray(format="rgb24").astype(int)


def is_colour(picture: NDArray[np.int_], colour: tuple[int, int, int]) -> bool:
    """Whether a region is of one colour, about."""
    return bool(np.abs(picture.reshape(-1, 3).mean(axis=0) - colour).max() < 20)


class Meeting:
    """A meeting as take and as film: Ann and Bob speak in turns and into each other's; Cleo coughs and types."""

    def __init__(self, folder: Path) -> None:
        maker = TakeMaker(folder / "meeting")
        maker.person(0, "ann", RED, 440, 8, speaks=((0.9, 3.5), (4.6, 5.6), (6.5, 8)))
        maker.person(0.5, "bob", BLUE, 880, 7.5, speaks=((1.8, 2.8), (4, 6.2)))
        maker.joins(0.5, "cleo")
        maker.publishes(0.5, "cleo", "camera", coloured(GREEN, 7.5))
        noises = over(over(over(silence(7.5), cough(350), 2.7), cough(450, seed=1), 3.8), keyboard(1.2, 7), 4.5)
        maker.publishes(0.5, "cleo", "microphone", opus(noises))
        self.take = maker.write()
        self.film = folder / "film.mp4"
        self.report = cut(self.take, self.film, 1, 8)
        self.watched: WatchedFilm = watch(self.film)

    @property
    def shots(self) -> list[dict[str, Any]]:
        """As in timeline.json."""
        shots: list[dict[str, Any]] = json.loads(self.film.with_suffix(".timeline.json").read_text())["shots"]
        return shots


@pytest.fixture(scope="module")
def meeting(tmp_path_factory: pytest.TempPathFactory) -> Meeting:
    return Meeting(tmp_path_factory.mktemp("composed"))


def test_who_speaks_is_seen_at_the_right_times(meeting: Meeting) -> None:
    for second, colour in ((0, RED), (2.7, RED), (2.8, BLUE), (5.2, BLUE), (5.3, RED), (6.9, RED)):
        assert meeting.watched.shows(colour, second), f"{meeting.watched.colour_at(second)} at {second} s"


@pytest.mark.parametrize(("colour", "hertz", "after"), [(BLUE, 880, 2.6), (RED, 440, 5.21)])
def test_the_picture_changes_a_quarter_of_a_second_before_the_first_word(
    meeting: Meeting, colour: tuple[int, int, int], hertz: float, after: float
) -> None:
    film = meeting.watched
    seen = next(time for time in film.times if time > after and film.shows(colour, time))
    steps = np.arange(after, 6.9, 0.005)
    heard = next(time for time in steps if film.loudness(hertz, time, time + 0.01) > 0.05)
    assert heard - seen == pytest.approx(0.25, abs=0.04)


def test_a_cough_and_a_keyboard_do_not_change_the_picture(meeting: Meeting) -> None:
    assert [time for time in meeting.watched.times if meeting.watched.shows(GREEN, time)] == []
    assert float(np.abs(meeting.watched.sound[0, round(2.3 * 48_000) : round(2.7 * 48_000)]).max()) > 0.05, "a cough"


def test_the_cut_lies_on_its_very_picture(meeting: Meeting) -> None:
    cut_at = meeting.shots[1]["start"]
    index = -(-(cut_at - START - SECOND) * 30 // SECOND)
    before, after = picture_at(meeting.film, (index - 1) / 30), picture_at(meeting.film, index / 30)
    assert is_colour(before[60:120, 100:220], RED)
    assert is_colour(after[60:120, 100:220], BLUE)


def test_everybody_is_heard_whoever_is_seen(meeting: Meeting) -> None:
    for ann, bob in ((0.9, 1.7), (3.7, 4.5)):
        for hertz in (440, 880):
            assert meeting.watched.loudness(hertz, ann, bob) == pytest.approx(0.11, rel=0.3)
    assert meeting.watched.loudness(880, 5.6, 6.9) < 0.02, "bob says nothing"


def test_a_film_is_exactly_as_long_as_asked(meeting: Meeting) -> None:
    assert (meeting.report.start, meeting.report.end) == (START + SECOND, START + 8 * SECOND)
    assert meeting.report.pictures == len(meeting.watched.times) == 210
    assert np.allclose(meeting.watched.times, np.arange(210) / 30, atol=1e-4)
    assert 0 <= meeting.watched.sound.shape[1] - 7 * 48_000 < 1024
    assert meeting.watched.seconds == pytest.approx(7, abs=0.03)


def test_what_a_film_is_made_of(meeting: Meeting) -> None:
    assert (meeting.watched.width, meeting.watched.height) == (320, 180)
    assert meeting.watched.codecs == ("h264", "aac")
    assert (meeting.report.damage.damaged_video, meeting.report.damage.damaged_audio) == (0, 0)
    assert meeting.report.missing_files == []


def test_a_film_has_its_timeline_beside_it(meeting: Meeting) -> None:
    """What the director concludes from all events, and all that was heard, whenever it is told."""
    events, clock = EventLog(meeting.take.events_path).poll(), RoomClock()
    listening = Listening(meeting.take.folder, clock.start_us, Rules().ear())
    for event in events:
        clock.feed(event)
        if isinstance(event, FileOpened) and event.kind == "audio":
            listening.open(event)
    heard = sorted([*events, *listening.listen(START + 8 * SECOND)], key=lambda event: event.at)
    expected = laid_out(direct(heard, Rules(), START + SECOND, START + 8 * SECOND), [])
    written = json.loads(meeting.film.with_suffix(".timeline.json").read_text())
    assert written["names"] == {"ann": "Ann", "bob": "Bob"}
    assert [turn["participant"] for turn in written["turns"]] == ["ann", "bob"]
    wanted = json.loads(json.dumps(expected.to_json()))["shots"]
    assert [{**shot, "start": 0, "end": 0} for shot in meeting.shots] == [{**w, "start": 0, "end": 0} for w in wanted]
    for shot, other in zip(meeting.shots, wanted, strict=True):  # a clock that is told at once slews otherwise
        assert abs(shot["start"] - other["start"]) < 30_000
    assert [shot["participant"] for shot in meeting.shots] == ["ann", "bob", "ann"]
    assert meeting.report.shots == 3


def test_nothing_is_left_beside_a_film(meeting: Meeting) -> None:
    assert not list(meeting.film.parent.glob("*.partial"))


def test_the_speakers_name_is_on_the_picture(meeting: Meeting) -> None:
    corner = picture_at(meeting.film, 1)[140:180, :80]
    assert (corner.min(axis=2) > 170).sum() > 20, "white letters"
    assert (corner.max(axis=2) < 90).sum() > 50, "on a dark pill"
    assert is_colour(picture_at(meeting.film, 1)[:130], RED), "and nowhere else"


def test_the_same_take_gives_the_same_film_to_the_byte(meeting: Meeting, tmp_path: Path) -> None:
    again = tmp_path / "again.mp4"
    cut(meeting.take, again, 1, 8)
    assert again.read_bytes() == meeting.film.read_bytes()


def test_a_copied_take_gives_the_same_film(meeting: Meeting, tmp_path: Path) -> None:
    copied = Take.open(Path(shutil.copytree(meeting.take.folder, tmp_path / "elsewhere")))
    cut(copied, tmp_path / "film.mp4", 1, 8)
    assert (tmp_path / "film.mp4").read_bytes() == meeting.film.read_bytes()


def test_sound_and_picture_begin_together_whatever_the_senders_clock_says(tmp_path: Path) -> None:
    maker = TakeMaker(tmp_path / "take")
    maker.joins(2, "ann")
    maker.publishes(2, "ann", "camera", coloured(RED, 2), skew=-3600)
    maker.publishes(2, "ann", "microphone", tone(440, 2), skew=-3600)
    cut(maker.write(), tmp_path / "film.mp4", 0, 4)
    film = watch(tmp_path / "film.mp4")
    seen = next(time for time in film.times if film.shows(RED, time))
    heard = float(np.argmax(np.abs(film.sound[0]) > 0.1)) / 48_000
    assert seen == pytest.approx(2, abs=0.001)
    assert abs(heard - seen) < 0.02


def test_a_portrait_camera_is_letterboxed(tmp_path: Path) -> None:
    maker = TakeMaker(tmp_path / "take")
    maker.joins(0, "ann")
    maker.publishes(0, "ann", "camera", coloured(GREEN, 1, 180, 320))
    cut(maker.write(), tmp_path / "film.mp4", 0, 1)
    picture = picture_at(tmp_path / "film.mp4", 0.5)
    width = 102  # 180 x 180 / 320, even
    left = (320 - width) // 2
    assert is_colour(picture[:, left + 6 : 320 - left - 6], GREEN)
    assert is_colour(picture[:120, : left - 4], (0, 0, 0))
    assert is_colour(picture[:, 320 - left + 4 :], (0, 0, 0))


def test_a_camera_that_changes_its_size_fills_the_picture(tmp_path: Path) -> None:
    maker = TakeMaker(tmp_path / "take")
    maker.joins(0, "ann")
    maker.publishes(0, "ann", "camera", coloured(RED, 1) + later(coloured(GREEN, 1, 160, 90), 1000))
    cut(maker.write(), tmp_path / "film.mp4", 0, 2)
    assert is_colour(picture_at(tmp_path / "film.mp4", 0.9)[:130], RED)
    assert is_colour(picture_at(tmp_path / "film.mp4", 1.5)[:130], GREEN)


def test_somebody_without_a_camera_has_a_card(tmp_path: Path) -> None:
    maker = TakeMaker(tmp_path / "take")
    maker.joins(0, "ann")
    maker.publishes(0, "ann", "microphone", tone(440, 1))
    cut(maker.write(), tmp_path / "film.mp4", 0, 1)
    picture = picture_at(tmp_path / "film.mp4", 0.5)
    assert is_colour(picture[:40], DARK)
    middle = picture[60:120, 130:190]
    assert np.ptp(middle, axis=2).mean() > 20, "a coloured disc"
    assert (middle.min(axis=2) > 200).sum() > 50, "with a white letter"


def test_a_camera_that_is_switched_off_gives_way_to_the_card(tmp_path: Path) -> None:
    maker = TakeMaker(tmp_path / "take")
    maker.joins(0, "ann")
    maker.publishes(0, "ann", "camera", coloured(RED, 3))
    maker.event(1, "track_muted", participant="ann", track="T1")
    maker.event(2, "track_unmuted", participant="ann", track="T1")
    cut(maker.write(), tmp_path / "film.mp4", 0, 3)
    for second, colour in ((0.9, RED), (1.1, DARK), (1.9, DARK), (2.1, RED)):
        assert is_colour(picture_at(tmp_path / "film.mp4", second)[:40], colour), f"at {second} s"


def test_a_shared_screen_is_shown(tmp_path: Path) -> None:
    maker = TakeMaker(tmp_path / "take")
    maker.joins(0, "ann")
    maker.publishes(0, "ann", "camera", coloured(RED, 4))
    maker.publishes(2.5, "ann", "screen_share", coloured(GREEN, 1.2))
    maker.event(3.7, "track_unpublished", participant="ann", track="T2")
    cut(maker.write(), tmp_path / "film.mp4", 0, 4)
    film = watch(tmp_path / "film.mp4")
    assert [
        film.shows(colour, second) for second, colour in ((2.4, RED), (2.6, GREEN), (3.6, GREEN), (3.8, RED))
    ] == [True] * 4


@pytest.mark.parametrize("told", [1.8, 3.4])  # at once, or when a long queue on the line made it certain
def test_after_a_loss_the_picture_goes_on(tmp_path: Path, told: float) -> None:
    """What a decoder makes of the rest is shown, whenever it is known that something is missing."""
    maker = TakeMaker(tmp_path / "take")
    maker.joins(0, "ann")
    maker.publishes(0, "ann", "camera", changing((RED, GREEN, BLUE, BLUE), 1, 320, 180, 45))
    cut(maker.write(), tmp_path / "whole.mp4", 0, 4)
    maker.event(told, "packets_lost", file="tracks/1-T1-1.mkv", ticks=162_000, count=3)
    cut(maker.write(), tmp_path / "lossy.mp4", 0, 4)
    assert (tmp_path / "whole.mp4").read_bytes() == (tmp_path / "lossy.mp4").read_bytes()


def test_a_camera_that_is_not_named_after_a_restart_of_the_tap_is_gone(tmp_path: Path) -> None:
    maker = TakeMaker(tmp_path / "take")
    maker.joins(0, "ann")
    maker.publishes(0, "ann", "camera", coloured(RED, 1))
    maker.event(1.5, "room_joined", session="1_MX4x")
    maker.joins(1.6, "ann")
    cut(maker.write(), tmp_path / "film.mp4", 0, 3)
    for second, colour in ((2.4, RED), (2.6, DARK)):
        assert is_colour(picture_at(tmp_path / "film.mp4", second)[:40], colour), f"at {second} s"


def test_an_empty_room_has_a_dark_film(tmp_path: Path) -> None:
    report = cut(TakeMaker(tmp_path / "take").write(), tmp_path / "film.mp4", 0, 1)
    assert report.shots == 1
    assert is_colour(picture_at(tmp_path / "film.mp4", 0.5), DARK)
