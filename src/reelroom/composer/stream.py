"""Pictures as a live H.264 stream: no look-ahead, no B-frames, a keyframe whenever one is asked for."""

from fractions import Fraction

import av

from reelroom.composer.access_unit import AccessUnit
from reelroom.composer.film_format import FPS, configure_h264, due

_TICK = Fraction(1, FPS)


class StreamEncoder:
    """Encodes pictures, yuv420p, of `width` x `height` pixels, one access unit a picture."""

    def __init__(self, width: int, height: int, bits_per_second: int = 2_500_000) -> None:
        codec = av.CodecContext.create("libx264", "w")
        assert isinstance(codec, av.VideoCodecContext)
        rate = str(bits_per_second)
        configure_h264(
            codec,
            width,
            height,
            {
                "preset": "veryfast",
                "tune": "zerolatency",
                "profile": "main",
                "crf": "24",
                "maxrate": rate,
                "bufsize": rate,
                "g": str(FPS * 10),
                "forced-idr": "1",
            },
        )
        self._codec = codec
        self._count = 0

    def encode(self, picture: av.VideoFrame, *, keyframe: bool) -> AccessUnit | None:
        """The picture, encoded; as a keyframe where that is asked for."""
        packets = self._codec.encode(due(picture, self._count, _TICK, keyframe=keyframe))
        self._count += 1
        if not packets:
            return None
        return AccessUnit(b"".join(bytes(packet) for packet in packets), any(p.is_keyframe for p in packets))
