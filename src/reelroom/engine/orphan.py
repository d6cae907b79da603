"""Ends an engine that no server looks after any more: a program of its own, which outlives the server, too.

The server holds a lock for as long as it lives. Once nobody has held it for long enough, and no server has come to
adopt the engine, whoever is in a room there is alone with it, and it ends.
"""

import argparse
import asyncio
import fcntl
import os
import signal
import sys
import time
from pathlib import Path

from reelroom.processes import adoption

_EVERY = 0.5  # seconds between two looks


def _somebody_serves(lock: int) -> bool:
    """Whether a server holds the lock. Asking takes a share in it for a moment, which a server's start waits out."""
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    fcntl.flock(lock, fcntl.LOCK_UN)
    return False


async def _end_all(engines: list[int]) -> None:
    for pid in engines:
        await adoption.end(pid, [signal.SIGTERM, signal.SIGTERM, signal.SIGKILL], 0.5)


def watch(lock: Path, config: Path, seconds: float) -> None:
    """Returns once there is neither a server nor an engine of this configuration."""
    descriptor = os.open(lock, os.O_RDONLY)
    alone_since: float | None = None
    while True:
        if _somebody_serves(descriptor):
            alone_since = None
        else:
            alone_since = time.monotonic() if alone_since is None else alone_since
            engines = adoption.find("--config", config)
            if not engines:
                return
            if time.monotonic() - alone_since >= seconds:
                asyncio.run(_end_all(engines))
        time.sleep(_EVERY)


def main() -> int:
    """The entry point."""
    parser = argparse.ArgumentParser(prog="reelroom-engine-orphan", description=__doc__)
    parser.add_argument("--lock", type=Path, required=True, help="the file that a server holds a lock on")
    parser.add_argument("--ends", type=Path, required=True, help="the configuration of the engine to end")
    parser.add_argument("--after", type=float, required=True, help="seconds")
    arguments = parser.parse_args()
    watch(arguments.lock, arguments.ends, arguments.after)
    return 0


if __name__ == "__main__":
    sys.exit(main())
