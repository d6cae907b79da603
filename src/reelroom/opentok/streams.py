"""OpenTok's connections and streams, read from who is in a room of the engine and what they publish.

A connection is a participant, and its id their identity. A stream is what a participant shows with one publisher:
camera and microphone together, or a screen and its sound. It goes by its video track, or by its audio track where
there is no video; its id is made from that track's (stream_ids.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from livekit import api

from reelroom.opentok.stream_ids import stream_id

_SCREEN = {api.TrackSource.SCREEN_SHARE, api.TrackSource.SCREEN_SHARE_AUDIO}
ENTERED = "enteredAt"  # the attribute with when a participant was let in, ms since the epoch; the tap reads it
CONSENT = "consent"  # the attribute with what they said of being recorded: asked, given, declined; the tap reads it
CAPTIONS_WANTED = "captionsWanted"  # the attribute of who reads live captions: "yes"
CAPTIONS_PUBLISHED = "captionsPublished"  # the attribute of who lets them be made in an application's session: "yes"
CLASSES = "layoutClassList"  # the attribute with a participant's first layout classes; with ":<track>", a stream's


@dataclass(frozen=True)
class Connection:
    """Somebody connected to a session; `created_at` in ms since the epoch."""

    id: str
    created_at: int
    data: str


@dataclass(frozen=True)
class Stream:
    """What one publisher sends; `video_type` is "" without a picture, `audio_track` without sound.

    `track` is what it goes by at the engine, in takes and in plans.
    """

    track: str
    connection: Connection
    name: str
    video_type: str
    classes: tuple[str, ...]
    audio_track: str
    video_track: str

    @property
    def id(self) -> str:
        """As applications know it, a UUID."""
        return stream_id(self.track)

    @property
    def ids(self) -> frozenset[str]:
        """All by which applications may know it: it had another one before its picture came."""
        return frozenset(stream_id(track) for track in (self.audio_track, self.video_track, self.track) if track)

    @property
    def publisher(self) -> tuple[str, bool]:
        """What stays the same when a publisher adds a picture to its sound: the connection, and whether a screen."""
        return self.connection.id, self.video_type == "screen"


def connection(participant: api.ParticipantInfo) -> Connection:
    """The connection of a participant."""
    joined = participant.joined_at_ms or participant.joined_at * 1000
    return Connection(participant.identity, joined, participant.metadata)


def streams_of(participant: api.ParticipantInfo) -> list[Stream]:
    """The streams of a participant: none, one, or one and a screen."""
    screen = [track for track in participant.tracks if track.source in _SCREEN]
    camera = [track for track in participant.tracks if track.source not in _SCREEN]
    return [
        _stream(participant, tracks, is_screen) for tracks, is_screen in ((camera, False), (screen, True)) if tracks
    ]


def _stream(participant: api.ParticipantInfo, tracks: list[api.TrackInfo], is_screen: bool) -> Stream:
    audio = next((track for track in tracks if track.type == api.TrackType.AUDIO), None)
    video = next((track for track in tracks if track.type == api.TrackType.VIDEO), None)
    track = (video or audio or tracks[0]).sid
    classes = participant.attributes.get(f"{CLASSES}:{track}", participant.attributes.get(CLASSES, ""))
    return Stream(
        track=track,
        connection=connection(participant),
        name=_name(participant, video or audio, is_screen),
        video_type=_video_type(video, is_screen),
        classes=tuple(classes.split()),
        audio_track=audio.sid if audio else "",
        video_track=video.sid if video else "",
    )


def _name(participant: api.ParticipantInfo, track: api.TrackInfo | None, is_screen: bool) -> str:
    """A camera goes by its participant's name, a screen by the one that its publisher gave it, or else the other."""
    given = track.name if track else ""
    return (given or participant.name) if is_screen else (participant.name or given)


def _video_type(video: api.TrackInfo | None, is_screen: bool) -> str:
    if is_screen:
        return "screen"
    if video is None:
        return ""
    return "camera" if video.source == api.TrackSource.CAMERA else "custom"


def all_streams(participants: Iterable[api.ParticipantInfo]) -> list[Stream]:
    """The streams of everybody, in the order in which they came."""
    return [
        stream
        for participant in sorted(participants, key=lambda each: (each.joined_at_ms, each.identity))
        for stream in streams_of(participant)
    ]
