"""Room time: when what a track file holds was seen and heard in the room, concluded from the tap's facts.

Every sender stamps its tracks with clocks of its own. Two kinds of facts tie them to the tap's clock, which
is room time (µs since the epoch):

- a *sender report* says when, on the sender's clock, a tick of a track was captured. It puts the microphone
  and the camera of one participant on one time base (RFC 3550, section 6.4.1);
- an *arrival* says when a packet reached the tap: the least delayed one of half a second.

A tick's room time is its capture time plus the participant's delay, which is that of their fastest track. Before
the first sender report of a track, its own arrivals stand in for both.

Neither kind of fact is to be taken at its word. Measured: libwebrtc reports the ticks of a microphone too late,
never too early: by up to 17 ms while packets flow, by hundreds of ms in silence without packets (it counts them at
8 kHz since the last packet); so of a microphone's recent reports the earliest counts. A camera's are exact, but
when the engine sets the clock of a track anew, after a mute or a change of layers, what it reports can move by
100 ms more than the packets did; so such a step counts by as much as arrivals confirm. Frames that the engine makes
up when a track is muted seem to arrive up to 60 ms early, and those of an overloaded camera some 100 ms late; so of
recent arrivals the median counts, and of a participant's tracks the fastest.

Clocks that do not run with time at all are mended before (`leaps.py`): all ticks here are what they should have been.
A report may have been made while such a clock stood, and the engine passes it on for seconds; so for a while after a
leap arrivals alone count, and while nothing arrives no report does.

What a file's clock is taken for moves slowly, so that nothing is heard or seen to jump, except where nothing is
being played: in a file's first moments, and where nothing arrived for a while.
"""

from collections import deque
from dataclasses import dataclass, field
from statistics import median_low

from reelroom.takes.events import Event, FileClosed, FileOpened, Kind, PacketTimed, SenderReported
from reelroom.takes.leaps import Leaps
from reelroom.takes.mending import MICROSECONDS, Mending

_ARRIVALS_KEPT = 10 * MICROSECONDS
_REPORTS_KEPT = 8  # 24 s of the engine's; a clock that is off by 100 ppm moves on by 2 ms
# How much of a packet's length a microphone's report may be too late: libwebrtc counts at 8 kHz since the last one.
_REPORT_ERROR = 5 / 6
USUAL_PACKET = 20_000
# A microphone's packet is sent when it is full. libwebrtc and pion report its first sample as captured then, others
# say it right: of a packet of 20 ms, half is wrong by 10 ms for either. Longer ones are nobody's but the former's.
_RIGHT_BY = 10_000
_ALIKE = 5  # reports that differ by no more than within packets: in silence that is next to impossible
_DRIFT = 5_000  # between two reports
_BEYOND_ERROR = 1_000_000  # silence has a packet every 400 ms, so no report is as wrong as this
_STEP = 40_000  # what differs by more is another clock, once a second fact says so, too
_SETTLING = 800_000  # less than the director's look-ahead: what is in this part of a file is not yet played
_PAUSE = 1_500_000  # nothing arrived for so long: what came before has been played
_SET_ANEW = 120_000  # what arrives later than that after a pause has waited in a queue: leaps are mended already
_EXACT = 15_000  # a camera's reports differ by less than 1 ms, or something was set anew
_ANCHORING = 30 * MICROSECONDS  # after that, arrivals have shown how long the way is at the least
_UNKNOWN = 1 << 62
# Where arrivals and reports differ about a camera, its encoder takes long, or the reports are wrong: half the
# difference is wrong by half of it at most.
_PULLED = 20_000
_STALE = 10 * MICROSECONDS  # a report so old says less of a clock that drifts than arrivals do
_SILENT = 1_000_000  # nothing arrived for so long: reports tell of no packet
_LEAPT = 10 * MICROSECONDS  # so long after a leap the engine may pass on a report from before
# Silence makes reports late by so much; one that is earlier than those before by more is no better than they were.
_BEFORE_SILENCE = 400_000
# The first packets of a track may come late, never early: for so long, and out of so few windows, the second least
# delayed one counts, and at once.
_STARTING, _FEW = 5 * MICROSECONDS, 8
_JUMP = 500_000  # nobody would wait for a clock that is off by more: a machine slept, or its tracks began anew
_SLEW: dict[Kind, int] = {"audio": 200, "video": 20}  # at most one in: 5 ms a second, and 50


