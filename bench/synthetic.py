"""Writes a take that no tap recorded: one person before a 720p30 camera who talks, as VP8 or H.264, and Opus."""

import argparse
import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from bench.camera import FPS, HEIGHT, WIDTH, landscape, view
from reelroom.takes.folder import Take, TakeInfo

VIDEO, AUDIO = "tracks/1-video-1.mkv", "tracks/1-audio-1.mkv"
_RATE = 48_000
_BITRATE = 1_700_000
_KEYFRAME_EVERY = {"vp8": 4 * FPS, "h264": 3 * FPS}
_ENCODERS = {
    "vp8": ("libvpx", {"deadline": "realtime", "cpu-used": "12", "lag-in-frames": "0", "error-resilient": "1"}),
    "h264": ("libx264", {"profile": "baseline", "preset": "superfast", "tune": "zerolatency", "sc_threshold": "0"}),
}
START = 1_764_000_000_000_000  # µs; any moment in the past will do


def write_video(path: Path, seconds: int, kind: str = "matroska", coarse: int = 1, codec: str = "vp8") -> None:
    """Pictures as WebRTC encodes them: for real time, one thread, no frame held back.

    `kind` is FFmpeg's word for the file; `coarse` divides the sides of the picture.
    """
    encoder, options = _ENCODERS[codec]
    planes = landscape()
    with av.open(str(path), "w", format=kind) as container:
        stream = container.add_stream(encoder, rate=FPS, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = WIDTH // coarse, HEIGHT // coarse, "yuv420p"
        stream.codec_context.bit_rate = _BITRATE
        stream.codec_context.gop_size = _KEYFRAME_EVERY[codec]
        stream.codec_context.thread_count = 1
        for count in range(seconds * FPS):
            pixels = np.frombuffer(view(planes, count), dtype=np.uint8).reshape(HEIGHT * 3 // 2, WIDTH)
            frame = av.VideoFrame.from_ndarray(pixels, format="yuv420p").reformat(stream.width, stream.height)
            frame.pts, frame.time_base = count, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def write_sound(path: Path, seconds: int, kind: str = "matroska") -> None:
    """Opus in packets of 20 ms. Syllables: a tone with overtones that swells and fades four times a second."""
    moments = np.arange(seconds * _RATE) / _RATE
    voice = sum(np.sin(2 * np.pi * 170 * harmonic * moments) / harmonic for harmonic in (1, 2, 3, 5))
    samples = (0.2 * voice * np.abs(np.sin(np.pi * 4 * moments)) * 32767).astype(np.int16)
    pages = {"page_duration": "20000"} if kind == "ogg" else {}  # µs: a packet each
    with av.open(str(path), "w", format=kind, options=pages) as container:
        stream = container.add_stream("libopus", rate=_RATE)
        stream.codec_context.layout = "mono"
        stream.codec_context.bit_rate = 32_000
        for at in range(0, len(samples), _RATE // 50):
            frame = av.AudioFrame.from_ndarray(samples[None, at : at + _RATE // 50], format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = _RATE, at, Fraction(1, _RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def repeat(path: Path, seconds: int, times: int) -> None:
    """A track file of that many `seconds` becomes one of as many times its length."""
    whole = path.with_suffix(".whole.mkv")
    with av.open(str(path)) as once, av.open(str(whole), "w", format="matroska") as often:
        source = once.streams[0]
        stream = often.add_stream_from_template(source)
        packets = [packet for packet in once.demux(source) if packet.pts is not None]
        first = (
            packets[0].pts or 0
        )  # an encoder's delay: as much of its sound lies before the start, or after the end
        packets = [packet for packet in packets if ((packet.pts or 0) - first) * packet.time_base < seconds]
        for count in range(times):
            for packet in packets:
                again = av.Packet(bytes(packet))
                assert packet.pts is not None and packet.time_base is not None
                again.pts = again.dts = packet.pts + round(count * seconds / packet.time_base)
                again.time_base, again.stream = packet.time_base, stream
                again.is_keyframe = packet.is_keyframe
                often.mux(again)
    whole.replace(path)


def write_take(folder: Path, seconds: int, times: int = 1, coarse: int = 1, codec: str = "vp8") -> Take:
    """A whole take in `folder`: so many `seconds`, so many `times`; pictures in the `codec`."""
    info = TakeInfo(id="synthetic", session_id="bench", room_name="bench", created_at=START // 1000)
    take = Take.create(folder, info)
    write_video(folder / VIDEO, seconds, coarse=coarse, codec=codec)
    write_sound(folder / AUDIO, seconds)
    if times > 1:
        repeat(folder / VIDEO, seconds, times)
        repeat(folder / AUDIO, seconds, times)
        seconds *= times
    # Half a picture apart, so that each picture of a 30 fps film meets another one of the camera, whatever the
    # rounding of times: all of them are decoded, painted and encoded, none twice.
    first_sound = START - 1_000_000 // FPS // 2
    end = START + seconds * 1_000_000
    ann = {"participant": "ann"}
    video = {**ann, "track": "video", "kind": "video", "source": "camera"}
    audio = {**ann, "track": "audio", "kind": "audio", "source": "microphone"}
    events: list[tuple[int, str, dict[str, object]]] = [
        (first_sound, "take_opened", {"run": 1, "take": info.id, "version": 1}),
        (first_sound, "room_joined", {"session": info.session_id}),
        (first_sound, "participant_joined", {**ann, "name": "Ann Example"}),
        (first_sound, "track_published", {**video, "muted": False}),
        (first_sound, "track_published", {**audio, "muted": False}),
        (first_sound, "file_opened", {**audio, "file": AUDIO, "codec": "opus", "clock_rate": _RATE, "channels": 1}),
        (START, "file_opened", {**video, "file": VIDEO, "codec": codec, "clock_rate": 90_000, "channels": 0}),
        (START + 500_000, "speakers_changed", {"speakers": [{**ann, "level": 0.5}]}),
        (end, "file_closed", {"file": VIDEO, "frames": seconds * FPS, "reason": "asked"}),
        (end, "file_closed", {"file": AUDIO, "frames": seconds * 50, "reason": "asked"}),
        (end, "take_closed", {"reason": "asked"}),
    ]
    lines = (json.dumps({"at": at, "event": event, **fields}) + "\n" for at, event, fields in events)
    take.events_path.write_text("".join(lines))
    return take


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("seconds", type=int)
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--codec", choices=sorted(_ENCODERS), default="vp8")
    arguments = parser.parse_args()
    write_take(arguments.folder, arguments.seconds, arguments.times, codec=arguments.codec)
