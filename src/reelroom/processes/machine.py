"""This machine, measured: what it has, what is left of it, and how busy it has been in the last seconds."""

import asyncio
import contextlib
import os
import resource
import time
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from reelroom.processes.capacity import Capacity

# For so long (s) the machine's work is looked at: shorter is noise, and what began before shows in it.
WINDOW = 5.0
_EVERY = 1.0
_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Work:
    """What was done until a moment `at` (s): seconds of CPU, beside those of low priority."""

    at: float
    seconds: float


def busy_between(before: Work, after: Work) -> float | None:
    """How many cores worked; None where nothing can be said."""
    passed = after.at - before.at
    return max(0.0, after.seconds - before.seconds) / passed if passed > 0 else None


class Machine:
    """Watches how busy this machine is while it is started; the rest is looked at when it is asked for."""

    def __init__(self, proc: Path = Path("/proc"), cgroup: Path = Path("/sys/fs/cgroup")) -> None:
        self._proc, self._cgroup = proc, cgroup
        self._worked: deque[Work] = deque()
        self._watching: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Watch from now on."""
        self._watching = asyncio.create_task(self._watch(), name="machine")

    async def close(self) -> None:
        """Watch no more."""
        if self._watching is not None:
            self._watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watching

    async def _watch(self) -> None:
        while True:
            self.look(time.monotonic())
            await asyncio.sleep(_EVERY)

    def look(self, now: float) -> None:
        """Take note of what has been done by `now` (s)."""
        seconds = worked(self._proc, self._cgroup)
        if seconds is None:
            return
        self._worked.append(Work(now, seconds))
        while len(self._worked) > 2 and self._worked[1].at <= now - WINDOW:
            self._worked.popleft()

    def now(self) -> Capacity:
        """What is left; what the kernel does not tell is not in the way."""
        memory = [each for each in (_available(self._proc), _left_to_group(self._cgroup)) if each is not None]
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        try:
            descriptors = soft - sum(1 for _ in (self._proc / "self" / "fd").iterdir())
        except OSError:  # not even one is left to look
            descriptors = 0
        ours: float = len(os.sched_getaffinity(0))
        if (quota := _quota(self._cgroup)) is not None:
            ours = min(ours, quota)
        busy = busy_between(self._worked[0], self._worked[-1]) if self._worked else None
        return Capacity(ours, min(memory, default=None), descriptors, busy)


def worked(proc: Path, cgroup: Path, cpus: Collection[int] | None = None) -> float | None:
    """Seconds of CPU spent so far, without those of low priority: by our container where it has a limit of its own.

    Otherwise by all programs, on the `cpus` that we may use (proc(5), /proc/stat).
    """
    if _quota(cgroup) is not None:
        return _worked_by_group(cgroup)
    ours = {f"cpu{number}" for number in (os.sched_getaffinity(0) if cpus is None else cpus)}
    ticks = 0
    try:
        for line in (proc / "stat").read_text().splitlines():
            name, *counts = line.split()
            if name in ours:
                user, _nice, system, _idle, _iowait, irq, softirq, steal = map(int, counts[:8])
                ticks += user + system + irq + softirq + steal
    except (OSError, ValueError):
        return None
    return ticks / os.sysconf("SC_CLK_TCK") if ticks else None


def _worked_by_group(cgroup: Path) -> float | None:
    try:
        told = dict(line.split() for line in (cgroup / "cpu.stat").read_text().splitlines())
        return (int(told["usage_usec"]) - int(told.get("nice_usec", 0))) / 1e6
    except (OSError, ValueError, KeyError):
        return None


def _quota(cgroup: Path) -> float | None:
    """How many cores our container may use, where that is limited (cgroup v2, cpu.max)."""
    try:
        most, period = (cgroup / "cpu.max").read_text().split()
        return int(most) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return None


def _available(proc: Path) -> float | None:
    """MB that programs can have without swapping (proc(5), MemAvailable)."""
    try:
        lines = (proc / "meminfo").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 / _MEGABYTE for line in lines if line.startswith("MemAvailable:"))
    except (OSError, ValueError, IndexError, StopIteration):
        return None


def _left_to_group(cgroup: Path) -> float | None:
    """MB up to the limit of our container, where there is one; pages of files can be had back."""
    try:
        most = int((cgroup / "memory.max").read_text())
        used = int((cgroup / "memory.current").read_text())
        statistics = dict(line.split() for line in (cgroup / "memory.stat").read_text().splitlines())
        return (most - used + int(statistics.get("inactive_file", 0))) / _MEGABYTE
    except (OSError, ValueError):
        return None
