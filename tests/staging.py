"""Staged meetings: a script says who says what when, and which microphones hear it; out come a take's sounds.

Everything is made from the script alone, so the same script gives the same sounds, and they are kept under
`.build/situations` by the contents of what they are made of.
"""

import hashlib
import inspect
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np

from tests import matroska_files, voices
from tests.voices import RATE, Sound, at_level, band, joined, loudness, noise, said, silence

CACHE = Path(__file__).resolve().parent.parent / ".build" / "situations"

# What must come of words: who has the turn is to be seen; a remark, and somebody who tries to interrupt and gives up,
# need not be and do no harm where they are; a noise must never be taken for anybody's turn.
Weight = Literal["turn", "remark", "attempt"]


@dataclass(frozen=True)
class Says:
    """Somebody speaks from `at` s on; `level` in dB of the loud parts, before their microphone's own."""

    who: str
    at: float
    words: str
    weight: Weight = "turn"
    level: float = 0.0
    whispered: bool = False
    lasts: float | None = None  # s, after which they are cut short


@dataclass(frozen=True)
class Sounds:
    """A noise at somebody's microphone: a function of this module or of `voices`, with its arguments."""

    who: str
    at: float
    noise: str
    level: float
    seconds: float = 0.0
    seed: int = 0


@dataclass(frozen=True)
class Leak:
    """What one microphone hears of another's voice: through loudspeakers and the call, or through the air."""

    source: str
    into: str
    level: float  # dB
    ms: float
    reverberant: bool = True


@dataclass(frozen=True)
class Microphone:
    """Somebody's voice and what it is recorded with."""

    voice: str = "en-gb"
    speed: int = 160
    pitch: int = 50
    level: float = -20.0  # dB below full scale of a voice's loud parts
    hiss: float = -66.0  # dB of its noise
    clips: bool = False
    reverberates: float = 0.0  # s until the room's echo is 60 dB down


@dataclass(frozen=True)
class Situation:
    """A staged meeting of some seconds; everybody is there from its start, in this order."""

    name: str
    seconds: float
    people: dict[str, Microphone]
    script: tuple[Says | Sounds | Leak, ...]

    def spoken(self) -> list[Says]:
        """Who says what, in order of time."""
        return sorted((line for line in self.script if isinstance(line, Says)), key=lambda line: line.at)


@dataclass(frozen=True)
class Spoken:
    """Words as they can be heard: [begin, end) in s."""

    who: str
    begin: float
    end: float
    weight: Weight


@lru_cache(maxsize=512)
def _words(microphone: Microphone, line: Says) -> Sound:
    sound = said(line.words, microphone.voice, microphone.speed, microphone.pitch)
    if line.lasts is not None:
        sound = sound[: round(line.lasts * RATE)].copy()
        sound[-480:] *= np.linspace(1, 0, 480, dtype=np.float32)
    return whispered(sound) if line.whispered else sound


def truth(situation: Situation) -> list[Spoken]:
    """When each line of the script is heard: from the first 10 ms that are at most 25 dB below its loud parts."""
    found = []
    for line in situation.spoken():
        levels = loudness(_words(situation.people[line.who], line))
        audible = np.flatnonzero(levels > -45)
        begin, end = line.at + audible[0] / 100, line.at + (audible[-1] + 1) / 100
        found.append(Spoken(line.who, begin, end, line.weight))
    return found


def heard(situation: Situation) -> dict[str, Sound]:
    """What each microphone picks up."""
    length = round(situation.seconds * RATE)
    dry = {who: silence(situation.seconds) for who in situation.people}
    for line in situation.script:
        if isinstance(line, Says):
            _lay(dry[line.who], at_level(_words(situation.people[line.who], line), line.level), line.at)
    picked = {}
    for number, (who, microphone) in enumerate(situation.people.items()):
        sound = reverberant(dry[who], microphone.reverberates) if microphone.reverberates else dry[who].copy()
        for line in situation.script:
            if isinstance(line, Leak) and line.into == who:
                loud = situation.people[line.source].level - microphone.level if line.ms >= 20 else 0
                leaked = reverberant(dry[line.source], 0.25) if line.reverberant else dry[line.source]
                late = round(line.ms * RATE / 1000)
                sound[late:] += leaked[: length - late] * 10 ** ((line.level + loud) / 20)
        sound *= 10 ** (microphone.level / 20)
        for line in situation.script:
            if isinstance(line, Sounds) and line.who == who:
                _lay(sound, _noise(line), line.at)
        sound += noise(situation.seconds, microphone.hiss, seed=number + 100, brown=0.5)[:length]
        if microphone.clips:
            sound = np.clip(sound * 10, -1, 1)
        picked[who] = np.clip(sound, -1, 1).astype(np.float32)
    return picked


