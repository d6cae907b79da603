"""Child processes: started, watched, restarted with back-off, and ended for certain."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import structlog

from reelroom.files.space import DISK_SAYS_NO, why_disk_refused
from reelroom.processes import adoption
from reelroom.processes.environment import for_children
from reelroom.processes.fence import told
from reelroom.processes.inside import BEAT_SECONDS
from reelroom.processes.outliving import Outliving
from reelroom.processes.patience import Ended, Patience
from reelroom.processes.spare import Spare

_log = structlog.get_logger()

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0  # seconds between two attempts
LONGEST_MESSAGE = 1 << 20  # bytes
_DESCRIPTORS = 10  # that starting a program takes, with some to spare


@dataclass(frozen=True)
class Program:
    """A command to run; `environment` is added to what children may see of the server's, `log` takes its stderr.

    What is `fenced` from a data directory is a module of ours, which keeps from the secrets there (`fence`).
    One that `outlives` the server has no messages, and its output goes to the log, too. The next server recognises it
    by its command line (`adoption.find`). A `spare` may have loaded it already.
    """

    command: list[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    outlives: bool = False
    spare: Spare | None = None
    fenced: Path | None = None


class GaveUp(Exception):
    """A program failed too often; the message is the last failure."""


class NotNow(Exception):
    """Raised by whoever is asked for a program that is not to run yet; the message says why."""


Message = dict[str, Any]


class Child:
    """Keeps a program running until it ends well or is stopped.

    `program` is asked anew at each attempt, so that every one gets fresh arguments. Lines of JSON on the
    program's standard output go to `on_message`; `tell` writes one to its standard input, and to that of each
    later attempt. An empty line every few seconds tells it that this server is alive.

    Where it is not `wanted`, it is not started, but looked at again: another server may run by now what this one did
    before it was frozen.

    A start that fails (no disk, descriptors, processes or memory) is tried again for as long as the child is wanted;
    `obstacle` says why it does not run then. Nor do failing listeners end it: it is watched in any case.
    """

    def __init__(
        self,
        name: str,
        program: Callable[[], Program | Awaitable[Program]],
        *,
        ids: Mapping[str, str] | None = None,
        forever: bool = False,
        most_failures: int | None = None,
        progress: Callable[[], object] | None = None,
        longest_pause: float | None = None,
        on_message: Callable[[Message], None] = lambda message: None,
        on_restart: Callable[[int], None] = lambda code: None,
        stop_signals: int = 1,
        wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        self.name = name
        self.restarts = 0
        self.obstacle = ""
        self.process: asyncio.subprocess.Process | Outliving | None = None
        self._program = program
        self._forever = forever
        self._most_failures = most_failures
        self._progress = progress
        self._longest_pause = longest_pause
        self._on_message = on_message
        self._on_restart = on_restart
        self._stop_signals = stop_signals
        self._wanted = wanted
        self._adopted: int | None = None
        self._stopping = asyncio.Event()
        self._left = False
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
            await self._adopt(adopt)
        longest = _LONGEST_PAUSE if self._longest_pause is None else self._longest_pause
        patience = Patience(_SHORTEST_PAUSE, longest, self._most_failures, self._progress)
        while not self._stopping.is_set():
            began = time.monotonic()
            code = await self._attempt()
            if self._stopping.is_set() or (code == 0 and not self._forever):
                return
            why = self.obstacle if code is None else f"{self.name} {_ending(code)}"
            pause = patience.after(Ended(code, time.monotonic() - began))
            if pause is None:
                raise GaveUp(why)
            self.restarts += 1
            self._log.warning("restarting", why=why, pause=pause, restarts=self.restarts)
            if code is not None:
                self._guarded(self._on_restart, code)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    async def _adopt(self, pid: int) -> None:
        self._adopted = pid
        self._log.info("adopted", pid=pid)
        await adoption.ended(pid)
        self._adopted = None
        if not self._stopping.is_set():
            self._log.warning("ended", pid=pid)
            self._guarded(self._on_restart, -1)

    async def _attempt(self) -> int | None:
        """The exit status, or None when it could not be started."""
        try:
            if not self._wanted():
                raise NotNow("another server may run it by now")
            program = self._program()
            if isinstance(program, Awaitable):
                program = await program
            async with self._spawning:
                if self._stopping.is_set():
                    return 0
                self.process = await self._spawn(program)
        except asyncio.CancelledError:
            self._signal(signal.SIGKILL)
            raise
        except Exception as error:
            self.obstacle = self._why_not(error)
            foreseen = isinstance(error, OSError | NotNow)
            self._log.error("cannot be started", error=repr(error), exc_info=not foreseen)
            return None
        self.obstacle = ""
        self._log.info("started", pid=self.process.pid)
        self._order()
        beating = asyncio.create_task(self._beat(), name=f"signs of life to {self.name}")
        try:
            if self.process.stdout is not None:
                await self._listen(self.process.stdout)
            code = await self.process.wait()
        except asyncio.CancelledError:
            if not self._left:
                self._signal(signal.SIGKILL)
            raise
        finally:
            beating.cancel()
        self._log.info("ended", pid=self.process.pid, how=_ending(code))
        return code

    def _why_not(self, error: Exception) -> str:
        if isinstance(error, OSError) and error.errno in DISK_SAYS_NO:
            return why_disk_refused(error)
        if isinstance(error, NotNow):
            return str(error)
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return f"{self.name} cannot be started: {reason or type(error).__name__}"

    async def _spawn(self, program: Program) -> asyncio.subprocess.Process | Outliving:
        _watch_by_descriptor()
        environment = {**for_children(os.environ), **program.environment, **told(program.fenced)}
        with self._opened(program.log) as log:
            if program.spare and (ready := program.spare.take(program.command, program.environment, program.log)):
                return ready
            _reserve_descriptors()
            if program.outlives:
                return Outliving(program.command, log, environment)
            return await asyncio.create_subprocess_exec(
                *program.command,
                stdin=asyncio.subprocess.PIPE,
                limit=LONGEST_MESSAGE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=environment,
                start_new_session=True,  # a Ctrl-C in the terminal is for the server alone
            )

    @contextmanager
    def _opened(self, path: Path) -> Iterator[IO[bytes] | int]:
        """The log, to be written to; where there can be none, the program runs without."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            log = path.open("ab")
        except OSError as error:
            self._log.warning("runs without a log", log=str(path), error=str(error))
            yield asyncio.subprocess.DEVNULL
            return
        with log:
            yield log

    def _guarded(self, listener: Callable[[Any], None], what: object) -> None:
        """Whoever is told of a child cannot end its supervision by failing."""
        try:
            listener(what)
        except Exception:
            self._log.exception("a listener failed")

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
            self._guarded(self._on_message, message)

    def tell(self, message: Message) -> None:
        """Send a line of JSON to the program, now if it runs, and whenever it is started again."""
        self._standing_order = message
        self._order()

    def _order(self) -> None:
        if self._standing_order is not None:
            self._write(json.dumps(self._standing_order).encode() + b"\n")

    async def _beat(self) -> None:
        """The program ends by itself where these signs of life fail to come: this server is frozen then."""
        while True:
            self._write(b"\n")
            await asyncio.sleep(BEAT_SECONDS)

    def _write(self, line: bytes) -> None:
        if (process := self.process) is not None and process.stdin is not None:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                process.stdin.write(line)

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(number)

    def leave(self) -> None:
        """Let a program that outlives the server go on, and look after it no more: then cancel `run`."""
        self._stopping.set()
        self._left = True

    async def stop(self, grace: float) -> None:
        """Ask the program to end, and after `grace` seconds make it end."""
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
        known = -code in signal.valid_signals() and -code < signal.SIGRTMIN
        return f"was ended by {signal.Signals(-code).name if known else f'signal {-code}'}"
    return f"ended with status {code}"


def _reserve_descriptors() -> None:
    """Raises OSError where too few are left to start a program: found out in the middle, it would be half started."""
    held = []
    try:
        for _ in range(_DESCRIPTORS):
            held.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
    finally:
        for descriptor in held:
            os.close(descriptor)


def _watch_by_descriptor() -> None:
    """Python 3.11 starts a thread for each child, which fails where processes are short; later ones do as here."""
    if sys.version_info < (3, 12):
        watcher = asyncio.get_child_watcher()
        if not (isinstance(watcher, asyncio.PidfdChildWatcher) and watcher.is_active()):
            watcher = asyncio.PidfdChildWatcher()
            watcher.attach_loop(asyncio.get_running_loop())
            asyncio.set_child_watcher(watcher)
