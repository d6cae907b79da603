"""The model that turns sound into words: Whisper, run by faster-whisper on the CPU, from a folder of the host's."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reelroom.composer.words import RATE, Mono
from reelroom.transcripts.words import Word

_BEAMS = 5
# Whisper's own measures of what it has made up (https://arxiv.org/abs/2212.04356, 4.5).
_REPEATS_ITSELF = 2.4  # how well a text may be compressed
_UNSURE = -1.0  # mean logarithm of the probability of its parts
_NOBODY_SPEAKS = 0.6
_LONGEST_REPETITION = 3  # words that are not said again, where a first text repeats itself


# What is heard live is not padded to the 30 s that the model was trained on: that would take ten times the CPU.
_FRAMES_A_SECOND = 100  # of the model's spectrogram
_FRAMES_AFTER = 100  # of silence, in which a last word is understood to be over
_FEWEST_FRAMES = 300
_MOST_TOKENS_A_SECOND, _MOST_TOKENS_MORE = 10, 16


@dataclass(frozen=True)
class Phrase:
    """What was said in some seconds, and in which language (ISO 639's code)."""

    text: str
    language: str


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

    def phrase(self, sound: Mono, language: str) -> Phrase:
        """What is said in some seconds of sound (mono, 16 kHz), in that language, or "" to find it out.

        Without times, and as quick as can be: for whoever reads it while it is said.
        """
        from faster_whisper.audio import pad_or_trim  # noqa: PLC0415
        from faster_whisper.tokenizer import Tokenizer  # noqa: PLC0415
        from faster_whisper.transcribe import get_suppressed_tokens  # noqa: PLC0415

        model = self._model
        seconds = len(sound) / RATE
        frames = max(_FEWEST_FRAMES, int(seconds * _FRAMES_A_SECOND) + _FRAMES_AFTER)
        encoded = model.encode(pad_or_trim(model.feature_extractor(sound), frames))
        multilingual = model.model.is_multilingual
        if multilingual and not language:
            language = str(model.model.detect_language(encoded)[0][0][0])[2:-2]
        spoken = language if multilingual else self.languages[0]
        tokenizer = Tokenizer(model.hf_tokenizer, multilingual, task="transcribe", language=spoken)
        prompt = model.get_prompt(tokenizer, [], without_timestamps=True)
        (heard,) = model.model.generate(
            encoded,
            [prompt],
            beam_size=1,
            max_length=len(prompt) + _MOST_TOKENS_MORE + int(seconds * _MOST_TOKENS_A_SECOND),
            no_repeat_ngram_size=_LONGEST_REPETITION,
            suppress_tokens=list(get_suppressed_tokens(tokenizer, [-1])),
            return_scores=True,
            return_no_speech_prob=True,
        )
        nobody = heard.scores[0] < _UNSURE and heard.no_speech_prob > _NOBODY_SPEAKS
        return Phrase("" if nobody else tokenizer.decode(heard.sequences_ids[0]).strip(), spoken)

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
