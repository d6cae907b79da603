"""How loud a sound seems (ITU-R BS.1770, K-weighting), taken from the spectra of its windows."""

import math

import numpy as np
from numpy.typing import NDArray

from reelroom.composer.reading import SAMPLE_RATE
from reelroom.composer.words import RATE, WINDOW, Mono

Power = NDArray[np.float32]  # of each frequency of a window's spectrum: shape (WINDOW // 2 + 1,)

_SHAPE = np.hanning(WINDOW).astype(np.float32)
# The standard's two filters at 48 kHz, b0 b1 b2 a1 a2 (its tables 1 and 2): a head's shelf, and what is too deep.
_FILTERS = (
    (1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585),
    (1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621),
)
_OFFSET = -0.691  # dB, by which a tone of 997 Hz at full scale in one channel is at -3.01


def _k_weights() -> Power:
    """What each frequency of a window counts, so that the sum is the weighted mean square of the sound."""
    hertz = np.fft.rfftfreq(WINDOW, 1 / RATE)
    z = np.exp(-2j * np.pi * hertz / SAMPLE_RATE)
    weights = np.ones(len(hertz))
    for b0, b1, b2, a1, a2 in _FILTERS:
        weights *= np.abs((b0 + b1 * z + b2 * z**2) / (1 + a1 * z + a2 * z**2)) ** 2
    together = SAMPLE_RATE // RATE  # samples that were averaged into one, which dulled the heights
    weights /= np.abs(sum(z**late for late in range(together)) / together) ** 2
    weights[1:-1] *= 2  # the other half of the spectrum
    scaled: Power = (weights / (WINDOW * np.square(_SHAPE).sum())).astype(np.float32)
    return scaled


_K_WEIGHTS = _k_weights()


def power_spectrum(samples: Mono) -> Power:
    """Of WINDOW samples at RATE."""
    return np.square(np.abs(np.fft.rfft(samples * _SHAPE))).astype(np.float32)


def weighted(power: Power) -> float:
    """The weighted mean square that a window's spectrum has, once in each of two channels, their sum."""
    return 2 * float(_K_WEIGHTS @ power)


def lufs(weighted_power: float) -> float:
    """A weighted mean square, summed over channels, as a loudness in LUFS."""
    return _OFFSET + 10 * math.log10(max(weighted_power, 1e-12))
