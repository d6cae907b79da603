"""What this machine can still carry, and so what may begin: what runs already comes first."""

from dataclasses import dataclass

# What each takes, measured (README.md, bench/): a tap 4 % of a core and 31 MB beside an engine that sends to it once
# more; a page its browser; a composer that keeps up with its room about a third of a core, and it gives way to all
# others.
_TAP_CORES, _PAGE_CORES, _COMPOSER_CORES, _CAPTIONS_CORES = 0.06, 0.61, 0.34, 0.5
_TAP_MB, _COMPOSER_MB, _PAGE_MB, _CAPTIONS_MB = 64, 256, 640, 512
_SPARE_MB = 128  # for what runs already
_SPARE_CORES = 0.1  # of the machine: for the moments in which those who talk need more
_DESCRIPTORS = 64
# The kernel shares a core among all who want it. So many on each get what they need, whatever else keeps it busy.
_ALWAYS_PER_CORE = 2


@dataclass(frozen=True)
class Capacity:
    """A machine at one moment: what it has, and what is left.

    `cores` that we may use; `busy`, how many of them work on what does not give way (low priorities do); MB of memory
    that are to be had; descriptors left to us. None: nobody knows.
    """

    cores: float
    memory_mb: float | None
    descriptors: int
    busy: float | None = None

    def why_no_recording(self, running: int, beginning: int = 0, *, shows_page: bool = False) -> str:
        """Why no recording can begin beside those that run, in words for people; "" when one can.

        `beginning` of those that run began so lately that `busy` does not show them yet.
        """
        lacks = self._lacks(_TAP_MB + (_PAGE_MB if shows_page else 0), "recording")
        if lacks or running < self.cores * _ALWAYS_PER_CORE or self.busy is None:
            return lacks
        needed = (_PAGE_CORES if shows_page else _TAP_CORES) + beginning * _TAP_CORES
        if self.busy + needed > self.cores * (1 - _SPARE_CORES):
            return (
                f"This server is too busy for another recording: {self.busy:.1f} of {_cores(self.cores)} work, and "
                f"{running} recordings run"
            )
        return ""

    def why_no_composer(self, running: int) -> str:
        """Why a film waits, as `why_no_recording`. One is always made, however small the machine.

        Composers that are late take all that is left to them, so those that run count by what keeping up takes.
        """
        if running == 0:
            return ""
        if why := self._lacks(_COMPOSER_MB, "film"):
            return f"waits: {why[0].lower()}{why[1:]}"
        needed = (self.busy or 0.0) + (running + 1) * _COMPOSER_CORES
        if running >= self.cores * _ALWAYS_PER_CORE and needed > self.cores:
            return f"waits until others are made: {running} films on {_cores(self.cores)}"
        return ""

    def why_no_captions(self, running: int) -> str:
        """Why nobody can have live captions beside the `running` sessions that do; "" when they can.

        They give way to calls and recordings, so `busy` does not show them. One session always may: where the machine
        turns out to be too busy for it, its captions end by themselves (captions/lateness.py).
        """
        lacks = self._lacks(_CAPTIONS_MB, "session's captions")
        if lacks or running == 0:
            return lacks
        if (self.busy or 0.0) + (running + 1) * _CAPTIONS_CORES > self.cores:
            return f"This server is too busy for live captions: {self.busy or 0.0:.1f} of {_cores(self.cores)} work"
        return ""

    def _lacks(self, megabytes: float, what: str) -> str:
        if self.memory_mb is not None and self.memory_mb < megabytes + _SPARE_MB:
            return f"The machine has too little memory left for another {what}: {self.memory_mb:.0f} MB"
        if self.descriptors < _DESCRIPTORS:
            return f"Too many files and connections are open for another {what}"
        return ""


def _cores(count: float) -> str:
    return "one core" if count == 1 else f"{count:g} cores"
