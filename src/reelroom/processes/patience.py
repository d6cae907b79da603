"""What follows when a program has ended that should run: another attempt after a pause, or none."""

from collections.abc import Callable
from dataclasses import dataclass, field
from signal import Signals

_RAN_WELL = 10.0  # seconds after which an attempt counts as a success, where nothing tells of progress
# Who sends these is not the program: an administrator, an upgrade, the kernel where memory is short (OOM killer).
_FROM_OUTSIDE = {-Signals.SIGKILL, -Signals.SIGTERM, -Signals.SIGINT, -Signals.SIGHUP}


def doubling(before: int, shortest: float, longest: float) -> float:
    """The pause (s) that follows `before` others in a row, each twice as long as the one before it."""
    return min(shortest * 2.0 ** min(before, 30), longest)


@dataclass(frozen=True)
class Ended:
    """An attempt that is over: its exit status (negative for a signal), or None where it could not even start."""

    code: int | None
    seconds: float


@dataclass
class Patience:
    """Pauses double from `shortest` to `longest` (seconds) while nothing gets better.

    `most_failures` (None: any number) counts faults of the program between which it made no progress: failing at the
    same place again and again. Being killed from outside is no fault, nor is a start that the machine refused; but
    where one failure is too many already, however it ended, there is no second attempt. `progress` says how far the
    program has come, in any value that changes as it goes on; without one, having run for a while is progress.
    """

    shortest: float
    longest: float
    most_failures: int | None = None
    progress: Callable[[], object] | None = None
    _failures: int = 0
    _pauses: int = 0
    _reached: object = field(default=None)

    def after(self, ended: Ended) -> float | None:
        """How long (s) to wait before the next attempt; None when there is to be none."""
        if self._went_on(ended):
            self._failures = self._pauses = 0
        refused = ended.code is None
        from_outside = ended.code in _FROM_OUTSIDE and self.most_failures != 1
        if not refused and not from_outside:
            self._failures += 1
            if self.most_failures is not None and self._failures >= self.most_failures:
                return None
        pause = doubling(self._pauses, self.shortest, self.longest)
        self._pauses += 1
        return pause

    def _went_on(self, ended: Ended) -> bool:
        if self.progress is None:
            return ended.seconds > _RAN_WELL
        before, self._reached = self._reached, self.progress()
        return before != self._reached
