"""What was written in the room while a film was taken."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from reelroom.takes.events import DataReceived

TOPIC = "chat"


@dataclass(frozen=True)
class ChatMessage:
    """One line of the chat; `at` in ms since the epoch, as the tap heard it."""

    at: int
    participant: str
    name: str
    text: str


def message_of(event: DataReceived, names: dict[str, str]) -> ChatMessage | None:
    """The line that a data message is; None for one of another kind, or of nobody in the room.

    Our page sends `{"text": ...}`; what is no such JSON is a line as it stands. Senders cannot choose their time, nor
    the name of somebody the tap knows.
    """
    if event.topic != TOPIC or not event.participant:
        return None
    text, name = _parts(event.text)
    if not text.strip():
        return None
    return ChatMessage(event.at // 1000, event.participant, names.get(event.participant) or name, text)


def _parts(payload: str) -> tuple[str, str]:
    try:
        found = json.loads(payload)
    except ValueError:
        return payload, ""
    if not isinstance(found, dict):
        return payload, ""
    text, name = found.get("text"), found.get("name")
    return (text if isinstance(text, str) else ""), (name if isinstance(name, str) else "")


def to_json(messages: list[ChatMessage]) -> dict[str, Any]:
    """Its form in `<archiveId>.chat.json` (docs/formats.md)."""
    return {"version": 1, "messages": [asdict(message) for message in messages]}
