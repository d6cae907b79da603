"""Opus as senders make it, in packets of any length, and what is heard besides the tone that was put in."""

from fractions import Fraction
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from tests.matroska_files import Frame

RATE = 48_000


def sine(hertz: float, seconds: float, amplitude: float = 0.25) -> NDArray[np.float32]:
    return (amplitude * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def opus(channels: NDArray[np.float32], packet_ms: float = 20, **options: Any) -> tuple[Frame, ...]:
    """Packets of (n,) or (2, n) samples."""
    rows = np.atleast_2d(channels)
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.format = RATE, "flt"
    encoder.layout = "stereo" if len(rows) == 2 else "mono"
    encoder.time_base = Fraction(1, RATE)
    encoder.bit_rate = 128_000
    encoder.options = {"frame_duration": str(packet_ms), **{key: str(value) for key, value in options.items()}}
    length = round(packet_ms * RATE / 1000)
    packets = []
    for at in range(0, rows.shape[1] - length + 1, length):
        woven = np.ascontiguousarray(rows[:, at : at + length].T).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(woven, format="flt", layout=encoder.layout.name)
        frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
        packets += encoder.encode(frame)
    return tuple(Frame(round(index * packet_ms), bytes(packet)) for index, packet in enumerate(packets))


def impurity(sound: NDArray[np.float32], hertz: float, around: float = 30.0) -> float:
    """The part of the sound that is not about the tone: 0 to 1, of the amplitude."""
    spectrum = np.abs(np.fft.rfft(sound * np.blackman(len(sound)))) ** 2
    near = np.abs(np.fft.rfftfreq(len(sound), 1 / RATE) - hertz) < around
    return float(np.sqrt(spectrum[~near].sum() / spectrum.sum()))


def steepest(sound: NDArray[np.float32]) -> float:
    """The largest step from one sample to the next: what a click has and a tone has not."""
    return float(np.abs(np.diff(sound)).max())
