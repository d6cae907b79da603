"""Processes that outlive the server that started them: written down, recognised, and waited for.

A process id alone may have been given to somebody else since; together with the time at which the process started
(proc(5), field 22 of stat) it names one process of this boot.
"""

import asyncio
import os
from pathlib import Path

from reelroom.files.durable import write_durably


def note(pid_file: Path, pid: int) -> None:
    """Write down that `pid` runs."""
    write_durably(pid_file, f"{pid} {_started(pid)}\n")


def living(pid_file: Path) -> int | None:
    """The id of the process that was written down, if that very process lives."""
    try:
        pid, started = pid_file.read_text().split()
        return int(pid) if started == _started(int(pid)) else None
    except (OSError, ValueError):
        return None


def _started(pid: int) -> str:
    """When a process started, in ticks since the boot; "" for one that has ended. Its name may hold anything."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in {"Z", "X"} else fields[19]


async def ended(pid: int) -> None:
    """Returns when the process has ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    gone = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, gone.set)
    try:
        await gone.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


async def end(pid: int, signals: list[int], grace: float) -> None:
    """Send the signals in turn, waiting `grace` seconds after each, until the process has ended."""
    for number in signals:
        try:
            os.kill(pid, number)
            await asyncio.wait_for(ended(pid), grace)
        except ProcessLookupError:
            return
        except TimeoutError:
            continue
        return
