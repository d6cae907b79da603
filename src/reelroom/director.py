"""Who should be on screen: a pure decision from what happened, with a moment of hindsight.

The director is fed a take's events, and who speaks, and told how far they reach. Because the composer runs behind
the room, a moment is decided only when everything up to `look_ahead` after it is known: so a cut lies before the
first word, and a cough, which has ended by then, never takes the screen. What lies before `fed − look_ahead` is
fixed. Feeding it in pieces or at once gives the same cuts.

The theory: every event changes what is known from one *instant* on. Speech does so from `pre_roll` before its
first word, all else from when it happened. Instants are passed in order of time; at each, and where a rule says that
time alone changes something, the director compares what it wants with what is on screen. A shot that has just begun
is left alone for a while, unless what it shows is gone.
"""

import heapq
from dataclasses import dataclass, field

from reelroom.events import (
    Event,
    FileClosed,
    FileOpened,
    ParticipantJoined,
    ParticipantLeft,
    RoomJoined,
    SpeechFaded,
    SpeechHeard,
    TrackMuted,
    TrackPublished,
    TrackUnmuted,
    TrackUnpublished,
)
from reelroom.rules import Rules
from reelroom.stage import Stage
from reelroom.timeline import Cut, Showing, Timeline, shots_between

__all__ = ["Director", "Rules", "direct"]

# What changes who should be on screen; the director passes the other events over.
_MOVES = (
    RoomJoined
    | ParticipantJoined
    | ParticipantLeft
    | TrackPublished
    | TrackUnpublished
    | TrackMuted
    | TrackUnmuted
    | FileOpened
    | FileClosed
    | SpeechHeard
    | SpeechFaded
)


@dataclass(frozen=True)
class _Wish:
    participant: str
    showing: Showing
    reason: str
    inset: str = ""

    def shown_by(self, cut: Cut) -> bool:
        return (self.participant, self.showing, self.inset) == (cut.participant, cut.showing, cut.inset)


