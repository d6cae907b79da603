"""What a tap notes of a sender whose RTP clock stops, leaps or counts: packet for packet, as tap/timing.go does."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from reelroom.takes.events import ArrivalsStepped, Event, FileOpened, Kind, PacketTimed, SenderReported, TakeOpened
from tests.senders import PACKET, RATES, SECOND, START

WINDOW, FIRST_WINDOW = 500_000, 100_000
STEP, STEPS_APART = 120_000, 100_000
LAPS = 1 << 32
DELAY = 40_000


@dataclass(frozen=True)
class Packet:
    """One frame; times in µs since START. `captured` is the truth."""

    captured: int
    arrived: int
    ticks: int


@dataclass
class BrokenSender:
    """A microphone and a camera, of which each may break; times in µs since START, `by` in µs."""

    seed: int = 0
    stops: list[tuple[Kind, int, int]] = field(default_factory=list)  # at, for so long: nothing comes, ticks stand
    leaps: list[tuple[Kind, int, int]] = field(default_factory=list)  # at, by
    counts: list[tuple[Kind, int, float]] = field(default_factory=list)  # from, at a pace: 1 is right
    late: list[tuple[int, int, int]] = field(default_factory=list)  # the line holds all back: from, until, drains by
    jitter: int = 3000
    skew: int = 0
    opened: int = 100_000
    picture: int = 66_667  # from one to the next
    steps_noted: bool = True
    reports: bool = True

    def flows(self, kind: Kind, at: int) -> bool:
        return not any(which == kind and since <= at < since + length for which, since, length in self.stops)

    def ticks_at(self, kind: Kind, at: float) -> int:
        """The tick of what is captured at a moment, as the broken clock has it."""
        time, clock, pace = float(self.opened), 0.0, 1.0
        changes = [(since, "stop", float(length)) for which, since, length in self.stops if which == kind]
        changes += [(since, "leap", float(by)) for which, since, by in self.leaps if which == kind]
        changes += [(since, "pace", each) for which, since, each in self.counts if which == kind]
        for since, what, much in sorted(changes):
            if since > at:
                break
            clock, time = clock + max(0.0, since - time) * pace, max(time, float(since))
            if what == "stop":
                time = since + much
            elif what == "leap":
                clock += much
            else:
                pace = much
        clock += max(0.0, at - time) * pace
        return round(clock * RATES[kind] / SECOND)

    def packets(self, kind: Kind, seconds: float) -> Iterator[Packet]:
        """What arrives, in order."""
        random, last = Random(f"{self.seed}{kind}"), 0
        every = PACKET if kind == "audio" else self.picture
        for at in range(self.opened, round(seconds * SECOND), every):
            if not self.flows(kind, at):
                continue
            sent = at + (PACKET if kind == "audio" else 3000)
            arrived = sent + DELAY + round(random.random() * self.jitter)
            for since, until, drains in self.late:
                if since <= sent < until + drains:
                    waits = until - since if sent < until else 0
                    queued = (until - sent) if sent < until else 0
                    rest = max(0.0, 1 - max(0, sent - until) / drains) * (until - since) * 0.5
                    arrived += round(queued + rest) if waits or rest else 0
            last = arrived = max(last, arrived)
            yield Packet(at, arrived, self.ticks_at(kind, at))

    def events(self, seconds: float) -> list[Event]:
        """All that a tap writes, in order."""
        events: list[Event] = [TakeOpened(at=START, run=1, take="t", version=2 if self.steps_noted else 1)]
        for kind in RATES:
            events += self._noted(kind, seconds)
            if self.reports:
                events += self._reported(kind, seconds)
        return sorted(events, key=lambda event: event.at)

    def whole(self, kind: Kind, ticks: int, highest: int) -> int:
        """The tap takes a clock that goes far back for one that goes on after a lap."""
        while ticks < highest - (RATES[kind] if kind == "video" else RATES[kind] // 20):
            ticks += LAPS
        return ticks

    def whole_packets(self, kind: Kind, seconds: float) -> Iterator[Packet]:
        """The packets with the ticks that the tap writes."""
        highest = 0
        for packet in self.packets(kind, seconds):
            ticks = self.whole(kind, packet.ticks, highest)
            highest = max(highest, ticks)
            yield Packet(packet.captured, packet.arrived, ticks)

    def _noted(self, kind: Kind, seconds: float) -> Iterator[Event]:
        rate, best, before = RATES[kind], None, None
        ends, stepped_at = 0, 0

        def origin(packet: Packet) -> int:
            return packet.arrived - packet.ticks * SECOND // rate

        def timed(at: int, packet: Packet) -> Event:
            return PacketTimed(at=START + at, file=kind, ticks=packet.ticks, arrived=START + packet.arrived)

        for packet in self.whole_packets(kind, seconds):
            at = packet.arrived
            if before is None:
                codec = "opus" if kind == "audio" else "vp8"
                yield FileOpened(
                    at=START + at, file=kind, participant="ann", track=kind, kind=kind, codec=codec, clock_rate=rate
                )
                ends = at + FIRST_WINDOW
            else:
                by = origin(packet) - origin(before)
                stepped = self.steps_noted and abs(by) > STEP
                if stepped and at - stepped_at >= STEPS_APART:
                    stepped_at = at
                    if best is not None:
                        yield timed(at, best)
                    yield ArrivalsStepped(
                        at=START + at, file=kind, ticks=packet.ticks, before=before.ticks, arrived=START + at, by=by
                    )
                    best, ends = None, at + WINDOW
            if best is None or origin(packet) < origin(best):
                best = packet
            if before is None or not stepped or stepped_at == at:
                before = packet
            if at >= ends:
                yield timed(at, best)
                best, ends = None, at + WINDOW

    def _reported(self, kind: Kind, seconds: float) -> Iterator[Event]:
        """The engine carries the publisher's last report forward, also one made while the clock stood."""
        rate = RATES[kind]
        every = 5 * SECOND if kind == "audio" else SECOND
        packets = list(self.whole_packets(kind, seconds))
        for at in range(self.opened + 3 * SECOND, round(seconds * SECOND), 3 * SECOND):
            made = at - (at - self.opened) % every
            stopped = next((s for k, s, long in self.stops if k == kind and s <= made < s + long), None)
            ticks = self.ticks_at(kind, made if stopped is None else stopped)
            if stopped is not None:
                ticks += (made - stopped) * (8000 if kind == "audio" else rate) // SECOND
            if kind == "audio":
                ticks -= 960
            highest = packets[bisect_right(packets, at, key=lambda packet: packet.captured) - 1].ticks
            ticks += (at - made) * rate // SECOND
            ticks += round((highest - ticks) / LAPS) * LAPS
            yield SenderReported(at=START + at + DELAY + 100_000, file=kind, ticks=ticks, ntp=START + at + self.skew)
