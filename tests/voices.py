"""Sounds that microphones pick up: voices (eSpeak NG), and what must not be taken for one. Mono, 48 kHz, float32."""

import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from reelroom.composer.listening import Listening
from reelroom.cutting.speech import Ear
from reelroom.takes.events import FileOpened, SpeechFaded, SpeechHeard
from tests.matroska_files import Frame, written

RATE = 48_000
Sound = NDArray[np.float32]


def at_level(sound: Sound, level: float) -> Sound:
    """The sound with its loud parts (within 25 dB of the loudest 10 ms) at `level` dB RMS."""
    loud = loudness(sound)
    active = loud[loud > loud.max() - 25]
    return (sound * 10 ** ((level - 10 * np.log10((10 ** (active / 10)).mean())) / 20)).astype(np.float32)


def loudness(sound: Sound) -> NDArray[np.float64]:
    """The level (dB) of each 10 ms."""
    steps = sound[: len(sound) // 480 * 480].reshape(-1, 480).astype(np.float64)
    return 10 * np.log10(np.maximum((steps**2).mean(axis=1), 1e-12))


@lru_cache(maxsize=256)
def said(text: str, voice: str = "en-gb", speed: int = 160, pitch: int = 50) -> Sound:
    """Words, at -20 dB, without the silence before and after them."""
    espeak = shutil.which("espeak-ng")
    assert espeak, "eSpeak NG is missing: `make tools` brings it"
    command = [espeak, "-v", voice, "-s", str(speed), "-p", str(pitch), "--stdout", text]
    wav = subprocess.run(command, capture_output=True, check=True).stdout
    body = wav[wav.index(b"data") + 8 :]
    pcm = np.frombuffer(body[: len(body) // 2 * 2], dtype=np.int16).astype(np.float32) / 32768
    moments = np.arange(len(pcm) * RATE // 22_050) / RATE  # eSpeak NG speaks at 22.05 kHz
    sound = at_level(np.interp(moments, np.arange(len(pcm)) / 22_050, pcm).astype(np.float32), -20)
    audible = np.flatnonzero(loudness(sound) > -45)
    return sound[audible[0] * 480 : (audible[-1] + 1) * 480]


_MONOLOGUES = (
    (
        "en-gb",
        "Shall we look at the numbers together before we go on, because nobody ever told me about them at all, ",
    ),
    ("de", "Das habe ich ganz anders verstanden und möchte gern noch einmal genau darüber reden bevor wir gehen, "),
    ("en-us+f3", "I would rather not do that now but perhaps on Friday afternoon when all of us are here again, "),
    ("es", "Creo que deberíamos esperar un poco más porque todavía no sabemos nada de lo que va a pasar aquí, "),
)


@lru_cache(maxsize=64)
def talking(number: int, seconds: float, level: float = -16) -> Sound:
    """So many seconds of words without a pause; who has another number says others, in another voice."""
    voice, words = _MONOLOGUES[number % len(_MONOLOGUES)]
    once = at_level(said(words, voice, 170), level)
    return np.resize(once, round(seconds * RATE))


def silence(seconds: float) -> Sound:
    return np.zeros(round(seconds * RATE), dtype=np.float32)


def noise(seconds: float, level: float, seed: int = 0, brown: float = 0.0) -> Sound:
    """Steady noise; `brown` from 0 (white) towards 1 takes the heights away."""
    white = np.random.default_rng(seed).standard_normal(round(seconds * RATE))
    spectrum = np.fft.rfft(white)
    shaped = np.fft.irfft(spectrum / np.maximum(np.arange(len(spectrum)) / seconds, 20) ** brown, len(white))
    return (shaped / np.sqrt((shaped**2).mean()) * 10 ** (level / 20)).astype(np.float32)


def band(seconds: float, low: float, high: float, seed: int) -> Sound:
    """Noise between two frequencies, at 0 dB."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(round(seconds * RATE)))
    hertz = np.arange(len(spectrum)) / seconds
    sound = np.fft.irfft(spectrum * ((hertz > low) & (hertz < high)), round(seconds * RATE))
    return (sound / np.sqrt((sound**2).mean())).astype(np.float32)


def joined(*parts: Sound) -> Sound:
    return np.concatenate(parts)


def cough(ms: int, level: float = -15, seed: int = 0) -> Sound:
    """A burst of air and a shorter, voiced end, as coughs have it."""
    seconds = ms / 1000
    moments = np.arange(round(seconds * RATE)) / RATE
    air = band(seconds, 300, 3500, seed) * np.exp(-moments / (seconds / 3))
    hum = np.zeros_like(air)
    tail = moments > seconds * 0.7
    for harmonic in range(1, 8):
        hum[tail] += np.sin(2 * np.pi * 130 * harmonic * moments[tail]) / harmonic * 0.15
    return at_level(air + hum, level)


def keyboard(seconds: float, per_second: float, level: float = -25, seed: int = 0) -> Sound:
    """Keys struck about so often: clicks of 10 to 30 ms that ring a little."""
    random = np.random.default_rng(seed)
    sound = silence(seconds)
    at = 0.1
    while at < seconds - 0.1:
        length = random.uniform(0.01, 0.03)
        moments = np.arange(round(length * RATE)) / RATE
        click = random.standard_normal(len(moments)) + np.sin(2 * np.pi * random.uniform(800, 3000) * moments)
        begin = round(at * RATE)
        sound[begin : begin + len(moments)] += click * np.exp(-moments / (length / 3))
        at += random.uniform(0.5, 1.5) / per_second
    return at_level(sound, level)


def breath(seconds: float, level: float = -38, seed: int = 0) -> Sound:
    moments = np.arange(round(seconds * RATE)) / RATE
    return at_level(band(seconds, 200, 2500, seed) * np.sin(np.pi * moments / seconds).astype(np.float32), level)


def slam(level: float = -8, seed: int = 0) -> Sound:
    """A door: a thump that booms, and its echo in the room."""
    moments = np.arange(round(0.9 * RATE)) / RATE
    boom = np.sin(2 * np.pi * 85 * moments) * np.exp(-moments / 0.06)
    crack = band(0.9, 50, 4000, seed) * (np.exp(-moments / 0.03) + 0.1 * np.exp(-moments / 0.2))
    return at_level((boom + crack).astype(np.float32), level)


def music(seconds: float, level: float, seed: int = 0) -> Sound:
    """Chords of four voices with a beat, as on hold."""
    random = np.random.default_rng(seed)
    moments = np.arange(RATE // 2) / RATE
    bars = []
    for _ in range(round(seconds * 2)):
        root = random.choice([196, 220, 262, 294])
        chord = sum(np.sin(2 * np.pi * root * ratio * moments) for ratio in (1, 1.25, 1.5, 2))
        bars.append(chord * np.exp(-moments / 0.4))
    return at_level(np.concatenate(bars).astype(np.float32), level)


def over(background: Sound, sound: Sound, at: float) -> Sound:
    """The sound laid over a background from `at` s on."""
    mixed = background.copy()
    begin = round(at * RATE)
    mixed[begin : begin + len(sound)] += sound
    return mixed


def opus(sound: Sound, packet_ms: int = 20, *, gaps: bool = False) -> tuple[Frame, ...]:
    """As Opus. With `gaps`, what is silent is left out, as a sender with DTX does, but for a packet every 400 ms.

    Of shape (2, n), it is stereo.
    """
    channels = np.atleast_2d(sound)
    layout = "mono" if len(channels) == 1 else "stereo"
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format, encoder.bit_rate = (
        RATE,
        layout,
        "flt",
        48_000 * len(channels),
    )
    encoder.options = {"frame_duration": str(packet_ms), "application": "voip" if layout == "mono" else "audio"}
    size = RATE * packet_ms // 1000
    frames, silent_for = [], 0
    for number, at in enumerate(range(0, channels.shape[1] - size + 1, size)):
        piece = channels[:, at : at + size]
        packed = np.ascontiguousarray(piece.T).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=layout)
        frame.sample_rate, frame.pts = RATE, at
        packets = encoder.encode(frame)
        silent_for = silent_for + packet_ms if not np.any(np.abs(piece) > 1e-5) else 0
        if not gaps or silent_for < 100 or silent_for % 400 < packet_ms:
            frames += [Frame(number * packet_ms, bytes(packet)) for packet in packets]
    return tuple(frames)


def speech_in(folder: Path, frames: tuple[Frame, ...], ear: Ear | None = None) -> list[SpeechHeard | SpeechFaded]:
    """What a composer hears in a track, in steps of a picture."""
    (folder / "track.mkv").write_bytes(written("opus", frames).data)
    listening = Listening(folder, lambda file: 0, ear or Ear())
    track = {"participant": "ann", "track": "T", "kind": "audio", "source": "microphone", "codec": "opus"}
    listening.open(FileOpened.model_validate({"at": 0, "file": "track.mkv", "clock_rate": RATE, **track}))
    end = frames[-1].ms * 1000 + 1_000_000
    return [event for until in range(0, end + 33_333, 33_333) for event in listening.listen(until)]
