"""What all encoded pictures of ours have in common."""

from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TypeAlias, cast

import av
from av.video.frame import PictureType

FPS = 30  # pictures a second, where nothing else is said
VideoPacket: TypeAlias = "av.Packet[av.VideoStream]"
_BT601 = 6  # SMPTE 170M: what WebRTC's cameras send, and what the cards are drawn in
_LIMITED_RANGE = 1
_CPU_INFO = Path("/proc/cpuinfo")


def steady_assembly(cpu_info: str) -> dict[str, str]:
    """Options that keep libx264 from its AVX-512 code where Linux's `/proc/cpuinfo` says that it would use it.

    With that code, one encode in twenty of the same pictures is different by some bytes (docs/decisions.md).
    """
    return {"x264-params": "asm=AVX2"} if "avx512" in cpu_info else {}


@cache
def _assembly() -> dict[str, str]:
    return steady_assembly(_CPU_INFO.read_text() if _CPU_INFO.exists() else "")


def configure_h264(
    codec: av.VideoCodecContext, width: int, height: int, options: dict[str, str], rate: int = FPS
) -> None:
    """What every H.264 encoder of ours has in common; `options` are libx264's own, `rate` is pictures a second."""
    codec.width, codec.height = width, height
    codec.pix_fmt = "yuv420p"
    codec.time_base = Fraction(1, rate)
    codec.framerate = Fraction(rate)
    codec.thread_count = 1
    codec.colorspace = codec.color_primaries = codec.color_trc = _BT601
    codec.color_range = _LIMITED_RANGE
    # A camera's own frame may carry captions (ATSC A/53), which are no part of its picture.
    own, steady = options.get("x264-params"), _assembly().get("x264-params")
    params = {"x264-params": ":".join(filter(None, (own, steady)))} if own or steady else {}
    codec.options = options | {"a53cc": "0"} | params


def due(picture: av.VideoFrame, number: int, tick: Fraction, *, keyframe: bool = False) -> av.VideoFrame:
    """The picture, ready for an encoder, as number `number` at one each `tick` s; else it would keep a camera's kind.

    An encoder copies what it is given, so the same picture may be given again.
    """
    picture.pts, picture.time_base = number, tick
    picture.pict_type = PictureType.I if keyframe else PictureType.NONE
    return picture


def new_packet(data: bytes) -> VideoPacket:
    """A packet of encoded video."""
    return cast(VideoPacket, av.Packet(data))
