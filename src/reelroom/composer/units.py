"""A broadcast's encoded pictures and sound, one unit after the other, and how they pass through a pipe."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO

import av
import numpy as np
from av.codec.context import Flags

from reelroom.composer.film_format import FPS, configure_h264, due
from reelroom.composer.reading import SAMPLE_RATE, Samples

CLOCK = 90_000  # ticks a second, as in MPEG-TS; a picture and an AAC frame last a whole number of them
PICTURE_TICKS = CLOCK // FPS
SOUND_TICKS = 1024 * CLOCK // SAMPLE_RATE
SOUND_BITS = 128_000  # a second
_TICK = Fraction(1, FPS)
_HEAD = struct.Struct("!??qI")  # picture?, keyframe?, at, bytes


@dataclass(frozen=True)
class Unit:
    """One encoded picture, Annex B, or one AAC frame; `at` in ticks of CLOCK."""

    is_picture: bool
    keyframe: bool
    at: int
    data: bytes


def write_unit(pipe: BinaryIO, unit: Unit) -> None:
    """Raises OSError when nobody reads."""
    pipe.write(_HEAD.pack(unit.is_picture, unit.keyframe, unit.at, len(unit.data)) + unit.data)
    pipe.flush()


def read_units(pipe: BinaryIO) -> Iterator[Unit]:
    """The units that `write_unit` wrote, until the pipe ends."""
    while len(head := pipe.read(_HEAD.size)) == _HEAD.size:
        is_picture, keyframe, at, size = _HEAD.unpack(head)
        data = pipe.read(size)
        if len(data) < size:
            return
        yield Unit(is_picture, keyframe, at, data)


@dataclass(frozen=True)
class BroadcastLook:
    """How a broadcast is encoded: size in pixels, the most bits a second of its pictures, and what it has of both."""

    width: int
    height: int
    bits_per_second: int
    has_audio: bool = True
    has_video: bool = True

    def configure_video(self, video: av.VideoCodecContext) -> None:
        """Give an encoder what all of a broadcast's have in common, so that their headers are the same."""
        rate = str(self.bits_per_second)
        options = {"preset": "veryfast", "tune": "zerolatency", "profile": "main", "crf": "23"}
        options |= {"maxrate": rate, "bufsize": rate, "forced-idr": "1"}
        # Keyframes come when they are asked for, and only then: segments begin with them.
        options |= {"g": str(FPS * 60), "sc_threshold": "0", "bf": "0"}
        configure_h264(video, self.width, self.height, options)

    def configure_audio(self, audio: av.AudioCodecContext) -> None:
        """The same for sound."""
        audio.layout = "stereo"
        audio.bit_rate = SOUND_BITS


class BroadcastEncoder:
    """Pictures are yuv420p, sound is float32 of shape (2, n) at 48 kHz.

    Without pictures every unit of sound is a keyframe: an output may begin with any.
    """

    def __init__(self, look: BroadcastLook) -> None:
        video, audio = av.CodecContext.create("libx264", "w"), av.CodecContext.create("aac", "w")
        assert isinstance(video, av.VideoCodecContext)
        assert isinstance(audio, av.AudioCodecContext)
        audio.sample_rate = SAMPLE_RATE
        audio.format = "fltp"
        audio.time_base = Fraction(1, SAMPLE_RATE)
        look.configure_video(video)
        look.configure_audio(audio)
        for codec in (video, audio):
            codec.flags |= Flags.global_header
        self._video, self._audio = video, audio
        self._begins_with_sound = not look.has_video
        self._samples = 0

    def picture(self, picture: av.VideoFrame, number: int, *, keyframe: bool) -> list[Unit]:
        """The picture that is `number` thirtieths of a second from the start; numbers may be left out."""
        packets = self._video.encode(due(picture, number, _TICK, keyframe=keyframe))
        return [Unit(True, each.is_keyframe, (each.pts or 0) * PICTURE_TICKS, bytes(each)) for each in packets]

    def sound(self, samples: Samples) -> list[Unit]:
        """The next sound, without a gap; any number of samples."""
        if samples.shape[1] == 0:
            return []
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout="stereo")
        frame.sample_rate = SAMPLE_RATE
        frame.pts, frame.time_base = self._samples, Fraction(1, SAMPLE_RATE)
        self._samples += samples.shape[1]
        packets = self._audio.encode(frame)
        return [
            Unit(False, self._begins_with_sound, (each.pts or 0) * CLOCK // SAMPLE_RATE, bytes(each))
            for each in packets
        ]
