"""Whether captions come too late to be of use: then the machine is too busy for them."""

from dataclasses import dataclass

_TOO_LATE = 4.0  # s after it was said
_FOR = 15.0  # s for which captions may come too late


@dataclass
class Lateness:
    """Told of each caption; `lag` is how long (s) after it was said the last one came."""

    lag: float = 0.0
    _late_since: float | None = None

    def note(self, heard: float, now: float) -> None:
        """A caption of what was heard up to `heard` came at `now` (s)."""
        self.lag = now - heard
        if self.lag <= _TOO_LATE:
            self._late_since = None
        elif self._late_since is None:
            self._late_since = now

    def too_long(self, now: float) -> bool:
        """Whether captions have come too late for too long."""
        return self._late_since is not None and now - self._late_since > _FOR
