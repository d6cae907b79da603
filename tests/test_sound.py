"""The sound of a film: voices placed in time, mixed and kept from clipping."""

from pathlib import Path

import numpy as np
import pytest

from reelroom.composer.reading import AudioReader, Samples
from reelroom.composer.sound import CEILING, Mixer
from reelroom.composer.voice import Voice, sample_at
from tests.matroska_files import Frame, written
from tests.takes import later, tone
from tests.tones import impurity, sine, steepest

RATE = 48_000


def voice(folder: Path, frames: tuple[Frame, ...], start_us: int | None = 0) -> Voice:
    path = folder / f"{len(list(folder.iterdir()))}.mkv"
    path.write_bytes(written("opus", frames).data)
    return Voice(AudioReader(path), lambda: start_us)


def mixed(voices: list[Voice], seconds: float, step: int = RATE // 30, start: int = 0) -> Samples:
    mixer = Mixer(voices)
    end = start + round(seconds * RATE)
    return np.concatenate([mixer.mix(at, min(step, end - at)) for at in range(start, end, step)], axis=1)


def loudness(sound: Samples, hertz: float, begin: float, end: float) -> float:
    """The amplitude of a tone in [begin, end) s."""
    piece = sound[0, round(begin * RATE) : round(end * RATE)]
    window = np.hanning(len(piece))
    wave = np.exp(-2j * np.pi * hertz * np.arange(len(piece)) / RATE)
    return float(2 * np.abs(np.sum(piece * window * wave)) / np.sum(window))


def silent(sound: Samples, begin: float, end: float) -> bool:
    return float(np.abs(sound[:, round(begin * RATE) : round(end * RATE)]).max()) < 0.01


def test_a_voice_is_heard_from_when_it_started(tmp_path: Path) -> None:
    sound = mixed([voice(tmp_path, tone(440, 1), 500_000)], 2)
    assert silent(sound, 0, 0.499)
    assert loudness(sound, 440, 0.6, 1.4) == pytest.approx(0.25, rel=0.1)
    assert silent(sound, 1.51, 2)


def test_a_mono_voice_is_heard_on_both_sides(tmp_path: Path) -> None:
    sound = mixed([voice(tmp_path, tone(440, 1))], 1)
    assert np.array_equal(sound[0], sound[1])
    assert loudness(sound, 440, 0.2, 0.8) > 0.2


def test_voices_are_added(tmp_path: Path) -> None:
    sound = mixed([voice(tmp_path, tone(440, 1)), voice(tmp_path, tone(880, 1))], 1)
    assert loudness(sound, 440, 0.2, 0.8) == pytest.approx(0.25, rel=0.1)
    assert loudness(sound, 880, 0.2, 0.8) == pytest.approx(0.25, rel=0.1)


def test_many_loud_voices_do_not_clip(tmp_path: Path) -> None:
    sound = mixed([voice(tmp_path, tone(hertz, 0.5, 0.9)) for hertz in (300, 440, 600, 750, 880)], 0.5)
    assert 0.7 < float(np.abs(sound).max()) <= 10 ** (CEILING / 20) + 1e-6


def test_silence_between_packets_keeps_its_length(tmp_path: Path) -> None:
    """A sender that stops sending while nobody speaks (DTX) resumes where its timestamps say."""
    frames = tone(440, 0.5) + later(tone(880, 0.5), 1200)
    sound = mixed([voice(tmp_path, frames)], 2)
    assert loudness(sound, 440, 0.1, 0.45) > 0.2
    assert silent(sound, 0.52, 1.19)
    assert loudness(sound, 880, 1.25, 1.65) > 0.2
    assert silent(sound, 1.72, 2)


def test_steps_of_any_length_give_the_same_sound(tmp_path: Path) -> None:
    frames = tone(440, 0.5) + later(tone(880, 0.5), 777)
    whole = mixed([voice(tmp_path, frames, 123_456)], 2, step=2 * RATE)
    for step in (1600, 997, 31):
        assert np.array_equal(mixed([voice(tmp_path, frames, 123_456)], 2, step=step), whole)


def test_a_voice_that_began_before_the_film_is_entered_in_its_middle(tmp_path: Path) -> None:
    frames = tone(440, 2) + later(tone(880, 1), 2000)
    sound = mixed([voice(tmp_path, frames, -1_500_000)], 1)
    assert loudness(sound, 440, 0.05, 0.45) > 0.2
    assert loudness(sound, 880, 0.1, 0.45) < 0.02
    assert loudness(sound, 880, 0.55, 0.95) > 0.2


def test_a_stretch_that_is_left_out_is_not_decoded(tmp_path: Path) -> None:
    """A live stream on a slow machine leaves out moments to catch up."""
    frames = [*tone(440, 3), *later(tone(880, 1), 3000)]
    frames[75:125] = [Frame(frame.ms, b"\xff" * 3) for frame in frames[75:125]]  # 1.5 s to 2.5 s
    skipped = voice(tmp_path, tuple(frames))
    mixer = Mixer([skipped])
    mixer.mix(0, RATE)
    sound = mixer.mix(3 * RATE, RATE)
    assert skipped.reader.errors == 0
    assert loudness(sound, 880, 0.05, 0.95) > 0.2


def test_a_clock_that_wobbles_a_little_makes_no_seam(tmp_path: Path) -> None:
    path = tmp_path / "wobbling.mkv"
    path.write_bytes(written("opus", tone(440, 2)).data)
    wobble = iter([0, 9_000, -8_000, 3_000] * 1000)
    sound = mixed([Voice(AudioReader(path), lambda: next(wobble))], 2)
    assert impurity(sound[0, RATE // 10 : -RATE // 10], 440) < 0.03
    assert steepest(sound[0, RATE // 10 :]) < steepest(sine(440, 0.1)) * 1.1


def test_a_clock_that_is_set_anew_moves_the_voice(tmp_path: Path) -> None:
    path = tmp_path / "moved.mkv"
    path.write_bytes(written("opus", tone(440, 1) + later(tone(880, 1), 1000)).data)
    start = 0
    mixer = Mixer([Voice(AudioReader(path), lambda: start)])
    before = mixer.mix(0, RATE // 2)
    start = 200_000
    sound = np.concatenate([before, mixer.mix(RATE // 2, 2 * RATE)], axis=1)
    assert loudness(sound, 880, 1.0, 1.18) < 0.02
    assert loudness(sound, 880, 1.25, 2.15) > 0.2


def test_a_voice_whose_time_is_not_known_yet_is_silent(tmp_path: Path) -> None:
    assert silent(mixed([voice(tmp_path, tone(440, 1), None)], 1), 0, 1)


def test_a_voice_that_is_still_being_written_is_heard_as_it_comes(tmp_path: Path) -> None:
    frames = tone(440, 2)
    path = tmp_path / "growing.mkv"
    path.write_bytes(written("opus", frames[:55]).data)  # a composer stays behind what is written
    mixer = Mixer([Voice(AudioReader(path), lambda: 0)])
    first = mixer.mix(0, RATE)
    path.write_bytes(written("opus", frames).data)
    sound = np.concatenate([first, mixer.mix(RATE, RATE)], axis=1)
    assert np.array_equal(sound, mixed([voice(tmp_path, frames)], 2, step=RATE))
    assert loudness(sound, 440, 1.1, 1.9) > 0.2


def test_a_damaged_packet_is_a_gap_and_no_more(tmp_path: Path) -> None:
    frames = list(tone(440, 1))
    frames[25] = Frame(frames[25].ms, b"\xff" * 3)
    damaged = voice(tmp_path, tuple(frames))
    sound = mixed([damaged], 1)
    assert damaged.reader.errors == 1
    assert loudness(sound, 440, 0.05, 0.45) > 0.2
    assert loudness(sound, 440, 0.6, 0.95) == pytest.approx(0.25, rel=0.1)


def test_an_empty_stretch() -> None:
    assert Mixer().mix(0, 0).shape == (2, 0)
    assert Mixer().mix(0, 5).tolist() == [[0.0] * 5] * 2


@pytest.mark.parametrize(
    ("us", "sample"), [(0, 0), (1_000_000, 48_000), (-1_000_000, -48_000), (20, 0), (21, 1), (-1, -1)]
)
def test_which_sample_is_due(us: int, sample: int) -> None:
    assert sample_at(us) == sample
