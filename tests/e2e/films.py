"""What a finished film holds: its pictures' colours and its sound's tones at a time."""

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray


@dataclass
class WatchedFilm:
    """A film decoded as a player would: pictures shrunk to 64x36 RGB, sound as float at 48 kHz."""

    width: int
    height: int
    codecs: tuple[str, ...]
    seconds: float
    times: NDArray[np.float64]
    pictures: NDArray[np.uint8]
    sound: NDArray[np.float32]  # (2, n)

    def colour_at(self, second: float) -> tuple[int, int, int]:
        """The mean colour of the middle of the picture shown then."""
        index = int(np.searchsorted(self.times, second, side="right")) - 1
        middle = self.pictures[max(0, index)][12:24, 22:42].reshape(-1, 3).mean(axis=0)
        return tuple(int(part) for part in middle)  # type: ignore[return-value]

    def shows(self, colour: tuple[int, int, int], second: float) -> bool:
        return all(abs(seen - wanted) < 40 for seen, wanted in zip(self.colour_at(second), colour, strict=True))

    def loudness(self, tone: float, start: float, end: float) -> float:
        """How much of a tone there is in [start, end): its amplitude, 0 to 1, in the louder quarter of the time.

        Found in a tenth of a second each: a voice that follows its clock is half a per cent higher or lower. A
        browser or a publisher of the tests that a busy machine lets wait sends nothing meanwhile: that is its own
        silence, and no fault of a film that has it.
        """
        whole = self.sound[0, int(start * 48_000) : int(end * 48_000)]
        amplitudes = []
        for piece in np.array_split(whole, max(1, len(whole) // 4_800)):
            window = np.hanning(len(piece))
            wave = np.exp(-2j * np.pi * tone * np.arange(len(piece)) / 48_000)
            amplitudes.append(2 * np.abs(np.sum(piece * window * wave)) / np.sum(window))
        return float(np.quantile(amplitudes, 0.75))


def watch(path: Path) -> WatchedFilm:
    """A film with pictures, sound or both; a width and height of 0 without pictures."""
    with av.open(str(path)) as container:
        width, height = next(((video.width, video.height) for video in container.streams.video), (0, 0))
        times, pictures, sounds = [], [], [np.zeros((2, 0), dtype=np.float32)]
        for frame in container.decode([*container.streams.video, *container.streams.audio]):  # not the chapters
            if isinstance(frame, av.VideoFrame):
                times.append(float(frame.pts * frame.time_base))
                pictures.append(frame.reformat(64, 36, "rgb24", interpolation="AREA").to_ndarray())
            elif isinstance(frame, av.AudioFrame):
                sounds.append(frame.to_ndarray())
        return WatchedFilm(
            width,
            height,
            tuple(stream.codec_context.name for stream in (*container.streams.video, *container.streams.audio)),
            float(container.duration or 0) / 1e6,
            np.array(times),
            np.array(pictures),
            np.concatenate(sounds, axis=1),
        )
