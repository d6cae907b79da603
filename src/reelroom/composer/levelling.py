"""How much one sound of a film is turned up or down over time: a pure decision for every few ms.

A microphone's voice is brought to one loudness, however far somebody sits from it. What is measured is their speech,
over seconds of it; so within a sentence nothing moves that one could hear. Only speech is turned up: what else stands
out from the noise, a laugh or a knock, is at most as loud as it was sent, and where nothing does, the noise is turned
down, from well after a sound until well before the next, which is known by then.

A shared screen's sound was mastered by whoever made it, and its soft passages are meant: it is turned as a whole,
slowly, and not up by much.
"""

from collections import deque
from dataclasses import dataclass, field

from reelroom.composer.loudness import lufs
from reelroom.cutting.speech import Whose

GRID = 32_000  # µs between two decisions
_BLOCK = 13  # windows of 32 ms that a loudness is measured over: BS.1770's 400 ms
_OVERLAP = 3  # a block begins every so many windows
_GATE = 10.0  # LU below the loudness so far at which a block is a pause (BS.1770, annex 1)
_SEAM = 4_000  # µs; windows no further apart than this follow each other

# A voice; levels in dB, times in µs.
_MOST_UP, _MOST_DOWN = 36.0, 20.0
_SPEECH_REMEMBERED = 100  # blocks: ten seconds of somebody's speech
_RISES, _FALLS = 3.0, 6.0  # dB a second, within speech
_FIRST = 20  # blocks, two seconds, of which the loudness is a guess: then it is mended twice as fast
_WORDED = 9  # windows of a block that are words, where it counts as speech
_RUN, _OF = 4, 8  # windows that must be words, of the last
_LEAD, _TAIL = 300_000, 500_000  # before the first word and after the last that belong to speech
_BEFORE, _RINGS = 150_000, 400_000  # and the same of other sounds
_DOUBT = 640_000  # what turns out to be another's voice has been it for so long
_NOISE = 18.0  # by which noise alone is turned down
_OPENS, _CLOSES = 200.0, 40.0  # dB a second

# A shared screen.
_SCREEN_REMEMBERED = 300  # blocks: half a minute
_SCREEN_UP, _SCREEN_DOWN = 6.0, 20.0
_SCREEN_MOVES = 1.0  # dB a second
_AUDIBLE = -55.0  # LUFS; what is softer says nothing of how loud the sound is

_STEP = GRID / 1_000_000  # s


@dataclass(frozen=True)
class Heard:
    """32 ms of a sound: [at, end) in µs of room time; `power` is K-weighted, the sum of both channels, 0: unknown."""

    at: int
    end: int
    power: float
    stands_out: bool = True  # from the noise
    worded: bool = False
    whose: Whose = Whose.OWN


@dataclass
class _Spans:
    """Stretches of time, [begin, end) in µs, in order."""

    _spans: deque[tuple[int, int]] = field(default_factory=deque)

    def add(self, begin: int, end: int) -> None:
        """One more; it may reach into the last one."""
        if self._spans and begin <= self._spans[-1][1]:
            begin = min(begin, self._spans.pop()[0])
        self._spans.append((begin, end))

    def end_before(self, moment: int) -> None:
        """What lies after `moment` was none."""
        while self._spans and self._spans[-1][1] > moment:
            begin, _ = self._spans.pop()
            if begin < moment:
                self._spans.append((begin, moment))

    def touch(self, begin: int, end: int) -> bool:
        """Whether there is one in [begin, end); `begin` does not decrease, and what lies before it is forgotten."""
        while self._spans and self._spans[0][1] <= begin:
            self._spans.popleft()
        return bool(self._spans) and self._spans[0][0] < end


@dataclass
class Loudness:
    """How loud (LUFS) a sound was over its last `most` blocks; None before the first."""

    most: int
    level: float | None = None
    blocks: int = 0
    _passed: int = 0  # blocks in a row that were too soft to count

    def take(self, block: float) -> None:
        """One more block of 400 ms."""
        if self.level is None or self._passed >= self.most // 3:  # somebody has moved away from their microphone
            self.level, self.blocks, self._passed = block, 1, 0
        elif block < self.level - _GATE:
            self._passed += 1
        else:
            self.blocks, self._passed = min(self.blocks + 1, self.most), 0
            # Of levels, not of powers: somebody who shouts for a second is not turned down for the next ten.
            self.level += (block - self.level) / self.blocks


