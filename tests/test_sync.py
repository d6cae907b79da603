"""Sound and picture of films of generated takes: together at every beep, however the sender's clocks drift."""

import json
from pathlib import Path

import pytest

from reelroom.takes.events import Kind
from tests.beats import Beat, beats_of
from tests.flashing_takes import FPS, FlashingTake, Person
from tests.senders import Sender

MS = 1000


def worst(beats: list[Beat]) -> float:
    return max(abs(beat.apart_ms) for beat in beats)


def drifting(parts_per_million: float) -> Sender:
    ppm: dict[Kind, float] = {"audio": parts_per_million, "video": -parts_per_million / 3}
    return Sender(skew=-(10**12), ppm=ppm, jitter=8 * MS)


@pytest.mark.parametrize("parts_per_million", [pytest.param(-100, marks=pytest.mark.slow), 100])
def test_a_minute_and_more_of_clocks_that_drift(tmp_path: Path, parts_per_million: float) -> None:
    take = FlashingTake(tmp_path / "take", [Person(drifting(parts_per_million))], 75)
    take.write()
    report = take.film(tmp_path / "film.mp4")
    beats = beats_of(tmp_path / "film.mp4", FPS)
    assert len(beats) >= 68
    assert worst(beats) <= 40, [(round(beat.heard), round(beat.apart_ms)) for beat in beats]
    assert (report.damage.concealed_ms, report.damage.gaps, report.damage.frozen_ms) == (0, 0, 0)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_twenty_minutes_of_clocks_that_drift(tmp_path: Path) -> None:
    """By the end the microphone is 120 ms from where it would be without correction, and 160 ms from the camera."""
    take = FlashingTake(tmp_path / "take", [Person(drifting(100))], 1200)
    take.write()
    take.film(tmp_path / "film.mp4")
    beats = beats_of(tmp_path / "film.mp4", FPS)
    assert len(beats) >= 1190
    assert worst(beats) <= 40
    first, last = beats[20:120], beats[-100:]
    drift = sum(beat.apart_ms for beat in last) / 100 - sum(beat.apart_ms for beat in first) / 100
    assert abs(drift) < 5


def test_every_codec_and_every_length_of_packet_in_one_room(tmp_path: Path) -> None:
    """People with clocks of their own, in mono and stereo, are on screen in turn."""
    people = [
        Person(Sender(1, skew=10**9, delay=30 * MS, opened=100 * MS, packet=10 * MS), "ann", "vp8", 10),
        Person(
            Sender(2, skew=-(10**9), delay=32 * MS, opened=140 * MS, packet=40 * MS), "bob", "vp9", 40, stereo=True
        ),
        Person(Sender(3, ppm={"audio": 80}, delay=35 * MS, opened=200 * MS, packet=60 * MS), "cem", "h264", 60),
        Person(
            Sender(4, ppm={"video": -80}, delay=31 * MS, opened=290 * MS, packet=120 * MS),
            "dee",
            "av1",
            120,
            stereo=True,
        ),
    ]
    take = FlashingTake(tmp_path / "take", people, 42)
    take.write()
    report = take.film(tmp_path / "film.mp4")
    shots = json.loads((tmp_path / "film.timeline.json").read_text())["shots"]
    assert {shot["participant"] for shot in shots} >= {person.name for person in people}
    beats = beats_of(tmp_path / "film.mp4", FPS)
    assert len(beats) >= 30
    assert worst(beats) <= 40, [(round(beat.heard), round(beat.apart_ms)) for beat in beats]
    assert report.damage.damaged_video == report.damage.damaged_audio == 0
    written = json.loads((tmp_path / "film.report.json").read_text())
    assert written == report.to_json()
    assert {"frozen_ms", "concealed_ms", "gaps", "lost_packets"} <= set(written)
