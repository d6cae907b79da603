"""A transcript to be read: as JSON for programs (docs/formats.md), and as text for people."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from reelroom.cutting.turns import Turn
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
        found: dict[str, Any] = {
            "participant": said.participant,
            "name": said.name,
            "from": seconds(said.start),
            "to": seconds(said.end),
            "language": said.language,
            "text": said.text,
            "words": [word(each) for each in said.words],
        }
        if said.correction:
            text = "".join(each.text for each in said.heard).strip()
            heard = {"name": said.heard_name, "text": text, "words": [word(each) for each in said.heard]}
            found["corrected"] = {"id": said.correction, "heard": heard}
        return found

    document = {
        "version": VERSION,
        "language": transcript.language,
        "model": model,
        "duration": seconds(transcript.end),
        "passages": [passage(each) for each in transcript.passages],
    }
    return json.dumps(document, ensure_ascii=False) + "\n"


def from_json(text: str | bytes, chapters: Sequence[Turn] = ()) -> Transcript:
    """What `as_json` has written, in µs from the start of the film. Raises ValueError where it is no transcript."""

    def us(seconds: float) -> int:
        return round(seconds * 1_000_000)

    def word(said: dict[str, Any]) -> Word:
        return Word(us(said["from"]), us(said["to"]), str(said["text"]), float(said["confidence"]))

    def words_of(said: dict[str, Any]) -> tuple[Word, ...]:
        return tuple(word(each) for each in said["words"])

    def passage(said: dict[str, Any]) -> Passage:
        found = Passage(str(said["participant"]), str(said["name"]), str(said["language"]), words_of(said))
        if (known := said.get("corrected")) is None:
            return found
        heard = known["heard"]
        return replace(found, heard=words_of(heard), heard_name=str(heard["name"]), correction=str(known["id"]))

    try:
        found: dict[str, Any] = json.loads(text)
        passages = tuple(passage(each) for each in found["passages"] if each["words"])
        return Transcript(0, us(found["duration"]), str(found["language"]), passages, tuple(chapters))
    except (KeyError, TypeError) as error:
        raise ValueError(f"no transcript: {error}") from error


def model_of(text: str | bytes) -> str:
    """By which model a transcript that was written was made."""
    return str(json.loads(text)["model"])


def as_text(transcript: Transcript) -> str:
    """A paragraph a passage, with time and name."""
    return "".join(
        f"[{clock(passage.start - transcript.start)}] {one_line(passage.name)}: {passage.text}\n\n"
        for passage in transcript.passages
    )
