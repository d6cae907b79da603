"""Who speaks, heard from the loudness of a track: a pure decision every 20 ms.

A *spurt* begins with the first loud moment and lasts until it has been quiet for a while. It counts as speech
once it is long and dense enough: a cough is too short, a keyboard too sparse. Both things are said with the
time at which they are known, so that whoever decides on them needs no more hindsight than that.
"""

from dataclasses import dataclass, field

from reelroom.events import SpeechFaded, SpeechHeard

STEP = 20_000  # µs of sound behind each level


@dataclass(frozen=True)
class Ear:
    """What counts as speech; levels in dB below full scale, times in µs."""

    quietest: float = -50.0  # nothing below is speech, however quiet the room
    above_noise: float = 12.0  # speech stands out from the track's own noise by so much
    loudest_noise: float = -35.0  # noise is never taken to be louder: a long steady voice stays a voice
    noise_rise: float = 1.0  # dB a second by which the noise may seem to rise; it falls at once
    pause: int = 300_000  # silence that ends a spurt
    least: int = 600_000  # a spurt shorter than this is no speech
    density: float = 0.5  # share of a spurt that must be loud


@dataclass
class SpeechDetector:
    """One track's levels in, its speech out, in order of time."""

    participant: str
    ear: Ear = field(default_factory=Ear)
    _noise: float = 0.0
    _heard_any: bool = False
    _began: int | None = None
    _last_loud: int = 0  # the end of the last loud step
    _loud: int = 0  # µs of the spurt that were loud
    _confirmed: bool = False

    @property
    def silent(self) -> bool:
        """Whether no spurt is under way."""
        return self._began is None

    def hear(self, at: int, level: float, lasting: int = STEP) -> list[SpeechHeard | SpeechFaded]:
        """Take the level (dB) of [at, at + lasting), µs."""
        found = self.pass_time(at)
        ear = self.ear
        if self._heard_any:
            self._noise = min(level, self._noise + ear.noise_rise * lasting / 1_000_000, ear.loudest_noise)
        else:
            self._noise, self._heard_any = min(level, ear.loudest_noise), True
        if level < max(ear.quietest, self._noise + ear.above_noise):
            return found
        if self._began is None:
            self._began, self._loud, self._confirmed = at, 0, False
        self._last_loud = at + lasting
        self._loud += lasting
        length = self._last_loud - self._began
        if not self._confirmed and length >= ear.least and self._loud >= ear.density * length:
            self._confirmed = True
            found.append(SpeechHeard(at=self._last_loud, participant=self.participant, began=self._began))
        return found

    def pass_time(self, now: int) -> list[SpeechHeard | SpeechFaded]:
        """Nothing was heard up to `now` (a muted or discontinuous track sends nothing)."""
        if self._began is None or now - self._last_loud < self.ear.pause:
            return []
        ended = SpeechFaded(at=self._last_loud + self.ear.pause, participant=self.participant, ended=self._last_loud)
        confirmed, self._began = self._confirmed, None
        return [ended] if confirmed else []
