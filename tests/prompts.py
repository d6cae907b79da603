"""`python -m tests.prompts`: has what telephones are told spoken anew, by eSpeak NG; listen to it after that."""

import io
import subprocess
import wave

import av
import numpy as np

from reelroom.telephones.prompts import FOLDER
from reelroom.telephones.wire import RATE

WORDS = {
    "number": "Welcome. Please enter the number of the room.",
    "pin": "Please enter the pin.",
    "wrong": "That is not right. Please try again.",
    "goodbye": "That is not right. Goodbye.",
    "failed": "The room cannot be entered now. Goodbye.",
    "entered": "You are in the room. Star 6 mutes you.",
    "recorded": "This conversation is being recorded.",
    "asked": "This conversation is being recorded. Press 1 if you agree, or 2 if you do not.",
}
_PEAK = 16000


def _spoken(words: str) -> bytes:
    """16-bit mono at a telephone's rate."""
    command = ["espeak-ng", "-v", "en-us", "-s", "150", "--stdout", words]
    file = io.BytesIO(subprocess.run(command, check=True, capture_output=True).stdout)
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    with av.open(file) as container:
        frames = [each for frame in container.decode(audio=0) for each in resampler.resample(frame)]
    frames += resampler.resample(None)
    sound = np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames]).astype(float)
    return (sound * _PEAK / np.abs(sound).max()).astype("<i2").tobytes()


def main() -> None:
    for name, words in WORDS.items():
        with wave.open(str(FOLDER / f"{name}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(_spoken(words))


if __name__ == "__main__":
    main()
