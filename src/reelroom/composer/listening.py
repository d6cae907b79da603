"""Speech in the sound of a take: every audio track is decoded a moment ahead of the film, and measured."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from reelroom.composer.reading import SAMPLE_RATE, AudioReader, Samples
from reelroom.events import FileClosed, FileOpened, SpeechFaded, SpeechHeard
from reelroom.speech import STEP, Ear, SpeechDetector

_STEP_SAMPLES = SAMPLE_RATE * STEP // 1_000_000
_SILENCE = -120.0  # dB


def levels(samples: Samples) -> list[float]:
    """The loudness (dB below full scale, root mean square of both channels) of each whole or last 20 ms."""
    count = samples.shape[1]
    if count == 0:
        return []
    steps = -(-count // _STEP_SAMPLES)
    padded = np.zeros((2, steps * _STEP_SAMPLES), dtype=np.float32)
    padded[:, :count] = samples
    power = (padded.reshape(2, steps, _STEP_SAMPLES) ** 2).mean(axis=(0, 2))
    if count < steps * _STEP_SAMPLES:
        power[-1] *= _STEP_SAMPLES / (count - (steps - 1) * _STEP_SAMPLES)
    loud: list[float] = np.maximum(10 * np.log10(np.maximum(power, 1e-12)), _SILENCE).tolist()
    return loud


@dataclass
class _Listener:
    reader: AudioReader
    start_us: Callable[[], int | None]  # room time of the file's tick 0
    detector: SpeechDetector
    closed: bool = False

    def listen(self, until: int) -> list[SpeechHeard | SpeechFaded]:
        """What was heard up to `until` (µs of room time)."""
        found: list[SpeechHeard | SpeechFaded] = []
        origin = self.start_us()
        self.reader.file.poll()
        while origin is not None and (ms := self.reader.next_ms()) is not None:
            at = origin + ms * 1000
            if at >= until:
                break
            sound = self.reader.read()
            left = sound.shape[1] * 1_000_000 // SAMPLE_RATE
            for number, level in enumerate(levels(sound)):
                found += self.detector.hear(at + number * STEP, level, min(STEP, left - number * STEP))
        return found + self.detector.pass_time(until)


@dataclass
class Listening:
    """All microphones of a take; shared screens are not listened to."""

    folder: Path
    start_us: Callable[[str], int | None]
    ear: Ear
    _listeners: dict[str, _Listener] = field(default_factory=dict)

    def open(self, event: FileOpened) -> None:
        """Listen to a new audio file. Raises OSError when it is missing."""
        if event.source == "screen_share_audio":
            return
        reader = AudioReader(self.folder / event.file)
        detector = SpeechDetector(event.participant, self.ear)
        self._listeners[event.file] = _Listener(reader, lambda: self.start_us(event.file), detector)

    def close(self, event: FileClosed) -> None:
        """Nothing more comes in that file."""
        if listener := self._listeners.get(event.file):
            listener.closed = True

    def listen(self, until: int) -> list[SpeechHeard | SpeechFaded]:
        """What is known of speech at `until` (µs of room time) and was not before; in order of `at`."""
        found = [event for listener in self._listeners.values() for event in listener.listen(until)]
        for file, listener in list(self._listeners.items()):
            if listener.closed and listener.detector.silent and listener.reader.next_ms() is None:
                listener.reader.close()
                del self._listeners[file]
        return sorted(found, key=lambda event: event.at)
