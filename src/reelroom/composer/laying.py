"""Where the cuts of a film of several ranges are laid: into the silence nearest to where they were asked for."""

import numpy as np
from numpy.typing import NDArray

from reelroom.composer.decoding import Decoding
from reelroom.composer.reading import SAMPLE_RATE, Samples
from reelroom.composer.tracks import Tracks
from reelroom.cutting.kept import Kept
from reelroom.cutting.ranges import Span
from reelroom.takes.folder import EventLog, Take

_REACH = 250_000  # µs by which a cut is moved, at most
_BLOCK = SAMPLE_RATE // 100
_AROUND = 8  # blocks whose power counts for one place: a stop of a consonant is shorter than that
_PER_BLOCK = 0.5  # dB by which a place must be quieter for each block that it lies further away
_SILENT = -70.0  # dB; below, one silence is as good as another
FADE = SAMPLE_RATE // 60  # samples for which one range's sound fades into the next's


def laid(take: Take, kept: Kept, extent: Span, decoding: Decoding | None = None) -> Kept:
    """The same ranges, each of their ends moved to where it is quietest near by, as all microphones together hear it.

    Within `extent`, µs of room time, and without one reaching into another. Raises OSError.
    """
    first = max(extent[0], kept.start - _REACH)
    tracks = Tracks(take.folder, first, decoding=decoding)
    try:
        events = EventLog(take.events_path).poll()
        for event in events:
            tracks.foresee(event)
        for event in events:
            tracks.feed(event)
        moved: list[Span] = []
        for number, (start, end) in enumerate(kept.ranges):
            half = (end - start) // 2
            before = (start + kept.ranges[number - 1][1]) // 2 if number else extent[0]
            after = (end + kept.ranges[number + 1][0]) // 2 if number + 1 < len(kept.ranges) else extent[1]
            begin = _laid_at(tracks, start, first, max(before, start - _REACH), min(start + half, start + _REACH))
            over = _laid_at(tracks, end, first, max(end - half, end - _REACH), min(after, end + _REACH))
            moved.append((begin, over) if begin < over else (start, end))
        return Kept(tuple(moved))
    finally:
        tracks.close()


def _laid_at(tracks: Tracks, wished: int, origin: int, low: int, high: int) -> int:
    """The best place within [low, high), µs, for a cut that was `wished` there."""
    low, high = min(low, wished), max(high, wished)
    since, count = (low - origin) * SAMPLE_RATE // 1_000_000, (high - low) * SAMPLE_RATE // 1_000_000
    if since < 0 or count < 2 * _BLOCK:
        return wished
    block = quiet_block(tracks.sound(since, count), (wished - low) * SAMPLE_RATE // 1_000_000)
    return wished if block is None else low + (block * _BLOCK + _BLOCK // 2) * 1_000_000 // SAMPLE_RATE


def quiet_block(sound: Samples, wished: int) -> int | None:
    """The number of the 10 ms of a sound, of shape (2, n), in which a cut wished at that sample lies best.

    None: where it was wished, as nothing is better.
    """
    mono = sound[:, : sound.shape[1] // _BLOCK * _BLOCK].mean(axis=0).reshape(-1, _BLOCK)
    power: NDArray[np.float64] = np.square(mono.astype(np.float64)).mean(axis=1)
    padded = np.pad(power, _AROUND // 2, mode="edge")
    level = 10 * np.log10(np.convolve(padded, np.ones(_AROUND + 1) / (_AROUND + 1), mode="valid") + 1e-12)
    here = min(wished // _BLOCK, len(level) - 1)
    cost = np.maximum(level, _SILENT) + _PER_BLOCK * np.abs(np.arange(len(level)) - here)
    best = int(cost.argmin())
    return best if cost[best] < cost[here] else None
