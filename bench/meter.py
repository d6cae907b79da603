"""What a measurement comes to: two costs of the same kind from one run, and their ratio."""

import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import psutil


@dataclass(frozen=True)
class Ratio:
    """`ours` beside `beside`, both in `unit`; `parts` are the same two for each turn or window of the run."""

    what: str
    ours: float
    beside: float
    unit: str
    parts: list[tuple[float, float]] = field(default_factory=list)

    @property
    def value(self) -> float:
        return _divide(self.ours, self.beside)

    @property
    def spread(self) -> tuple[float, float] | None:
        """The lowest and the highest ratio of the parts."""
        ratios = [_divide(ours, beside) for ours, beside in self.parts]
        return (min(ratios), max(ratios)) if ratios else None


def _divide(ours: float, beside: float) -> float:
    return ours / beside if beside else float("inf")


@dataclass(frozen=True)
class Measurement:
    """One claim, measured. `doubts` says why this run should not be trusted."""

    claim: str
    ratios: list[Ratio]
    facts: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


def of_medians(what: str, ours: Sequence[float], beside: Sequence[float], unit: str) -> Ratio:
    """The ratio of the medians of what was measured in turns."""
    pairs = list(zip(ours, beside, strict=True))
    return Ratio(what, statistics.median(ours), statistics.median(beside), unit, pairs)


def cpu_seconds(process: psutil.Process) -> float:
    """What a process has used of all cores so far, in user and kernel mode."""
    times = process.cpu_times()
    return float(times.user + times.system)


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    return {"cores": psutil.cpu_count(), "load": [round(value, 1) for value in os.getloadavg()]}
