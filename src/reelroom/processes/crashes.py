"""How a program ended that a fault of native code brought down, and how its next attempt is told."""

from signal import Signals

# The process did it to itself: memory that is not its own, an assertion, an impossible instruction.
CRASHES = frozenset({-Signals.SIGSEGV, -Signals.SIGABRT, -Signals.SIGBUS, -Signals.SIGFPE, -Signals.SIGILL})
CRASHED = "--crashed"  # the argument


class LastEnd:
    """Whether a child's last attempt crashed."""

    def __init__(self) -> None:
        self._crashed = False

    def was(self, code: int) -> None:
        """It ended with this status (negative for a signal)."""
        self._crashed = code in CRASHES

    def arguments(self) -> list[str]:
        """What the next attempt is started with, too."""
        crashed, self._crashed = self._crashed, False
        return [CRASHED] if crashed else []
