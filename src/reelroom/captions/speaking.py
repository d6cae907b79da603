"""What one microphone says, divided into what is understood together: it ends where its speaker pauses."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from reelroom.composer.words import RATE, WINDOW, Mono, Words
from reelroom.transcribing.speech import quietest

_BEGINS, _GOES_ON = 0.5, 0.35  # how likely words must be
_BEFORE = round(0.4 * RATE / WINDOW)  # windows of the time before, for a first consonant
_PAUSE = round(0.6 * RATE / WINDOW)  # windows without words that end it
_SHORTEST = round(0.16 * RATE)  # samples with words: less is a click
_LONGEST = 9 * RATE  # samples
_SEARCHED = 4 * RATE  # samples before the longest, in which a long one is divided
_FIRST = round(1.2 * RATE)  # samples that are understood at all
_GROWN = round(0.8 * RATE)  # samples by which one has grown until it is worth listening to again
_GONE = 1.0  # s without any sound, as from whoever mutes, that end it
_SILENCE = -120.0  # dB


@dataclass(frozen=True)
class Said:
    """A stretch of speech: mono sound at RATE, begun at `began` and heard up to `heard` (s, of whoever adds sound).

    `number` stays the same while it grows; `final` when it has ended.
    """

    number: int
    sound: Mono
    began: float
    heard: float
    final: bool


@dataclass
class Speaking:
    """One microphone; `likely` says how likely there are words in WINDOW samples of some level (dB)."""

    likely: Callable[[Mono, float], float] = field(default_factory=lambda: Words().likely)
    _rest: Mono = field(default_factory=lambda: np.zeros(0, dtype=np.float32))
    _before: list[Mono] = field(default_factory=list)
    _windows: list[Mono] = field(default_factory=list)
    _voiced: int = 0  # samples with words
    _silent: int = 0  # windows since the last word
    _number: int = 0
    _asked: int = 0  # samples of it that somebody has listened to
    _began: float = 0.0
    _heard: float = 0.0

    def add(self, sound: Mono, now: float) -> Iterator[Said]:
        """What has ended with this sound, which was heard by `now` (s)."""
        self._rest = np.concatenate([self._rest, sound])
        while len(self._rest) >= WINDOW:
            window, self._rest = self._rest[:WINDOW], self._rest[WINDOW:]
            self._heard = now - len(self._rest) / RATE
            yield from self._listen(window)

    def _listen(self, window: Mono) -> Iterator[Said]:
        power = float(np.square(window).mean())
        level = 10 * np.log10(power) if power > 0 else _SILENCE
        voiced = self.likely(window, max(level, _SILENCE)) >= (_GOES_ON if self._windows else _BEGINS)
        if not self._windows and not voiced:
            self._before = [*self._before[-_BEFORE + 1 :], window]
            return
        if not self._windows:
            self._number += 1
            self._windows, self._before = self._before, []
            self._began = self._heard - (len(self._windows) + 1) * WINDOW / RATE
            self._voiced = self._silent = self._asked = 0
        self._windows.append(window)
        self._voiced += WINDOW if voiced else 0
        self._silent = 0 if voiced else self._silent + 1
        if self._silent >= _PAUSE:
            yield from self._end()
        elif len(self._windows) * WINDOW >= _LONGEST:
            yield self._divide()

    def _end(self) -> Iterator[Said]:
        spoken = self._voiced >= _SHORTEST
        ended = self._said(final=True)
        self._before, self._windows = self._windows[-_BEFORE:], []
        if spoken:
            yield ended

    def _divide(self) -> Said:
        """The first part of what has become too long, up to its quietest moment; the rest goes on as another one."""
        searched = np.concatenate(self._windows)[-_SEARCHED:]
        first = len(self._windows) - (len(searched) - quietest(searched)) // WINDOW
        whole, self._windows = self._windows, self._windows[:first]
        ended = self._said(final=True)
        self._windows = whole[first:]
        self._number += 1
        self._began += first * WINDOW / RATE
        self._voiced, self._asked = len(self._windows) * WINDOW, 0
        return ended

    def so_far(self) -> Said | None:
        """What is being said; None where nothing is, or little more than when somebody asked last."""
        length = len(self._windows) * WINDOW
        if self._voiced < _SHORTEST or length < max(_FIRST, self._asked + _GROWN):
            return None
        self._asked = length
        return self._said(final=False)

    def pause(self, now: float) -> Iterator[Said]:
        """What has ended by `now` (s) because no sound comes any more."""
        if self._windows and now - self._heard > _GONE:
            yield from self._end()

    def _said(self, *, final: bool) -> Said:
        return Said(self._number, np.concatenate(self._windows), self._began, self._heard, final)
