"""Who should be on screen: a pure decision from what happened, with a moment of hindsight.

The director is fed a take's events, and who speaks, and told how far they reach. Because the composer runs behind
the room, a moment is decided only when everything up to `look_ahead` after it is known: so a cut lies before the
first word, and a cough, which has ended by then, never takes the screen. What lies before `fed − look_ahead` is
fixed. Feeding it in pieces or at once gives the same cuts.

The theory: every event changes who should be seen from one *instant* on. Speech does so from `pre_roll` before its
first word until its last, all else when it happened. Instants are passed in order of time; at each, and where a rule
says that time alone changes something, the director compares what it wants with what is on screen. A shot that has
just begun is left alone for a while, unless what it shows is gone.

What is known but lies ahead of an instant is *foreseen*: it keeps the director from showing who is about to stop, and
lets a cut that is made anyway go straight to who is about to speak.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from reelroom.cutting.rules import Rules
from reelroom.cutting.timeline import Cut, Showing, Timeline, shots_between
from reelroom.takes.events import (
    ConsentChanged,
    Event,
    FileClosed,
    FileOpened,
    ParticipantJoined,
    ParticipantLeft,
    RoomJoined,
    SpeechFaded,
    SpeechHeard,
    StreamsChosen,
    TrackMuted,
    TrackPublished,
    TrackUnmuted,
    TrackUnpublished,
)
from reelroom.takes.stage import Stage

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
    | StreamsChosen
    | ConsentChanged
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
    # instant, when it became known, a number; None: no more than something foreseen
    _instants: list[tuple[int, int, int, Event | None]] = field(default_factory=list)
    _faded: dict[str, int] = field(default_factory=dict)  # participant -> the last instant at which they fall silent
    _fed: int = 0
    _now: int = 0

    def feed(self, event: Event) -> None:
        """Take note of one event."""
        if not isinstance(event, _MOVES):
            return
        foreseen = max(event.at - self.rules.look_ahead, self._now)
        match event:
            case SpeechHeard():  # nobody begins anew before they have ended, however long the pre-roll
                instant = max(event.began - self.rules.pre_roll, self._faded.get(event.participant, 0), foreseen)
            case SpeechFaded():
                instant = self._faded[event.participant] = max(event.ended, foreseen)
                self._push(foreseen, event.at, None)
            case _:
                instant = max(event.at, self._now)
        self._push(instant, event.at, event)

    def _push(self, instant: int, known: int, event: Event | None) -> None:
        self._fed += 1
        heapq.heappush(self._instants, (instant, known, self._fed, event))

    def advance(self, fed: int) -> None:
        """All events up to `fed` (µs) are in: fix the cuts up to `fed − look_ahead`."""
        self._fix(fed - self.rules.look_ahead)

    def finish(self, end: int) -> None:
        """Nothing more comes: fix the cuts up to `end` (µs)."""
        self._fix(end)

    def _fix(self, until: int) -> None:
        while self._instants and self._instants[0][0] <= until:
            instant = self._instants[0][0]
            self._pass_time(instant - 1)
            while self._instants and self._instants[0][0] == instant:
                if (event := heapq.heappop(self._instants)[-1]) is not None:
                    self._apply(event, instant)
            self._decide(instant)
        self._pass_time(until)

    def _apply(self, event: Event, instant: int) -> None:
        match event:
            case SpeechHeard():
                self._speaking.setdefault(event.participant, event.began)
                if not self._stage.selects or self._stage.hears(event.participant):
                    self._silent_since = None
            case SpeechFaded():
                self._fall_silent(event.participant, instant)
            case StreamsChosen():
                self._stage.apply(event)
                if self._spoke and not self._anybody_speaks() and self._silent_since is None:
                    self._silent_since = instant
            case ParticipantLeft() | ConsentChanged(consent="asked" | "declined"):
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
        if not self._anybody_speaks():
            self._silent_since = instant

    def _anybody_speaks(self) -> bool:
        if not self._stage.selects:
            return bool(self._speaking)
        return any(self._stage.hears(who) for who in self._speaking)

    def _pass_time(self, now: int) -> None:
        """Decide wherever time alone changes something, up to `now`."""
        while (due := self._next_due()) is not None and due <= now:
            self._decide(due)
        self._now = max(self._now, now)

    def _next_due(self) -> int | None:
        """The next time after the last decision at which a rule's time is over."""
        times = [began + self.rules.overlap for began in self._speaking.values()]
        if self.cuts:
            times.append(self.cuts[-1].at + self.rules.shortest_shot)
        if self._stage.roll_call_ends is not None:
            times.append(self._stage.roll_call_ends)
        if self._silent_since is not None:
            times.append(self._silent_since + self.rules.shortest_shot)
            if self.rules.silence is not None:
                times.append(self._silent_since + self.rules.silence)
        return min((time for time in times if time > self._now), default=None)

    def _decide(self, at: int) -> None:
        self._now = max(self._now, at)
        self._stage.pass_time(at)
        current = self.cuts[-1] if self.cuts else None
        wish = self._wish(at)
        if current is None:
            needed = wish.showing != "nobody"
        else:
            held = at - current.at >= self.rules.shortest_shot or self._gone(current)
            needed = held and not wish.shown_by(current)
        if not needed:
            return
        wish = self._wish(at, cutting=True)
        if current is None or not wish.shown_by(current):
            self.cuts.append(Cut(at, wish.participant, wish.showing, wish.reason, wish.inset))

    def _gone(self, cut: Cut) -> bool:
        """Whether what a shot shows is there no more."""
        present = self._stage.present
        match cut.showing:
            case "screen_share":
                no_inset = bool(cut.inset) and cut.inset not in present
                return no_inset or cut.participant not in self._stage.shown("screen_share")
            case "everybody":
                return not present
            case "nobody":
                return True
        return cut.participant not in present

    def _foreseen(self, at: int) -> Iterator[tuple[int, Event]]:
        """What is known at `at` of what comes, and its instants."""
        for instant, known, _, event in self._instants:
            if event is not None and known <= at + self.rules.look_ahead:
                yield instant, event

    def _wish(self, at: int, *, cutting: bool = False) -> _Wish:
        """What should be on screen, if nothing were; when `cutting`, something else than what is will be."""
        current = self.cuts[-1] if self.cuts else None
        on_screen = ""
        if current is not None:
            on_screen = current.inset if current.showing == "screen_share" else current.participant
        speaker = self._speaker(on_screen, current, at, cutting)
        if self.rules.screen_first and (sharer := self._sharer(current, at)):
            keeps = current is not None and (sharer, "screen_share") == (current.participant, current.showing)
            reason = speaker.reason if keeps and speaker else "screen_shared"
            return _Wish(sharer, "screen_share", reason, speaker.participant if speaker else "")
        return speaker or _Wish("", "nobody", "nobody_here")

    def _sharer(self, current: Cut | None, at: int) -> str:
        """Whose screen should be seen: the one that is, or the latest, but none that is over in a moment."""
        if current and current.showing == "screen_share" and not self._gone(replace(current, inset="")):
            return current.participant
        over = {e.track for _, e in self._foreseen(at) if isinstance(e, TrackUnpublished | TrackMuted)}
        return next(iter(self._stage.shown("screen_share", but=over)), "")

    def _speaker(self, on_screen: str, current: Cut | None, at: int, cutting: bool) -> _Wish | None:
        """Whose face should be seen; `on_screen` is whose is."""
        present = self._stage.present
        speaking = {who: began for who, began in self._speaking.items() if self._stage.hears(who)}
        stopping = {e.participant for _, e in self._foreseen(at) if isinstance(e, SpeechFaded | ParticipantLeft)}
        lasting = {who: began for who, began in speaking.items() if who not in stopping or at <= began}
        if on_screen in speaking:
            since = current.at - self.rules.pre_roll if current else 0
            for who, began in lasting.items():
                if who == on_screen:
                    continue
                if on_screen in stopping and at <= began:
                    return _Wish(who, "camera", "speaking")
                if since <= began <= at - self.rules.overlap:
                    return _Wish(who, "camera", "held_on")
            return _Wish(on_screen, "camera", "speaking")
        stays = on_screen in present and on_screen in self._spoke
        if lasting or (speaking and not stays):
            return _Wish(next(iter(lasting or speaking)), "camera", "speaking")
        if cutting:
            coming = [(i, e.participant) for i, e in self._foreseen(at) if isinstance(e, SpeechHeard)]
            if coming := [(instant, who) for instant, who in coming if self._stage.hears(who)]:
                return _Wish(min(coming)[1], "camera", "speaking")
        return self._in_silence(on_screen, at)

    def _in_silence(self, on_screen: str, at: int) -> _Wish | None:
        stage, rules = self._stage, self.rules
        silent_for = 0 if self._silent_since is None else at - self._silent_since
        if rules.silence is not None and silent_for >= rules.silence and len(stage.present) > 1:
            return _Wish("", "everybody", "silence")
        lit = stage.shown("camera")
        spoke = [who for who in reversed(self._spoke) if stage.hears(who)]
        candidates = [(who, "spoke_last") for who in spoke]
        if on_screen in spoke:
            candidates.insert(0, (on_screen, "spoke_last" if on_screen == spoke[0] else "stays"))
        elif on_screen in stage.present:
            candidates.append((on_screen, "stays"))
        pauses = on_screen in spoke and self._silent_since is not None and silent_for < rules.shortest_shot
        candidates += [(who, "first_camera") for who in reversed(lit)]
        candidates += [(who, "first_here") for who in stage.present]
        for number, (who, reason) in enumerate(candidates):
            if who in lit or not lit or not rules.leave_dark or pauses:
                return _Wish(who, "camera", "camera_off" if number else reason)
        return None


def direct(events: list[Event], rules: Rules, start: int, end: int) -> Timeline:
    """The timeline of [start, end), µs of room time, for a take's events (and speech) up to `end`."""
    director = Director(rules)
    for event in events:
        if event.at <= end:
            director.feed(event)
    director.finish(end)
    return shots_between(director.cuts, start, end)
