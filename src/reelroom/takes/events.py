"""What happened in a take: the lines of events.jsonl as typed, frozen values (docs/formats.md)."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

Kind = Literal["audio", "video"]
Source = Literal["camera", "microphone", "screen_share", "screen_share_audio", "unknown"]
Codec = Literal["opus", "vp8", "vp9", "h264", "av1"]


class _Event(BaseModel):
    """Common to all events: `at`, in µs since the epoch on the tap's clock."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    at: int


class TakeOpened(_Event):
    """A tap began to write; run 1 is the first tap of the take."""

    event: Literal["take_opened"] = "take_opened"
    run: int
    take: str
    version: int


class RoomJoined(_Event):
    """The tap is in the room and will be given its tracks."""

    event: Literal["room_joined"] = "room_joined"
    session: str


class RoomLeft(_Event):
    """The tap lost the room for good."""

    event: Literal["room_left"] = "room_left"
    reason: str = ""


class TimePassed(_Event):
    """Nothing else happened for a second: the tap is alive."""

    event: Literal["time_passed"] = "time_passed"


class TakeClosed(_Event):
    """A tap ended in order."""

    event: Literal["take_closed"] = "take_closed"
    reason: str = ""


class ParticipantJoined(_Event):
    """Somebody is in the room; `name` is what others see, `data` what the application's token says of them."""

    event: Literal["participant_joined"] = "participant_joined"
    participant: str
    name: str = ""
    data: str = ""


class ParticipantRenamed(_Event):
    """Somebody goes by another name from now on."""

    event: Literal["participant_renamed"] = "participant_renamed"
    participant: str
    name: str


class ConsentChanged(_Event):
    """Somebody was asked whether they may be recorded, or has answered: nothing of them is until it is `given`."""

    event: Literal["consent_changed"] = "consent_changed"
    participant: str
    consent: Literal["asked", "given", "declined"]


class ParticipantLeft(_Event):
    """Somebody left the room."""

    event: Literal["participant_left"] = "participant_left"
    participant: str


class Speaker(BaseModel):
    """One who speaks now; `level` is 0 to 1."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    participant: str
    level: float = 0.0


class SpeakersChanged(_Event):
    """The engine's list of who speaks, loudest first."""

    event: Literal["speakers_changed"] = "speakers_changed"
    speakers: tuple[Speaker, ...] = ()


class DataReceived(_Event):
    """A text message in the room, such as a line of chat; `participant` is empty when the server sent it."""

    event: Literal["data_received"] = "data_received"
    participant: str = ""
    topic: str = ""
    text: str = ""


class DataDropped(_Event):
    """Data messages of a flood that the take does not hold, counted since the last such event of the sender."""

    event: Literal["data_dropped"] = "data_dropped"
    participant: str = ""
    messages: int
    bytes: int


def role_of(kind: Kind, source: Source) -> Source:
    """What a track counts as: one that was published without a source is a microphone or a camera, as in the page."""
    return ("microphone" if kind == "audio" else "camera") if source == "unknown" else source


class TrackPublished(_Event):
    """A track is offered to the room; `encrypted`: end to end, so that nobody here can decode it."""

    event: Literal["track_published"] = "track_published"
    participant: str
    track: str
    kind: Kind
    source: Source = "unknown"
    muted: bool = False
    encrypted: bool = False


class TrackMuted(_Event):
    """A microphone is silenced or a camera switched off."""

    event: Literal["track_muted"] = "track_muted"
    participant: str
    track: str


class TrackUnmuted(_Event):
    """A microphone or a camera is on again."""

    event: Literal["track_unmuted"] = "track_unmuted"
    participant: str
    track: str


class TrackUnpublished(_Event):
    """A track is gone."""

    event: Literal["track_unpublished"] = "track_unpublished"
    participant: str
    track: str


class TrackNotRecorded(_Event):
    """A track that is published and not muted has no file, or its pictures are left out; `detail` is for people."""

    event: Literal["track_not_recorded"] = "track_not_recorded"
    participant: str
    track: str
    kind: Kind
    reason: str
    detail: str = ""


