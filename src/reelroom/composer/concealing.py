"""Sound that is not there: what fills a gap, what ends a voice without a click, what makes it a little longer."""

import numpy as np
from numpy.typing import NDArray

from reelroom.composer.reading import SAMPLE_RATE, Samples

_MS = SAMPLE_RATE // 1000
FADE = 4 * _MS
_SHORTEST_PERIOD, _LONGEST_PERIOD = 2 * _MS, 15 * _MS  # of a voice's pitch: 500 to 66 Hz
_MATCHED = 8 * _MS
MEMORY = _LONGEST_PERIOD + _MATCHED  # how much of what was heard is needed to go on from
_HALF_LIFE = 20 * _MS
_REACH = 16  # samples on either side that a value between two samples is made of


def _period(past: Samples) -> int:
    """After how many samples the end of `past` resembles itself most."""
    heard = past.sum(axis=0)
    last = heard[-_MATCHED:]
    best, period = -1.0, _LONGEST_PERIOD
    for candidate in range(_SHORTEST_PERIOD, _LONGEST_PERIOD):
        earlier = heard[-_MATCHED - candidate : -candidate]
        likeness = float(last @ earlier) / (float(np.sqrt((last @ last) * (earlier @ earlier))) + 1e-9)
        if likeness > best:
            best, period = likeness, candidate
    return period


def continued(past: Samples, count: int) -> Samples:
    """`count` samples that might have followed `past`: its last period again and again, ever softer."""
    if past.shape[1] < MEMORY or float(np.abs(past).max()) < 1e-4:
        return np.zeros((2, count), dtype=np.float32)
    period = _period(past)
    repeated = np.tile(past[:, -period:], count // period + 1)[:, :count]
    softer = 0.5 ** (np.arange(count, dtype=np.float32) / _HALF_LIFE)
    return (repeated * softer).astype(np.float32)


def faded_in(piece: Samples, over: Samples | None = None) -> Samples:
    """`piece` with a soft beginning; `over` is what it takes over from, as long as the fade or shorter."""
    length = min(FADE, piece.shape[1])
    rise = _rise(length)
    faded = piece.copy()
    faded[:, :length] *= rise
    if over is not None:
        shared = min(length, over.shape[1])
        faded[:, :shared] += over[:, :shared] * (1 - rise[:shared])
    return faded


def faded_out(past: Samples) -> Samples:
    """A soft end after `past`."""
    return continued(past, FADE) * _rise(FADE)[::-1]


def _rise(length: int) -> NDArray[np.float32]:
    """From 0 to 1 in `length` samples."""
    return (0.5 - 0.5 * np.cos(np.pi * (np.arange(length) + 0.5) / max(1, length))).astype(np.float32)


def stretched(piece: Samples, by: int) -> Samples:
    """`piece` made `by` samples longer (shorter where negative); its pitch changes by that much.

    Its first and last samples stay as they are, so that what comes before and after still fits. Values between
    samples come from a windowed sinc.
    """
    count = piece.shape[1]
    if by == 0 or count + by < 4 * _REACH:
        return piece
    inner = np.arange(count + by, dtype=np.float64)
    low, high = _REACH, count + by - _REACH
    moved = np.clip((inner - low) / (high - low), 0, 1) * by
    at = inner - moved
    whole = np.floor(at).astype(np.int64)
    offsets = np.arange(1 - _REACH, _REACH + 1)
    distance = (at - whole)[:, None] - offsets[None, :]
    weights = np.sinc(distance) * (0.5 + 0.5 * np.cos(np.pi * np.clip(distance / _REACH, -1, 1)))
    taken = piece[:, np.clip(whole[:, None] + offsets[None, :], 0, count - 1)]
    out: Samples = np.einsum("cnk,nk->cn", taken, weights).astype(np.float32)
    out[:, :low], out[:, high:] = piece[:, :low], piece[:, high - by :]
    return out
