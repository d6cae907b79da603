"""What was understood of a take so far: a file beside its tracks, with a line for each piece of speech."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reelroom.transcripts.words import Utterance, Word

NAME = "words.jsonl"


@dataclass(frozen=True)
class By:
    """By which model, and in which language it was told that people speak; "" where it was to find out."""

    model: str
    language: str = ""


class _Word(BaseModel):
    model_config = ConfigDict(frozen=True, populate_by_name=True)

    start: int = Field(alias="from")
    end: int = Field(alias="to")
    text: str
    confidence: float


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, populate_by_name=True)

    participant: str
    start: int = Field(alias="from")
    end: int = Field(alias="to")
    model: str
    asked: str
    language: str
    words: tuple[_Word, ...]


def read_heard(take: Path, by: By) -> list[Utterance]:
    """What is known by then; a line that was cut off by a crash, or cannot be read, is as if it were not there."""
    try:
        lines = (take / NAME).read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    heard = []
    for text in lines:
        try:
            line = _Line.model_validate_json(text)
        except ValidationError:
            continue
        if (line.model, line.asked) == (by.model, by.language):
            words = tuple(Word(**vars(word)) for word in line.words)
            heard.append(Utterance(line.participant, line.start, line.end, line.language, words))
    return heard


def add_heard(take: Path, by: By, utterances: Iterable[Utterance]) -> None:
    """Add some, durably: what was understood once is not listened to again. Raises OSError."""
    lines = [_line(by, utterance) for utterance in utterances]
    with (take / NAME).open("ab") as file:
        if file.tell() and not _ends_a_line(take / NAME):
            file.write(b"\n")  # of a line that a crash has cut off
        file.write("".join(lines).encode())
        file.flush()
        os.fsync(file.fileno())


def _line(by: By, utterance: Utterance) -> str:
    words = tuple(_Word.model_validate(vars(word)) for word in utterance.words)
    line = _Line(model=by.model, asked=by.language, **(vars(utterance) | {"words": words}))
    return line.model_dump_json(by_alias=True) + "\n"


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
