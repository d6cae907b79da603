"""How loud each sound of a film is to be, and all of them together, from what is heard a moment ahead.

The gains of a moment depend on what is heard up to a fixed time after it, in order of time, and on nothing else: not
on what else is on disk, nor on how often they are asked for. So a film that follows a room, one that is made later,
and one that is begun anew after a kill have the same sound to the last bit.
"""

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from reelroom.composer.levelling import GRID, Heard, Leveller, Loudness, ScreenLeveller, VoiceLeveller
from reelroom.composer.loudness import lufs

Gains = NDArray[np.float32]

_AT_HAND = 160_000  # µs after a moment whose gains are asked for with it: a picture's length, and what a limiter sees
_HINDSIGHT_TO_GATE = 300_000  # µs by which a sound must be known before it is there
_KEPT = 2_000_000  # µs of gains
_TOGETHER = 2.0  # LU by which 400 ms of all together may be louder than the film
_TURNED_DOWN, _TURNED_UP = 20.0, 8.0  # dB a second, where they are louder
_LONGEST = 60_000_000  # µs; a pause longer than this is not gone through step by step


@dataclass
class _Curve:
    """A gain over time: in between, it moves straight."""

    times: deque[int] = field(default_factory=deque)  # µs of room time
    gains: deque[float] = field(default_factory=deque)

    def add(self, moment: int, decibels: float) -> None:
        self.times.append(moment)
        self.gains.append(10 ** (decibels / 20))
        while self.times[0] < moment - _KEPT:
            self.times.popleft()
            self.gains.popleft()

    def at(self, moments: NDArray[np.int64]) -> Gains:
        if not self.times:
            return np.ones(len(moments), dtype=np.float32)
        return np.interp(moments, self.times, self.gains).astype(np.float32)


@dataclass
class _Sound:
    leveller: Leveller
    curve: _Curve = field(default_factory=_Curve)
    over: int | None = None  # µs; from then on nothing is heard of it


class Mastering:
    """Told what is heard of each file, then up to when everything was; asked for gains of about `look_ahead` before.

    `target` is the loudness of the film in LUFS, `look_ahead` in µs.
    """

    def __init__(self, target: float, look_ahead: int) -> None:
        self._target = target
        self._hindsight = max(0, look_ahead - _AT_HAND)
        self._sounds: dict[str, _Sound] = {}
        self._known: dict[tuple[str, bool], Loudness] = {}  # of participants' voices, and of their screens
        self._heard: deque[tuple[str, Heard]] = deque()  # not yet told to the levellers
        self._next: int | None = None  # the next moment that is decided
        self._together = 0.0  # dB
        self._curve = _Curve()

    def open(self, file: str, participant: str, *, voice: bool) -> None:
        """A new file; what is known of the same participant's voice, or of their screen, goes on."""
        leveller: Leveller
        if voice:
            leveller = VoiceLeveller(self._target, gates=self._hindsight >= _HINDSIGHT_TO_GATE)
        else:
            leveller = ScreenLeveller(self._target)
        leveller.loudness = self._known.setdefault((participant, voice), leveller.loudness)
        self._sounds[file] = _Sound(leveller)

    def close(self, file: str, moment: int) -> None:
        """Nothing more is heard of a file from `moment` (µs of room time) on."""
        if sound := self._sounds.get(file):
            sound.over = moment

    def hear(self, file: str, heard: Heard) -> None:
        """Something is heard of a file; in order of its end, whichever file it is."""
        self._heard.append((file, heard))

    def decide(self, until: int) -> None:
        """All that is heard up to `until` (µs of room time) was told."""
        if self._next is None:
            if not self._heard:
                return
            self._next = (self._heard[0][1].end - self._hindsight) // GRID * GRID
        self._next = max(self._next, (until - self._hindsight - _LONGEST) // GRID * GRID)
        while self._next + self._hindsight <= until:
            self._tell(self._next + self._hindsight)
            self._decide(self._next)
            self._next += GRID

    def _tell(self, until: int) -> None:
        while self._heard and self._heard[0][1].end <= until:
            file, heard = self._heard.popleft()
            if file in self._sounds:
                self._sounds[file].leveller.hear(heard)

    def _decide(self, moment: int) -> None:
        for file in [name for name, each in self._sounds.items() if each.over and each.over < moment - _KEPT]:
            del self._sounds[file]
        power = 0.0
        for sound in self._sounds.values():
            gain = sound.leveller.gain_at(moment)
            sound.curve.add(moment, gain)
            power += sound.leveller.blocks.around(moment) * 10 ** (gain / 10)
        wanted = min(0.0, self._target + _TOGETHER - lufs(power))
        down, up = (speed * GRID / 1_000_000 for speed in (_TURNED_DOWN, _TURNED_UP))
        self._together = min(self._together + up, max(self._together - down, wanted))
        self._curve.add(moment, self._together)

    def gains(self, file: str, moments: NDArray[np.int64]) -> Gains:
        """What each sample of a file is multiplied by, at moments in µs of room time."""
        sound = self._sounds.get(file)
        together = self._curve.at(moments)
        return together if sound is None else sound.curve.at(moments) * together
