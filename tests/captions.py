"""The captions of a film, as FFmpeg's demuxer reads them."""

from pathlib import Path

import av


def read(path: Path) -> list[tuple[float, float, str]]:
    """From when to when in s, and what; none where the film has no such track."""
    with av.open(str(path)) as container:
        return [
            (float(p.pts * p.time_base), float((p.pts + p.duration) * p.time_base), bytes(p)[2:].decode())
            for stream in container.streams.subtitles
            for p in container.demux(stream)
            if p.size > 2 and p.pts is not None and p.duration is not None and p.time_base is not None
        ]
