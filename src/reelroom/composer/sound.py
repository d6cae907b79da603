"""The sound of a film: all voices placed in room time and mixed."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from reelroom.composer.reading import SAMPLE_RATE, AudioReader, Samples

# A voice flows on without a seam while its clock and room time differ by less than this; beyond it (silence
# between packets, or a clock that was set anew) the voice is placed again.
_SEAM = SAMPLE_RATE * 20 // 1000
_KNEE = 0.8


def sample_at(us: int) -> int:
    """The sample (48 kHz) that is due `us` after the start of the film."""
    return us * SAMPLE_RATE // 1_000_000


@dataclass
class Voice:
    """One audio file; `start_us()` is the time, from the start of the film, of the file's tick 0."""

    reader: AudioReader
    start_us: Callable[[], int | None]
    _end: int | None = None  # the sample after the last one placed
    _pieces: list[tuple[int, Samples]] = field(default_factory=list)

    def mix_into(self, mix: Samples, start: int) -> None:
        """Add this voice's samples [start, start + n) to `mix`; what was mixed is forgotten."""
        end = start + mix.shape[1]
        self.reader.file.poll()
        self._read_until(start, end)
        keep: list[tuple[int, Samples]] = []
        for at, piece in self._pieces:
            low, high = max(at, start), min(at + piece.shape[1], end)
            if low < high:
                mix[:, low - start : high - start] += piece[:, low - at : high - at]
            if at + piece.shape[1] > end:
                keep.append((at, piece))
        self._pieces = keep

    def _read_until(self, start: int, end: int) -> None:
        origin = self.start_us()
        if origin is None:
            return
        if self._end is None or self._end < start - SAMPLE_RATE:  # the first sound, or a stretch left out
            self.reader.skip_to((start * 1_000_000 // SAMPLE_RATE - origin) // 1000)
        while (ms := self.reader.next_ms()) is not None:
            at = sample_at(origin + ms * 1000)
            if self._end is not None and abs(at - self._end) < _SEAM:
                at = self._end
            if at >= end:
                return
            piece = self.reader.read()
            if self._end is not None and at < self._end:
                piece = piece[:, self._end - at :]
                at = self._end
            self._end = at + piece.shape[1]
            self._pieces.append((at, piece))


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

    def mix(self, start: int, count: int) -> Samples:
        """Samples [start, start + count) of the film: shape (2, count)."""
        mix: Samples = np.zeros((2, count), dtype=np.float32)
        for voice in self.voices:
            voice.mix_into(mix, start)
        return limit(mix)
