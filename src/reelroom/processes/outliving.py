"""A child process that goes on when its server is gone: the event loop's own children are killed as it closes."""

import subprocess
from collections.abc import Mapping, Sequence
from typing import IO

from reelroom.processes import adoption


class Outliving:
    """What `Child` needs of a process. Its standard input stays open for as long as the server lives."""

    stdout = None
    stdin = None

    def __init__(self, command: Sequence[str], log: IO[bytes] | int, environment: Mapping[str, str]) -> None:
        """Start it. Raises OSError."""
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,  # a Ctrl-C in the terminal is for the server alone
        )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """How it ended, negative for a signal; None while it runs."""
        return self._process.poll()

    async def wait(self) -> int:
        """Returns how it ended, once it has."""
        await adoption.ended(self.pid, lambda: self.returncode is None)
        return self._process.wait()

    def send_signal(self, number: int) -> None:
        """Send a signal; one that has ended is left alone."""
        self._process.send_signal(number)
