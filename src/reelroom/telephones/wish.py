"""What a call is to be, as the server hands it to the process."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Dialling:
    """Whom to call, and as whom; or, where `uri` is "", somebody who has called.

    `sender` is "user@host", "" for nobody in particular. `tracks` are the microphones that the telephone hears, None
    for all. `secure`: only with encrypted sound. It rings for `ringing` s, and lasts for `longest` s.
    `tells`: it is told when the session is recorded; `asks`: and asked whether it may be.
    """

    uri: str
    sender: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    username: str = ""
    password: str = field(default="", repr=False)
    secure: bool = False
    tracks: list[str] | None = None
    ringing: int = 60
    longest: int = 4 * 3600
    tells: bool = False
    asks: bool = False

    def to_json(self) -> str:
        """For `from_json`, in the other process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Dialling":
        """As it was."""
        return cls(**json.loads(text))
