"""A voice placed in time: packets of every length, lost ones, a clock that drifts."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from reelroom.composer.concealing import continued, stretched
from reelroom.composer.reading import AudioReader, Samples
from reelroom.composer.voice import Voice
from tests.beats import onsets_of_sound
from tests.matroska_files import Frame, written
from tests.test_sound import mixed, silent
from tests.tones import RATE, impurity, opus, sine, steepest

CLEAN = steepest(sine(440, 0.1)) * 1.3


def voice_of(
    folder: Path,
    frames: tuple[Frame, ...],
    start_us: Callable[[], int | None] = lambda: 0,
    lost_at: int | None = None,
) -> Voice:
    path = folder / f"{len(list(folder.iterdir()))}.mkv"
    path.write_bytes(written("opus", frames).data)
    reader = AudioReader(path)
    if lost_at is not None:
        reader.lost_before(lost_at)
    return Voice(reader, start_us)


def beeps(seconds: int) -> Samples:
    moments = np.arange(seconds * RATE) % RATE / RATE
    return np.where(moments < 0.2, 0.5 * np.sin(2 * np.pi * 2000 * moments), 0).astype(np.float32)


@pytest.mark.parametrize("packet_ms", [2.5, 5, 10, 20, 40, 60, 80, 100, 120])
def test_packets_of_every_length_are_placed_right(tmp_path: Path, packet_ms: float) -> None:
    frames = opus(beeps(6), packet_ms, application="audio")
    sound = mixed([voice_of(tmp_path, frames, lambda: 250_000)], 6)
    heard = onsets_of_sound(sound[0])
    assert len(heard) >= 5
    for beep in heard:
        assert abs((beep - 0.25 + 0.5) % 1 - 0.5) < 0.005


def test_stereo_stays_stereo(tmp_path: Path) -> None:
    frames = opus(np.stack([sine(440, 2), sine(1000, 2)]))
    left, right = mixed([voice_of(tmp_path, frames)], 1.9)[:, RATE // 10 :]
    assert impurity(left, 440) < 0.03
    assert impurity(right, 1000) < 0.03


def test_packets_may_change_their_length(tmp_path: Path) -> None:
    frames = [
        Frame(round(at + each.ms), each.payload)
        for at, packet_ms in ((0, 20), (960, 60), (1920, 10), (2880, 120), (3840, 40))
        for each in opus(beeps(2)[: 960 * 48], packet_ms, application="audio")
    ]
    heard = onsets_of_sound(mixed([voice_of(tmp_path, tuple(frames), lambda: 100_000)], 5)[0])
    assert len(heard) == 5
    assert max(abs(beep - 0.1 - 0.96 * index) for index, beep in enumerate(heard)) < 0.005


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_a_short_loss_is_filled(tmp_path: Path, lost: int) -> None:
    frames = opus(sine(440, 2))
    frames = frames[:40] + frames[40 + lost :]
    voice = voice_of(tmp_path, frames, lost_at=frames[40].ms)
    sound = mixed([voice], 1.9)[0]
    assert (voice.concealed_ms, voice.gaps) == (20 * lost, 0)
    assert steepest(sound) < CLEAN * 1.5
    around = sound[round(0.78 * RATE) : round((0.8 + lost * 0.02) * RATE)]
    assert np.abs(around).reshape(-1, 240).max(axis=1).min() > 0.02


@pytest.mark.parametrize("lost", [4, 10, 50])
def test_the_ends_of_a_longer_loss_do_not_click(tmp_path: Path, lost: int) -> None:
    frames = opus(sine(440, 4))
    frames = frames[:41] + frames[41 + lost :]
    voice = voice_of(tmp_path, frames, lost_at=frames[41].ms)
    sound = mixed([voice], 3.9)
    assert (voice.concealed_ms, voice.gaps) == (0, 1)
    assert steepest(sound[0]) < CLEAN * 1.5
    assert silent(sound, 0.83, 0.8 + lost * 0.02)


def test_a_pause_in_speaking_is_no_loss(tmp_path: Path) -> None:
    frames = opus(sine(440, 2))
    voice = voice_of(tmp_path, frames[:50] + frames[70:])
    mixed([voice], 2)
    assert (voice.concealed_ms, voice.gaps) == (0, 0)


@pytest.mark.parametrize("parts_per_million", [-5000, -100, 100, 5000])
def test_a_clock_that_drifts_is_followed_and_the_sine_stays_clean(tmp_path: Path, parts_per_million: int) -> None:
    """5000 ppm are 5 ms a second: the most that the room clock ever moves."""
    seconds = 40
    origin = 0.0

    def moving() -> int:
        nonlocal origin
        origin += parts_per_million / 30  # asked once for each picture of the film
        return round(origin)

    sound = mixed([voice_of(tmp_path, opus(sine(1000, seconds)), moving)], seconds - 2)[0, RATE:]
    assert steepest(sound) < steepest(sine(1000, 0.1)) * 1.05
    for at in range(0, len(sound) - RATE, RATE):
        assert impurity(sound[at : at + RATE], 1000) < 0.01


@pytest.mark.parametrize("parts_per_million", [-4000, 4000])
def test_beeps_stay_in_time_with_a_clock_that_drifts(tmp_path: Path, parts_per_million: int) -> None:
    asked = 0

    def moving() -> int:
        nonlocal asked
        asked += 1
        return 100_000 + asked * parts_per_million // 30

    sound = mixed([voice_of(tmp_path, opus(beeps(30)), moving)], 29)[0]
    heard = onsets_of_sound(sound)
    assert len(heard) >= 27
    for beep in heard:
        second = round(beep - 0.1)
        assert abs(beep - (second + 0.1 + beep * parts_per_million / 1e6)) < 0.006


def test_what_is_stretched_keeps_its_ends() -> None:
    piece = np.stack([sine(300, 0.02), sine(5000, 0.02)])
    for by in (-4, 4):
        longer = stretched(piece, by)
        assert longer.shape == (2, 960 + by)
        assert np.array_equal(longer[:, :8], piece[:, :8])
        assert np.array_equal(longer[:, -8:], piece[:, -8:])
        assert steepest(longer[0]) < steepest(piece[0]) * 1.05


def test_a_voice_goes_on_with_its_pitch() -> None:
    past = np.stack([sine(200, 0.1)] * 2)
    on = continued(past, RATE // 20)
    assert steepest(np.concatenate([past[0, -100:], on[0]])) < steepest(past[0]) * 1.5
    assert impurity(on[0], 200, 80) < 0.1
    assert np.abs(on[0, -480:]).max() < 0.1
