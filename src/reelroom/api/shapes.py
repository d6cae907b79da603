"""The bodies of the application's public calls: names and types exactly as applications expect them."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StrictBool, StrictStr
from pydantic.alias_generators import to_camel

from reelroom.api.links import Links
from reelroom.opentok.stream_ids import stream_id
from reelroom.opentok.tokens import LONGEST_TOKEN, Role
from reelroom.store.transcripts import KeptTranscript
from reelroom.store.values import Archive, Render
from reelroom.takes.unsealing import LONGEST_KEY


class Body(BaseModel):
    """Fields in camelCase, as they are in JSON."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class ByToken(Body):
    """A session, by a token that opens it."""

    session_id: Annotated[StrictStr, Field(min_length=1, max_length=255)]
    token: Annotated[StrictStr, Field(min_length=1, max_length=LONGEST_TOKEN)]


class ByPresence(Body):
    """A session, by the engine's access token of whoever is there."""

    session_id: Annotated[StrictStr, Field(min_length=1, max_length=255)]
    access_token: Annotated[StrictStr, Field(min_length=1, max_length=8192)]


# A passphrase of people who encrypt end to end; it is shown nowhere, by no log either.
EncryptionKey = Annotated[SecretStr, Field(min_length=1, max_length=LONGEST_KEY)]


class SessionAnswer(Body):
    """Credentials for a room, and what whoever asked for them may do there.

    `may_record`: start and stop recordings. `link_opens`: the room's plain address lets anybody in, uninvited.
    `room_name`: as it was written first, whatever the spelling by which it was asked for.
    """

    session_id: str
    token: str
    api_key: str
    room_name: str
    may_record: bool
    link_opens: bool


class ConnectRequest(ByToken):
    """An OpenTok token to be exchanged.

    At a room's closed door: the `knock` that was admitted, or the access token with which one was in `before`.
    """

    name: Annotated[StrictStr, Field(max_length=128)] = ""
    grant: Annotated[StrictStr, Field(max_length=2048)] = ""
    knock: Annotated[StrictStr, Field(max_length=36)] = ""
    before: Annotated[StrictStr, Field(max_length=8192)] = ""


class ConnectAnswer(Body):
    """Where the media server is, what opens it, and in which role; `captions`: whether live captions may be had."""

    url: str
    access_token: str
    role: Role
    captions: bool


class RoomAnswer(Body):
    """Who receives what is sent in a room: people, recorders with a grant, and this server's own taps.

    `names`: those of the people, of as many as are told, while the `door` is open. `tapped`: something records or
    broadcasts it. `asks`: people are asked whether they agree to that.
    """

    people: int
    names: list[str]
    recorders: int
    tapped: bool
    asks: bool
    door: Literal["open", "waiting", "locked"]


class ConsentRequest(ByPresence):
    """Whether the bearer of the engine's access token agrees to be recorded."""

    agrees: StrictBool


class RenderRequest(Body):
    """Which room to record, and in which layout."""

    room_name: StrictStr
    layout: StrictStr | None = None


class RenderAnswer(Body):
    """A render; times in ms since the epoch."""

    id: str
    project_id: str
    session_id: str
    created_at: int
    updated_at: int
    url: str
    status: str
    callback_url: str
    resolution: str
    reason: str
    stream_id: str | None

    @classmethod
    def of(cls, render: Render, api_key: str) -> "RenderAnswer":
        """As stored."""
        return cls(
            id=render.id,
            project_id=api_key,
            session_id=render.session_id,
            created_at=render.created_at,
            updated_at=render.updated_at,
            url=render.url,
            status=render.status,
            callback_url=render.callback_url,
            resolution=render.resolution,
            reason=render.reason,
            stream_id=stream_id(render.stream_id) if render.stream_id else None,
        )


class RenderStatus(Body):
    """What a render's callback says."""

    id: StrictStr
    session_id: StrictStr
    status: Literal["starting", "started", "stopped", "failed"]
    stream_id: StrictStr = ""
    reason: StrictStr = ""


class ArchiveStopped(Body):
    """The answer to a stop."""

    archive_id: str
    status: Literal["stopped"] = "stopped"


