"""How far sound and picture of a film are apart, at every flash with its beep."""

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

RATE = 48_000


@dataclass(frozen=True)
class Beat:
    """A beep at `heard` s of the film, and the flash that belongs to it at `seen` s."""

    heard: float
    seen: float

    @property
    def apart_ms(self) -> float:
        """Sound minus picture: positive when the sound is late."""
        return (self.heard - self.seen) * 1000


def onsets_of_light(times: NDArray[np.float64], brightness: NDArray[np.float64]) -> list[float]:
    """When a picture goes from dark to bright. A picture stands for the time that it is shown: its middle counts."""
    bright = brightness > 130
    starts = np.flatnonzero(bright[1:] & ~bright[:-1]) + 1
    return [float(times[index]) for index in starts]


def onsets_of_sound(sound: NDArray[np.float32], hertz: float = 2000.0) -> list[float]:
    """When the tone sets in, to a ms: where its envelope passes a third of its full height."""
    moments = np.arange(sound.shape[-1]) / RATE
    mixed = sound * np.exp(-2j * np.pi * hertz * moments)
    width = RATE // 500  # 2 ms: whole waves
    envelope = 2 * np.abs(np.convolve(mixed, np.ones(width) / width, mode="same"))
    loud = envelope > 0.33 * 0.5
    starts = np.flatnonzero(loud[1:] & ~loud[:-1]) + 1
    found: list[float] = []
    for index in starts:
        at = index / RATE
        held = loud[index : index + RATE // 20].mean() > 0.8
        quiet_before = envelope[max(0, index - RATE // 4) : max(0, index - RATE // 50)]
        if held and (quiet_before.size == 0 or quiet_before.max() < 0.165):
            found.append(at)
    return found


def beats_of(path: Path) -> list[Beat]:
    """All flashes that have a beep within half a second, in order."""
    times, brightness, sounds = [], [], []
    with av.open(str(path)) as container:
        for frame in container.decode(container.streams.video[0], container.streams.audio[0]):
            if isinstance(frame, av.VideoFrame):
                times.append(float(frame.pts * frame.time_base))
                plane = np.frombuffer(bytes(frame.planes[0]), np.uint8).reshape(-1, frame.planes[0].line_size)
                middle = plane[frame.height // 4 : frame.height // 2, frame.width // 4 : frame.width * 3 // 4]
                brightness.append(float(middle[::4, ::4].mean()))
            elif isinstance(frame, av.AudioFrame):
                sounds.append(frame.to_ndarray()[0])
    seen = onsets_of_light(np.array(times), np.array(brightness))
    heard = onsets_of_sound(np.concatenate(sounds))
    pairs = []
    for flash in seen:
        nearest = min(heard, key=lambda beep: abs(beep - flash), default=None)
        if nearest is not None and abs(nearest - flash) < 0.5:
            pairs.append(Beat(nearest, flash))
    return pairs
