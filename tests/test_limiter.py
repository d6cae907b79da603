"""The limiter: nothing above its ceiling, between the samples neither, and no wave bent."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelroom.composer.limiter import BLOCK, DELAY, Limiter
from reelroom.composer.reading import Samples
from tests.ebur128 import measured
from tests.tones import impurity, sine
from tests.voices import RATE, talking

CEILING = 10 ** (-1 / 20)


def limited(sound: Samples, step: int = 20) -> Samples:
    """The whole sound, `step` blocks at a time, in its own time."""
    count = -(-(sound.shape[1] + DELAY) // BLOCK) * BLOCK
    padded = np.pad(sound, ((0, 0), (0, count - sound.shape[1]))).astype(np.float32)
    limiter = Limiter(CEILING)
    parts = [limiter.limit(padded[:, at : at + step * BLOCK]) for at in range(0, count, step * BLOCK)]
    return np.concatenate(parts, axis=1)[:, DELAY : DELAY + sound.shape[1]]


def both(sound: np.ndarray) -> Samples:
    return np.stack([sound, sound]).astype(np.float32)


def likeness(sound: np.ndarray, to: np.ndarray) -> np.ndarray:
    """How alike each 10 ms of two sounds are; 1: but for how loud they are."""
    pairs = zip(*(each[: len(each) // 480 * 480].reshape(-1, 480) for each in (sound, to)), strict=True)
    return np.array([a @ b / np.sqrt((a @ a) * (b @ b)) for a, b in pairs if a @ a > 0])


@given(st.lists(st.floats(-8, 8), min_size=1, max_size=9), st.integers(1, 5))
def test_no_sample_exceeds_the_ceiling_and_no_sign_changes(levels: list[float], holds: int) -> None:
    """Steps between any levels, the worst that sound can do."""
    steps = np.resize(np.repeat(levels, holds * 17), 9 * BLOCK)
    sound = both(steps)
    out = limited(sound, 3)
    assert out.dtype == np.float32
    assert np.abs(out).max() <= CEILING + 1e-6
    assert np.all(out * sound >= 0)


def test_what_is_below_the_ceiling_is_not_touched() -> None:
    sound = both(talking(0, 1.5, -24))
    assert np.array_equal(limited(sound), sound)


@pytest.mark.parametrize("step", [1, 7, 33])
def test_pieces_of_any_length_give_the_same_sound(step: int) -> None:
    sound = both(talking(1, 1.5, -3) * 3)
    assert np.array_equal(limited(sound, step), limited(sound, 500))


def test_peaks_between_samples_count() -> None:
    """A quarter of the sample rate, sampled beside its peaks, is 3 dB higher than any of its samples."""
    moments = np.arange(RATE) / RATE
    comes_and_goes = np.minimum(1, 20 * np.minimum(moments, 1 - moments))
    sound = both(1.2 * np.sin(2 * np.pi * RATE / 4 * moments + np.pi / 4) * comes_and_goes)
    assert np.abs(sound).max() < CEILING
    assert measured(limited(sound)).true_peak <= -0.9


def test_a_tone_that_is_turned_down_stays_a_tone() -> None:
    """Bent by a tanh, as films once were, the same tone has 12 % of what is none."""
    loud = sine(440, 1.0, 2.0)
    assert impurity(np.tanh(loud), 440) > 0.1
    assert impurity(limited(both(loud))[0, RATE // 4 :], 440) < 0.002


def test_six_who_shout_at_once_are_turned_down_and_not_bent() -> None:
    shout = both(sum(talking(number, 3 + number / 10, -9)[: 3 * RATE] for number in range(6)))
    assert np.abs(shout).max() > 1.8
    out = limited(shout)
    assert measured(out).true_peak <= -0.9
    ours, bent = (likeness(each, shout[0]) for each in (out[0], np.tanh(shout[0])))
    assert ours.min() > 0.93
    assert ours.mean() > 0.997 > bent.mean()
