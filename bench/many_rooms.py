"""10,000 rooms recorded at once on machines that fail: where each recording runs, and how long it is not recorded.

Admission is that of the server (processes/capacity.py), costs are measured ones (docs/operating.md); rooms and
failures are drawn from a seed. Time goes in steps of a second. Nothing here waits, and nothing is really recorded.
"""

import heapq
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.meter import Measurement, Ratio
from reelroom.processes.capacity import Capacity

CLAIM = "10,000 rooms stay recorded while machines fail: each gap is within a lease and 4 s"
SECONDS = 600
TAP_CORES, COMPOSER_CORES = 0.04, 0.34
LOOK_SECONDS, JOIN_SECONDS, SHIPPED_EVERY = 1.0, 1.0, 2.0
RENEWALS = 4  # of a lease, within its time


@dataclass(frozen=True)
class Fleet:
    """What is simulated: `hours` of it; a machine fails once in `fails_after` hours, and is back after `repair` s."""

    machines: int
    cores: float = 16
    rooms: int = 10_000
    minutes: float = 40  # that a recording takes, on average
    hours: float = 3
    lease: float = 20
    fails_after: float = 100
    repair: float = 300


@dataclass
class Machine:
    """One that records; what it runs, by room, and until when (s) it is gone."""

    cores: float
    runs: set[int] = field(default_factory=set)
    gone_until: float = 0.0

    def has_room(self) -> bool:
        """As the server's admission decides: composers give way, so only taps count."""
        now = Capacity(self.cores, 64_000, 60_000, busy=len(self.runs) * TAP_CORES)
        return not now.why_no_recording(len(self.runs))

    @property
    def composing(self) -> float:
        """How much of the pace of their rooms its films keep, at most 1."""
        left = self.cores * 0.9 - len(self.runs) * TAP_CORES
        return min(1.0, left / (len(self.runs) * COMPOSER_CORES)) if self.runs else 1.0


@dataclass(frozen=True)
class Outcome:
    """What came of it: gaps in s, how many recordings there were, were refused, and were cut in two by a failure."""

    gaps: Sequence[float]
    recordings: int
    refused: int
    most_at_once: int
    failures: int
    paces: Sequence[float]  # of composing, one a machine and minute
    lost: int  # of which nobody could take up the rest

    def gap(self, share: float) -> float:
        """So long (s) at most is this share of the gaps."""
        ordered = sorted(self.gaps)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def simulate(fleet: Fleet, seed: int = 1) -> Outcome:
    """One run: rooms come so that as many are recorded as the fleet says, and machines fail."""
    chance = random.Random(seed)
    machines = [Machine(fleet.cores) for _ in range(fleet.machines)]
    counted: Counter[str] = Counter()
    gaps: list[float] = []
    paces: list[float] = []
    ends: list[tuple[float, int]] = []  # of recordings
    where: dict[int, Machine] = {}
    orphans: list[tuple[float, float, int]] = []  # when one is taken up, since when it is not recorded, which
    mean = fleet.minutes * 60
    number, most = 0, 0

    def begin(room: int) -> bool:
        for _ in range(8):  # a proxy hands a request to any; who cannot take it has another one do so
            machine = machines[chance.randrange(fleet.machines)]
            if machine.gone_until <= now and machine.has_room():
                machine.runs.add(room)
                where[room] = machine
                return True
        return False

    for now in range(int(fleet.hours * 3600)):
        coming = fleet.rooms if now == 0 else _drawn(chance, fleet.rooms / mean)
        for _ in range(coming):
            number += 1
            counted["recordings"] += 1
            if begin(number):
                heapq.heappush(ends, (now + chance.expovariate(1 / mean), number))
            else:
                counted["refused"] += 1
        for machine in machines:
            if machine.gone_until <= now and chance.random() < 1 / (fleet.fails_after * 3600):
                counted["failures"] += 1
                machine.gone_until = now + fleet.repair
                since_renewal = chance.uniform(0, fleet.lease / RENEWALS)
                for room in machine.runs:
                    del where[room]
                    seen = now + fleet.lease - since_renewal + chance.uniform(0, LOOK_SECONDS) + JOIN_SECONDS
                    heapq.heappush(orphans, (seen, now - chance.uniform(0, SHIPPED_EVERY), room))
                machine.runs.clear()
        while orphans and orphans[0][0] <= now:
            seen, since, room = heapq.heappop(orphans)
            if begin(room):
                gaps.append(seen - since)
            else:
                counted["lost"] += 1
        while ends and ends[0][0] <= now:
            _, room = heapq.heappop(ends)
            if (there := where.pop(room, None)) is not None:
                there.runs.discard(room)
        most = max(most, len(where))
        if now % 60 == 0:
            paces += [machine.composing for machine in machines if machine.gone_until <= now]
    return Outcome(gaps, counted["recordings"], counted["refused"], most, counted["failures"], paces, counted["lost"])


def _drawn(chance: random.Random, mean: float) -> int:
    """How many of rare things happen, where so many do on average."""
    count, at = 0, chance.expovariate(1)
    while at < mean:
        count += 1
        at += chance.expovariate(1)
    return count


def needed(fleet: Fleet) -> int:
    """How many machines keep the films at the pace of the rooms, and one in twenty in reserve."""
    each = fleet.cores * 0.9 / (TAP_CORES + COMPOSER_CORES)
    return int(fleet.rooms / each * 1.05) + 1


async def measure() -> Measurement:
    facts, ratios = [], []
    for lease in (20.0, 4.0):
        fleet = Fleet(needed(Fleet(0)), lease=lease)
        came = simulate(fleet)
        worst = came.gap(1.0)
        facts.append(
            f"lease {lease:g} s, {fleet.machines} machines of {fleet.cores:g} cores: {came.most_at_once} at once, "
            f"{came.recordings} in {fleet.hours:g} h, {came.refused} refused; {came.failures} machines failed, gaps "
            f"{came.gap(0.5):.1f} s (half), {came.gap(0.99):.1f} s (99 %), {came.lost} taken up by nobody; "
            f"films keep {min(came.paces):.0%} of the pace on the busiest machine"
        )
        ratios.append(Ratio(f"longest gap / lease of {lease:g} s + 4 s", worst, lease + 4, "s"))
    few = Fleet(needed(Fleet(0)) // 4)
    came = simulate(few)
    facts.append(
        f"a quarter of the machines ({few.machines}): {came.refused} refused, films keep "
        f"{sum(came.paces) / len(came.paces):.0%} of the pace, and the rest is made later"
    )
    return Measurement(CLAIM, ratios, facts)