def _lay(sound: Sound, piece: Sound, at: float) -> None:
    begin = round(at * RATE)
    piece = piece[: max(0, len(sound) - begin)]
    sound[begin : begin + len(piece)] += piece


def _noise(line: Sounds) -> Sound:
    return at_level(NOISES[line.noise](line.seconds, line.seed), line.level)


def track_files(situation: Situation) -> dict[str, Path]:
    """Each microphone's track file as a tap writes it; made when it is not there yet."""
    made_of = "".join(inspect.getsource(module) for module in (voices, matroska_files)) + Path(__file__).read_text()
    folder = CACHE / hashlib.sha256(f"{made_of}{situation!r}".encode()).hexdigest()[:24]
    files = {who: folder / f"{who}.mkv" for who in situation.people}
    if not all(path.exists() for path in files.values()):
        folder.mkdir(parents=True, exist_ok=True)
        for who, sound in heard(situation).items():
            partial = files[who].with_suffix(".partial")
            partial.write_bytes(matroska_files.written("opus", voices.opus(sound)).data)
            partial.replace(files[who])
    return files


def whispered(sound: Sound) -> Sound:
    """The same words without vocal cords: each 20 ms of noise is given the spectrum's envelope of the voice."""
    frame, hop, order = 1024, 480, 30
    window = np.hanning(frame)
    air = np.random.default_rng(7).standard_normal(len(sound) + 2 * frame)
    padded = np.concatenate([np.zeros(frame), sound, np.zeros(frame)])
    out = np.zeros(len(padded))
    for at in range(0, len(padded) - frame, hop):
        spectrum = np.abs(np.fft.rfft(padded[at : at + frame] * window)) + 1e-9
        cepstrum = np.fft.irfft(np.log(spectrum))
        cepstrum[order:-order] = 0
        envelope = np.exp(np.fft.rfft(cepstrum).real)
        tilt = np.clip(np.fft.rfftfreq(frame, 1 / RATE) / 1000, 0.15, 2)  # whispers have little below 500 Hz
        breath = np.fft.rfft(air[at : at + frame] * window)
        out[at : at + frame] += np.fft.irfft(breath * envelope * tilt) * window
    return at_level(out[frame : frame + len(sound)].astype(np.float32), -20)


def reverberant(sound: Sound, seconds: float) -> Sound:
    """The sound in a room whose echo falls by 60 dB within so many seconds; its beginning stays in its place."""
    count = round(seconds * RATE)
    tail = np.random.default_rng(11).standard_normal(count) * 10 ** (-3 * np.arange(count) / count) * 0.02
    tail[0] = 1.0
    size = len(sound) + count
    return np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(tail, size), size)[: len(sound)].astype(np.float32)


def _moments(seconds: float) -> np.ndarray:
    return np.arange(round(seconds * RATE)) / RATE


def _harmonics(pitch: np.ndarray, fall: float, count: int = 12) -> Sound:
    """A tone of this pitch (Hz, at each sample) with overtones."""
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    return sum((np.sin(n * phase) / n**fall for n in range(1, count + 1)), np.zeros(len(pitch))).astype(np.float32)


def ring(seconds: float, seed: int = 0) -> Sound:
    """A telephone: 440 and 480 Hz, 2 s on and 1 s off."""
    moments = _moments(seconds)
    wave = np.sin(2 * np.pi * 440 * moments) + np.sin(2 * np.pi * 480 * moments)
    return (wave * (moments % 3 < 2)).astype(np.float32)


