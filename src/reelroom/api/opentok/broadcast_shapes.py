"""Broadcasts as OpenTok's SDKs read and ask for them."""

from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StrictInt, StrictStr, model_validator

from reelroom.api.opentok.archive_shapes import Layout
from reelroom.api.opentok.shapes import Body
from reelroom.broadcasts.calls import BroadcastWish
from reelroom.layouts.names import Resolution

_MOST_RTMP = 5


class Hls(Body):
    """How a broadcast is shown by HTTP Live Streaming."""

    dvr: StrictBool | None = None
    low_latency: StrictBool | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> "Hls":
        if self.dvr and self.low_latency:
            raise ValueError("either dvr or lowLatency")
        return self

    def stored(self) -> dict[str, Any]:
        """As it is kept and shown."""
        return {"lowLatency": bool(self.low_latency), "dvr": bool(self.dvr)}


class Rtmp(Body):
    """A server to which a broadcast is sent. The patterns keep out what would end an address."""

    id: Annotated[StrictStr, Field(max_length=255)] | None = None
    server_url: Annotated[StrictStr, Field(max_length=2048, pattern=r"^rtmps?://[^\s/?#\\]+(/[^\s\\]*)?$")]
    stream_name: Annotated[StrictStr, Field(min_length=1, max_length=1024, pattern=r"^[^\s\\]+$")]


class BroadcastOutputs(Body):
    """Where a broadcast goes."""

    hls: Hls | None = None
    rtmp: Annotated[list[Rtmp], Field(max_length=_MOST_RTMP)] | None = None

    @model_validator(mode="after")
    def _has_some(self) -> "BroadcastOutputs":
        if self.hls is None and not self.rtmp:
            raise ValueError("a broadcast needs hls, rtmp, or both")
        return self


class StartBroadcast(Body):
    """What to broadcast, how, and where."""

    session_id: Annotated[StrictStr, Field(min_length=1, max_length=255)]
    outputs: BroadcastOutputs
    layout: Layout | None = None
    max_duration: Annotated[StrictInt, Field(ge=60, le=36_000)] | None = None
    max_bitrate: Annotated[StrictInt, Field(ge=100_000, le=6_000_000)] | None = None
    resolution: Resolution | None = None
    stream_mode: Literal["auto", "manual"] | None = None
    has_audio: StrictBool | None = None
    has_video: StrictBool | None = None
    multi_broadcast_tag: Annotated[StrictStr, Field(max_length=255)] | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> "StartBroadcast":
        if self.has_audio is False and self.has_video is False:
            raise ValueError("a broadcast needs audio or video")
        return self

    def wish(self) -> BroadcastWish:
        """With the defaults filled in."""
        hls, rtmp = self.outputs.hls, self.outputs.rtmp or []
        return BroadcastWish(
            hls=hls.stored() if hls is not None else None,
            rtmp=[each.model_dump(by_alias=True, exclude_none=True) for each in rtmp],
            resolution=self.resolution or "640x480",
            stream_mode=self.stream_mode or "auto",
            tag=self.multi_broadcast_tag or "",
            has_audio=self.has_audio is not False,
            has_video=self.has_video is not False,
            max_duration=self.max_duration if self.max_duration is not None else BroadcastWish.max_duration,
            max_bitrate=self.max_bitrate,
            layout=(self.layout or Layout()).stored(),
        )
