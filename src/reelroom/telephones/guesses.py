"""How often somebody may guess: whoever was wrong too often within some time is refused until that is over."""

from collections.abc import Mapping

_MOST_KEPT = 10_000


class Guesses:
    """Counts what was wrong under keys, each of a kind with a limit of its own within `seconds`."""

    def __init__(self, seconds: float, most: Mapping[str, int]) -> None:
        self._seconds = seconds
        self._most = most
        self._wrong: dict[tuple[str, str], list[float]] = {}

    def may(self, now: float, **who: str) -> bool:
        """Whether somebody may guess at a time (s); `who` they are, by kinds."""
        return all(len(self._lately(now, (kind, name))) < self._most[kind] for kind, name in who.items())

    def wrong(self, now: float, **who: str) -> None:
        """Somebody was."""
        for key in who.items():
            self._wrong[key] = [*self._lately(now, key), now]
        if len(self._wrong) > _MOST_KEPT:
            self._wrong = {key: kept for key in self._wrong if (kept := self._lately(now, key))}

    def _lately(self, now: float, key: tuple[str, str]) -> list[float]:
        return [at for at in self._wrong.get(key, []) if at > now - self._seconds]
