"""A summary of what is said in a film, and the JSON that it is kept as (docs/formats.md)."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from reelroom.transcripts.words import Transcript

VERSION = 1


@dataclass(frozen=True)
class Note:
    """One thing that was said, and the moment it rests on: `at`, µs from the start of the film.

    `who` is to do it, where it is a task and somebody is named.
    """

    text: str
    at: int
    who: str = ""


@dataclass(frozen=True)
class Summary:
    """What a meeting was about, in its own `language` (ISO 639)."""

    language: str
    title: str
    points: tuple[Note, ...]
    decisions: tuple[Note, ...]
    tasks: tuple[Note, ...]


def wording_of(said: Transcript) -> str:
    """Stands for all that is said, and by whom: where a word or a name is another, so is this (64 letters)."""
    return hashlib.sha256("\n".join(f"{each.name}: {each.text}" for each in said.passages).encode()).hexdigest()


def summary_as_json(summary: Summary, model: str, in_room: Callable[[int], int]) -> str:
    """As docs/formats.md says; `in_room`: when (µs of room time) a moment of the film was."""

    def notes(found: Sequence[Note]) -> list[dict[str, Any]]:
        return [
            {"text": note.text, "at": round(note.at / 1_000_000, 3), "roomTime": in_room(note.at)} for note in found
        ]

    tasks = [each | {"who": note.who} for each, note in zip(notes(summary.tasks), summary.tasks, strict=True)]
    document = {
        "version": VERSION,
        "language": summary.language,
        "model": model,
        "title": summary.title,
        "summary": notes(summary.points),
        "decisions": notes(summary.decisions),
        "tasks": tasks,
    }
    return json.dumps(document, ensure_ascii=False) + "\n"
