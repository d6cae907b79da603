"""Microphones mixed to one: each has a short queue, and a tick takes as much of each as there is."""

import numpy as np

_LONGEST_MS = 200  # what a microphone may be behind before its oldest sound is dropped


class Mix:
    """16-bit mono at one rate (Hz); `frame` samples at a time."""

    def __init__(self, rate: int, frame: int) -> None:
        self._frame_bytes = 2 * frame
        self._longest = 2 * rate * _LONGEST_MS // 1000
        self._queues: dict[str, bytearray] = {}

    def add(self, track: str, sound: bytes) -> None:
        """What a microphone has sent."""
        queue = self._queues.setdefault(track, bytearray())
        queue += sound
        if len(queue) > self._longest:
            del queue[: len(queue) - self._longest]

    def remove(self, track: str) -> None:
        """A microphone is gone."""
        self._queues.pop(track, None)

    def take(self) -> bytes:
        """The next frame: silence where nobody sends; too loud a sum is cut off at full scale."""
        total = np.zeros(self._frame_bytes // 2, dtype=np.int32)
        for queue in self._queues.values():
            part = np.frombuffer(bytes(queue[: self._frame_bytes]), dtype="<i2")
            total[: len(part)] += part
            del queue[: self._frame_bytes]
        return np.clip(total, -32768, 32767).astype("<i2").tobytes()
