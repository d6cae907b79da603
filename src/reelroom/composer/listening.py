"""What is heard in a take: every sound is decoded a moment ahead of the film, and measured; speech is found in it."""

import math
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reelroom.composer.decoding import Decoding
from reelroom.composer.levelling import Heard
from reelroom.composer.loudness import Power, power_spectrum, weighted
from reelroom.composer.mastering import Mastering
from reelroom.composer.reading import SAMPLE_RATE, AudioReader, Samples
from reelroom.composer.words import RATE, WINDOW, Mono, Words
from reelroom.cutting.crosstalk import BANDS, STEP, Crosstalk, Spectrum
from reelroom.cutting.speech import Ear, NoiseFloor, SpeechDetector, Whose
from reelroom.takes.events import FileClosed, FileOpened, SpeechFaded, SpeechHeard
from reelroom.takes.mending import Mending
from reelroom.takes.stage import RENDER_IDENTITY

_REDUCTION = SAMPLE_RATE // RATE
_SHARE = np.float32(1 / (2 * _REDUCTION))
_STEP_SAMPLES = RATE * STEP // 1_000_000  # two make a window
_LASTS = WINDOW * 1_000_000 // RATE  # µs, a window
_SEAM = 2_000  # µs; pieces whose ends are no further apart than this follow each other
_SILENCE = -120.0  # dB
_RUMBLE = RATE // 300  # samples
_ONES = np.ones(_RUMBLE, dtype=np.float32)
_AWAKE = 2_000_000  # µs for which words are sought once something was heard
_BEFORE = 4  # windows that the model is given of the time before
_WORD, _WORD_GOES_ON = 0.5, 0.45  # how likely words must be
_ASKED_EVERY = 6  # steps
_MOST_BEHIND = 60_000_000  # µs; of a take that is entered late, no more than this is listened to before


@dataclass(frozen=True)
class Window:
    """32 ms of a microphone's sound: mono at 16 kHz, from `at` µs of room time on."""

    at: int
    samples: Mono
    width: float = 1.0  # the power of both channels, beside what it would be if each were the mean of them

    @property
    def end(self) -> int:
        return self.at + _LASTS


