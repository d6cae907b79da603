"""How far sound and picture of a film are apart, at every beep and the numbered pictures about it."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

RATE = 48_000
LASTS = 0.2  # s; of each beep and flash
_SOON = 0.2  # s
_BLURRED = 0.03  # s; what a codec adds or takes at the end of a tone


@dataclass(frozen=True)
class Beat:
    """A beep at `heard` s of the film; its flash's first picture was due at `seen` s, by the pictures about it."""

    heard: float
    seen: float

    @property
    def apart_ms(self) -> float:
        """Sound minus picture: positive when the sound is late."""
        return (self.heard - self.seen) * 1000


def _digit(index: int, row: int, width: int, height: int) -> tuple[slice, slice]:
    """Where in a picture a binary digit stands: of its number (row 0), of what it is checked by (row 1)."""
    left, top = round((0.1 + 0.16 * index) * width), (0.04 + 0.16 * row) * height
    return slice(round(top), round(top + 0.12 * height)), slice(left, left + round(0.1 * width))


def _check(number: int) -> int:
    """What stands below a number: of another picture's digits among its own, hardly ever the right one."""
    return (number * 13 + 11) % 32


def write_number(picture: NDArray[np.uint8], number: int) -> None:
    """Write 0 to 31 into a picture of (height, width, …)."""
    height, width = picture.shape[:2]
    for row, written in enumerate((number, _check(number))):
        for index in range(5):
            picture[_digit(index, row, width, height)] = 235 if written >> index & 1 else 16


def read_number(picture: NDArray[np.uint8]) -> int | None:
    """The number in a picture of (height, width); None where the line has spoiled it, as a decoder shows it then."""
    height, width = picture.shape
    number, check = (
        sum((picture[_digit(index, row, width, height)].mean() > 126) << index for index in range(5))
        for row in (0, 1)
    )
    return int(number) if check == _check(number) else None


def _fresh(times: list[float], numbers: list[int | None], fps: int) -> list[float]:
    """When number 0 was due, for each picture that soon follows the one before it by its number, too.

    So nothing stood still for long before it, and it is shown in its own time, not later.

    A picture of the film is taken for what it shows: the middle of the time that it is on screen lies within it.
    """
    due = []
    for (before, number), at in zip(pairwise(numbers), times[1:], strict=True):
        if before is not None and number is not None and 1 <= (number - before) % fps <= _SOON * fps:
            due.append(at - number / fps)
    return due


_STEP, _NEAR = RATE // 100, 20  # samples; steps on either side
_FAINT = 0.02  # of full scale: no beep


def onsets_of_sound(sound: NDArray[np.float32], hertz: float = 2000.0, lasts: float = LASTS) -> list[float]:
    """When the tone sets in, to a ms: where its envelope passes a third of its full height.

    A tone that does not sound for `lasts` s has lost its beginning or its end on the line, and tells nothing.
    """
    moments = np.arange(sound.shape[-1]) / RATE
    mixed = sound * np.exp(-2j * np.pi * hertz * moments)
    width = RATE // 500  # 2 ms: whole waves
    envelope = 2 * np.abs(np.convolve(mixed, np.ones(width) / width, mode="same"))
    # Full height is that of about now: a film is not as loud as what was sent.
    steps = np.pad(envelope, (0, -len(envelope) % _STEP)).reshape(-1, _STEP).max(axis=1)
    near = np.lib.stride_tricks.sliding_window_view(np.pad(steps, _NEAR), 2 * _NEAR + 1).max(axis=1)
    third = np.maximum(0.33 * np.repeat(near, _STEP)[: len(envelope)], _FAINT)
    loud = envelope > third
    starts = np.flatnonzero(loud[1:] & ~loud[:-1]) + 1
    found: list[float] = []
    for index in starts:
        at = float(index) / RATE
        if found and at - found[-1] < 0.5:
            continue
        heard = float(np.flatnonzero(loud[index : index + RATE // 2])[-1]) / RATE
        held = loud[index : index + round(lasts * RATE)].mean() > 0.8 and abs(heard - lasts) < _BLURRED
        quiet_before = envelope[max(0, index - RATE // 4) : max(0, index - RATE // 50)]
        if held and (quiet_before.size == 0 or quiet_before.max() < third[index]):
            found.append(at)
    return found


def beats_of(path: Path, fps: int = 30) -> list[Beat]:
    """All beeps with fresh pictures about them, in order; the camera numbered its `fps` pictures of each second."""
    times: list[float] = []
    numbers: list[int | None] = []
    sounds = []
    with av.open(str(path)) as container:
        for frame in container.decode(container.streams.video[0], container.streams.audio[0]):
            if isinstance(frame, av.VideoFrame):
                times.append(float(frame.pts * frame.time_base))
                stored = np.frombuffer(bytes(frame.planes[0]), np.uint8).reshape(-1, frame.planes[0].line_size)
                plane = stored[: frame.height, : frame.width]
                numbers.append(read_number(plane))
            elif isinstance(frame, av.AudioFrame):
                sounds.append(frame.to_ndarray()[0])
    due = np.array(_fresh(times, numbers, fps))
    beats = []
    for beep in onsets_of_sound(np.concatenate(sounds)):
        near = due[np.abs(due - beep) < 0.5]
        if near.size >= 3:
            beats.append(Beat(beep, float(np.median(near))))
    return beats
