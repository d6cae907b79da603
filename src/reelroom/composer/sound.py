"""The sound of a film: all its voices, mixed."""

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np

from reelroom.composer.reading import Samples
from reelroom.composer.voice import Voice

_KNEE = 0.8


def limit(mix: Samples) -> Samples:
    """Bend what is louder than the knee so that nothing exceeds full scale; quieter sound is untouched."""
    loud = np.abs(mix)
    if loud.size == 0 or float(loud.max()) <= _KNEE:
        return mix
    bent = _KNEE + (1 - _KNEE) * np.tanh((loud - _KNEE) / (1 - _KNEE))
    return np.where(loud > _KNEE, np.sign(mix) * bent, mix).astype(np.float32, copy=False)


@dataclass
class Mixer:
    """All voices of a film; asked for consecutive stretches of samples."""

    voices: list[Voice] = field(default_factory=list)

    def mix(self, start: int, count: int, heard: Collection[str] | None = None) -> Samples:
        """Samples [start, start + count) of the film: shape (2, count); of the tracks `heard`, None: of all."""
        mix: Samples = np.zeros((2, count), dtype=np.float32)
        for voice in self.voices:
            voice.mix_if(heard is None or voice.track in heard, mix, start)
        return limit(mix)
