"""What a detector hears that judges each microphone alone, by loudness and voicing: what ours is measured beside."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reelroom.composer.reading import SAMPLE_RATE, AudioReader, Samples
from reelroom.takes.events import FileClosed, FileOpened, SpeechFaded, SpeechHeard

STEP = 20_000  # µs of sound behind each level


@dataclass(frozen=True)
class Ear:
    """What counts as speech; levels in dB below full scale, times in µs."""

    quietest: float = -45.0  # nothing below is speech, however quiet the room
    above_noise: float = 7.0  # speech stands out from the track's own noise by so much
    edge: float = 5.5  # a spurt reaches back to where sound stood out by so much, as a soft consonant does
    quietest_edge: float = -62.0
    reach: int = 300_000  # but not further back than this before the voice
    closure: int = 40_000  # and over no longer stop than this, as there is in a "t"
    loudest_noise: float = -30.0  # noise is never taken to be louder: a long steady voice stays a voice
    noise_rise: float = 3.0  # dB a second by which the noise may seem to rise
    noise_fall: float = 30.0  # and to fall
    pause: int = 400_000  # this long without a voice ends a spurt
    least: int = 600_000  # a spurt shorter than this is no speech
    density: float = 0.4  # share of a spurt that must be loud
    voiced: float = 0.25  # share of a spurt that must be voiced


class _Step(NamedTuple):
    at: int
    end: int
    loud: bool
    raised: bool  # above the noise, though not loud
    voiced: bool


@dataclass
class SpeechDetector:
    """One track's sound in, its speech out, in order of time."""

    participant: str
    ear: Ear = field(default_factory=Ear)
    _noise: float | None = None
    _recent: deque[_Step] = field(default_factory=deque)  # what a spurt may be made of; empty while there is speech
    _began: int | None = None  # of the speech under way
    _last_voiced: int = 0  # the end of the last voiced step of it

    @property
    def silent(self) -> bool:
        """Whether no speech is under way."""
        return self._began is None

    def hear(self, at: int, level: float, voiced: bool, lasting: int = STEP) -> list[SpeechHeard | SpeechFaded]:
        """Take the level (dB) of [at, at + lasting), µs, and whether it was voiced."""
        found = self.pass_time(at)
        ear = self.ear
        noise = level if self._noise is None else self._noise
        fall, rise = (slope * lasting / 1_000_000 for slope in (ear.noise_fall, ear.noise_rise))
        noise = max(noise - fall, min(level, noise + rise), ear.quietest_edge - ear.edge)
        self._noise = noise = min(noise, ear.loudest_noise)
        loud = level >= max(ear.quietest, noise + ear.above_noise)
        raised = loud or level >= max(ear.quietest_edge, noise + ear.edge)
        step = _Step(at, at + lasting, loud, raised, loud and voiced)
        if self._began is not None:
            if step.voiced:
                self._last_voiced = step.end
            return found
        self._recent.append(step)
        while step.end - self._recent[0].at > ear.least + ear.pause:
            self._recent.popleft()
        if step.voiced and (began := self._spurt()) is not None:
            self._began, self._last_voiced = began, step.end
            self._recent.clear()
            found.append(SpeechHeard(at=step.end, participant=self.participant, began=began))
        return found

    def _spurt(self) -> int | None:
        """When the spurt began that goes on now, if it counts as speech."""
        ear, end = self.ear, self._recent[-1].end
        voice = began = end  # where its first voice and its first sound are
        loud = voiced = 0
        for step in reversed(self._recent):
            if step.voiced and voice - step.end <= ear.pause:
                voice = began = step.at
            elif step.raised and voice - step.at <= ear.reach and began - step.end <= ear.closure:
                began = step.at
            elif voice - step.end > ear.pause:
                break
        for step in self._recent:
            if step.at >= began:
                loud += step.loud and step.end - step.at
                voiced += step.voiced and step.end - step.at
        length = end - began
        counts = length >= ear.least and loud >= ear.density * length and voiced >= ear.voiced * length
        return began if counts else None

    def pass_time(self, now: int) -> list[SpeechHeard | SpeechFaded]:
        """Nothing was heard up to `now` (a muted or discontinuous track sends nothing)."""
        if self._began is None or now - self._last_voiced < self.ear.pause:
            return []
        self._began = None
        ended = self._last_voiced
        return [SpeechFaded(at=ended + self.ear.pause, participant=self.participant, ended=ended)]