class SummaryAnswer(Body):
    """What becomes of a transcript's summary; while it is `requested`, `reason` may say what it waits for.

    `outdated`: the transcript has come to say something else since the summary that is there was made.
    """

    status: Literal["requested", "available", "failed"]
    reason: str
    outdated: bool


class TranscriptAnswer(Body):
    """What becomes of an archive's transcript: `progress` is 0 to 1 while it is made, else null.

    `language` is ISO 639's code, "" where it is not known yet. `summary` is null where nobody has asked for one;
    `can_sum_up`: whether this server makes any.
    """

    status: Literal["requested", "started", "available", "failed"]
    reason: str
    language: str
    progress: float | None
    summary: SummaryAnswer | None
    can_sum_up: bool

    @classmethod
    def of(cls, transcript: KeptTranscript, progress: float | None, *, can_sum_up: bool) -> "TranscriptAnswer":
        """As stored."""
        return cls.model_validate(
            {
                "status": transcript.status,
                "reason": transcript.reason,
                "language": transcript.language or transcript.asked,
                "progress": progress,
                "summary": {
                    "status": transcript.summary_status,
                    "reason": transcript.summary_reason,
                    "outdated": transcript.summary_is_outdated,
                }
                if transcript.summary_status
                else None,
                "can_sum_up": can_sum_up,
            }
        )


class ArchiveAnswer(Body):
    """An archive: `created_at` and `updated_at` in ms, `duration` in s, `size` in bytes.

    `sha256sum` is base64; the links are null until there is something to download. `progress` is 0 to 1 while
    the film is made, else null. `recut_of` is the archive that this one was cut from again. `may_edit`: whoever asks
    may rename it, cut it again and delete it; `may_share`: hand out links to it. `restorable_until` (ms) is the end
    of a deleted one's time in the bin, null for any other. Who came by a film's link is told no `session_id` ("")
    and no `recut_of`.
    """

    id: str
    status: str
    name: str
    reason: str
    session_id: str
    project_id: int
    created_at: int
    size: int
    duration: int
    output_mode: Literal["composed", "individual"]
    has_audio: bool
    has_video: bool
    sha256sum: Annotated[str, Field(alias="sha256sum")]
    password: str = ""
    updated_at: int
    resolution: str
    partner_id: int
    event: Literal["archive"] = "archive"
    url: str | None
    tracks_url: str | None
    timeline_url: str | None
    speakers_url: str | None
    chapters_url: str | None
    poster_url: str | None
    thumbnails_url: str | None
    chat_url: str | None
    transcript_url: str | None
    transcript_text_url: str | None
    captions_url: str | None
    subtitles_url: str | None
    summary_url: str | None
    transcript: TranscriptAnswer | None
    progress: float | None
    recut_of: str | None
    may_edit: bool
    may_share: bool
    restorable_until: int | None

    @classmethod
    def of(
        cls,
        archive: Archive,
        api_key: str,
        links: Links,
        *,
        progress: float | None = None,
        obstacle: str = "",
        transcript: TranscriptAnswer | None = None,
        may_edit: bool,
        may_share: bool = False,
        restorable_until: int | None = None,
        alone: bool = False,
    ) -> "ArchiveAnswer":
        """As stored; while an `obstacle` is in the way of its making, that is the reason.

        `alone`: for who came by a link to it.
        """
        return cls(
            id=archive.id,
            status=archive.status,
            name=archive.name,
            reason=obstacle or archive.reason,
            session_id="" if alone else archive.session_id,
            project_id=int(api_key),
            created_at=archive.created_at,
            size=archive.size,
            duration=archive.seconds,
            has_audio=archive.has_audio,
            has_video=archive.has_video,
            sha256sum=archive.sha256sum,
            updated_at=archive.updated_at,
            resolution=archive.resolution,
            partner_id=int(api_key),
            output_mode="individual" if archive.output_mode == "individual" else "composed",
            progress=progress,
            transcript=transcript,
            recut_of=None if alone else archive.recut_of,
            may_edit=may_edit,
            may_share=may_share,
            restorable_until=restorable_until,
            **vars(links),
        )


class ErrorAnswer(Body):
    """Any failure, in words; `code` is OpenTok's where it has one, else -1."""

    message: str
    code: int = -1
    description: str = ""
