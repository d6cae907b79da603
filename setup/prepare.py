"""Sets Reelroom up in this checkout: what `make` calls before it runs, checks or tests anything.

    python3 setup/prepare.py run     environment, engine, tap, page
    python3 setup/prepare.py dev     the same, with what checks need
    python3 setup/prepare.py test    the same, with the programs that tests call
    python3 setup/prepare.py bench   the same, with those that measurements call
    python3 setup/prepare.py lock    pin anew what pyproject.toml asks for

It needs Python 3.11 and nothing but its standard library. Every step has a stamp made from what went into it
(see stamp.py), so a second run does only what has changed. Steps that don't need each other run side by side:

    uv --+-- environment
         +-- Go -- engine -- tap -- S3 server of the tests
         +-- Node -- packages -- page
                  +-- packages that tests call
"""

from __future__ import annotations

import argparse
import fcntl
import shlex
import signal
import sys
import time
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from pathlib import Path
from types import FrameType

from environment import Environment
from locks import Locks
from machine import (
    BENCH_TOOLS,
    LEAST_PYTHON,
    TEST_TOOLS,
)
from page import Page
from programs import GO_SETTINGS, Programs
from show import Screen, Stop, Stopped, duration, last_lines
from steps import dotted
from tools import Tools

ROOT = Path(__file__).resolve().parent.parent


class Preparation(Environment, Programs, Page, Tools, Locks):
    """Everything that is set up in one checkout."""

    def prepare(self, kind: str) -> None:
        """Brings everything up to date for `run`, `dev`, `test` or `bench`. Raises Stop."""
        self.check_locks()
        uv = self.uv()
        lanes = [
            lambda: self.environment(uv, kind),
            lambda: self.go_programs(uv, kind),
            lambda: self.node_packages(uv, kind),
        ]
        if kind in {"test", "bench"}:
            lanes.append(lambda: self.tools(BENCH_TOOLS if kind == "bench" else TEST_TOOLS))
        with ThreadPoolExecutor(len(lanes)) as pool:
            futures = [pool.submit(lane) for lane in lanes]
            try:
                done, _ = wait(futures, return_when=FIRST_EXCEPTION)
                errors = [error for future in done if (error := future.exception())]
            finally:
                if not all(future.done() and not future.exception() for future in futures):
                    self.screen.stop()
        for error in sorted(errors, key=lambda error: isinstance(error, Stopped)):
            raise error
        self.write_environment()

    def write_environment(self) -> None:
        """.build/environment, for the shell lines of the Makefile."""
        folders = [self.root / ".venv/bin", *sorted(self.path)]
        lines = ["# Written by setup/prepare.py; sourced by the Makefile."]
        lines += [f"PATH={':'.join(shlex.quote(str(folder)) for folder in folders)}:$PATH", "export PATH"]
        lines += [f"export {name}={shlex.quote(value)}" for name, value in GO_SETTINGS.items()]
        if any("/site-packages/go/" in str(folder) for folder in self.path):
            lines.append("unset GOROOT")
        lines.append("unset VIRTUAL_ENV PYTHONHOME PYTHONPATH")
        beside = self.build / "environment.new"
        beside.write_text("\n".join(lines) + "\n")
        beside.replace(self.build / "environment")


def check_machine() -> None:
    """Raises Stop on a machine that Reelroom cannot be set up on."""
    if sys.platform != "linux":
        raise Stop(f"Reelroom runs on Linux, and this is {sys.platform}: use a Linux machine, or a container here.")
    if sys.version_info < LEAST_PYTHON:
        raise Stop(
            f"Reelroom needs Python 3.11 or newer, and this is {dotted(sys.version_info[:3])}: name another "
            "one with PYTHON=."
        )


def terminate(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    parser = argparse.ArgumentParser(description="Sets Reelroom up in this checkout.")
    parser.add_argument("kind", choices=["run", "dev", "test", "bench", "lock"])
    chosen, more = parser.parse_known_args()
    if more and chosen.kind != "lock":
        parser.error(f"{chosen.kind} takes no arguments: {' '.join(more)}")
    signal.signal(signal.SIGTERM, terminate)
    build = ROOT / ".build"
    build.mkdir(exist_ok=True)
    since = time.monotonic()
    with Screen(build / "logs") as screen, (build / "lock-file").open("w") as only_one:
        try:
            check_machine()
            try:
                fcntl.flock(only_one, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                screen.say("Another make is setting this checkout up: waiting for it.")
                fcntl.flock(only_one, fcntl.LOCK_EX)
            preparation = Preparation(ROOT, screen)
            if chosen.kind == "lock":
                preparation.lock(more)
            else:
                if not (build / "stamps").exists():
                    screen.say("Setting up Reelroom: a few minutes the first time, seconds from then on.")
                preparation.prepare(chosen.kind)
        except Stop as stop:
            screen.stop()
            tell(screen, stop)
            return 1
        except KeyboardInterrupt:
            screen.stop()
            screen.say("Interrupted; what was done stays done.")
            return 130
        if preparation.made:
            screen.say(f"Set up in {duration(time.monotonic() - since)}.")
    return 0


def tell(screen: Screen, stop: Stop) -> None:
    """What went wrong: the end of the log, then the one sentence."""
    if stop.log:
        screen.say(f"\nThe end of {stop.log.relative_to(ROOT)}:\n{last_lines(stop.log)}\n")
    screen.say(f"Reelroom could not be set up. {stop.sentence}")


if __name__ == "__main__":
    sys.exit(main())
