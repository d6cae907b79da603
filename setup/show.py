"""The screen: runs commands with their output in logs, and tells a person how far each step has come."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

HEARTBEAT_SECONDS = 15.0
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
LAST_LINES = 20

DISK_IS_FULL = (
    r"No space left on device|ENOSPC|Disk quota exceeded",
    "The disk is full: free about 4 GB and run it again.",
)
# What the log of a step that fetches something says when the cause lies outside this machine.
NETWORK_CAUSES = (
    (
        r"x509|self[- ]signed|SELF_SIGNED|CERT_|invalid peer certificate|CERTIFICATE_VERIFY_FAILED",
        "The certificate of {source} is not trusted here: behind a proxy that has one, point SSL_CERT_FILE "
        "and NODE_EXTRA_CA_CERTS at it and run it again.",
    ),
    (
        r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT|dial tcp"
        r"|i/o timeout|no such host|dns error|[Cc]onnection refused|error sending request|Failed to fetch"
        r"|NewConnectionError|Temporary failure|Could not resolve|timed out|from versions: none",
        "This machine could not reach {source}: check its network (behind a proxy, set HTTPS_PROXY) and run "
        "it again.",
    ),
)


class Stop(Exception):
    """Setting up cannot go on; the text is one sentence for a person: what is missing, and how to get it."""

    def __init__(self, sentence: str, log: Path | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.log = log


class Stopped(Exception):
    """Another step has failed, or a person has pressed Ctrl-C."""


def cause(log: str, source: str = "") -> str | None:
    """A sentence about a cause that lies outside the step, when its log shows one.

    `source` is where the step fetches something from, in words; empty when it fetches nothing.
    """
    causes = [DISK_IS_FULL, *NETWORK_CAUSES] if source else [DISK_IS_FULL]
    for pattern, sentence in causes:
        if re.search(pattern, log):
            return sentence.format(source=source)
    return None


class Screen:
    """Says what is going on. All methods may be called from any thread."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self.tty = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._lock = threading.Lock()
        self._running: dict[str, tuple[str, float, float]] = {}  # name: what, since, last told
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._closing = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> Screen:
        self._ticker.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()
        self._ticker.join()

    def say(self, line: str) -> None:
        with self._lock:
            self._print(line)

    def start(self, name: str, what: str) -> None:
        now = time.monotonic()
        with self._lock:
            self._running[name] = (what, now, now)
            if not self.tty:
                self._print(f"{name:<12} {what} ...")

    def done(self, name: str) -> None:
        with self._lock:
            what, since, _ = self._running.pop(name)
            mark = "✓ " if self.tty else ""
            self._print(f"{mark}{name:<12} {what}: done in {duration(time.monotonic() - since)}")

    def failed(self, name: str) -> None:
        with self._lock:
            self._running.pop(name, None)

    def run(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        folder: Path,
        environment: Mapping[str, str],
        failure: str,
        fetches: str = "",
        append: bool = False,
    ) -> None:
        """Runs a command of the step `name`, its output in <logs>/<name>.log.

        Raises Stop when it fails: with the cause that its log shows (the network may be one when it `fetches`
        from somewhere), otherwise with the sentence `failure`. With `append` the log of the step's
        earlier commands is kept.
        """
        self.logs.mkdir(parents=True, exist_ok=True)
        log = self.logs / f"{name}.log"
        words = [str(word) for word in command]
        with log.open("ab" if append else "wb") as output:
            output.write(f"$ {' '.join(words)}\n".encode())
            output.flush()
            with self._lock:
                if self._closing.is_set():
                    raise Stopped
                try:
                    process = subprocess.Popen(
                        words,
                        cwd=folder,
                        env=dict(environment),
                        stdin=subprocess.DEVNULL,
                        stdout=output,
                        stderr=subprocess.STDOUT,
                        start_new_session=True,
                    )
                except OSError as error:
                    output.write(f"{error}\n".encode())
                    raise Stop(failure, log) from error
                self._processes.add(process)
            status = process.wait()
            with self._lock:
                self._processes.discard(process)
        if self._closing.is_set():
            raise Stopped
        if status != 0:
            raise Stop(cause(log.read_text(errors="replace"), fetches) or failure, log)

    def stop(self) -> None:
        """Ends every command that is still running, and the ticker."""
        self._closing.set()
        with self._lock:
            processes = list(self._processes)
        for process in processes:
            signal_group(process, signal.SIGTERM)
        deadline = time.monotonic() + 5
        for process in processes:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                signal_group(process, signal.SIGKILL)

    def _tick(self) -> None:
        turn = 0
        while not self._closing.wait(0.2):
            turn += 1
            with self._lock:
                if self.tty:
                    self._draw(turn)
                else:
                    self._heartbeat()
        with self._lock:
            self._erase()

    def _draw(self, turn: int) -> None:
        now = time.monotonic()
        running = " · ".join(f"{name} {duration(now - since)}" for name, (_, since, _) in self._running.items())
        if running:
            self._erase()
            width = shutil.get_terminal_size().columns
            sys.stdout.write(f"{SPINNER[turn % len(SPINNER)]} {running}"[: width - 1])
            sys.stdout.flush()

    def _heartbeat(self) -> None:
        now = time.monotonic()
        for name, (what, since, told) in self._running.items():
            if now - told >= HEARTBEAT_SECONDS:
                self._running[name] = (what, since, now)
                self._print(f"{name:<12} still at work after {duration(now - since)}")

    def _print(self, line: str) -> None:
        self._erase()
        print(line, flush=True)

    def _erase(self) -> None:
        if self.tty:
            sys.stdout.write("\r\033[K")
            sys.stdout.flush()


def signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Signals a command and what it has started; each command leads a process group of its own."""
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return


def duration(seconds: float) -> str:
    """`4.2 s`, `48 s`, `2 min 5 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


def last_lines(log: Path, count: int = LAST_LINES) -> str:
    """The end of a log, indented."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return ""
    return "\n".join(f"    {line}" for line in lines[-count:])
