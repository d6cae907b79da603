"""Archives as OpenTok's SDKs read and ask for them."""

from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StrictInt, StrictStr, model_validator

from reelroom.api.opentok.shapes import Body
from reelroom.api.shapes import EncryptionKey
from reelroom.archives.calls import ArchiveOrder
from reelroom.archives.transcript_order import TranscriptOrder
from reelroom.layouts.css.stylesheet import MOST_CHARACTERS, parse
from reelroom.layouts.names import OpenTokLayout, Resolution, check_layout


class Layout(Body):
    """Where streams are drawn."""

    type: Literal[OpenTokLayout, "custom"] | None = None
    stylesheet: Annotated[StrictStr, Field(max_length=MOST_CHARACTERS)] | None = None
    screenshare_type: OpenTokLayout | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> "Layout":
        check_layout(self.type or "bestFit", self.stylesheet, self.screenshare_type)
        if self.stylesheet:
            parse(self.stylesheet)
        return self

    def stored(self) -> dict[str, Any]:
        """As it is kept and shown: without what was not asked for."""
        fields = self.model_dump(by_alias=True, exclude_none=True)
        return {"type": "bestFit", **fields}


class TranscriptionProperties(Body):
    """How an archive is to be transcribed: in which language people speak (BCP 47), and whether to sum up."""

    primary_language_code: (
        Annotated[StrictStr, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=16)] | None
    ) = None
    has_summary: StrictBool | None = None


class StartArchive(Body):
    """What to archive, and how."""

    session_id: Annotated[StrictStr, Field(min_length=1, max_length=255)]
    name: Annotated[StrictStr, Field(max_length=255)] | None = None
    has_audio: StrictBool | None = None
    has_video: StrictBool | None = None
    output_mode: Literal["composed", "individual"] | None = None
    stream_mode: Literal["auto", "manual"] | None = None
    resolution: Resolution | None = None
    layout: Layout | None = None
    multi_archive_tag: Annotated[StrictStr, Field(max_length=255)] | None = None
    max_bitrate: Annotated[StrictInt, Field(ge=100_000, le=6_000_000)] | None = None
    quantization_parameter: Annotated[StrictInt, Field(ge=15, le=40)] | None = None
    has_transcription: StrictBool | None = None
    transcription_properties: TranscriptionProperties | None = None
    splice: Literal["auto", "never"] | None = None  # our own: whether what a camera encoded is copied
    encryption_key: EncryptionKey | None = None  # our own: opens what is encrypted end to end, and is not kept

    @model_validator(mode="after")
    def _fits_together(self) -> "StartArchive":
        if self.has_audio is False and self.has_video is False:
            raise ValueError("an archive needs audio or video")
        if self.splice == "auto" and (self.max_bitrate is not None or self.quantization_parameter is not None):
            raise ValueError("splice: what is copied is encoded already, at the bitrate that its camera chose")
        if self.output_mode == "individual" and (self.resolution or self.layout):
            raise ValueError("an individual archive has neither resolution nor layout")
        if self.max_bitrate is not None and self.quantization_parameter is not None:
            raise ValueError("either maxBitrate or quantizationParameter")
        if self.has_transcription and self.has_audio is False:
            raise ValueError("hasTranscription: an archive without audio has nothing to transcribe")
        if self.encryption_key and self.output_mode == "individual":
            raise ValueError("encryptionKey: an individual archive has tracks as they came, so it needs none")
        if self.encryption_key and self.has_transcription:
            raise ValueError("hasTranscription: what is encrypted end to end is not written down")
        return self

    def wish(self) -> ArchiveOrder:
        """With the defaults filled in."""
        return ArchiveOrder(
            name=self.name or "",
            resolution=self.resolution or "640x480",
            output_mode=self.output_mode or "composed",
            stream_mode=self.stream_mode or "auto",
            tag=self.multi_archive_tag or "",
            has_audio=self.has_audio is not False,
            has_video=self.has_video is not False,
            max_bitrate=self.max_bitrate,
            quantization=self.quantization_parameter,
            layout=(self.layout or Layout()).stored(),
            transcript=self._transcript(),
            splice=self.splice,
            key=self.encryption_key.get_secret_value() if self.encryption_key else "",
        )

    def _transcript(self) -> TranscriptOrder | None:
        if not self.has_transcription:
            return None
        wished = self.transcription_properties or TranscriptionProperties()
        return TranscriptOrder(wished.primary_language_code or "", summary=bool(wished.has_summary))


class ChangeStreams(Body):
    """A stream that comes into an archive, or leaves it."""

    add_stream: Annotated[StrictStr, Field(min_length=1)] | None = None
    remove_stream: Annotated[StrictStr, Field(min_length=1)] | None = None
    has_audio: StrictBool | None = None
    has_video: StrictBool | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "ChangeStreams":
        if bool(self.add_stream) == bool(self.remove_stream):
            raise ValueError("either addStream or removeStream")
        if self.add_stream and self.has_audio is False and self.has_video is False:
            raise ValueError("a stream comes in with audio, video or both")
        return self
