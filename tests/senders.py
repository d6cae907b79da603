"""What a tap notes of a simulated sender whose clocks, network and encoder are not what they should be."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from reelroom.takes.events import Event, FileOpened, Kind, PacketTimed, SenderReported

SECOND = 1_000_000
START = 1_764_000_000 * SECOND
RATES: dict[Kind, int] = {"audio": 48_000, "video": 90_000}
PACKET = 20_000  # µs: a microphone's packet leaves when it is full


@dataclass
class Sender:
    """A microphone and a camera; times are in µs since START. `ticks_at` is the truth."""

    seed: int = 0
    skew: int = 0  # of its wall clock
    ppm: dict[Kind, float] = field(default_factory=dict)  # by which a track's own clock is fast
    jitter: int = 2000  # the least delayed packet of half a second came up to so much later than it could
    delay: int = 40_000
    encoding: Callable[[int], int] = lambda at: 3000  # a camera's pictures leave so much later
    stalls: list[tuple[int, int]] = field(default_factory=list)  # at; the microphone's ticks stand still for so long
    muted: list[tuple[int, int]] = field(default_factory=list)
    dtx: list[tuple[int, int]] = field(default_factory=list)  # silence: a packet every 400 ms
    misreported: list[tuple[int, int]] = field(default_factory=list)  # at; the camera's reports differ by so much
    clock_set: list[tuple[int, int]] = field(default_factory=list)  # at; the sender's wall clock was set by so much
    reports_after: int = 3 * SECOND
    opened: int = 100_000
    packet: int = PACKET  # what a microphone's packet lasts

    def ticks_at(self, kind: Kind, at: float) -> float:
        """The tick of a track that is captured at a moment."""
        stood = sum(length for since, length in self.stalls if kind == "audio" and at >= since)
        return (at - self.opened - stood) * (1 + self.ppm.get(kind, 0.0) / 1e6) * RATES[kind] / SECOND

    def events(self, seconds: float) -> list[Event]:
        """All that a tap writes, in order."""
        random = Random(self.seed)
        events: list[Event] = []
        for kind, rate in RATES.items():
            codec = "opus" if kind == "audio" else "vp8"
            events.append(
                FileOpened(
                    at=START + self.opened + self.delay + (self.packet if kind == "audio" else 3000),
                    file=kind,
                    participant="ann",
                    track=kind,
                    kind=kind,
                    codec=codec,
                    clock_rate=rate,
                )
            )
            events += self._arrivals(kind, seconds, random)
            events += self._reports(kind, seconds, random)
        return sorted(events, key=lambda event: event.at)

    def _held_back(self, kind: Kind, at: int) -> int:
        return self.packet if kind == "audio" else self.encoding(at)

    def _arrivals(self, kind: Kind, seconds: float, random: Random) -> list[Event]:
        events: list[Event] = []
        at = self.opened + 100_000
        while at < seconds * SECOND:
            since_mute = min((at - since for since, until in self.muted if since <= at < until), default=None)
            if since_mute is None or since_mute < SECOND:
                late = self._held_back(kind, at) + self.delay + round(random.random() * self.jitter)
                if since_mute is not None:  # made up by the engine: its ticks run ahead
                    late -= 28_000 + round(random.random() * 32_000)
                arrived = START + at + late
                events.append(
                    PacketTimed(at=arrived + 1000, file=kind, ticks=round(self.ticks_at(kind, at)), arrived=arrived)
                )
            at += 500_000 + round(random.random() * 30_000)
        return events

    def _reports(self, kind: Kind, seconds: float, random: Random) -> list[Event]:
        events: list[Event] = []
        for at in range(self.opened + self.reports_after, round(seconds * SECOND), 3 * SECOND):
            if any(since <= at < until for since, until in self.muted):
                continue
            late = 0
            if kind == "audio":
                between = 400_000 if any(since <= at < until for since, until in self.dtx) else self.packet
                late = self.packet + round(random.random() * between * 40 / 48)
            skew = self.skew + sum(by for since, by in self.clock_set if at >= since)
            skew += sum(by for since, by in self.misreported if kind == "video" and at >= since)
            events.append(
                SenderReported(
                    at=START + at + self.delay,
                    file=kind,
                    ticks=round(self.ticks_at(kind, at - late)),
                    ntp=START + at + skew,
                )
            )
        return events
