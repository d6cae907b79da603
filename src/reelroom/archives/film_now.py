"""How the making of a film stands, as it is shown and as nodes tell each other."""

from dataclasses import dataclass

from reelroom.archives.making import Making


@dataclass(frozen=True)
class FilmNow:
    """How the making of a film stands.

    `progress` from 0 to 1, None where nobody knows how long it will be; how far (µs) its composer is behind the room;
    why it does not go on, "" when it does; whether a composer runs.
    """

    progress: float | None = None
    behind_us: int = 0
    obstacle: str = ""
    composes: bool = False

    @classmethod
    def of(cls, making: Making) -> "FilmNow":
        """As it is at this moment."""
        behind = making.behind_us if making.child is not None else 0
        return cls(making.progress, behind, making.obstacle, making.composes)
