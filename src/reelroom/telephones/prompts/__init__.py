"""What telephones are told, as WAV files of 16-bit mono at 8 kHz; `python -m tests.prompts` has them spoken."""

import wave
from collections.abc import Iterator
from pathlib import Path

from reelroom.telephones.wire import FRAME_BYTES, FRAME_SAMPLES

FOLDER = Path(__file__).parent


def frames(name: str) -> Iterator[bytes]:
    """A prompt, in frames of 20 ms."""
    with wave.open(str(FOLDER / f"{name}.wav")) as file:
        while sound := file.readframes(FRAME_SAMPLES):
            yield sound.ljust(FRAME_BYTES, b"\0")