_STEP_SAMPLES = SAMPLE_RATE * STEP // 1_000_000
_SILENCE = -120.0  # dB
_FAINT = -60.0  # dB; below it, nobody cares whether it is voiced
# Voicing is sought at 8 kHz in windows of 40 ms: two periods of the deepest voice, and enough of noise to tell it.
_REDUCTION = 6
_WINDOW = 320
_TRANSFORM = 1024
_PITCH_LAGS = np.arange(8000 // 400, 8000 // 70 + 1)  # samples between two pulses of voices of 400 to 70 Hz
_RUMBLE = SAMPLE_RATE // 300  # samples
_PERIODIC = 0.6  # of 1: a vowel has 0.7 to 1, breath, clicks and the noise of a cough stay below 0.6
_MOST_BEHIND = 60_000_000  # µs; of a take that is entered late, no more than this is listened to before


@dataclass
class Meter:
    """Loudness and voicing of a sound, every 20 ms; it remembers the end of the last piece."""

    _window: NDArray[np.float32] = field(default_factory=lambda: np.zeros(_WINDOW, dtype=np.float32))

    def measure(self, samples: Samples) -> list[tuple[int, float, bool]]:
        """Of each whole or last 20 ms: its samples, its level (dB below full scale, RMS), whether it is voiced."""
        mono = _without_rumble((samples[0] + samples[1]) / 2)
        return [self._measure(mono[at : at + _STEP_SAMPLES]) for at in range(0, len(mono), _STEP_SAMPLES)]

    def _measure(self, step: NDArray[np.float32]) -> tuple[int, float, bool]:
        power = float(step @ step) / len(step)
        level = 10 * np.log10(power) if power > 1e-12 else _SILENCE
        whole = len(step) // _REDUCTION * _REDUCTION
        reduced = step[:whole].reshape(-1, _REDUCTION).mean(axis=1)
        self._window = np.concatenate((self._window[len(reduced) :], reduced))
        return len(step), float(level), level > _FAINT and periodicity(self._window) >= _PERIODIC


def _without_rumble(mono: NDArray[np.float32]) -> NDArray[np.float32]:
    """The sound less its mean over each 1/300 s: what lies far below a voice, as wind and hum, is taken away."""
    whole = mono[: len(mono) // _RUMBLE * _RUMBLE].reshape(-1, _RUMBLE)
    level: NDArray[np.float32] = (whole - whole.mean(axis=1, keepdims=True)).reshape(-1)
    return level


def periodicity(window: NDArray[np.float32]) -> float:
    """How much 40 ms of sound at 8 kHz are like themselves one period of a voice later: 1 is entirely.

    The highest normalized autocorrelation at the lags of human pitch.
    """
    spectrum = np.fft.rfft(window - window.mean(), _TRANSFORM)
    likeness = np.fft.irfft(spectrum.real**2 + spectrum.imag**2)
    if likeness[0] <= 0:
        return 0.0
    overlap = (_WINDOW - _PITCH_LAGS) / _WINDOW
    return float((likeness[_PITCH_LAGS] / overlap).max() / likeness[0])


@dataclass
class _Listener:
    reader: AudioReader
    start_us: Callable[[], int | None]  # room time of the file's tick 0
    detector: SpeechDetector
    meter: Meter = field(default_factory=Meter)
    closed: bool = False

    def listen(self, until: int) -> list[SpeechHeard | SpeechFaded]:
        """What was heard up to `until` (µs of room time)."""
        found: list[SpeechHeard | SpeechFaded] = []
        origin = self.start_us()
        self.reader.file.poll()
        if origin is not None:
            self.reader.punctuality.ask(self.reader.file.times, (until - origin) // 1000)
            self.reader.skip_to((until - _MOST_BEHIND - origin) // 1000)
        while origin is not None and (ms := self.reader.next_ms()) is not None:
            at = origin + ms * 1000
            if at >= until:
                break
            for count, level, voiced in self.meter.measure(self.reader.read()):
                lasting = count * 1_000_000 // SAMPLE_RATE
                found += self.detector.hear(at, level, voiced, lasting)
                at += lasting
        return found + self.detector.pass_time(until)

    @property
    def over(self) -> bool:
        """Whether nothing more can be heard."""
        return self.closed and self.detector.silent and self.reader.next_ms() is None


@dataclass
class Listening:
    """All microphones of a take; shared screens are not listened to."""

    folder: Path
    start_us: Callable[[str], int | None]
    ear: Ear
    late_from: int | None = None  # µs of room time: from here on something was on disk too late to be heard
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
        for listener in self._listeners.values():
            late, origin = listener.reader.punctuality.late, listener.start_us()
            if self.late_from is None and late is not None and origin is not None:
                self.late_from = origin + late * 1000
        for file in [file for file, listener in self._listeners.items() if listener.over]:
            self._listeners.pop(file).reader.close()
        return sorted(found, key=lambda event: event.at)

    def finish(self) -> None:
        """Close all files."""
        for listener in self._listeners.values():
            listener.reader.close()
        self._listeners.clear()
