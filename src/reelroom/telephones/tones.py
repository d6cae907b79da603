"""The tones of a telephone's keys, for who takes no digits beside the sound."""

from collections.abc import Iterator

import numpy as np

from reelroom.telephones.wire import FRAME_SAMPLES, RATE

# Hz: a tone of each row and of each column (ITU-T Q.23).
_ROWS, _COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
_KEYS = ("123A", "456B", "789C", "*0#D")
_TONE_FRAMES, _REST_FRAMES, _PAUSE_FRAMES = 5, 5, 25  # of 20 ms; at least two of each are asked for (Q.24)
_LOUDNESS = 8000  # of each of the two tones, at 16 bits


def frames(digits: str) -> Iterator[bytes]:
    """The sound of digits, in frames of 20 ms; `p` is a pause of half a second."""
    rest = bytes(2 * FRAME_SAMPLES)
    for digit in digits.upper():
        if digit == "P":
            yield from (rest for _ in range(_PAUSE_FRAMES))
            continue
        tone = _tone(digit)
        for start in range(0, len(tone), FRAME_SAMPLES):
            yield tone[start : start + FRAME_SAMPLES].astype("<i2").tobytes()
        yield from (rest for _ in range(_REST_FRAMES))


def _tone(digit: str) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    row, column = next((row, keys.index(digit)) for row, keys in enumerate(_KEYS) if digit in keys)
    moments = 2 * np.pi * np.arange(_TONE_FRAMES * FRAME_SAMPLES) / RATE
    sound: np.ndarray[tuple[int], np.dtype[np.float64]] = _LOUDNESS * (
        np.sin(_ROWS[row] * moments) + np.sin(_COLUMNS[column] * moments)
    )
    return sound