@dataclass
class _FileClock:
    """One file; *origins* are times of its tick 0, on the tap's clock or the sender's, in µs."""

    participant: str
    kind: Kind
    rate: int
    opened: int
    settled_at: int
    origin: int = 0  # what tick 0 is taken for: room time
    moved_at: int = 0
    arrivals: deque[tuple[int, int]] = field(default_factory=deque)  # at, origin by arrival
    reports: deque[int] = field(default_factory=lambda: deque(maxlen=_REPORTS_KEPT))  # origins on the sender's clock
    captured: int | None = None  # the origin on the sender's clock
    arrived_then: int = 0  # the origin by arrival when `captured` was concluded
    reported_at: int = 0
    arrived_at: int = 0
    least_delay: int = _UNKNOWN  # of a camera: arrival − capture
    slip: int = 0  # by which its reports are to be corrected
    anchored_until: int = 0
    known: bool = False  # of a microphone: reports agreed with each other
    held: list[int] = field(default_factory=list)  # reports that nothing confirmed
    packet_us: int = USUAL_PACKET  # what the packets of a microphone last
    resumed: tuple[int, int] = (-_UNKNOWN, 0)  # when packets came again after a pause, and `by_arrival` before it
    _by_arrival: int = 0

    def __post_init__(self) -> None:
        self._by_arrival = self.opened - self._filling
        self.origin, self.moved_at, self.arrived_at = self._by_arrival, self.opened, self.opened

    @property
    def _filling(self) -> int:
        if self.kind == "video":
            return 0
        return max(self.packet_us // 2, self.packet_us - _RIGHT_BY)

    @property
    def _report_error(self) -> int:
        return round(self.packet_us * _REPORT_ERROR)

    def _alike(self, reports: list[int]) -> bool:
        return len(reports) == _ALIKE and max(reports) - min(reports) <= self._report_error + 2000

    @property
    def by_arrival(self) -> int:
        """The origin, were the network's delay all there is."""
        return self._by_arrival

    def media_us(self, ticks: int) -> int:
        return ticks * MICROSECONDS // self.rate

    def arrive(self, at: int, ticks: int, arrived: int) -> None:
        if at - self.arrived_at > _PAUSE:
            self.settled_at = at + _SETTLING
            self.arrivals.clear()  # the engine may have set the track's clock anew, if only by little
            self.resumed = at, self._by_arrival
        self.arrived_at = at
        self.arrivals.append((at, arrived - self.media_us(ticks) - self._filling))
        while at - self.arrivals[0][0] > _ARRIVALS_KEPT:
            self.arrivals.popleft()
        origins = sorted(origin for _, origin in self.arrivals)
        early = len(self.arrivals) <= _FEW and self.resumed[0] < 0
        usual = origins[min(1, len(origins) - 1)] if early and len(origins) > 2 else median_low(origins)
        resumed, before = self.resumed
        if at - resumed > _ARRIVALS_KEPT or abs(usual - before) <= _SET_ANEW:
            self._by_arrival = usual

    def report(self, at: int, ticks: int, ntp: int) -> None:
        if self.kind == "audio" and at - self.arrived_at > _SILENT:
            return
        origin = ntp - self.media_us(ticks) - self._filling
        if self.kind == "video":
            self._report_of_camera(at, origin)
        elif self._holds(origin + self.slip):
            return
        else:
            self._report_of_microphone(at, origin + self.slip)
        self.arrived_then, self.reported_at = self.by_arrival, at

    def _report_of_camera(self, at: int, origin: int) -> None:
        if self.reports and abs(origin - self.reports[-1]) > _EXACT:
            # Something was set anew: the track's clock, the sender's, or the engine's idea of either. Arrivals tell
            # by how much the track's was, for the way here is as long as before.
            self.anchored_until = at + _ANCHORING
            self.slip = _UNKNOWN
            since = at if at - self.arrived_at > _PAUSE else self.reported_at
            self.arrivals = deque(each for each in self.arrivals if each[0] >= since)
        self.reports.append(origin)
        if at < self.anchored_until and self.arrivals:
            lead = sorted(origin for _, origin in self.arrivals)[len(self.arrivals) // 5]
            self.slip = min(self.slip, lead - self.least_delay - origin)
        if self.slip == _UNKNOWN:
            return
        self.captured = origin + self.slip
        if at >= self.anchored_until:
            self.least_delay = min(self.least_delay, self.by_arrival - self.captured)

    def _report_of_microphone(self, at: int, origin: int) -> None:
        carried = self.capture_origin(at)
        stale, anew = at - self.reported_at > _STALE, self._begins_anew(origin)
        if stale or anew:
            self.reports.clear()
        self.reports.append(origin)
        # errors are even between 0 and the most: this many leave that much, on average
        found = min(self.reports) - self._report_error // (len(self.reports) + 1)
        if carried is not None and not anew and not self._agree():
            found = min(found, carried + (self._report_error if stale else self._drift()))
        self.captured = found

    def _agree(self) -> bool:
        """Whether the last reports were so alike that there is no silence behind them."""
        return self._alike(list(self.reports)[-_ALIKE:])

    def _holds(self, origin: int) -> bool:
        """Whether a microphone's clock, well known by now, holds against a report that arrivals do not confirm.

        It may be late, in silence; or the sender's wall clock was set, if the next ones say the same.
        """
        self.known = self.known or self._agree()
        off = 0 if self.captured is None else origin - self.captured
        doubtful = self.known or off < -_BEFORE_SILENCE
        if not doubtful or abs(off) <= _STEP or self._arrivals_moved(off):
            self.held.clear()
            return False
        self.held.append(origin)
        if self._alike(self.held[-_ALIKE:]):
            self.slip -= min(self.held[-_ALIKE:]) - min(self.reports)
            self.held.clear()
        return True

    def _drift(self) -> int:
        """By how much arrivals moved since the last report; 0 where it was a step, which is the network's."""
        moved = self.by_arrival - self.arrived_then
        return moved if abs(moved) <= _DRIFT else 0

    def _begins_anew(self, origin: int) -> bool:
        """Whether a report shows that the microphone's clock was set anew."""
        if self.captured is None or abs(step := origin - self.captured) <= _STEP:
            return False
        # Reports are not too early: before a step back it was the earlier ones that were late.
        return step < 0 or step > _BEYOND_ERROR or self._arrivals_moved(step)

    def _arrivals_moved(self, step: int) -> bool:
        """Whether arrivals moved as a report did, for the most part."""
        moved = self.by_arrival - self.arrived_then
        return moved * step > 0 and abs(moved) > abs(step) // 2

    def capture_origin(self, at: int) -> int | None:
        """The origin on the sender's clock; where its last report is old, brought up to date by arrivals."""
        if self.captured is None:
            return None
        if at - self.reported_at <= _STALE:
            return self.captured
        return self.captured + self.by_arrival - self.arrived_then

    def move(self, at: int, target: int) -> None:
        """Take the origin for `target`, or for as near to it as may be by now."""
        most = max(0, at - self.moved_at) // _SLEW[self.kind]
        step = target - self.origin
        starts = at - self.opened < _STARTING and step < -_STEP
        jumped = (starts or abs(step) > _JUMP) and abs(target - self.by_arrival) < abs(self.origin - self.by_arrival)
        if at >= self.settled_at and not jumped:
            step = max(-most, min(most, step))
        self.origin += step
        self.moved_at = max(at, self.moved_at)


@dataclass
class RoomClock:
    """Takes events in order and maps the ticks of each file to room time, as far as is known by then.

    What ticks are worth is known better the earlier later events are: `foresee` takes them as soon as they are read.
    """

    _leaps: Leaps = field(default_factory=Leaps)
    _files: dict[str, _FileClock] = field(default_factory=dict)
    _open: dict[str, dict[str, _FileClock]] = field(default_factory=dict)  # participant -> file -> clock

    def foresee(self, event: Event) -> str | None:
        """Learn whether clocks run with time; returns the file whose mending is another now, if there is one."""
        return self._leaps.feed(event)

    def mending(self, file: str) -> Mending | None:
        """What the ticks of a file are worth, as far as was foreseen."""
        return self._leaps.mending(file)

    def packets_last(self, file: str, us: int) -> None:
        """The packets of a microphone hold so much sound each, from now on."""
        if known := self._files.get(file):
            known.packet_us = us

    def feed(self, event: Event) -> None:
        """Learn from one event; events that say nothing of time are passed over."""
        match event:
            case FileOpened():
                settled_at = event.at + _SETTLING
                known = _FileClock(event.participant, event.kind, event.clock_rate, event.at, settled_at)
                self._files[event.file] = known
                self._open.setdefault(event.participant, {})[event.file] = known
            case FileClosed() if found := self._files.get(event.file):
                self._open[found.participant].pop(event.file, None)
                return
            case PacketTimed() if found := self._files.get(event.file):
                known = found
                mending = self._leaps.mending(event.file)
                ticks = mending.mended(event.ticks, event.arrived) if mending else event.ticks
                known.arrive(event.at, ticks, event.arrived)
            case SenderReported() if found := self._files.get(event.file):
                known = found
                mending = self._leaps.mending(event.file)
                if mending and mending.was_wrong_at(event.at, _LEAPT):
                    return
                ticks = mending.mended(event.ticks, event.at) if mending else event.ticks
                known.report(event.at, ticks, event.ntp)
            case _:
                return
        self._move(known.participant, event.at)

    def _move(self, participant: str, at: int) -> None:
        files = self._open[participant].values()
        captured = {id(each): each.capture_origin(at) for each in files}
        delays = [each.by_arrival - origin for each in files if (origin := captured[id(each)]) is not None]
        leader: tuple[int, int] | None = None  # a microphone: its origin in the room, and on the sender's clock
        for each in sorted(files, key=lambda each: each.kind):  # sound before pictures, which follow it
            origin = captured[id(each)]
            if origin is None:
                each.move(at, each.by_arrival)
            elif each.kind == "audio":
                each.move(at, origin + min(delays))
                if leader is None and at - each.reported_at <= _STALE:
                    leader = each.origin, origin
            else:
                placed = leader[0] + origin - leader[1] if leader else origin + min(delays)
                pull = (each.by_arrival - placed) // 2
                each.move(at, placed + max(-_PULLED, min(_PULLED, pull)))

    def start_us(self, file: str) -> int | None:
        """Room time (µs) of tick 0 of `file`, by what its clock shows now; None when nothing is known of the file.

        A clock that drifts moves it: it says where (mended) ticks of about now belong, not where tick 0 once did.
        """
        known = self._files.get(file)
        return None if known is None else known.origin
