"""The sound of a film: all its voices, each as loud as it is to be, mixed and kept below full scale."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from reelroom.composer.limiter import BLOCK, DELAY, Limiter
from reelroom.composer.mastering import Gains
from reelroom.composer.reading import Samples
from reelroom.composer.voice import Voice

# True peak, dB below full scale. A film promises -1; AAC does not give back the waves that it was given.
CEILING = -2.0


def _silence(count: int) -> Samples:
    return np.zeros((2, count), dtype=np.float32)


@dataclass
class Mixer:
    """All voices of a film; asked for consecutive stretches of samples.

    `gains` are what the samples of a file are multiplied by, given their numbers in the film. A mono voice is the
    same in both channels, a stereo one keeps its sides. What is mixed lies some ms ahead of what is given: the
    limiter looks at it.
    """

    voices: list[Voice] = field(default_factory=list)
    gains: Callable[[str, NDArray[np.int64]], Gains] | None = None
    _limiter: Limiter = field(default_factory=lambda: Limiter(10 ** (CEILING / 20)))
    _given: int | None = None  # up to here
    _mixed: int = 0  # and up to here
    _early: int = 0  # samples that the limiter gives before the first that it was given
    _ready: Samples = field(default_factory=lambda: _silence(0))

    def mix(self, start: int, count: int, heard: Collection[str] | None = None, end: int | None = None) -> Samples:
        """Samples [start, start + count) of the film: shape (2, count); of the tracks `heard`, None: of all.

        Nothing from sample `end` on is looked at; None: there is no end yet.
        """
        if start != self._given:  # the first, or a stretch was left out
            self._limiter, self._early = Limiter(self._limiter.ceiling), DELAY
            self._mixed, self._ready = start, _silence(0)
        blocks = -(-(start + count + DELAY - self._mixed) // BLOCK)
        if blocks > 0:
            limited = self._limiter.limit(self._linear(self._mixed, blocks * BLOCK, heard, end))
            self._ready = np.concatenate([self._ready, limited[:, self._early :]], axis=1)
            self._mixed, self._early = self._mixed + blocks * BLOCK, 0
        mix, self._ready = self._ready[:, :count], self._ready[:, count:]
        self._given = start + count
        return mix

    def _linear(self, start: int, count: int, heard: Collection[str] | None, end: int | None) -> Samples:
        whole = _silence(count)
        mix = whole if end is None else whole[:, : max(0, end - start)]
        if mix.shape[1] == 0:
            return whole
        numbers = np.arange(start, start + mix.shape[1])
        for voice in self.voices:
            wanted = heard is None or voice.track in heard
            if self.gains is None:
                voice.mix_if(wanted, mix, start)
                continue
            alone = _silence(mix.shape[1])
            voice.mix_if(wanted, alone, start)
            if alone.any():
                mix += alone * self.gains(voice.file, numbers)
        return whole