@dataclass
class Windows:
    """Cuts pieces of any length into windows; where a piece is missing, a new window begins."""

    _at: int = 0  # of the first sample that is kept
    _kept: Mono = field(default_factory=lambda: np.zeros(0, dtype=np.float32))

    def add(self, at: int, samples: Samples) -> Iterator[Window]:
        """Take samples (48 kHz) from `at` µs on; gives the windows that are whole then."""
        whole = samples.shape[1] // _REDUCTION * _REDUCTION
        both = samples[0, :whole] + samples[1, :whole]
        # Not a matrix product, whose last bit depends on how much there is of it.
        mono = (both[0::3] + both[1::3] + both[2::3]) * _SHARE
        width = _width(samples, both)
        if abs(at - self._at - len(self._kept) * 1_000_000 // RATE) > _SEAM:
            self._at, self._kept = at, mono
        else:
            self._kept = np.concatenate([self._kept, mono])
        while len(self._kept) >= WINDOW:
            yield Window(self._at, self._kept[:WINDOW], width)
            self._at += _LASTS
            self._kept = self._kept[WINDOW:]


def _width(samples: Samples, both: Mono) -> float:
    """How much more power two channels have than their mean in each; at most four times."""
    if np.array_equal(samples[0], samples[1]):
        return 1.0
    power, mean = float(np.square(samples).sum()), float(np.square(both).sum()) / 2
    return min(4.0, power / mean) if mean > 0 else 1.0


def power_of(samples: Mono) -> float:
    """The mean square of what is not far below a voice, as wind and hum are."""
    whole = samples[: len(samples) // _RUMBLE * _RUMBLE].reshape(-1, _RUMBLE)
    rumble = whole @ _ONES
    flat = whole.reshape(-1)
    return max(0.0, float(flat @ flat - rumble @ rumble / _RUMBLE) / len(flat))


def decibels(power: float) -> float:
    """A mean square as a level, in dB below full scale."""
    return 10 * math.log10(power) if power > 1e-12 else _SILENCE


def _bands() -> NDArray[np.float32]:
    """What of each frequency of a window's spectrum belongs to each band: shape (BANDS, WINDOW // 2 + 1)."""
    hertz, edges = np.fft.rfftfreq(WINDOW, 1 / RATE), np.geomspace(200, 4500, BANDS + 1)
    rows = [(low <= hertz) & (hertz < high) for low, high in pairwise(edges)]
    return np.stack([row / row.sum() for row in rows]).astype(np.float32)


_BANDS = _bands()


def spectrum_of(power: Power) -> Spectrum:
    """The level (dB) in each band of a window's spectrum."""
    levels: Spectrum = 10 * np.log10(_BANDS @ power + 1e-9)
    return levels


@dataclass
class _Sound:
    """One file's sound, in windows."""

    file: str
    reader: AudioReader
    start_us: Callable[[], int | None]  # room time of the file's tick 0
    windows: Windows = field(default_factory=Windows)
    closed: bool = False

    def read(self, until: int) -> list[Window]:
        """The windows that are whole at `until` (µs of room time)."""
        found: list[Window] = []
        origin = self.start_us()
        self.reader.file.poll()
        if origin is not None:
            self.reader.punctuality.ask(self.reader.file.times, (until - origin) // 1000)
            self.reader.skip_to((until - _MOST_BEHIND - origin) // 1000)
        while origin is not None and (ms := self.reader.next_ms()) is not None:
            at = origin + ms * 1000
            if at >= until:
                break
            found += self.windows.add(at, self.reader.read())
        return found

    def pass_time(self, now: int) -> list[SpeechHeard | SpeechFaded]:
        """Nothing more was heard up to `now`."""
        return []

    @property
    def over(self) -> bool:
        """Whether nothing more can be heard."""
        return self.closed and self.reader.next_ms() is None

    def hear(self, window: Window) -> tuple[Heard, list[SpeechHeard | SpeechFaded]]:
        """Take the next window: how loud it is, and what it tells of speech."""
        power = weighted(power_spectrum(window.samples)) * window.width if window.samples.any() else 0.0
        return Heard(window.at, window.end, power), []


@dataclass
class _Microphone(_Sound):
    """What is made of a microphone's windows."""

    detector: SpeechDetector = field(kw_only=True)
    floor: NoiseFloor = field(kw_only=True)
    crosstalk: Crosstalk = field(kw_only=True)
    _power: float = 0.0  # K-weighted, of the last window; only where words are sought
    _past: deque[tuple[Window, float]] = field(default_factory=lambda: deque(maxlen=_BEFORE))  # with their levels
    _words: Words = field(default_factory=Words)
    _awake: bool = False
    _awake_until: int = 0
    _worded: bool = False
    _since: int | None = None  # the step since which there have been words
    _last_word: int = 0  # step
    _asked: int = 0  # step
    _whose: Whose = Whose.OWN

    def hear(self, window: Window) -> tuple[Heard, list[SpeechHeard | SpeechFaded]]:
        """Take the next window."""
        powers = power_of(window.samples[:_STEP_SAMPLES]), power_of(window.samples[_STEP_SAMPLES:])
        heard = [self.floor.hear(decibels(power), STEP) for power in powers]
        if any(raised for _, raised in heard) or not self.detector.silent:
            self._awake_until = window.end + _AWAKE
        level = decibels(sum(powers) / 2)
        self._seek_words(window, level)
        self._power = 0.0
        found: list[SpeechHeard | SpeechFaded] = []
        for number, (loud, raised) in enumerate(heard):
            at = window.at + number * STEP
            if self._awake:
                self._compare(at // STEP, window, number)
            found += self.detector.hear(at, STEP, loud=loud, raised=raised, worded=self._worded, whose=self._whose)
        self._past.append((window, level))
        stands_out = any(loud for loud, _ in heard)
        sound = Heard(window.at, window.end, self._power * window.width, stands_out, self._worded, self._whose)
        return sound, found

    def _seek_words(self, window: Window, level: float) -> None:
        if window.at >= self._awake_until:
            self._awake, self._worded, self._since, self._whose = False, False, None, Whose.OWN
            return
        if not self._awake:
            self._awake = True
            for past, its_level in self._past:
                self._words.likely(past.samples, its_level)
        likely = self._words.likely(window.samples, level)
        self._worded = likely >= (_WORD_GOES_ON if self._worded else _WORD)

    def _compare(self, step: int, window: Window, number: int) -> None:
        """Learn whose voice it is."""
        before = self._past[-1][0].samples if self._past and self._past[-1][0].end == window.at else None
        if number:
            samples = window.samples
        elif before is not None:
            samples = np.concatenate([before[_STEP_SAMPLES:], window.samples[:_STEP_SAMPLES]])
        else:
            samples = np.concatenate([np.zeros(_STEP_SAMPLES, dtype=np.float32), window.samples[:_STEP_SAMPLES]])
        noise = self.floor.level if self.floor.level is not None else _SILENCE
        power = power_spectrum(samples)
        if number:
            self._power = weighted(power)
        self.crosstalk.hear(self.file, step, spectrum_of(power), worded=self._worded, noise=noise)
        if self._worded:
            if self._since is None or (step - self._last_word) * STEP > self.floor.ear.pause:
                self._since = step
            self._last_word = step
        if self._since is not None and step - self._asked >= _ASKED_EVERY:
            self._asked = step
            self._whose = self.crosstalk.whose(self.file, step, self._since - _ASKED_EVERY)

    def pass_time(self, now: int) -> list[SpeechHeard | SpeechFaded]:
        """Nothing more was heard up to `now`: speech may have ended."""
        return self.detector.pass_time(now)

    @property
    def over(self) -> bool:
        """Whether nothing more can be heard."""
        return super().over and self.detector.silent


@dataclass
class Listening:
    """All sounds of a take. Speech is sought in those of microphones, not in a shared screen's.

    How loud each is, is told to `mastering`.
    """

    folder: Path
    start_us: Callable[[str], int | None]
    ear: Ear
    decoding: Decoding = field(default_factory=Decoding)
    mastering: Mastering | None = None
    late_from: int | None = None  # µs of room time: from here on something was on disk too late to be heard
    _sounds: dict[str, _Sound] = field(default_factory=dict)
    _ahead: list[tuple[int, int, Window, _Sound]] = field(default_factory=list)
    _crosstalk: Crosstalk = field(default_factory=Crosstalk)

    def open(self, event: FileOpened) -> None:
        """Listen to a new audio file. Raises OSError when it is missing."""
        file, screen = event.file, event.source == "screen_share_audio"
        if screen and self.mastering is None:
            return
        reader = AudioReader(self.folder / file, sealed=event.encrypted, decoding=self.decoding, name=file)
        if self.mastering is not None:
            whole = screen or event.participant.startswith(RENDER_IDENTITY)  # a page with any sound, or a mixed room
            self.mastering.open(file, event.participant, voice=not whole)
        if screen:
            self._sounds[file] = _Sound(file, reader, lambda: self.start_us(file))
            return
        self._sounds[file] = _Microphone(
            *(file, reader, lambda: self.start_us(file)),
            detector=SpeechDetector(event.participant, self.ear),
            floor=NoiseFloor(self.ear),
            crosstalk=self._crosstalk,
        )

    def mend(self, file: str, mending: Mending) -> None:
        """A file's clock did not run with time: what it holds belongs elsewhere."""
        if sound := self._sounds.get(file):
            sound.reader.mend(mending)

    def close(self, event: FileClosed) -> None:
        """Nothing more comes in that file."""
        if sound := self._sounds.get(event.file):
            sound.closed = True

    def listen(self, until: int) -> list[SpeechHeard | SpeechFaded]:
        """What is known of speech at `until` (µs of room time) and was not before; in order of `at`.

        Windows are taken in order of time, whosever they are, so that what is said of one microphone may depend on
        what others heard before, and on nothing else.
        """
        for number, sound in enumerate(self._sounds.values()):
            self._ahead += [(each.end, number, each, sound) for each in sound.read(until)]
        self._ahead.sort(key=lambda each: each[:2])
        found: list[SpeechHeard | SpeechFaded] = []
        taken = 0
        for end, _, window, sound in self._ahead:
            if end > until:
                break
            heard, speech = sound.hear(window)
            found += speech
            if self.mastering is not None:
                self.mastering.hear(sound.file, heard)
            taken += 1
        del self._ahead[:taken]
        for sound in self._sounds.values():
            found += sound.pass_time(until)
            late, origin = sound.reader.punctuality.late, sound.start_us()
            if self.late_from is None and late is not None and origin is not None:
                self.late_from = origin + late * 1000
        for file in [file for file, sound in self._sounds.items() if sound.over]:
            self._sounds.pop(file).reader.close()
            self._crosstalk.forget(file)
            if self.mastering is not None:
                self.mastering.close(file, until)
        return sorted(found, key=lambda event: event.at)

    def finish(self) -> None:
        """Close all files."""
        for sound in self._sounds.values():
            sound.reader.close()
        self._sounds.clear()
