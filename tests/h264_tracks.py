"""Tracks of H.264 as browsers send it, made by libx264: each picture has its number, and moves."""

import hashlib
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
import numpy as np

from tests.flashing_takes import avc
from tests.matroska_files import Frame, written

_SLICES = (1, 5)
BASELINE = (("profile", "baseline"), ("tune", "zerolatency"), ("preset", "veryfast"))
NO_B_FRAMES = (("profile", "high"), ("preset", "veryfast"), ("tune", "zerolatency"))


@dataclass(frozen=True)
class H264Track:
    """What a take's file has of one: its pictures, and its CodecPrivate."""

    frames: tuple[Frame, ...]
    private: bytes


@lru_cache(maxsize=16)
def h264_track(
    width: int = 320,
    height: int = 180,
    seconds: float = 10,
    fps: int = 30,
    key_every: int = 45,
    shade: int = 60,
    options: tuple[tuple[str, str], ...] = BASELINE,
    full_range: bool = False,
) -> H264Track:
    """A bright bar moves over noise of one `shade`, so that no two pictures are alike; keyframes come regularly."""
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate, encoder.thread_count = Fraction(1, fps), Fraction(fps), 1
    encoder.bit_rate = 500_000
    encoder.options = {"g": str(key_every), "sc_threshold": "0", "forced-idr": "1", **dict(options)}
    if full_range:
        encoder.color_range = 2
    noise = np.random.default_rng(shade).integers(-20, 20, (height // 4, width // 4), dtype=np.int16)
    ground = (shade + noise.repeat(4, 0).repeat(4, 1)).astype(np.uint8)
    sent: list[av.Packet] = []
    for number in range(round(seconds * fps)):
        planes = np.full((height * 3 // 2, width), 128, dtype=np.uint8)
        planes[: ground.shape[0], : ground.shape[1]] = np.roll(ground, number, axis=1)
        at = number * 7 % (width - 20)
        planes[: height // 3, at : at + 20] = 220
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts = number
        sent += encoder.encode(frame)
    sent += encoder.encode(None)
    records = [avc(bytes(packet)) for packet in sent]
    frames = [
        Frame(round(float(packet.pts or 0) * 1000 / fps), sample, packet.is_keyframe)
        for packet, (_, sample) in zip(sent, records, strict=True)
    ]
    return H264Track(tuple(frames), records[0][0])


def decoded(path: Path) -> tuple[list[str], list[float], str]:
    """What FFmpeg makes of a file's pictures: the MD5 and the time (s) of each; and all that it complains of."""
    command = ["ffmpeg", "-v", "warning", "-i", str(path), "-map", "0:v:0", "-fps_mode", "passthrough"]
    command += ["-enc_time_base", "1:90000", "-f", "framemd5", "-"]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = [line.split(",") for line in made.stdout.splitlines() if line and line[0].isdigit()]
    sums, times = [line[5].strip() for line in lines], [int(line[2]) / 90_000 for line in lines]
    return sums, times, made.stderr


def _slices(packet: bytes) -> bytes:
    """What of a sample is the picture itself."""
    found, begin = b"", 0
    while begin < len(packet):
        size = int.from_bytes(packet[begin : begin + 4])
        unit = packet[begin + 4 : begin + 4 + size]
        found += unit if unit[0] & 31 in _SLICES else b""
        begin += 4 + size
    return found


def copied_pictures(film: Path, *tracks: H264Track) -> list[tuple[int, int, int]]:
    """(number in the film, track, number in that track) of each picture of a film that is a camera's own."""
    own = {_slices(frame.payload): (t, n) for t, track in enumerate(tracks) for n, frame in enumerate(track.frames)}
    with av.open(str(film)) as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    return [(number, *own[key]) for number, each in enumerate(packets) if (key := _slices(each)) in own]


def decoded_track(track: H264Track, folder: Path) -> list[str]:
    """The MD5 of each picture of a track, by FFmpeg."""
    path = folder / f"{hashlib.md5(track.private + track.frames[-1].payload).hexdigest()}.mkv"
    path.write_bytes(written("h264", track.frames, track.private).data)
    return decoded(path)[0]
