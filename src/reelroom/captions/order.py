"""What live captions are to be, as the server hands it to their process."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from reelroom.opentok.streams import CAPTIONS_PUBLISHED, CONSENT

CAPTIONS_TOPIC = "captions"
_UNHEARD = {"asked", "declined"}  # what they have said of being recorded


@dataclass(frozen=True)
class CaptionsOrder:
    """In `language` (BCP 47), "" to find it out; `partial`: also of what is being said.

    `everybody`: of all in the session, as in a room; else of those who let them be made. `own`: until nobody reads
    them. `empty_seconds`: so long after the last participant has left they end.
    """

    language: str
    partial: bool
    own: bool
    everybody: bool
    empty_seconds: float

    def to_json(self) -> str:
        """For `from_json`, in the other process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "CaptionsOrder":
        """As it was."""
        return cls(**json.loads(text))

    def hears(self, attributes: Mapping[str, str]) -> bool:
        """Whether somebody with these attributes is listened to while others read."""
        published = self.everybody or attributes.get(CAPTIONS_PUBLISHED) == "yes"
        return published and attributes.get(CONSENT) not in _UNHEARD

    @property
    def code(self) -> str:
        """The language as a model has it: en for en-US."""
        return self.language.partition("-")[0].lower()
