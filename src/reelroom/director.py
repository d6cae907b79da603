"""Who should be on screen: a pure decision from what happened, with a moment of hindsight.

The director is fed a take's events and told how far they reach. Because the composer runs behind the room, it
may still place a cut in the recent past: everything before `fed − look_ahead` is fixed, what comes after may
change. Feeding it in pieces or at once gives the same cuts.

Rules of version 1: whoever speaks is shown; a shot holds for two seconds; in silence the last speaker stays;
a screen share wins; who leaves is left.
"""

import heapq
from dataclasses import dataclass, field

from reelroom.events import (
    Event,
    ParticipantJoined,
    ParticipantLeft,
    RoomJoined,
    SpeakersChanged,
    TrackMuted,
    TrackPublished,
    TrackUnmuted,
    TrackUnpublished,
)
from reelroom.stage import Stage
from reelroom.timeline import Cut, Showing, Timeline, shots_between

# What changes who should be on screen; the director passes the other events over.
_MOVES = (
    RoomJoined
    | ParticipantJoined
    | ParticipantLeft
    | SpeakersChanged
    | TrackPublished
    | TrackUnpublished
    | TrackMuted
    | TrackUnmuted
)


@dataclass(frozen=True)
class Rules:
    """How a recording is cut; all times in µs."""

    hold: int = 2_000_000  # a shot lasts at least so long
    look_ahead: int = 1_000_000  # how far the director sees into the future
    speaker_delay: int = 500_000  # how late the engine reports who speaks (its update interval and smoothing)


@dataclass
class Director:
    """Feed it events in order of `at`, then `advance`; `cuts` holds what is fixed so far."""

    rules: Rules = field(default_factory=Rules)
    cuts: list[Cut] = field(default_factory=list)
    _stage: Stage = field(default_factory=Stage)
    _waiting: list[tuple[int, int, Event]] = field(default_factory=list)
    _count: int = 0

    def feed(self, event: Event) -> None:
        """Take note of one event."""
        if not isinstance(event, _MOVES):
            return
        if isinstance(event, SpeakersChanged):  # what the engine says late is put where it happened
            event = event.model_copy(update={"at": event.at - self.rules.speaker_delay})
        self._count += 1
        heapq.heappush(self._waiting, (event.at, self._count, event))

    def advance(self, fed: int) -> None:
        """All events up to `fed` (µs) are in: fix the cuts up to `fed − look_ahead`."""
        self._fix(fed - self.rules.look_ahead)

    def finish(self, end: int) -> None:
        """Nothing more comes: fix the cuts up to `end` (µs)."""
        self._fix(end)

    def _fix(self, until: int) -> None:
        while self._waiting and self._waiting[0][0] <= until:
            at, _, event = heapq.heappop(self._waiting)
            self._pass_time(at)
            self._stage.apply(event)
            self._decide(at)
        self._pass_time(until)

    def _pass_time(self, now: int) -> None:
        """Make the cuts that only time brings, up to `now`."""
        over = self._stage.roll_call_ends
        if over is not None and over <= now:
            self._settle(over)
            self._stage.pass_time(over)
            self._decide(over)
        self._settle(now)

    def _settle(self, now: int) -> None:
        """Make the cut that had to wait for the shot before it, if its time has come by `now`."""
        if self.cuts and self.cuts[-1].at + self.rules.hold <= now:
            self._decide(self.cuts[-1].at + self.rules.hold)

    def _decide(self, at: int) -> None:
        participant, showing, reason = self._wanted()
        if not self.cuts:
            if participant:
                self.cuts.append(Cut(at, participant, showing, reason))
            return
        current = self.cuts[-1]
        if (participant, showing) == (current.participant, current.showing):
            return
        held = at - current.at >= self.rules.hold
        if held or self._gone(current):
            self.cuts.append(Cut(max(at, current.at), participant, showing, reason))

    def _gone(self, current: Cut) -> bool:
        if current.showing == "screen_share":
            return current.participant not in self._stage.shown("screen_share")
        return current.participant not in self._stage.present

    def _wanted(self) -> tuple[str, Showing, str]:
        stage = self._stage
        current = self.cuts[-1] if self.cuts else None
        if sharing := stage.shown("screen_share"):
            if current and current.showing == "screen_share" and current.participant in sharing:
                return current.participant, "screen_share", current.reason
            return sharing[0], "screen_share", "screen_shared"
        if speaking := stage.speaking():
            if current and current.participant in speaking:
                return current.participant, "camera", "speaking"
            return speaking[0], "camera", "speaking"
        if stage.last_speaker in stage.present:
            return stage.last_speaker, "camera", "spoke_last"
        with_camera = stage.shown("camera")
        if current and current.participant in (with_camera or stage.present) and current.participant in stage.present:
            return current.participant, "camera", "stays"
        if with_camera:
            return with_camera[-1], "camera", "first_camera"
        if stage.present:
            return next(iter(stage.present)), "camera", "first_here"
        return "", "nobody", "nobody_here"


def direct(events: list[Event], rules: Rules, start: int, end: int) -> Timeline:
    """The timeline of [start, end), µs of room time, for a take's events up to `end`."""
    director = Director(rules)
    for event in events:
        if event.at <= end:
            director.feed(event)
    director.finish(end)
    return shots_between(director.cuts, start, end)
