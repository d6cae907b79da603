"""Who is in the room and what they send, at one moment of a take: what events add up to."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from reelroom.takes.events import (
    ChosenStream,
    ConsentChanged,
    Event,
    FileClosed,
    FileOpened,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantRenamed,
    RoomJoined,
    Source,
    StreamsChosen,
    TrackMuted,
    TrackPublished,
    TrackUnmuted,
    TrackUnpublished,
    role_of,
)

# A tap that joins again names everybody who is there within moments; who is not named by then has left.
_ROLL_CALL = 1_000_000
# What the identity of a render's stream begins with: what it shows was cut, and has names in it.
RENDER_IDENTITY = "render-"
SCREEN = ("screen_share", "screen_share_audio")
_SOUND = ("microphone", "screen_share_audio")


@dataclass
class Track:
    """A track that somebody publishes; `file` is where it is being written, "" before the first frame."""

    participant: str
    source: Source
    muted: bool
    order: int
    file: str = ""
    place: int = 0  # orders tiles: the order of the first track there, also before its participant left and came back


@dataclass
class Stage:
    """The state after the events applied so far.

    Whoever does not agree to be recorded is not on it. Where streams are chosen, only those are: a stream
    is a camera and its microphone, or a screen and its sound, and any of its tracks' ids names it.
    """

    tracks: dict[str, Track] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # of all who were ever here
    roll_call_ends: int | None = None  # µs of room time; None when no roll call is under way
    chosen: Mapping[str, ChosenStream] | None = None  # by their ids; None: everybody
    selects: bool = False  # some of those here are not on stage, or were not once
    unwilling: set[str] = field(default_factory=set)  # were asked whether they may be recorded, and never agreed
    _refusing: set[str] = field(default_factory=set)  # to be recorded
    _agreed: set[str] = field(default_factory=set)  # at some moment
    _joined: dict[str, str] = field(default_factory=dict)  # participant -> name, in order of arrival
    _published: int = 0
    _places: dict[tuple[str, bool], int] = field(default_factory=dict)  # of a participant's face or screen
    _unconfirmed: set[str] = field(default_factory=set)

    @property
    def present(self) -> Mapping[str, str]:
        """Who is here, their names by their identities, in order of arrival: of streams that are chosen, whose face
        could be shown, or a card in its place.
        """
        if not self.selects:
            return self._joined
        return {who: name for who, name in self._joined.items() if self.shows(who, is_screen=False)}

    def _choice(self, participant: str, *, is_screen: bool) -> ChosenStream | None:
        names = [
            name
            for name, track in self.tracks.items()
            if track.participant == participant and (track.source in SCREEN) == is_screen
        ]
        return next((self.chosen[name] for name in names if name in self.chosen), None) if self.chosen else None

    def wants(self, track: Track) -> bool:
        """Whether the stream of a track is on stage, and this track of it."""
        if track.participant in self._refusing:
            return False
        if self.chosen is None:
            return True
        choice = self._choice(track.participant, is_screen=track.source in SCREEN)
        return choice is not None and (choice.has_audio if track.source in _SOUND else choice.has_video)

    def hears(self, participant: str) -> bool:
        """Whether somebody is present, and what they say is wanted."""
        if participant in self._refusing:
            return False
        if self.chosen is None:
            return participant in self._joined
        choice = self._choice(participant, is_screen=False)
        return participant in self._joined and choice is not None and choice.has_audio

    def shows(self, participant: str, *, is_screen: bool) -> bool:
        """Whether a participant's face, or screen, is of a stream that is on stage."""
        if participant in self._refusing:
            return False
        return self.chosen is None or self._choice(participant, is_screen=is_screen) is not None

    def heard(self) -> frozenset[str] | None:
        """The ids of the tracks whose sound is wanted; None: all there are."""
        return None if not self.selects else frozenset(n for n, track in self.tracks.items() if self.wants(track))

    def pass_time(self, now: int) -> None:
        """It is `now` (µs of room time): who was not named in a roll call that is over has left."""
        if self.roll_call_ends is not None and self.roll_call_ends <= now:
            self.roll_call_ends = None
            for name in self._unconfirmed:
                self._leave(name)
                self.tracks.pop(name, None)
            self._unconfirmed = set()

    def apply(self, event: Event) -> None:
        """Take one event into account; events come in order of `at`."""
        self.pass_time(event.at)
        match event:
            case RoomJoined():
                self._unconfirmed = {*self._joined, *self.tracks}
                self.roll_call_ends = event.at + _ROLL_CALL if self._unconfirmed else None
            case ParticipantJoined() | ParticipantRenamed():
                self._joined[event.participant] = event.name
                self.names[event.participant] = event.name
                self._unconfirmed.discard(event.participant)
            case StreamsChosen():
                chosen = event.streams
                self.chosen = None if chosen is None else {each.stream_id: each for each in chosen}
                self.selects = self.selects or chosen is not None
            case ConsentChanged(consent="given"):
                self._refusing.discard(event.participant)
                self.unwilling.discard(event.participant)
                self._agreed.add(event.participant)
            case ConsentChanged():
                self._refusing.add(event.participant)
                self.unwilling |= {event.participant} - self._agreed
                self.selects = True
            case ParticipantLeft():
                self._leave(event.participant)
            case _:
                self._apply_to_track(event)

    def _apply_to_track(self, event: Event) -> None:
        match event:
            case TrackPublished():
                self._published += 1
                self._unconfirmed.discard(event.track)
                known, role = self.tracks.get(event.track), role_of(event.kind, event.source)
                self.tracks[event.track] = Track(
                    event.participant,
                    role,
                    event.muted,
                    known.order if known else self._published,
                    known.file if known else "",
                    self._place(event.participant, role),
                )
            case TrackUnpublished():
                self.tracks.pop(event.track, None)
            case TrackMuted() | TrackUnmuted():
                if track := self.tracks.get(event.track):
                    track.muted = isinstance(event, TrackMuted)
            case FileOpened():
                if event.track not in self.tracks:
                    self._published += 1
                    role = role_of(event.kind, event.source)
                    place = self._place(event.participant, role)
                    self.tracks[event.track] = Track(event.participant, role, False, self._published, place=place)
                self.tracks[event.track].file = event.file
            case FileClosed() if event.reason != "room_left":  # else the next tap of the take goes on with the track
                for track in self.tracks.values():
                    if track.file == event.file:
                        track.file = ""

    def _place(self, participant: str, source: Source) -> int:
        """Somebody who comes back, as the same participant or as another of that name, has the place of before."""
        key = participant, source in SCREEN
        if key not in self._places:
            name = self.names.get(participant)
            left = (
                other
                for other in self._places
                if name and other[1] == key[1] and self.names.get(other[0]) == name and other[0] not in self._joined
            )
            before = next(left, None)
            self._places[key] = self._places.pop(before) if before is not None else self._published
        return self._places[key]

    def _leave(self, participant: str) -> None:
        self._joined.pop(participant, None)
        for name in [name for name, track in self.tracks.items() if track.participant == participant]:
            del self.tracks[name]

    def shown(self, source: Source, but: Collection[str] = ()) -> list[str]:
        """Those here with a live track of that source of which a picture has come, the latest first.

        Tracks named in `but` are left out.
        """
        tracks = [
            track
            for name, track in self.tracks.items()
            if track.source == source and track.file and not track.muted and name not in but
            if track.participant in self._joined and self.wants(track)
        ]
        return [track.participant for track in sorted(tracks, key=lambda track: -track.order)]

    def track_of(self, participant: str, source: Source, name: str = "") -> Track | None:
        """The participant's latest live track of that source, or the one of that `name`, if there is one.

        One of which something has come goes before one of which nothing has yet.
        """
        tracks = [
            track
            for its_name, track in self.tracks.items()
            if track.participant == participant and track.source == source and not track.muted
            if self.wants(track) and name in ("", its_name)
        ]
        return max(tracks, key=lambda track: (bool(track.file), track.order), default=None)
