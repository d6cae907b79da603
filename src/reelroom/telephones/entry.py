"""What a caller presses until they may come in: the number of a room, where it was not dialled, and its PIN."""

from dataclasses import dataclass, replace
from typing import Literal

NUMBER_DIGITS, PIN_DIGITS = 9, 6
_MOST_TRIES = 3  # of one call

Prompt = Literal["number", "pin", "wrong", "goodbye"]


@dataclass(frozen=True)
class Attempt:
    """What was pressed, whole: whether it opens a room is not known here."""

    number: str
    pin: str


@dataclass(frozen=True)
class Entry:
    """A caller in the lobby.

    `dialled`: the room's number, "" where it is asked for; `number`: that, or what was pressed since.
    """

    dialled: str
    number: str = ""
    pressed: str = ""
    tries: int = 0

    @classmethod
    def begin(cls, dialled: str) -> "Entry":
        """Somebody has come in, who has dialled a room's number or none."""
        return cls(dialled, dialled)

    @property
    def asks(self) -> Prompt:
        """What is to be pressed next."""
        return "pin" if self.number else "number"

    def press(self, key: str) -> tuple["Entry", Attempt | Prompt | None]:
        """A key: what is asked for next, or an attempt, once all is pressed. `*` begins anew, `#` ends early."""
        if key == "*":
            return replace(self, number=self.dialled, pressed=""), None
        if key == "#":
            return self._whole() if self.pressed else (self, None)
        if key not in "0123456789":
            return self, None
        pressed = replace(self, pressed=self.pressed + key)
        return pressed._whole() if len(pressed.pressed) == pressed._awaited else (pressed, None)

    @property
    def _awaited(self) -> int:
        return PIN_DIGITS if self.number else NUMBER_DIGITS

    def _whole(self) -> tuple["Entry", Attempt | Prompt]:
        if not self.number:
            return replace(self, number=self.pressed, pressed=""), "pin"
        return replace(self, pressed=""), Attempt(self.number, self.pressed)

    def failed(self) -> tuple["Entry", Prompt]:
        """An attempt opened nothing: another one, or it was the last of this call."""
        tries = self.tries + 1
        return Entry(self.dialled, self.dialled, "", tries), "goodbye" if tries == _MOST_TRIES else "wrong"
