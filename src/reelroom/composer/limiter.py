"""A limiter that sees peaks coming: it turns the sound down before them and up again after, and bends no wave.

Peaks are true ones (ITU-R BS.1770, annex 2): between the samples, too, where a player's converter or an AAC decoder
finds them. What stays below the ceiling is not touched.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from reelroom.composer.reading import SAMPLE_RATE, Samples

BLOCK = SAMPLE_RATE // 1000  # samples: the gain is decided once a ms
_AHEAD = 10  # blocks before a peak in which the gain comes down to what it needs
DELAY = (_AHEAD + 1) * BLOCK  # samples by which sound comes out later than it went in
_REACH = 6  # samples on either side that a point between two is made of
_RELEASE_MS = 150.0  # what is turned down comes back by 63 % in that time
_STAYS = float(np.exp(-1 / _RELEASE_MS))
_HIGHEST_BETWEEN = 2.0  # no point between samples is as many times as high as they are, in sound of any use


def _between() -> NDArray[np.float32]:
    """What each of 12 samples counts for the points a quarter, a half and three quarters between the middle two."""
    places = np.arange(2 * _REACH) - _REACH + 1
    rows = [np.sinc(places - part) * np.hanning(2 * _REACH + 2)[1:-1] for part in (0.25, 0.5, 0.75)]
    return np.stack([row / row.sum() for row in rows]).astype(np.float32)


_BETWEEN = _between()


def true_peaks(sound: Samples, least: float = 0.0) -> NDArray[np.float32]:
    """The highest true peak of each BLOCK of `sound` but its first and last REACH samples, which are those around.

    Shape (2, n * BLOCK + 2 * REACH) in, (n,) out. Where all samples are below `least` by far, their own peaks do.
    """
    count = sound.shape[1] - 2 * _REACH
    peaks = np.abs(sound[:, _REACH : _REACH + count])
    if float(peaks.max(initial=0.0)) * _HIGHEST_BETWEEN > least:
        for row in _BETWEEN:
            # Not a matrix product, whose last bit depends on how much there is of it.
            point = sound[:, 1 : 1 + count] * row[0]
            for place in range(1, 2 * _REACH):
                point += sound[:, 1 + place : 1 + place + count] * row[place]
            np.maximum(peaks, np.abs(point), out=peaks)
    highest: NDArray[np.float32] = peaks.max(axis=0).reshape(-1, BLOCK).max(axis=1)
    return highest


@dataclass
class Limiter:
    """Fed whole blocks in order; gives each back DELAY samples later, the first after silence of that length."""

    ceiling: float  # of true peaks, 1 is full scale
    _around: Samples = field(default_factory=lambda: np.zeros((2, BLOCK + _REACH), dtype=np.float32))
    _waiting: Samples = field(default_factory=lambda: np.zeros((2, DELAY), dtype=np.float32))
    _wanted: NDArray[np.float64] = field(default_factory=lambda: np.ones(_AHEAD))  # of the blocks whose peak is known
    _gain: float = 1.0  # where the last block ended

    def limit(self, sound: Samples) -> Samples:
        """Take whole blocks, shape (2, n * BLOCK); gives as many."""
        count = sound.shape[1] // BLOCK
        around = np.concatenate([self._around, sound], axis=1)
        # The last block's peak is known once what follows it is.
        peaks = true_peaks(around[:, : count * BLOCK + 2 * _REACH], self.ceiling)
        self._around = around[:, count * BLOCK :]
        wanted = np.concatenate([self._wanted, np.minimum(1.0, self.ceiling / np.maximum(peaks, 1e-9))])
        self._wanted = wanted[count:]
        waiting = np.concatenate([self._waiting, sound], axis=1)
        out, self._waiting = waiting[:, : count * BLOCK], waiting[:, count * BLOCK :]
        if self._gain >= 1 and float(wanted.min()) >= 1:
            return out
        edges = np.array(self._edges(wanted, count))
        gain = edges[:-1, None] + np.diff(edges)[:, None] * (np.arange(BLOCK) / BLOCK)
        limited: Samples = out * gain.reshape(-1).astype(np.float32)
        return limited

    def _edges(self, wanted: NDArray[np.float64], count: int) -> list[float]:
        """The gain where the first block begins, and where each ends.

        By its end, a block has come down to what each peak to come needs, a part of the way for each; and within a
        block the gain is never above what that block needs.
        """
        windows = np.lib.stride_tricks.sliding_window_view(wanted, _AHEAD)[:count]
        # One more is looked at than lies between: a block's own need holds at both of its ends.
        part = 1 - np.maximum(np.arange(_AHEAD) - 1, 0) / (_AHEAD - 1)
        due = (1 - (1 - windows) * part).min(axis=1).tolist()
        edges = [self._gain]
        for most in due:
            risen = 1 - (1 - edges[-1]) * _STAYS
            edges.append(min(most, risen if risen < 0.99999 else 1.0))
        self._gain = edges[-1]
        return edges
