"""What the ticks of a track file are worth where its sender's clock did not run with time."""

from bisect import bisect_right
from dataclasses import dataclass

MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class Stretch:
    """What ticks are worth from one packet of a file on, until the next stretch begins; times in µs."""

    ticks: int  # of its first packet, as they came
    since: int  # room time: when that arrived
    shift: int  # to be added to what `ticks` say
    slope: float = 0.0  # and so much for each µs that ticks say from there on
    leaps: bool = True  # else it goes on from where the one before it ends
    goes_back: bool = False  # its first packet has lower ticks than the one before


@dataclass(frozen=True)
class Mending:
    """The stretches of one file in order; before the first, ticks are right. `rate` in Hz."""

    rate: int
    stretches: tuple[Stretch, ...] = ()

    def said_us(self, ticks: int) -> int:
        """What ticks say, in µs since tick 0."""
        return ticks * MICROSECONDS // self.rate

    def at(self, arrived: int) -> Stretch | None:
        """The stretch of a packet that arrived then (µs of room time)."""
        found = bisect_right(self.stretches, arrived, key=lambda stretch: stretch.since)
        return self.stretches[found - 1] if found else None

    def worth_us(self, ticks: int, stretch: Stretch | None) -> int:
        """What ticks of a stretch should say, in µs since tick 0."""
        said = self.said_us(ticks)
        if stretch is None:
            return said
        return said + stretch.shift + round((said - self.said_us(stretch.ticks)) * stretch.slope)

    def mended(self, ticks: int, arrived: int) -> int:
        """The ticks that a packet should have had; `arrived` (µs of room time) tells its stretch."""
        stretch = self.at(arrived)
        return ticks if stretch is None else self.worth_us(ticks, stretch) * self.rate // MICROSECONDS

    def was_wrong_at(self, arrived: int, within: int) -> bool:
        """Whether the clock leapt in the `within` µs before, or counts."""
        stretch = self.at(arrived)
        return stretch is not None and (stretch.slope != 0 or not stretch.leaps or arrived - stretch.since < within)