class FileOpened(_Event):
    """The first frame of a track file was written; `at` is when that frame's first packet arrived."""

    event: Literal["file_opened"] = "file_opened"
    file: str
    participant: str
    track: str
    kind: Kind
    source: Source = "unknown"
    codec: Codec
    clock_rate: int
    channels: int = 0
    first_rtp: int = 0
    encrypted: bool = False


class PacketTimed(_Event):
    """The least delayed packet of the last half second: `ticks` were received at `arrived` (µs)."""

    event: Literal["packet_timed"] = "packet_timed"
    file: str
    ticks: int
    arrived: int


class ArrivalsStepped(_Event):
    """The packet of `ticks` arrived at `arrived` (µs), `by` µs later, against its ticks, than the one of `before`."""

    event: Literal["arrivals_stepped"] = "arrivals_stepped"
    file: str
    ticks: int
    before: int
    arrived: int
    by: int


class SenderReported(_Event):
    """A sender report: `ticks` were captured at `ntp` (µs since the epoch on the sender's clock)."""

    event: Literal["sender_reported"] = "sender_reported"
    file: str
    ticks: int
    ntp: int


class KeyframeWritten(_Event):
    """A video keyframe starts the cluster at byte `offset`; sizes in pixels."""

    event: Literal["keyframe_written"] = "keyframe_written"
    file: str
    ticks: int
    offset: int
    width: int = 0
    height: int = 0


class PacketsLost(_Event):
    """`count` packets before the frame at `ticks` never came."""

    event: Literal["packets_lost"] = "packets_lost"
    file: str
    ticks: int
    count: int = 0


class FileClosed(_Event):
    """A track file is complete."""

    event: Literal["file_closed"] = "file_closed"
    file: str
    ticks: int = 0
    frames: int = 0
    reason: str = ""


class SpeechHeard(_Event):
    """Concluded from a take's sound, not written by the tap: known at `at`, somebody speaks since `began` (µs)."""

    event: Literal["speech_heard"] = "speech_heard"
    participant: str
    began: int


class SpeechFaded(_Event):
    """Concluded from a take's sound, not written by the tap: known at `at`, they fell silent at `ended` (µs)."""

    event: Literal["speech_faded"] = "speech_faded"
    participant: str
    ended: int


class ChosenStream(BaseModel):
    """A stream by its id, and what of it is wanted."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, alias_generator=to_camel, extra="forbid")

    stream_id: str
    has_audio: bool = True
    has_video: bool = True


class StreamsChosen(_Event):
    """Concluded from a film's plan, not written by the tap: from `at` on it has these streams; None: everybody's."""

    event: Literal["streams_chosen"] = "streams_chosen"
    streams: tuple[ChosenStream, ...] | None


Event = (
    TakeOpened
    | RoomJoined
    | RoomLeft
    | TakeClosed
    | TimePassed
    | ParticipantJoined
    | ParticipantRenamed
    | ConsentChanged
    | ParticipantLeft
    | SpeakersChanged
    | DataReceived
    | DataDropped
    | TrackPublished
    | TrackMuted
    | TrackUnmuted
    | TrackUnpublished
    | TrackNotRecorded
    | FileOpened
    | PacketTimed
    | ArrivalsStepped
    | SenderReported
    | KeyframeWritten
    | PacketsLost
    | FileClosed
    | SpeechHeard
    | SpeechFaded
    | StreamsChosen
)

_adapter: TypeAdapter[Any] = TypeAdapter(Annotated[Event, Field(discriminator="event")])


def parse_line(line: bytes | str) -> Event | None:
    """The event in one line of events.jsonl, or None for a torn, foreign or unknown line."""
    try:
        event: Event = _adapter.validate_json(line)
    except ValidationError:
        return None
    return event


def parse_lines(text: bytes) -> list[Event]:
    """All events in whole lines; what follows the last newline was torn off and is left out."""
    whole = text[: text.rfind(b"\n") + 1]
    return [event for line in whole.splitlines() if (event := parse_line(line)) is not None]
