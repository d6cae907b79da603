"""A transcript of each microphone, beside the same model on the mixed sound of the film, in a meeting of three.

Two read sentences that eSpeak NG says, one the real speech of Debian's pocketsphinx-testdata; every fourth time,
somebody begins before the other has ended.
"""

import asyncio
import re
import tempfile
import time
import wave
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from tests.meetings import MODEL, plain, word_errors
from tests.takes import SECOND, START, TakeMaker
from tests.voices import RATE, Sound, at_level, opus, said

from bench.meter import Measurement, Ratio
from reelroom.composer.words import Mono
from reelroom.cutting.plan import Plan
from reelroom.takes.folder import Take
from reelroom.transcribing.recogniser import Recogniser
from reelroom.transcribing.speech import Voices
from reelroom.transcribing.transcribe import transcribe
from reelroom.transcripts.words import Transcript

CLAIM = "Who said what: a transcript of each microphone, beside the same model on the mixed sound"
SECONDS = 600.0
_READ = Path("/usr/share/pocketsphinx/test/data/librivox")
_SENTENCES = (
    "Good morning everybody. Shall we look at the numbers together before we go on?",
    "The new release is on Friday afternoon, and nobody has told the office about it.",
    "I can write to all of them this evening, when the meeting is over.",
    "We counted every house in the street, and wrote the numbers into the book.",
    "My brother lives in a small town by the sea, and works at the harbour.",
    "Please send me the report by Monday, so that I can read it on the train.",
    "The weather was better than we had expected, so we stayed until Sunday.",
    "There are three rooms on the second floor, and two of them have windows.",
)
_PAUSE, _TOO_EARLY = 0.8, -1.2  # s between two who speak
_EARLY = 0.5  # s by which a model may be mistaken about when a word is said


@dataclass(frozen=True)
class Line:
    """`who` says `text` from `at` s on."""

    at: float
    who: str
    text: str
    sound: Sound


@cache
def _read_aloud() -> tuple[tuple[str, Sound], ...]:
    """Real speech with its text."""
    texts = (_READ / "transcription").read_text().splitlines()
    found = []
    for line in texts:
        match = re.fullmatch(r"<s> (.*) </s> \((.*)\)", line)
        assert match, line
        with wave.open(str(_READ / f"{match[2]}.wav")) as file:
            rate, pcm = file.getframerate(), np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)
        moments = np.arange(len(pcm) * RATE // rate) / RATE
        sound = np.interp(moments, np.arange(len(pcm)) / rate, pcm / 32768).astype(np.float32)
        found.append((match[1], at_level(sound, -20)))
    return tuple(found)


def _lines() -> list[Line]:
    voices = {"ann": "en-us", "cleo": "en-us+f3"}
    lines: list[Line] = []
    for number, sentence in enumerate(_SENTENCES):
        who = ("ann", "cleo")[number % 2]
        turns = [(who, sentence, said(sentence, voices[who], 150))]
        if number < len(_read_aloud()):
            turns.append(("ben", *_read_aloud()[number]))
        for speaker, text, sound in turns:
            pause = _TOO_EARLY if len(lines) % 4 == 3 else _PAUSE
            at = lines[-1].at + len(lines[-1].sound) / RATE + pause if lines else 1.0
            lines.append(Line(at, speaker, text, sound))
    return lines


def _take(folder: Path, lines: list[Line]) -> Take:
    maker = TakeMaker(folder)
    length = round((lines[-1].at + len(lines[-1].sound) / RATE + 2) * RATE)
    for who in dict.fromkeys(line.who for line in lines):
        sound = np.zeros(length, dtype=np.float32)
        for line in lines:
            if line.who == who:
                first = round(line.at * RATE)
                sound[first : first + len(line.sound)] += line.sound
        maker.joins(0, who)
        maker.publishes(0, who, "microphone", opus(sound))
    return maker.write()


def _mixed(take: Take, people: list[str], end: int) -> Mono:
    sounds = []
    for who in people:
        with Voices(take, START) as voices:
            sounds.append(voices.sound(who, (START, end)))
    mixed: Mono = np.sum(sounds, axis=0).astype(np.float32)
    return mixed


def _plain_whisper(model: Recogniser, sound: Mono) -> list[str]:
    """As faster-whisper is used on a film: its own windows, each told what was said before."""
    segments, _ = model._model.transcribe(sound, language="en", beam_size=5, vad_filter=True)
    return [word for segment in segments for word in plain(segment.text)]


def _attributed(lines: list[Line], made: Transcript) -> float:
    """Of the words that were heard while somebody said them, how many (0 to 1) are written under one who did.

    A word that nobody said then was misheard, and tells nothing of whose it is.
    """
    right = heard = 0
    for passage in made.passages:
        for word in passage.words:
            at = (word.start - START) / SECOND
            around = [line for line in lines if line.at - _EARLY <= at <= line.at + len(line.sound) / RATE + _EARLY]
            for text in plain(word.text):
                if said_by := {line.who for line in around if text in plain(line.text)}:
                    heard += 1
                    right += passage.participant in said_by
    return right / heard


async def measure() -> Measurement:
    """The measurement."""
    return await asyncio.to_thread(_measure)


def _measure() -> Measurement:
    lines = _lines()
    minutes = (lines[-1].at + len(lines[-1].sound) / RATE) / 60
    model = Recogniser(MODEL)
    with tempfile.TemporaryDirectory() as folder:
        take = _take(Path(folder) / "take", lines)
        end = START + round((minutes * 60 + 1) * SECOND)
        before = time.process_time()
        made = transcribe(take, Plan(has_video=False), START, end, model)
        ours_cpu = time.process_time() - before
        mixed = _mixed(take, list(dict.fromkeys(line.who for line in lines)), end)
        before = time.process_time()
        plainly = _plain_whisper(model, mixed)
        plain_cpu = time.process_time() - before
    expected = [word for line in lines for word in plain(line.text)]
    by_line = sorted(made.passages, key=lambda passage: passage.start)
    heard = [word for passage in by_line for word in plain(passage.text)]
    ours, beside = (100 * word_errors(expected, each) / len(expected) for each in (heard, plainly))
    return Measurement(
        CLAIM,
        [
            Ratio("words wrong, missing or too many", ours, beside, "%"),
            Ratio("CPU a recorded minute", ours_cpu / minutes, plain_cpu / minutes, "s"),
        ],
        [
            f"{len(expected)} words in {minutes:.1f} min; every fourth turn begins before the last has ended",
            f"{100 * _attributed(lines, made):.1f} % of the words stand under the name of who said them",
        ],
    )
