"""One encoded picture of a live stream, as it goes from whoever encodes to whoever publishes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class AccessUnit:
    """One encoded picture of H.264, Annex B; a keyframe carries its SPS and PPS."""

    data: bytes
    keyframe: bool