def bark(seconds: float, seed: int = 0) -> Sound:
    """A dog: harsh tones that fall in pitch, about two a second."""
    random, barks = np.random.default_rng(seed), []
    while sum(map(len, barks)) < seconds * RATE:
        lasts = random.uniform(0.18, 0.28)
        moments = _moments(lasts)
        pitch = random.uniform(380, 480) * (1 + 0.5 * np.sin(np.pi * moments / lasts))
        harsh = _harmonics(pitch, 0.7) + 2 * band(lasts, 400, 4000, seed)[: len(moments)]
        barks += [harsh * np.sin(np.pi * moments / lasts) ** 0.5, silence(random.uniform(0.15, 0.5))]
    return joined(*barks)[: round(seconds * RATE)].astype(np.float32)


def siren(seconds: float, seed: int = 0) -> Sound:
    """A police car: a tone that wails up and down."""
    return _harmonics(950 + 350 * np.sin(2 * np.pi * 0.3 * _moments(seconds)), 1.5, 5)


def humming(seconds: float, seed: int = 0) -> Sound:
    """Somebody hums a tune with their mouth closed."""
    random = np.random.default_rng(seed)
    notes = np.repeat(random.choice([147, 165, 175, 196, 220], round(seconds / 0.45) + 1), round(0.45 * RATE))
    moments = _moments(seconds)
    pitch = notes[: len(moments)] * (1 + 0.01 * np.sin(2 * np.pi * 5 * moments))
    return _harmonics(pitch, 2.2) * (0.6 + 0.4 * np.abs(np.sin(np.pi * moments / 0.45))).astype(np.float32)


def baby(seconds: float, seed: int = 0) -> Sound:
    """A baby cries: about a cry a second, high and rising."""
    moments = _moments(seconds)
    cry = moments % 1.1 / 1.1
    pitch = 420 + 130 * np.sin(np.pi * np.minimum(cry / 0.8, 1)) + 8 * np.sin(2 * np.pi * 7 * moments)
    return _harmonics(pitch, 0.8) * (np.sin(np.pi * np.minimum(cry / 0.8, 1)) ** 0.7).astype(np.float32)


def hum(seconds: float, seed: int = 0) -> Sound:
    """Mains: 50 Hz and its overtones."""
    return _harmonics(np.full(round(seconds * RATE), 50.0), 1.0, 8)


def fan(seconds: float, seed: int = 0) -> Sound:
    return noise(seconds, -20, seed, brown=0.6)


def music(seconds: float, seed: int = 0) -> Sound:
    return voices.music(seconds, -20, seed)


def melody(seconds: float, seed: int = 0) -> Sound:
    """Plucked notes one after the other, with a bass below them."""
    random, moments = np.random.default_rng(seed), _moments(0.25)
    notes = []
    for number in range(round(seconds * 4)):
        pluck = _harmonics(np.full(len(moments), random.choice([330, 392, 440, 523, 587])), 1.2) * np.exp(
            -moments * 6
        )
        bass = _harmonics(np.full(len(moments), (110, 110, 147, 165)[number // 4 % 4]), 1.5) * 0.7
        notes.append(pluck + bass)
    return joined(*notes).astype(np.float32)


NOISES = {
    **{make.__name__: make for make in (ring, bark, siren, humming, baby, hum, fan, music, melody)},
    "cough": lambda seconds, seed: joined(
        *(joined(voices.cough(260 + 40 * n, seed=seed + n), silence(0.35)) for n in range(3))
    ),
    "keyboard": lambda seconds, seed: voices.keyboard(seconds, 7, seed=seed),
    "breath": lambda seconds, seed: voices.breath(seconds, seed=seed),
    "slam": lambda seconds, seed: voices.slam(seed=seed),
    "sneeze": lambda seconds, seed: joined(
        voices.breath(0.5, -30, seed), band(0.35, 800, 9000, seed) * np.exp(-_moments(0.35) * 9).astype(np.float32)
    ),
    "laugh": lambda seconds, seed: joined(
        *(said("ha", "en-us+f3", 220, 70) for _ in range(max(1, round(seconds * 4))))
    ),
    "hiss": lambda seconds, seed: noise(seconds, -20, seed),
}
