"""A transcript to be read: as JSON for programs (docs/formats.md), and as text for people."""

import json
from typing import Any

from reelroom.cutting.vtt import one_line
from reelroom.takes.missing import clock
from reelroom.transcripts.words import Passage, Transcript, Word

VERSION = 1


def as_json(transcript: Transcript, model: str) -> str:
    """As docs/formats.md says; times in s from the start of the film."""

    def seconds(us: int) -> float:
        return round((us - transcript.start) / 1_000_000, 3)

    def word(said: Word) -> dict[str, Any]:
        span = {"from": seconds(said.start), "to": seconds(said.end)}
        return span | {"text": said.text, "confidence": round(said.confidence, 3)}

    def passage(said: Passage) -> dict[str, Any]:
        return {
            "participant": said.participant,
            "name": said.name,
            "from": seconds(said.start),
            "to": seconds(said.end),
            "language": said.language,
            "text": said.text,
            "words": [word(each) for each in said.words],
        }

    document = {
        "version": VERSION,
        "language": transcript.language,
        "model": model,
        "duration": seconds(transcript.end),
        "passages": [passage(each) for each in transcript.passages],
    }
    return json.dumps(document, ensure_ascii=False) + "\n"


def as_text(transcript: Transcript) -> str:
    """A paragraph a passage, with time and name."""
    return "".join(
        f"[{clock(passage.start - transcript.start)}] {one_line(passage.name)}: {passage.text}\n\n"
        for passage in transcript.passages
    )
