"""Room time: when what a track file holds was seen and heard in the room, concluded from the tap's facts.

Every sender stamps its tracks with clocks of its own. Two kinds of facts tie them to the tap's clock, which
is room time (µs since the epoch):

- a *sender report* says when, on the sender's clock, a tick of a track was captured. It puts the microphone
  and the camera of one participant on one time base (RFC 3550, section 6.4.1);
- an *arrival* says when a packet reached the tap. The least delayed one bounds the distance from the sender's
  clock to room time.

So a tick's room time is its capture time plus the participant's least delay. Before the first sender report of
a track, its own least delayed packet stands in for both.
"""

from dataclasses import dataclass, field

from reelroom.events import Event, FileOpened, PacketTimed, SenderReported

MICROSECONDS = 1_000_000


@dataclass
class _FileClock:
    participant: str
    rate: int
    report: tuple[int, int] | None = None  # ticks, ntp
    fastest: int | None = None  # least arrival − ticks, µs

    def media_us(self, ticks: int) -> int:
        return ticks * MICROSECONDS // self.rate

    def captured_us(self, ticks: int) -> int | None:
        if self.report is None:
            return None
        return self.report[1] + (ticks - self.report[0]) * MICROSECONDS // self.rate


@dataclass
class RoomClock:
    """Takes events in order and maps the ticks of each file to room time, as far as is known by then."""

    _files: dict[str, _FileClock] = field(default_factory=dict)
    _delay: dict[str, int] = field(default_factory=dict)  # participant -> least arrival − capture, µs

    def feed(self, event: Event) -> None:
        """Learn from one event; events that say nothing of time are passed over."""
        match event:
            case FileOpened():
                clock = _FileClock(event.participant, event.clock_rate)
                clock.fastest = event.at
                self._files[event.file] = clock
            case PacketTimed() if known := self._files.get(event.file):
                lead = event.arrived - known.media_us(event.ticks)
                known.fastest = lead if known.fastest is None else min(known.fastest, lead)
                self._bound(known, event.ticks, event.arrived)
            case SenderReported() if known := self._files.get(event.file):
                first = known.report is None
                known.report = (event.ticks, event.ntp)
                # Packets bound the delay as they come. Those before the first report do so now, and not again at
                # later ones: tick 0 is then hours away, and a clock that drifts would be taken for a shorter delay.
                if first and known.fastest is not None:
                    self._bound(known, 0, known.fastest)

    def _bound(self, clock: _FileClock, ticks: int, arrived: int) -> None:
        captured = clock.captured_us(ticks)
        if captured is not None:
            delay = arrived - captured
            known = self._delay.get(clock.participant)
            self._delay[clock.participant] = delay if known is None else min(known, delay)

    def start_us(self, file: str) -> int | None:
        """Room time (µs) of tick 0 of `file`, or None when nothing is known of the file yet."""
        clock = self._files.get(file)
        if clock is None:
            return None
        captured = clock.captured_us(0)
        delay = self._delay.get(clock.participant)
        if captured is None or delay is None:
            return clock.fastest
        return captured + delay