@dataclass
class Director:
    """Feed it events in order of `at`, then `advance`; `cuts` holds what is fixed so far."""

    rules: Rules = field(default_factory=Rules)
    cuts: list[Cut] = field(default_factory=list)
    _stage: Stage = field(default_factory=Stage)
    _speaking: dict[str, int] = field(default_factory=dict)  # participant -> when they began, in that order
    _spoke: list[str] = field(default_factory=list)  # who has spoken, the latest last
    _silent_since: int | None = None
    _instants: list[tuple[int, int, int, Event]] = field(default_factory=list)
    _fed: int = 0
    _now: int = 0

    def feed(self, event: Event) -> None:
        """Take note of one event."""
        if not isinstance(event, _MOVES):
            return
        match event:
            case SpeechHeard():
                instant = max(event.began - self.rules.pre_roll, event.at - self.rules.look_ahead)
            case SpeechFaded():
                instant = max(event.ended, event.at - self.rules.look_ahead)
            case _:
                instant = event.at
        self._fed += 1
        heapq.heappush(self._instants, (instant, event.at, self._fed, event))

    def advance(self, fed: int) -> None:
        """All events up to `fed` (µs) are in: fix the cuts up to `fed − look_ahead`."""
        self._fix(fed - self.rules.look_ahead)

    def finish(self, end: int) -> None:
        """Nothing more comes: fix the cuts up to `end` (µs)."""
        self._fix(end)

    def _fix(self, until: int) -> None:
        while self._instants and self._instants[0][0] <= until:
            instant, _, _, event = heapq.heappop(self._instants)
            self._pass_time(instant)
            self._apply(event, instant)
            self._decide(instant)
        self._pass_time(until)

    def _apply(self, event: Event, instant: int) -> None:
        match event:
            case SpeechHeard():
                self._speaking.setdefault(event.participant, event.began)
                self._silent_since = None
            case SpeechFaded():
                self._fall_silent(event.participant, instant)
            case ParticipantLeft():
                self._fall_silent(event.participant, instant)
                self._stage.apply(event)
            case _:
                self._stage.apply(event)

    def _fall_silent(self, participant: str, instant: int) -> None:
        if self._speaking.pop(participant, None) is None:
            return
        if participant in self._spoke:
            self._spoke.remove(participant)
        self._spoke.append(participant)
        if not self._speaking:
            self._silent_since = instant

    def _pass_time(self, now: int) -> None:
        """Decide wherever time alone changes something, up to `now`."""
        while (due := self._next_due()) is not None and due <= now:
            self._stage.pass_time(due)
            self._decide(due)
        self._now = max(self._now, now)

    def _next_due(self) -> int | None:
        """The next time after the last decision at which a rule's time is over."""
        times = [began + self.rules.overlap for began in self._speaking.values()]
        if self.cuts:
            times.append(self.cuts[-1].at + self.rules.shortest_shot)
        if self._stage.roll_call_ends is not None:
            times.append(self._stage.roll_call_ends)
        if self._silent_since is not None and self.rules.silence is not None:
            times.append(self._silent_since + self.rules.silence)
        return min((time for time in times if time > self._now), default=None)

    def _decide(self, at: int) -> None:
        self._now = max(self._now, at)
        wish = self._wish(at)
        if not self.cuts:
            if wish.showing != "nobody":
                self._cut(at, wish)
            return
        current = self.cuts[-1]
        if not wish.shown_by(current) and (at - current.at >= self.rules.shortest_shot or self._gone(current)):
            self._cut(at, wish)

    def _cut(self, at: int, wish: _Wish) -> None:
        self.cuts.append(Cut(at, wish.participant, wish.showing, wish.reason, wish.inset))

    def _gone(self, cut: Cut) -> bool:
        if cut.showing == "screen_share":
            return cut.participant not in self._stage.shown("screen_share")
        return cut.showing == "nobody" or (bool(cut.participant) and cut.participant not in self._stage.present)

    def _wish(self, at: int) -> _Wish:
        stage, current = self._stage, self.cuts[-1] if self.cuts else None
        if self.rules.screen_first and (sharing := stage.shown("screen_share")):
            keeps = current and current.showing == "screen_share" and current.participant in sharing
            sharer = current.participant if current and keeps else sharing[0]
            speaker = self._speaker(current.inset if current else "", current, at)
            inset = speaker.participant if speaker else ""
            reason = "speaking" if keeps else "screen_shared"
            return _Wish(sharer, "screen_share", reason, inset)
        on_screen = current.participant if current and current.showing == "camera" else ""
        if current and current.showing == "screen_share":
            on_screen = current.inset
        return self._speaker(on_screen, current, at) or _Wish("", "nobody", "nobody_here")

    def _speaker(self, on_screen: str, current: Cut | None, at: int) -> _Wish | None:
        """Whose face should be seen; `on_screen` is whose is."""
        speaking = {who: began for who, began in self._speaking.items() if who in self._stage.present}
        if on_screen in speaking:
            began = current.at - self.rules.pre_roll if current else 0
            for who, since in speaking.items():
                if who != on_screen and since >= began and since + self.rules.overlap <= at:
                    return _Wish(who, "camera", "held_on")
            return _Wish(on_screen, "camera", "speaking")
        if speaking:
            return _Wish(next(iter(speaking)), "camera", "speaking")
        return self._in_silence(on_screen, at)

    def _in_silence(self, on_screen: str, at: int) -> _Wish | None:
        stage, rules = self._stage, self.rules
        if (
            rules.silence is not None
            and self._silent_since is not None
            and at >= self._silent_since + rules.silence
            and len(stage.present) > 1
        ):
            return _Wish("", "everybody", "silence")
        lit = stage.shown("camera")
        spoke = [who for who in reversed(self._spoke) if who in stage.present]
        candidates = [(who, "spoke_last") for who in spoke]
        if on_screen in stage.present:
            candidates.append((on_screen, "stays"))
        candidates += [(who, "first_camera") for who in reversed(lit)]
        candidates += [(who, "first_here") for who in stage.present]
        for number, (who, reason) in enumerate(candidates):
            if who in lit or not lit or not rules.leave_dark:
                return _Wish(who, "camera", reason if number == 0 or reason.startswith("first") else "camera_off")
        return None


def direct(events: list[Event], rules: Rules, start: int, end: int) -> Timeline:
    """The timeline of [start, end), µs of room time, for a take's events (and speech) up to `end`."""
    director = Director(rules)
    for event in events:
        if event.at <= end:
            director.feed(event)
    director.finish(end)
    return shots_between(director.cuts, start, end)
