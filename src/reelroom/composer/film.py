"""The film file: H.264 and AAC in an MP4 that is playable at every moment of its making."""

import os
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from numpy.typing import NDArray

from reelroom.composer.reading import SAMPLE_RATE, Samples
from reelroom.take import sync_folder

FPS = 30
_BT601 = 6  # SMPTE 170M: what WebRTC's cameras send, and what the cards are drawn in
_LIMITED_RANGE = 1
_MICROSECOND = Fraction(1, 1_000_000)


def configure_h264(codec: av.VideoCodecContext, width: int, height: int, options: dict[str, str]) -> None:
    """What every H.264 encoder of ours has in common; `options` are libx264's own."""
    codec.width, codec.height = width, height
    codec.pix_fmt = "yuv420p"
    codec.time_base = Fraction(1, FPS)
    codec.framerate = Fraction(FPS)
    codec.thread_count = 1
    codec.colorspace = codec.color_primaries = codec.color_trc = _BT601
    codec.color_range = _LIMITED_RANGE
    codec.options = options


class Film:
    """Writes `path` under a temporary name; `close` makes it whole and gives it its own.

    Pictures are planes of yuv420p at 30 a second, sound is float32 of shape (2, n) at 48 kHz.
    Raises OSError when the disk says no.
    """

    def __init__(self, path: Path, width: int, height: int, *, preset: str = "veryfast") -> None:
        self.path = path
        self.partial = path.with_name(path.name + ".partial")
        self.pictures = 0
        self.samples = 0
        # delay_moov: the edit lists, which say where picture and sound start, are known only after the first packets
        movflags = "+hybrid_fragmented+delay_moov"
        self._container = av.open(str(self.partial), "w", format="mp4", options={"movflags": movflags})
        video = self._container.add_stream("libx264", rate=FPS)
        configure_h264(
            video.codec_context,
            width,
            height,
            {"preset": preset, "crf": "23", "g": str(FPS * 2), "profile": "high"},
        )
        audio = self._container.add_stream("aac", rate=SAMPLE_RATE)
        audio.codec_context.layout = "stereo"
        audio.codec_context.bit_rate = 128_000
        self._video, self._audio = video, audio

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self._container.close()

    def picture(self, planes: NDArray[np.uint8]) -> None:
        """Append one picture."""
        frame = av.VideoFrame.from_numpy_buffer(planes, format="yuv420p")
        frame.pts, frame.time_base = self.pictures, Fraction(1, FPS)
        self.pictures += 1
        self._container.mux(self._video.encode(frame))

    def sound(self, samples: Samples) -> None:
        """Append sound; any number of samples."""
        if samples.shape[1] == 0:
            return
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout="stereo")
        frame.sample_rate = SAMPLE_RATE
        frame.pts, frame.time_base = self.samples, Fraction(1, SAMPLE_RATE)
        self.samples += samples.shape[1]
        self._container.mux(self._audio.encode(frame))

    def chapters(self, titles: Iterable[tuple[int, int, str]]) -> None:
        """Chapters from `start` to `end`, µs from the start of the film, each with a title."""
        self._container.set_chapters(
            [
                {"id": index, "start": start, "end": end, "time_base": _MICROSECOND, "metadata": {"title": title}}
                for index, (start, end, title) in enumerate(titles)
            ]
        )

    def close(self) -> None:
        """Finish the file, sync it and give it its name."""
        self._container.mux(self._video.encode(None))
        self._container.mux(self._audio.encode(None))
        self._container.close()
        descriptor = os.open(self.partial, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        self.partial.replace(self.path)
        sync_folder(self.path.parent)
