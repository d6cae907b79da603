"""Whose voice a microphone hears: its own speaker's, or another's, through the call or across a room.

A voice that reaches a second microphone arrives there fainter, later and dulled, but with the same rise and fall in
each band of frequencies. Two people who talk at once have nothing of the kind in common. So what a microphone heard
of late is laid beside what the others heard, at each lag that a call or a room may have, and where they are alike it
is one voice. It belongs to whom it reached first; within the time that sound takes across a room (which is shorter
than the clocks of two computers are alike) it belongs to whose microphone heard it better. Who then talks into a
voice that reaches their microphone is louder there than that voice has been.

Measured on staged meetings (`bench/situations.py`): one voice in two microphones is alike by 0.8 to 0.95, whatever
the level and the echo; two voices by 0.3 as a rule, by 0.67 once in a hundred, never by 0.8.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from reelroom.cutting.speech import Whose

STEP = 16_000  # µs between two spectra
BANDS = 14

Spectrum = NDArray[np.float32]  # dB in each band, shape (BANDS,)

_KEPT = 128  # steps, two seconds
_LEAST, _MOST = 24, 40  # steps that are compared: how many, at least and at most
_SETTLED = 4  # steps that pass before any other microphone's sound of a moment is surely there
_SOONER, _LATER = 2, 26  # steps by which the other's may lie after and before it: clocks, and an echo's way
_ECHO = 3  # steps; what comes so much later has come through the call
_DEPTH = 30.0  # dB below the loudest; what is fainter tells nothing
_ALIKE, _RESEMBLES = 0.75, 0.6
_KNOWN_LAG = 1  # steps by which a lag may differ from the last one
_SPREAD = 8.0  # dB; two speakers of one room are told apart once their levels differ by so much
_LEAN = 6.0  # dB; before, the one microphone is taken to be louder by no more than this
_OVER = 6.0  # dB; one's own words stand out so far from another's voice in one's microphone
_AT_ONCE = 10  # steps in which that shows
_ABSENT = -120.0


@dataclass
class _Heard:
    """What a microphone heard in the last two seconds; a place for each step, used in turn."""

    spectra: NDArray[np.float32] = field(default_factory=lambda: np.full((_KEPT, BANDS), _ABSENT, dtype=np.float32))
    words: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(_KEPT, dtype=np.bool_))
    noise: float = _ABSENT  # dB
    last: int = -1  # step

    def put(self, step: int, spectrum: Spectrum, worded: bool, noise: float) -> None:
        if step <= self.last - _KEPT:
            return
        for missed in range(max(self.last + 1, step - _KEPT + 1), step):
            self.spectra[missed % _KEPT], self.words[missed % _KEPT] = _ABSENT, False
        self.spectra[step % _KEPT], self.words[step % _KEPT] = spectrum, worded
        self.noise, self.last = noise, max(self.last, step)

    def between(self, start: int, end: int) -> NDArray[np.float32]:
        """The spectra of steps [start, end), shape (end - start, BANDS)."""
        steps = np.arange(start, end)
        there = (steps > self.last - _KEPT) & (steps <= self.last) & (steps >= 0)
        return np.where(there[:, None], self.spectra[steps % _KEPT], np.float32(_ABSENT))

    def speaks(self, start: int, end: int) -> bool:
        """Whether a quarter of these steps are words."""
        steps = np.arange(max(0, start, self.last - _KEPT + 1), min(end, self.last + 1))
        return int(self.words[steps % _KEPT].sum()) * 4 >= end - start


@dataclass
class _Pair:
    """What is known of one microphone's voice in another."""

    lag: int | None = None  # steps, of the last time they were alike
    difference: float | None = None  # dB in level, of the last time it was the other's voice
    resembled: int | None = None  # the lag at which they were nearly so when last asked
    lowest: float | None = None  # dB, of the differences in level between them when they heard one voice
    highest: float | None = None


