"""Stopping the server of a data directory from outside, and whatever one that is gone left running."""

import asyncio
import os
import signal
import time
from pathlib import Path

from reelroom.engine.local import surviving_engines, surviving_guards
from reelroom.processes import adoption
from reelroom.recorder.taps import all_surviving_taps
from reelroom.roles.lock import holder

_SECONDS = 60.0  # for films to be finished, callbacks to be sent, rooms to be told


class NoServer(Exception):
    """There is none to stop, or it does not stop; the message says which."""


def stop_server(data_dir: Path, *, end_recordings: bool) -> None:
    """Returns when it has stopped. Raises NoServer, OSError. Blocking."""
    server = holder(data_dir)
    if server is None:
        if not (end_recordings and asyncio.run(_end_what_is_left(data_dir))):
            raise NoServer(f"No server works in {data_dir}")
        return
    if not server:
        raise NoServer(f"A server works in {data_dir}, but its process is not known: end it by its process id")
    os.kill(server, signal.SIGINT if end_recordings else signal.SIGTERM)
    ends = time.monotonic() + _SECONDS
    while holder(data_dir) == server:
        if time.monotonic() > ends:
            raise NoServer(f"The server (process {server}) has not stopped within {_SECONDS:.0f} s; its log says why")
        time.sleep(0.1)


def drain_server(data_dir: Path, seconds: float, every: float = 0.2) -> bool:
    """Have the server take nothing new, and end once nothing runs there; returns when it has ended. Blocking.

    After so many seconds it ends as with SIGTERM, and others, or its next start, go on with what it had: then the
    answer is False. Raises NoServer, OSError.
    """
    server = holder(data_dir)
    if not server:
        raise NoServer(f"No server works in {data_dir}")
    os.kill(server, signal.SIGUSR1)
    ends = time.monotonic() + seconds
    while holder(data_dir) == server:
        if time.monotonic() > ends:
            stop_server(data_dir, end_recordings=False)
            return False
        time.sleep(every)
    return True


async def _end_what_is_left(data_dir: Path) -> bool:
    """End the engine and the taps of a server that is gone; False when there is nothing."""
    left = [*surviving_guards(data_dir), *all_surviving_taps(data_dir), *surviving_engines(data_dir)]
    for pid in left:
        await adoption.end(pid, [signal.SIGTERM, signal.SIGTERM, signal.SIGKILL], 2.0)
    return bool(left)
