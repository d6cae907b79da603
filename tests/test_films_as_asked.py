"""Films that are asked to be less than everything: sound alone, pictures alone, fewer bits."""

from pathlib import Path
from typing import Any

import av
import pytest

from reelroom.composer.film import Film
from reelroom.composer.film_format import FPS
from reelroom.composer.pieces import Encoding, PieceEncoder
from reelroom.composer.reading import SAMPLE_RATE
from reelroom.composer.side_by_side import compose_side_by_side
from reelroom.cutting.plan import Plan
from reelroom.cutting.recut import RecutOrder
from reelroom.takes.folder import Take
from tests.e2e.films import watch
from tests.takes import RED, SECOND, START, TakeMaker, cut
from tests.test_film import beep, noise

PLAN = Plan(width=320, height=180)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Take:
    """Ann is red and says 440 Hz for 4 s."""
    maker = TakeMaker(tmp_path_factory.mktemp("asked") / "take")
    maker.person(0, "ann", RED, 440, 4)
    return maker.write()


def streams_of(film: Path) -> tuple[list[str], float]:
    """What kinds of streams a film has beside its chapters, and its length in s."""
    with av.open(str(film)) as container:
        kinds = [stream.type for stream in (*container.streams.video, *container.streams.audio)]
        return kinds, float(container.duration or 0) / 1e6


def asked(**wish: Any) -> Plan:
    return Plan.model_validate({**PLAN.model_dump(), **wish})


def test_a_film_without_pictures_has_the_sound_and_no_stills(alone: Take, tmp_path: Path) -> None:
    report = cut(alone, tmp_path / "film.mp4", 1, 3, plan=asked(has_video=False))
    kinds, seconds = streams_of(tmp_path / "film.mp4")
    assert kinds == ["audio"] and seconds == pytest.approx(2, abs=0.05)
    assert (report.pictures, report.end - report.start) == (0, 2 * SECOND)
    assert watch(tmp_path / "film.mp4").loudness(440, 0.5, 1.5) == pytest.approx(0.12, abs=0.03)
    beside = {path.name for path in tmp_path.iterdir()}
    assert "film.timeline.json" in beside
    assert not {"film.poster.jpg", "film.thumbnails.jpg", "film.thumbnails.vtt"} & beside


def test_a_film_without_pictures_is_made_by_one_process(alone: Take, tmp_path: Path) -> None:
    film, plan = tmp_path / "film.mp4", asked(has_video=False)
    compose_side_by_side(alone, film, start=START, end=START + 3 * SECOND, plan=plan, jobs=2)
    assert streams_of(film)[0] == ["audio"]


def test_a_film_without_sound_has_the_pictures(alone: Take, tmp_path: Path) -> None:
    report = cut(alone, tmp_path / "film.mp4", 1, 3, plan=asked(has_audio=False))
    kinds, seconds = streams_of(tmp_path / "film.mp4")
    assert kinds == ["video"] and seconds == pytest.approx(2, abs=0.05)
    assert report.pictures == 2 * FPS
    assert (tmp_path / "film.poster.jpg").exists()


def test_the_pictures_are_those_of_a_film_with_sound(alone: Take, tmp_path: Path) -> None:
    cut(alone, tmp_path / "both.mp4", 1, 2)
    cut(alone, tmp_path / "silent.mp4", 1, 2, plan=asked(has_audio=False))
    packets = []
    for name in ("both.mp4", "silent.mp4"):
        with av.open(str(tmp_path / name)) as container:
            packets.append([bytes(packet) for packet in container.demux(video=0)])
    assert packets[0] == packets[1]


def test_sound_alone_is_playable_while_it_is_made(tmp_path: Path) -> None:
    film = Film(tmp_path / "film.mp4", None)
    for index in range(10 * FPS):
        film.sound(beep(index, True))
    with av.open(str(film.partial)) as container:
        assert sum(frame.samples for frame in container.decode(audio=0)) > 7 * SAMPLE_RATE
    film.close()


def weight(look: Encoding, pictures: int) -> int:
    """How many bits an encoder makes of pictures that are hard to encode."""
    encoder = PieceEncoder(look, 0)
    packets = [packet for index in range(pictures) for packet in encoder.encode(noise(index, 128))]
    return 8 * sum(packet.size for packet in [*packets, *encoder.finish()])


@pytest.mark.slow
def test_a_bitrate_is_not_exceeded() -> None:
    limited = weight(Encoding.of(asked(max_bitrate=500_000)), 5 * FPS)
    assert limited / 5 < 1.25 * 500_000
    assert weight(Encoding.of(PLAN), 5 * FPS) > 2 * limited


def test_quantization_makes_films_larger_and_smaller() -> None:
    fine, usual, coarse = (weight(Encoding.of(asked(quantization=value)), FPS) for value in (15, 23, 40))
    assert fine > 1.5 * usual > 3 * coarse
    assert usual == weight(Encoding.of(PLAN), FPS)


def test_a_film_that_is_cut_again_is_as_it_was_asked_for() -> None:
    for source in (asked(has_video=False), asked(has_audio=False, quantization=30), asked(max_bitrate=100_000)):
        again = RecutOrder(layout="pip", resolution="640x480").plan(source)
        for name in ("has_audio", "has_video", "max_bitrate", "quantization"):
            assert getattr(again, name) == getattr(source, name)
        assert Plan.model_validate_json(again.to_json()) == again