@dataclass
class Crosstalk:
    """All microphones of a room; told what each hears in order of time."""

    _heard: dict[str, _Heard] = field(default_factory=dict)
    _pairs: dict[tuple[str, str], _Pair] = field(default_factory=dict)

    def hear(self, microphone: str, step: int, spectrum: Spectrum, *, worded: bool, noise: float) -> None:
        """Take what a microphone heard in the step that begins at `step * STEP` µs; `noise` is its own, in dB."""
        self._heard.setdefault(microphone, _Heard()).put(step, spectrum, worded, noise)

    def forget(self, microphone: str) -> None:
        """It is there no more."""
        self._heard.pop(microphone, None)
        for pair in [pair for pair in self._pairs if microphone in pair]:
            del self._pairs[pair]

    def whose(self, microphone: str, now: int, since: int) -> Whose:
        """Whose voice a microphone heard up to the step `now`; no more than from the step `since` on counts."""
        end = now - _SETTLED
        start = max(since, end - _MOST)
        if end - start < _LEAST:
            return Whose.OWN
        ours = self._heard[microphone]
        found = Whose.OWN
        for name, theirs in self._heard.items():
            if name == microphone or not theirs.speaks(start - _LATER, end):
                continue
            pair = self._pairs.setdefault((microphone, name), _Pair())
            answer = self._of_pair(pair, ours, theirs, start, end)
            if answer is Whose.ANOTHERS:
                return answer
            if answer is Whose.DOUBTED:
                found = answer
        return found

    def _of_pair(self, pair: _Pair, ours: _Heard, theirs: _Heard, start: int, end: int) -> Whose:
        if self._talks_over(pair, ours, theirs, start, end):
            pair.resembled = None
            return Whose.OWN
        likeness, lag = _likeness(ours.between(start, end), theirs.between(start - _LATER, end + _SOONER))
        before, pair.resembled = pair.resembled, lag if likeness >= _RESEMBLES else None
        if pair.resembled is None:
            return Whose.OWN
        known = [each for each in (before, pair.lag) if each is not None]
        sure = likeness >= _ALIKE and any(abs(lag - each) <= _KNOWN_LAG for each in known)
        difference = _level(ours.between(start, end)) - _level(theirs.between(start - lag, end - lag))
        if lag >= _ECHO:
            verdict = Whose.ANOTHERS
        else:
            verdict = Whose.ANOTHERS if difference < self._midst(pair, difference, ours, theirs) else Whose.OWN
        if not sure:
            return Whose.DOUBTED if verdict is Whose.ANOTHERS else Whose.OWN
        pair.lag = lag
        if verdict is Whose.ANOTHERS:
            pair.difference = difference
        return verdict

    def _talks_over(self, pair: _Pair, ours: _Heard, theirs: _Heard, start: int, end: int) -> bool:
        """Whether a microphone that hears another's voice now hears one that is louder in it."""
        if pair.lag is None or pair.difference is None:
            return False
        late = end + _SETTLED - max(0, -pair.lag)
        now = _level(ours.between(late - _AT_ONCE, late))
        difference = now - _level(theirs.between(late - pair.lag - _AT_ONCE, late - pair.lag))
        return difference > pair.difference + _OVER and now > _level(ours.between(start, end)) - _OVER / 2

    def _midst(self, pair: _Pair, difference: float, ours: _Heard, theirs: _Heard) -> float:
        """The difference in level (dB) below which a voice in a room is the other's."""
        pair.lowest = difference if pair.lowest is None else min(pair.lowest, difference)
        pair.highest = difference if pair.highest is None else max(pair.highest, difference)
        if pair.highest - pair.lowest >= _SPREAD:
            return (pair.highest + pair.lowest) / 2
        # Who speaks into a louder microphone than the other's is told by the noise of the room in both.
        return float(np.clip((ours.noise - theirs.noise) / 2, -_LEAN, _LEAN))


def _level(spectra: NDArray[np.float32]) -> float:
    """The level (dB) of what is loud in them."""
    power = np.power(10, spectra / 10).mean(axis=1)
    return float(10 * np.log10(max(float(np.sort(power)[-len(power) // 2 :].mean()), 1e-12)))


def _likeness(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> tuple[float, int]:
    """How alike (at most 1) ours is to theirs at the best lag, and that lag (steps; ours is so much later)."""
    length = len(ours)
    here = _shape(ours[None])[0].ravel()
    there = np.lib.stride_tricks.sliding_window_view(theirs, length, axis=0).transpose(0, 2, 1)
    shapes = _shape(there).reshape(len(there), -1)
    norms = np.linalg.norm(shapes, axis=1) * np.linalg.norm(here)
    likeness = shapes @ here / np.maximum(norms, 1e-6)
    best = int(likeness.argmax())
    return float(likeness[best]), _LATER - best


def _shape(spectra: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rise and fall in each band, without what is faint and without the level; shape (n, steps, bands)."""
    clear = np.maximum(spectra, spectra.max(axis=(1, 2), keepdims=True) - _DEPTH)
    rise: NDArray[np.float32] = clear - clear.mean(axis=1, keepdims=True)
    return rise
