"""The sound of a film of several ranges: as each is heard, and faded from one into the next."""

from collections.abc import Callable

import numpy as np

from reelroom.composer.laying import FADE
from reelroom.composer.reading import SAMPLE_RATE, Samples


class SplicedSound:
    """Asked for the sound of picture after picture.

    `sound` gives samples [start, start + n), counted at 48 kHz from `origin` (µs of room time); `rate` is in pictures
    a second.
    """

    def __init__(self, sound: Callable[[int, int], Samples], origin: int, rate: int) -> None:
        self._sound = sound
        self._origin = origin
        self._each = SAMPLE_RATE // rate
        self._next = 0
        self._tail: Samples | None = None  # of the range before

    def leave(self) -> None:
        """What comes next is not kept: what is heard of it fades out under the next range."""
        if self._tail is None:
            self._tail = self._sound(self._next, min(FADE, self._each))

    def at(self, moment: int) -> Samples:
        """The sound of the picture of `moment`, µs of room time: shape (2, n)."""
        if self._tail is not None:
            self._next = (moment - self._origin) * SAMPLE_RATE // 1_000_000
        samples = self._sound(self._next, self._each)
        self._next += self._each
        if self._tail is not None:
            count = self._tail.shape[1]
            rising = np.sin(np.linspace(0, np.pi / 2, count, dtype=np.float32))  # as loud in the middle
            samples = samples.copy()
            samples[:, :count] = samples[:, :count] * rising + self._tail * rising[::-1]
            self._tail = None
        return samples
