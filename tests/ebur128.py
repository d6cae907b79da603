"""How loud a sound is, as FFmpeg's ebur128 filter has it: a judge that shares nothing with our own meter."""

from dataclasses import dataclass

import av
import numpy as np
from av.filter import Graph
from numpy.typing import NDArray

RATE = 48_000
_STEP = RATE // 10  # samples; the filter says something every 100 ms
_SILENCE = -70.0  # LUFS


@dataclass(frozen=True)
class Measured:
    """In LUFS, and dBTP; `momentary` and `short_term` every 100 ms, over the last 0.4 and 3 s."""

    integrated: float
    true_peak: float
    momentary: NDArray[np.float64]
    short_term: NDArray[np.float64]


def measured(sound: NDArray[np.float32]) -> Measured:
    """Of samples at 48 kHz, shape (2, n)."""
    graph = Graph()
    source = graph.add_abuffer(sample_rate=RATE, format="fltp", layout="stereo")
    meter = graph.add("ebur128", "metadata=1:peak=true:framelog=quiet")
    sink = graph.add("abuffersink")
    graph.link_nodes(source, meter, sink).configure()
    momentary, short_term = [], []
    integrated, peak = _SILENCE, 0.0
    for at in range(0, sound.shape[1] - _STEP + 1, _STEP):
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[:, at : at + _STEP]), "fltp", "stereo")
        frame.sample_rate, frame.pts = RATE, at
        graph.push(frame)
        said = graph.pull().metadata
        momentary.append(float(said["lavfi.r128.M"]))
        short_term.append(float(said["lavfi.r128.S"]))
        integrated = float(said["lavfi.r128.I"])
        peak = max(peak, *(float(said[f"lavfi.r128.true_peaks_ch{channel}"]) for channel in (0, 1)))
    return Measured(integrated, 20 * np.log10(max(peak, 1e-6)), np.array(momentary), np.array(short_term))
