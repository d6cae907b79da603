"""Who speaks, heard from a track's loudness and from what sounds like words: a pure decision for every few ms.

Loudness finds where a sound begins; whether it is words is told by whoever listens (`composer.words`), and so is
whether they are another's, who was heard through the call or across a room (`crosstalk`). A cough and a slammed door
are loud, but no words; a "yes" is a word, but short. So a *spurt* counts as speech once it is long enough, loud for
much of its time and worded for a part of it, and lasts until no word has been heard for a while. Both things are said
with the time at which they are known, so that whoever decides on them needs no more hindsight than that.

Nothing here is measured against full scale: a microphone is as loud as it is, and what counts is how far a sound
stands out from that microphone's own noise.
"""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from reelroom.takes.events import SpeechFaded, SpeechHeard


class Whose(Enum):
    """Whose voice a microphone has heard of late."""

    OWN = "own"
    DOUBTED = "doubted"  # it resembles another's; it is certain in a moment
    ANOTHERS = "another's"


@dataclass(frozen=True)
class Ear:
    """What counts as speech; levels in dB, times in µs."""

    above_noise: float = 7.0  # speech stands out from the track's own noise by so much
    edge: float = 5.5  # a spurt reaches back to where sound stood out by so much, as a soft consonant does
    reach: int = 300_000  # but not further back than this before the first word
    closure: int = 40_000  # and over no longer stop than this, as there is in a "t"
    least_noise: float = -76.0  # below full scale; digital silence is taken for noise as faint as this
    loudest_noise: float = -30.0  # noise is never taken to be louder: a long steady voice stays a voice
    noise_rise: float = 3.0  # dB a second by which the noise may seem to rise
    noise_fall: float = 30.0  # and to fall
    pause: int = 400_000  # this long without a word ends a spurt
    least: int = 600_000  # a spurt shorter than this is no speech
    density: float = 0.4  # share of a spurt that must be loud
    worded: float = 0.45  # share of a spurt that must be words
    mostly: float = 0.57  # and of the shortest spurt this share, however long it is
    fresh: int = 200_000  # of what turns out to be another's voice, the last of it may be one's own already
    doubt: int = 640_000  # what turns out to be another's voice has been it for so long


class _Step(NamedTuple):
    at: int
    end: int
    loud: bool
    raised: bool  # above the noise, though not loud
    worded: bool


@dataclass
class NoiseFloor:
    """The level of a track's own noise, followed as it rises and falls."""

    ear: Ear
    level: float | None = None

    def hear(self, level: float, lasting: int) -> tuple[bool, bool]:
        """Whether a level (dB) that lasts so long (µs) is loud, and whether it is raised."""
        ear = self.ear
        noise = level if self.level is None else self.level
        fall, rise = (slope * lasting / 1_000_000 for slope in (ear.noise_fall, ear.noise_rise))
        noise = max(noise - fall, min(level, noise + rise), ear.least_noise)
        self.level = noise = min(noise, ear.loudest_noise)
        return level >= noise + ear.above_noise, level >= noise + ear.edge


@dataclass
class SpeechDetector:
    """One track's sound in, its speech out, in order of time."""

    participant: str
    ear: Ear = field(default_factory=Ear)
    _recent: deque[_Step] = field(default_factory=deque)  # what a spurt may be made of; empty while there is speech
    _began: int | None = None  # of the speech under way
    _last_word: int = 0  # the end of the last worded step of it
    _anothers: bool = False  # what is heard now

    @property
    def silent(self) -> bool:
        """Whether no speech is under way."""
        return self._began is None

    def hear(
        self, at: int, lasting: int, *, loud: bool, raised: bool, worded: bool, whose: Whose = Whose.OWN
    ) -> list[SpeechHeard | SpeechFaded]:
        """Take what [at, at + lasting), µs, is like, and whose voice it seems to be."""
        found = self.pass_time(at)
        step = _Step(at, at + lasting, loud, raised, loud and worded)
        if self._began is not None:
            return found + self._go_on(step, whose)
        self._recent.append(step)
        while step.end - self._recent[0].at > self.ear.least + self.ear.pause:
            self._recent.popleft()
        if whose is Whose.ANOTHERS:
            self._disown(step.end)
        if step.worded and whose is Whose.OWN and (began := self._spurt()) is not None:
            self._began, self._last_word, self._anothers = began, step.end, False
            self._recent.clear()
            found.append(SpeechHeard(at=step.end, participant=self.participant, began=began))
        return found

    def _go_on(self, step: _Step, whose: Whose) -> list[SpeechHeard | SpeechFaded]:
        """Speech is under way: it lasts while its own words do."""
        assert self._began is not None
        if whose is Whose.ANOTHERS and not self._anothers:
            # They have stopped, and the other was taken for them since.
            self._last_word = max(self._began, min(self._last_word, step.end - self.ear.doubt))
        self._anothers = whose is Whose.ANOTHERS
        if step.worded and not self._anothers:
            self._last_word = step.end
        return self.pass_time(step.end) if self._anothers else []

    def _disown(self, now: int) -> None:
        """What was heard is another's voice, but for the last of it."""
        for index, step in enumerate(self._recent):
            if step.raised and step.end <= now - self.ear.fresh:
                self._recent[index] = step._replace(loud=False, raised=False, worded=False)

    def _spurt(self) -> int | None:
        """When the spurt began that goes on now, if it counts as speech."""
        ear, end = self.ear, self._recent[-1].end
        word = began = end  # where its first word and its first sound are
        loud = worded = 0
        for step in reversed(self._recent):
            if step.worded and word - step.end <= ear.pause:
                word = began = step.at
            elif step.raised and word - step.at <= ear.reach and began - step.end <= ear.closure:
                began = step.at
            elif word - step.end > ear.pause:
                break
        for step in self._recent:
            if step.at >= began:
                loud += step.loud and step.end - step.at
                worded += step.worded and step.end - step.at
        length = end - began
        enough = worded >= max(ear.worded * length, ear.mostly * ear.least)
        return began if length >= ear.least and loud >= ear.density * length and enough else None

    def pass_time(self, now: int) -> list[SpeechHeard | SpeechFaded]:
        """Nothing was heard up to `now` (a muted or discontinuous track sends nothing)."""
        if self._began is None or now - self._last_word < self.ear.pause:
            return []
        self._began = None
        ended = self._last_word
        known = now if self._anothers else ended + self.ear.pause
        self._anothers = False
        return [SpeechFaded(at=known, participant=self.participant, ended=ended)]


@dataclass
class Talkers:
    """Who speaks at a moment, as the cuts and the turns have it; moments do not decrease."""

    _spans: dict[str, list[tuple[int, int | None]]] = field(default_factory=dict)  # until None: still speaking

    def feed(self, event: SpeechHeard | SpeechFaded) -> None:
        """Take note of one event."""
        spans = self._spans.setdefault(event.participant, [])
        if isinstance(event, SpeechHeard):
            spans.append((event.began, None))
        elif spans:
            spans[-1] = spans[-1][0], event.ended

    def at(self, moment: int) -> set[str]:
        """Those who speak at `moment` (µs)."""
        for spans in self._spans.values():
            while spans and (ended := spans[0][1]) is not None and ended <= moment:
                del spans[0]
        return {who for who, spans in self._spans.items() if spans and spans[0][0] <= moment}
