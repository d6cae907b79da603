"""Where a broadcast's units become a stream that others understand: an HLS folder, or an RTMP connection."""

from fractions import Fraction
from pathlib import Path

import av

from reelroom.composer.film_format import FPS, new_packet
from reelroom.composer.reading import SAMPLE_RATE
from reelroom.composer.units import CLOCK, PICTURE_TICKS, SOUND_TICKS, BroadcastLook, Unit

PLAYLIST = "index.m3u8"
_LISTED_SECONDS = 12
_TICK = Fraction(1, CLOCK)


class Muxer:
    """Writes units into `target`. Raises av.FFmpegError.

    Opening and closing hold the interpreter's lock, however long the other side takes.
    """

    def __init__(self, look: BroadcastLook, target: str, kind: str, options: dict[str, str]) -> None:
        self._container = av.open(target, "w", format=kind, container_options=options)
        # The streams' own encoders encode nothing: they stand for the broadcast's, whose headers are the same.
        self._streams: dict[bool, av.VideoStream | av.AudioStream] = {}  # whether of pictures -> stream
        if look.has_video:
            video = self._container.add_stream("libx264", rate=FPS)
            look.configure_video(video.codec_context)
            self._streams[True] = video
        if look.has_audio:
            audio = self._container.add_stream("aac", rate=SAMPLE_RATE)
            look.configure_audio(audio.codec_context)
            self._streams[False] = audio
        self._container.start_encoding()

    def write(self, unit: Unit) -> None:
        """Append one unit; the first one is a keyframe."""
        packet = new_packet(unit.data)
        packet.pts = packet.dts = unit.at
        packet.time_base = _TICK
        packet.duration = PICTURE_TICKS if unit.is_picture else SOUND_TICKS
        packet.is_keyframe = unit.keyframe or not unit.is_picture
        packet.stream = self._streams[unit.is_picture]  # type: ignore[assignment]
        self._container.mux(packet)

    def close(self) -> None:
        """Finish the stream."""
        self._container.close()


def hls_muxer(look: BroadcastLook, folder: Path, seconds: int, *, keep_all: bool) -> Muxer:
    """HLS in a folder: a playlist and segments of so many `seconds`, all of them or those of the last moments.

    What an earlier muxer left in the folder is gone on with, after a discontinuity.
    """
    playlist = folder / PLAYLIST
    flags = ["independent_segments", "program_date_time"]
    options = {"hls_time": str(seconds), "hls_segment_filename": str(folder / "%06d.ts")}
    if keep_all:
        options |= {"hls_list_size": "0", "hls_playlist_type": "event"}
    else:
        options |= {"hls_list_size": str(_LISTED_SECONDS // seconds), "hls_delete_threshold": "3"}
        flags.append("delete_segments")
    if playlist.exists():
        flags.append("append_list")
    return Muxer(look, str(playlist), "hls", options | {"hls_flags": "+".join(flags)})


def rtmp_muxer(look: BroadcastLook, url: str) -> Muxer:
    """A connection to an RTMP server, which waits for as long as the server does."""
    return Muxer(look, url, "flv", {"flvflags": "no_duration_filesize"})
