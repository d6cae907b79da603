"""The model that turns sound into words: Whisper, run by faster-whisper on the CPU, from a folder of the host's."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reelroom.composer.words import Mono
from reelroom.transcripts.words import Word

_BEAMS = 5
# Whisper's own measures of what it has made up (https://arxiv.org/abs/2212.04356, 4.5).
_REPEATS_ITSELF = 2.4  # how well a text may be compressed
_UNSURE = -1.0  # mean logarithm of the probability of its parts
_NOBODY_SPEAKS = 0.6
_LONGEST_REPETITION = 3  # words that are not said again, where a first text repeats itself


class ModelError(Exception):
    """A folder holds no model that can be used; the message says why."""


@dataclass
class Recogniser:
    """The same sound gives the same words: nothing is chosen at random. Raises ModelError."""

    folder: Path
    threads: int = 1

    def __post_init__(self) -> None:
        os.environ["HF_HUB_OFFLINE"] = "1"  # nothing is downloaded unasked
        if not (self.folder / "model.bin").is_file():
            raise ModelError(f"{self.folder} holds no model of faster-whisper: there is no model.bin in it")
        from faster_whisper import WhisperModel  # noqa: PLC0415 - it takes a second, and is needed here alone

        try:
            self._model = WhisperModel(
                str(self.folder),
                device="cpu",
                compute_type="int8",
                cpu_threads=self.threads,
                local_files_only=True,
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise ModelError(f"the model in {self.folder} cannot be loaded: {error}") from None

    @property
    def name(self) -> str:
        """What the model goes by."""
        return self.folder.name

    @property
    def languages(self) -> Sequence[str]:
        """Which it knows, by ISO 639's codes."""
        return tuple(self._model.supported_languages)

    def language_of(self, sound: Mono) -> str:
        """In which language somebody speaks."""
        if not self._model.model.is_multilingual:
            return self.languages[0]
        return str(self._model.detect_language(sound)[0])

    def words(self, sound: Mono, language: str) -> list[Word]:
        """What is said in a sound (mono, 16 kHz, 30 s at most), in µs from its start."""
        heard = self._heard(sound, language)
        if any(segment.compression_ratio > _REPEATS_ITSELF for segment in heard):
            heard = self._heard(sound, language, no_repeat_ngram_size=_LONGEST_REPETITION)
        return [
            Word(_us(word.start), _us(word.end), word.word, round(float(word.probability), 3))
            for segment in heard
            if not _made_up(segment)
            for word in segment.words or ()
            if word.word.strip()
        ]

    def _heard(self, sound: Mono, language: str, **more: Any) -> list[Any]:
        segments, _ = self._model.transcribe(
            sound,
            language=language,
            beam_size=_BEAMS,
            temperature=0.0,
            word_timestamps=True,
            condition_on_previous_text=False,
            vad_filter=False,
            **more,
        )
        return list(segments)


def _made_up(segment: Any) -> bool:
    """Whether a segment is rather a sound that is none of speech."""
    unsure: bool = segment.avg_logprob < _UNSURE
    return unsure and bool(segment.no_speech_prob > _NOBODY_SPEAKS or segment.compression_ratio > _REPEATS_ITSELF)


def _us(seconds: float) -> int:
    return round(float(seconds) * 1_000_000)