@dataclass
class _Blocks:
    """The windows of the last 400 ms."""

    windows: deque[Heard] = field(default_factory=lambda: deque(maxlen=_BLOCK))
    _taken: int = 0  # since the last block
    _means: deque[tuple[int, float]] = field(default_factory=deque)  # the ends of windows, the mean power up to them

    def take(self, heard: Heard) -> float | None:
        """One more window; every _OVERLAP windows, the mean power of the block that it ends."""
        if self.windows and abs(heard.at - self.windows[-1].end) > _SEAM:
            self.windows.clear()
        self.windows.append(heard)
        mean = sum(window.power for window in self.windows) / _BLOCK
        self._means.append((heard.end, mean))
        self._taken += 1
        if len(self.windows) < _BLOCK or self._taken < _OVERLAP:
            return None
        self._taken = 0
        return mean

    def around(self, moment: int) -> float:
        """The mean power of the 400 ms around `moment` (µs), as far as it is known; moments do not decrease."""
        end = moment + _BLOCK * GRID // 2
        while len(self._means) > 1 and self._means[1][0] <= end:
            self._means.popleft()
        if not self._means or not end - 2 * GRID < self._means[0][0] <= end:
            return 0.0
        return self._means[0][1]


@dataclass
class VoiceLeveller:
    """A microphone's gain. Fed what is heard in order, and asked for every GRID µs in turn, which lie before that."""

    target: float  # LUFS
    gates: bool = True  # whether noise is turned down: only where a sound is known before it is there
    loudness: Loudness = field(default_factory=lambda: Loudness(_SPEECH_REMEMBERED))
    blocks: _Blocks = field(default_factory=_Blocks)
    _speech: _Spans = field(default_factory=_Spans)
    _sounds: _Spans = field(default_factory=_Spans)
    _talks: bool = False
    _lift: float | None = None  # dB, for speech; None until it is known
    _gain: float | None = None  # dB

    def hear(self, heard: Heard) -> None:
        """Take what is heard next."""
        mean = self.blocks.take(heard)
        if heard.stands_out:
            self._sounds.add(heard.at, heard.end)
        if heard.whose is Whose.ANOTHERS:
            self._speech.end_before(heard.end - _DOUBT)
        elif heard.worded:
            words = [window for window in list(self.blocks.windows)[-_OF:] if window.worded]
            if len(words) >= _RUN:
                self._speech.add(words[0].at, heard.end)
        if mean is not None and sum(w.worded and w.whose is Whose.OWN for w in self.blocks.windows) >= _WORDED:
            self.loudness.take(lufs(mean))

    def gain_at(self, moment: int) -> float:
        """By how much (dB) it is turned up at `moment`, µs of room time."""
        talks = self._speech.touch(moment - _TAIL, moment + _LEAD)
        sounds = self._sounds.touch(moment - _RINGS, moment + _BEFORE) or talks
        self._follow(goes_on=talks and self._talks)
        self._talks = talks
        lift = self._lift or 0.0
        wanted = lift if talks else min(lift, 0.0) - (_NOISE if self.gates and not sounds else 0.0)
        before = wanted if self._gain is None else self._gain
        self._gain = min(before + _OPENS * _STEP, max(before - _CLOSES * _STEP, wanted))
        return self._gain

    def _follow(self, *, goes_on: bool) -> None:
        """Learn what the voice needs: slowly where somebody is in the midst of speaking."""
        if self.loudness.level is None:
            return
        due = max(-_MOST_DOWN, min(_MOST_UP, self.target - self.loudness.level))
        if self._lift is None or not goes_on:
            self._lift = due
            return
        haste = 2 if self.loudness.blocks < _FIRST else 1
        rise, fall = haste * _RISES * _STEP, haste * _FALLS * _STEP
        self._lift = min(self._lift + rise, max(self._lift - fall, due))


@dataclass
class ScreenLeveller:
    """A shared screen's gain, fed and asked in the same way."""

    target: float  # LUFS
    loudness: Loudness = field(default_factory=lambda: Loudness(_SCREEN_REMEMBERED))
    blocks: _Blocks = field(default_factory=_Blocks)
    _gain: float | None = None  # dB

    def hear(self, heard: Heard) -> None:
        """Take what is heard next."""
        mean = self.blocks.take(heard)
        if mean is not None and (level := lufs(mean)) > _AUDIBLE:
            self.loudness.take(level)

    def gain_at(self, moment: int) -> float:
        """By how much (dB) it is turned up at `moment`, µs of room time."""
        if self.loudness.level is None:
            return 0.0
        due = max(-_SCREEN_DOWN, min(_SCREEN_UP, self.target - self.loudness.level))
        before = due if self._gain is None else self._gain
        self._gain = min(before + _SCREEN_MOVES * _STEP, max(before - _SCREEN_MOVES * _STEP, due))
        return self._gain


Leveller = VoiceLeveller | ScreenLeveller
