"""What people offered to the room, and when: from that and a take's files follows what was not recorded."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from reelroom.takes.events import (
    ConsentChanged,
    Event,
    FileOpened,
    KeyframeWritten,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantRenamed,
    RoomJoined,
    Source,
    TrackMuted,
    TrackNotRecorded,
    TrackPublished,
    TrackUnmuted,
    TrackUnpublished,
    role_of,
)
from reelroom.takes.interruptions import Interruptions, Span
from reelroom.takes.missing import Missing, What

STANDS_STILL = 2_000_000  # µs: a camera without a new picture for longer has stopped
_TOO_LONG = 5_000_000  # µs that a track may be offered without a file; a tap says so itself after 10 s


@dataclass
class _Offered:
    participant: str
    source: Source
    live: list[Span] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    since: int | None = None  # offered, and not muted
    absent: list[tuple[int, int | None, str]] = field(default_factory=list)  # from, to, why
    refused: bool = False  # by whoever publishes it, to be recorded
    on: bool = False  # published, and not muted

    def open(self, at: int) -> None:
        self.on = True
        if self.since is None and not self.refused:
            self.since = at

    def refuse(self, at: int, refused: bool) -> None:
        self.refused, on = refused, self.on
        if refused:
            self.close(at)
            self.on = on
        elif on:
            self.open(at)

    def close(self, at: int) -> None:
        self.on = False
        if self.since is not None:
            self.live.append((self.since, at))
            self.since = None
        self.recorded(at)

    def recorded(self, at: int) -> None:
        """It is in the take from now on, or no longer there to be."""
        if self.absent and self.absent[-1][1] is None:
            self.absent[-1] = self.absent[-1][0], at, self.absent[-1][2]

    def until(self, end: int) -> list[Span]:
        return [*self.live, *([(self.since, end)] if self.since is not None else [])]


@dataclass
class Offers:
    """Fed a take's events in order, it knows what is missing in it."""

    interruptions: Interruptions = field(default_factory=Interruptions)
    names: dict[str, str] = field(default_factory=dict)
    _tracks: dict[str, _Offered] = field(default_factory=dict)
    _file_tracks: dict[str, str] = field(default_factory=dict)
    _refusing: dict[str, int] = field(default_factory=dict)  # since when
    _refused: list[Missing] = field(default_factory=list)
    _last: int = 0

    def feed(self, event: Event) -> None:
        """Learn from one event."""
        self.interruptions.feed(event)
        self._feed_people(event)
        self._feed_tracks(event)
        self._last = max(self._last, event.at)

    def _feed_people(self, event: Event) -> None:
        match event:
            case RoomJoined():  # what is still offered is told anew
                for track in self._tracks.values():
                    track.close(self._last)
            case ParticipantJoined() | ParticipantRenamed():
                self.names[event.participant] = event.name
            case ConsentChanged():
                refuses = event.consent != "given"
                if refuses:
                    self._refusing.setdefault(event.participant, event.at)
                else:
                    self._agree(event.participant, event.at)
                for track in self._tracks.values():
                    if track.participant == event.participant:
                        track.refuse(event.at, refuses)
            case ParticipantLeft():
                self._agree(event.participant, event.at)
                for track in self._tracks.values():
                    if track.participant == event.participant:
                        track.close(event.at)

    def _agree(self, participant: str, at: int) -> None:
        """They refuse no more to be recorded, or are gone."""
        if (since := self._refusing.pop(participant, None)) is not None:
            self._refused.append(Missing("declined", since, at, participant))

    def _feed_tracks(self, event: Event) -> None:
        match event:
            case TrackPublished():
                track = self._track(event)
                if event.muted:
                    track.close(event.at)
                else:
                    track.open(event.at)
            case TrackMuted() | TrackUnpublished() if event.track in self._tracks:
                self._tracks[event.track].close(event.at)
            case TrackUnmuted() if event.track in self._tracks:
                self._tracks[event.track].open(event.at)
            case FileOpened():
                track = self._track(event)
                track.files.append(event.file)
                track.recorded(event.at)
                self._file_tracks[event.file] = event.track
            case KeyframeWritten() if event.file in self._file_tracks:
                self._tracks[self._file_tracks[event.file]].recorded(event.at)
            case TrackNotRecorded() if event.track in self._tracks:
                track = self._tracks[event.track]
                track.absent.append((track.since or event.at, None, event.detail or event.reason))

    def _track(self, event: TrackPublished | FileOpened) -> _Offered:
        role = role_of(event.kind, event.source)
        fresh = _Offered(event.participant, role, refused=event.participant in self._refusing)
        return self._tracks.setdefault(event.track, fresh)

    def lacks(self, what: What, file: str, span: Span) -> Missing:
        """Something that is missing of what a file has in [from, to), µs."""
        name = self._file_tracks[file]
        track = self._tracks[name]
        return Missing(what, *span, track.participant, name, track.source)

    def interrupted(self, start: int, end: int) -> list[Missing]:
        """When nobody recorded in [start, end), µs."""
        return [Missing("interrupted", *span) for span in self.interruptions.between(start, end)]

    def declined(self, start: int, end: int) -> list[Missing]:
        """Who did not agree to be recorded in [start, end), µs."""
        still = [Missing("declined", since, end, who) for who, since in self._refusing.items()]
        return [
            replace(each, start=max(each.start, start), end=min(each.end, end))
            for each in (*self._refused, *still)
            if each.start < end and start < each.end
        ]

    def not_recorded(self, start: int, end: int) -> list[Missing]:
        """What was offered in [start, end), not muted, and is not in the take."""
        found = []
        for name, track in self._tracks.items():
            absent = [(begin, end if until is None else until, why) for begin, until, why in track.absent]
            if not absent and not track.files:
                absent = [(*span, "") for span in track.until(end) if span[1] - span[0] >= _TOO_LONG]
            for begin, until, why in absent:
                low, high = max(begin, start), min(until, end)
                if low < high:
                    found.append(Missing("not_recorded", low, high, track.participant, name, track.source, why))
        return found

    def stood_still(self, start: int, end: int, pictures: Callable[[str], Sequence[int]]) -> list[Missing]:
        """When cameras that were on had no new picture for long; `pictures` gives the times (µs) of a file's.

        While nobody recorded is told apart.
        """
        found = []
        away = self.interruptions.between(start, end)
        for name, track in self._tracks.items():
            if track.source != "camera" or not track.files:
                continue
            times = sorted(time for file in track.files for time in pictures(file))
            for begin, until in track.until(end):
                low, high = max(begin, start), min(until, end)
                for gap in _gaps(times, low, high, away):
                    found.append(Missing("stood_still", *gap, track.participant, name, track.source))
        return found


def _gaps(times: Sequence[int], low: int, high: int, away: Iterable[Span]) -> list[Span]:
    """What of [low, high) lies longer than it may after the last picture."""
    before = bisect_right(times, low) - 1
    first = max(before, 0)
    seen = [*times[first : bisect_left(times, high)], high]
    gaps = []
    for last, following in pairwise(seen):
        begin, end = max(last, low), following
        if end - begin > STANDS_STILL and not any(begin < b and a < end for a, b in away):
            gaps.append((begin, end))
    return gaps
