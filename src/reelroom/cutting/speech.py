"""Who speaks, heard from a track's loudness and voicing: a pure decision every 20 ms.

Loudness finds where a sound begins; voicing, the hum of vocal cords, tells whether it is speech. A cough, a slammed
door, breath and a keyboard are loud, but noise; a "yes" is voiced, but short. So a *spurt* counts as speech once it
is long enough, loud for much of its time and voiced for a part of it, and lasts until nothing voiced has been heard
for a while. Both things are said with the time at which they are known, so that whoever decides on them needs no
more hindsight than that.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from reelroom.takes.events import SpeechFaded, SpeechHeard

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
