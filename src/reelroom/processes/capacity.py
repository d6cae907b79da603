"""What this machine can still carry, and so what may begin: what runs already comes first."""

import os
import resource
from dataclasses import dataclass
from pathlib import Path

# What each takes, measured (README.md, bench/): a tap 4 % of a core and 31 MB beside an engine that sends to it once
# more; a composer that keeps up with its room about a third of a core, and it gives way to all others.
_TAPS_PER_CORE = 16
_COMPOSERS_PER_CORE = 3
_TAP_MB, _COMPOSER_MB, _PAGE_MB = 64, 256, 640
_SPARE_MB = 128  # for what runs already
_DESCRIPTORS = 64
_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Capacity:
    """A machine at one moment: MB of memory that are to be had (None: nobody knows), descriptors left to us."""

    cores: int
    memory_mb: float | None
    descriptors: int

    def why_no_recording(self, running: int, *, shows_page: bool = False) -> str:
        """Why no recording can begin beside those that run, in words for people; "" when one can."""
        if running >= self.cores * _TAPS_PER_CORE:
            return f"This server records as much as it can: {running} recordings on {_cores(self.cores)}"
        return self._lacks(_TAP_MB + (_PAGE_MB if shows_page else 0), "recording")

    def why_no_composer(self, running: int) -> str:
        """Why a film waits, as `why_no_recording`. One is always made, however small the machine."""
        if running == 0:
            return ""
        if running >= self.cores * _COMPOSERS_PER_CORE:
            return f"waits until others are made: {running} films on {_cores(self.cores)}"
        if why := self._lacks(_COMPOSER_MB, "film"):
            return f"waits: {why[0].lower()}{why[1:]}"
        return ""

    def _lacks(self, megabytes: float, what: str) -> str:
        if self.memory_mb is not None and self.memory_mb < megabytes + _SPARE_MB:
            return f"The machine has too little memory left for another {what}: {self.memory_mb:.0f} MB"
        if self.descriptors < _DESCRIPTORS:
            return f"Too many files and connections are open for another {what}"
        return ""


def _cores(count: int) -> str:
    return "one core" if count == 1 else f"{count} cores"


def measure(proc: Path = Path("/proc"), cgroup: Path = Path("/sys/fs/cgroup")) -> Capacity:
    """This machine now; what the kernel does not tell is not in the way."""
    memory = [each for each in (_available(proc), _left_to_group(cgroup)) if each is not None]
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        descriptors = soft - sum(1 for _ in (proc / "self" / "fd").iterdir())
    except OSError:  # not even one is left to look
        descriptors = 0
    return Capacity(len(os.sched_getaffinity(0)), min(memory, default=None), descriptors)


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
