"""Takes as a tap writes them (docs/formats.md), made without one: people who are a colour, and words with a tone."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import av
import numpy as np

from reelroom.composer.compose import Pace, Report, compose
from reelroom.cutting.plan import Plan, Planned
from reelroom.layouts.names import Size
from reelroom.takes.folder import Take, TakeInfo
from tests.matroska_files import Frame, written
from tests.voices import opus, talking

SECOND = 1_000_000
START = 10 * SECOND
FPS = 15

SIZE = Size(320, 180)
RED, GREEN, BLUE = (200, 30, 30), (30, 170, 30), (40, 40, 210)


def at(second: float) -> int:
    """That second of a take, in µs of room time."""
    return START + round(second * SECOND)


@lru_cache(maxsize=32)
def changing(
    colours: tuple[tuple[int, int, int], ...], seconds_each: float, width: int, height: int, key_every: int
) -> tuple[Frame, ...]:
    """VP8 of one colour after the other, with a keyframe every `key_every` frames, wherever the colours change."""
    encoder = av.CodecContext.create("libvpx", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, FPS), Fraction(FPS)
    encoder.thread_count, encoder.bit_rate = 1, 1_000_000
    encoder.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "g": str(key_every)}
    encoder.options |= {"keyint_min": str(key_every)}
    packets = []
    for number, colour in enumerate(colours):
        picture = av.VideoFrame.from_ndarray(np.full((height, width, 3), colour, dtype=np.uint8), format="rgb24")
        each = round(seconds_each * FPS)
        for index in range(number * each, (number + 1) * each):
            frame = picture.reformat(format="yuv420p")
            frame.pts = index
            packets += encoder.encode(frame)
    packets += encoder.encode(None)
    return tuple(
        Frame(round(index * 1000 / FPS), bytes(packet), packet.is_keyframe) for index, packet in enumerate(packets)
    )


def coloured(colour: tuple[int, int, int], seconds: float, width: int = 320, height: int = 180) -> tuple[Frame, ...]:
    """VP8 of one colour, with a keyframe a second."""
    return changing((colour,), seconds, width, height, FPS)


def later(frames: tuple[Frame, ...], ms: int) -> tuple[Frame, ...]:
    """The same frames, `ms` later."""
    return tuple(replace(frame, ms=frame.ms + ms) for frame in frames)


Spans = tuple[tuple[float, float], ...]  # from when to when, s


@lru_cache(maxsize=32)
def tone(hertz: float, seconds: float, amplitude: float = 0.25, spans: Spans | None = None) -> tuple[Frame, ...]:
    """Opus, mono, in packets of 20 ms; silent but for the `spans`, when they are given."""
    moments = np.arange(round(seconds * 48_000)) / 48_000
    wave = amplitude * np.sin(2 * np.pi * hertz * moments)
    if spans is not None:
        wave *= sum(((begin <= moments) & (moments < end) for begin, end in spans), np.zeros(len(moments)))
    return opus(wave.astype(np.float32))


@lru_cache(maxsize=32)
def spoken(hertz: float, seconds: float, spans: Spans | None = None, amplitude: float = 0.25) -> tuple[Frame, ...]:
    """The same with words to it, so that it is somebody's voice, and known by its tone."""
    sound = np.zeros(round(seconds * 48_000), dtype=np.float32)
    for begin, end in ((0.0, seconds),) if spans is None else spans:
        first, last = round(begin * 48_000), min(round(end * 48_000), len(sound))
        words = talking(round(hertz / 220), end - begin)[: last - first]
        sound[first:last] = words + amplitude * np.sin(2 * np.pi * hertz * np.arange(first, last) / 48_000)
    return opus(sound)


@dataclass
class TakeMaker:
    """Collects events and files; times are in s from the start of the take."""

    folder: Path
    version: int = 1  # of the format
    _lines: list[dict[str, Any]] = field(default_factory=list)
    _files: int = 0

    def __post_init__(self) -> None:
        self.take = Take.create(
            self.folder,
            TakeInfo(id=self.folder.name, session_id="1_MX4x", room_name="demo", created_at=START // 1000),
        )
        self.event(0, "take_opened", run=1, take=self.folder.name, version=self.version)
        self.event(0, "room_joined", session="1_MX4x")

    def event(self, at: float, event: str, /, **fields: Any) -> None:
        self._lines.append({"at": START + round(at * SECOND), "event": event, **fields})

    def joins(self, at: float, who: str) -> None:
        self.event(at, "participant_joined", participant=who, name=who.capitalize())

    def publishes(
        self,
        at: float,
        who: str,
        source: str,
        frames: tuple[Frame, ...],
        *,
        skew: float = 0,
        late: float = 0,
        private: bytes = b"",
        goes_on: str = "",
    ) -> Path:
        """A track and its file. The clock of its sender is `skew` s ahead; its first packet comes `late` s late.

        With `private`, its CodecPrivate, pictures are H.264; with `goes_on`, it is the next file of that track.
        """
        sounds = source in ("microphone", "screen_share_audio")
        codec, kind, rate = ("opus", "audio", 48_000) if sounds else ("h264" if private else "vp8", "video", 90_000)
        self._files += 1
        file, track = f"tracks/1-T{self._files}-1.mkv", goes_on or f"T{self._files}"
        if not goes_on:
            self.event(at, "track_published", participant=who, track=track, kind=kind, source=source, muted=False)
        self.event(
            at + late,
            "file_opened",
            file=file,
            participant=who,
            track=track,
            kind=kind,
            source=source,
            codec=codec,
            clock_rate=rate,
            channels=2 if kind == "audio" else 0,
            first_rtp=4_294_960_000,
        )
        for index in range(0, len(frames), max(1, len(frames) // 8)):
            ticks, sent = frames[index].ms * rate // 1000, at + frames[index].ms / 1000
            came = sent + late * (1 - index / len(frames))
            self.event(came, "packet_timed", file=file, ticks=ticks, arrived=START + round(came * SECOND))
            self.event(came, "sender_reported", file=file, ticks=ticks, ntp=START + round((sent + skew) * SECOND))
        path = self.folder / file
        path.write_bytes(written(codec, frames, private).data)
        return path

    def person(
        self,
        at: float,
        who: str,
        colour: tuple[int, int, int],
        hertz: float,
        seconds: float,
        *,
        speaks: Spans | None = None,
        late: float = 0,
    ) -> None:
        """Somebody with a camera and a microphone, who speaks; `speaks` counts from the take's start."""
        spans = None if speaks is None else tuple((begin - at, end - at) for begin, end in speaks)
        self.joins(at, who)
        self.publishes(at, who, "camera", coloured(colour, seconds), late=late)
        self.publishes(at, who, "microphone", spoken(hertz, seconds, spans), late=late)

    def write(self) -> Take:
        """The take, with its events in order of time."""
        lines = sorted(self._lines, key=lambda line: line["at"])
        (self.folder / "events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        return self.take


def cut(
    take: Take,
    output: Path,
    begin: float,
    end: float,
    size: Size = SIZE,
    progress: Callable[[int, int], None] = lambda moment, behind: None,
    plan: Plan | None = None,
) -> Report:
    """Compose the film of [begin, end) s of a take."""
    start = START + round(begin * SECOND)
    plan = plan or Plan(width=size.width, height=size.height)
    pace = Pace(plan.rules.look_ahead, START + round(end * SECOND))
    return compose(take, output, pace, start=start, planned=Planned(plan), progress=progress)
