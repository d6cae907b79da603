"""Child processes: started, watched, restarted with back-off, and ended for certain."""

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from reelroom.processes import adoption

_log = structlog.get_logger()

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0  # seconds between two attempts
_LONGEST_MESSAGE = 1 << 20  # bytes
_RAN_WELL = 10.0  # seconds after which an attempt counts as a success


@dataclass(frozen=True)
class Program:
    """A command to run; `environment` is added to the server's own, `log` takes its stderr.

    With a `pid_file` the program may outlive the server; it has no messages, and its output goes to the log, too.
    """

    command: list[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    pid_file: Path | None = None


class GaveUp(Exception):
    """A program failed too often; the message is the last failure."""


Message = dict[str, Any]


class Child:
    """Keeps a program running until it ends well or is stopped.

    `program` is asked anew at each attempt, so that every one gets fresh arguments. Lines of JSON on the
    program's standard output go to `on_message`; `tell` writes one to its standard input, and to that of each
    later attempt.
    """

    def __init__(
        self,
        name: str,
        program: Callable[[], Program | Awaitable[Program]],
        *,
        ids: Mapping[str, str] | None = None,
        forever: bool = False,
        most_failures: int | None = None,
        on_message: Callable[[Message], None] = lambda message: None,
        on_restart: Callable[[int], None] = lambda code: None,
        stop_signals: int = 1,
    ) -> None:
        self.name = name
        self.restarts = 0
        self.process: asyncio.subprocess.Process | None = None
        self._program = program
        self._forever = forever
        self._most_failures = most_failures
        self._on_message = on_message
        self._on_restart = on_restart
        self._stop_signals = stop_signals
        self._adopted: int | None = None
        self._stopping = asyncio.Event()
        self._spawning = asyncio.Lock()
        self._standing_order: Message | None = None
        self._log = _log.bind(program=name, **(ids or {}))

    @property
    def pid(self) -> int | None:
        """The process id, while it runs."""
        if self._adopted is not None:
            return self._adopted
        process = self.process
        return process.pid if process and process.returncode is None else None

    async def run(self, adopt: int | None = None) -> None:
        """Returns when the program ended well or was stopped; raises GaveUp when it fails again and again.

        `adopt` is the id of a process that an earlier server started: it is watched until it ends.
        """
        if adopt is not None:
            self._adopted = adopt
            self._log.info("adopted", pid=adopt)
            await adoption.ended(adopt)
            self._adopted = None
            if not self._stopping.is_set():
                self._log.warning("ended", pid=adopt)
                self._on_restart(-1)
        failures = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            code = await self._attempt()
            if self._stopping.is_set() or (code == 0 and not self._forever):
                return
            failures = 1 if time.monotonic() - began > _RAN_WELL else failures + 1
            why = f"{self.name} {_ending(code)}"
            if self._most_failures is not None and failures >= self._most_failures:
                raise GaveUp(why)
            self.restarts += 1
            pause = min(_SHORTEST_PAUSE * 2 ** (failures - 1), _LONGEST_PAUSE)
            self._log.warning("restarting", why=why, pause=pause, restarts=self.restarts)
            self._on_restart(code)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    async def _attempt(self) -> int:
        program = self._program()
        if isinstance(program, Awaitable):
            program = await program
        program.log.parent.mkdir(parents=True, exist_ok=True)
        async with self._spawning:
            if self._stopping.is_set():
                return 0
            with program.log.open("ab") as log:
                self.process = await asyncio.create_subprocess_exec(
                    *program.command,
                    stdin=asyncio.subprocess.PIPE,
                    limit=_LONGEST_MESSAGE,
                    stdout=asyncio.subprocess.PIPE if program.pid_file is None else log,
                    stderr=log,
                    env={**os.environ, **program.environment},
                    start_new_session=True,  # a Ctrl-C in the terminal is for the server alone
                )
            if program.pid_file is not None:
                adoption.note(program.pid_file, self.process.pid)
        self._log.info("started", pid=self.process.pid)
        self._order()
        try:
            if self.process.stdout is not None:
                await self._listen(self.process.stdout)
            code = await self.process.wait()
        except asyncio.CancelledError:
            self._signal(signal.SIGKILL)
            raise
        self._log.info("ended", pid=self.process.pid, how=_ending(code))
        return code

    async def _listen(self, output: asyncio.StreamReader) -> None:
        while True:
            try:
                line = await output.readline()
            except ValueError:  # longer than the reader's limit, which has dropped it
                self._log.warning("message too long")
                continue
            if not line:
                return
            self._receive(line)

    def _receive(self, line: bytes) -> None:
        try:
            message = json.loads(line)
        except ValueError:
            self._log.warning("unreadable message", line=line[:200])
            return
        if isinstance(message, dict):
            self._on_message(message)

    def tell(self, message: Message) -> None:
        """Send a line of JSON to the program, now if it runs, and whenever it is started again."""
        self._standing_order = message
        self._order()

    def _order(self) -> None:
        process = self.process
        if self._standing_order is None or process is None or process.stdin is None:
            return
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            process.stdin.write(json.dumps(self._standing_order).encode() + b"\n")

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(number)

    async def stop(self, grace: float) -> None:
        """RenderRequest the program to end, and after `grace` seconds make it end."""
        self._stopping.set()
        if self._adopted is not None:
            signals = [signal.SIGTERM] * self._stop_signals + [signal.SIGKILL]
            await adoption.end(self._adopted, list(signals), grace / self._stop_signals)
            return
        async with self._spawning:
            process = self.process
        if process is None or process.returncode is not None:
            return
        for _ in range(self._stop_signals):
            self._signal(signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), grace / self._stop_signals)
                return
        self._log.warning("did not end when asked; killed", pid=process.pid)
        self._signal(signal.SIGKILL)
        await process.wait()


def _ending(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with status {code}"
