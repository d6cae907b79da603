"""When sound arrived that is taken out of a queue: behind, it is older than the moment at which it is taken."""

from dataclasses import dataclass

_WAITED = 0.01  # s: the queue was empty


@dataclass
class Arrivals:
    """One microphone's queue, whose frames come at the pace of their length."""

    _arrived: float = 0.0

    def note(self, asked: float, now: float, seconds: float) -> float:
        """When a frame of so many seconds arrived, which was asked for at `asked` and is there `now` (s).

        Who had to wait for it has it as it came. Who had not takes it from a queue, into which it came no later than
        its length after the one before; the one after a pause is waited for again.
        """
        if now - asked >= _WAITED or not self._arrived:
            self._arrived = now
        else:
            self._arrived = min(now, self._arrived + seconds)
        return self._arrived
