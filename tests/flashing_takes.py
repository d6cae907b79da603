"""A take, made by code, of somebody whose numbered pictures flash and who beeps, by clocks that are not alike."""

import io
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from reelroom.composer.compose import Pace, Report, compose
from reelroom.cutting.plan import Plan, Planned
from reelroom.takes.events import (
    Codec,
    Event,
    FileOpened,
    Kind,
    ParticipantJoined,
    Source,
    Speaker,
    SpeakersChanged,
    TakeOpened,
    TrackPublished,
)
from reelroom.takes.folder import Take, TakeInfo
from tests.beats import write_number
from tests.matroska_files import Frame, written
from tests.senders import SECOND, START, Sender
from tests.tones import RATE, opus
from tests.voices import talking

FPS = 10
WIDTH, HEIGHT = 160, 90
ENCODERS: dict[Codec, str] = {"vp8": "libvpx", "vp9": "libvpx-vp9", "h264": "libx264"}  # AV1: see `encoded_av1`
SOURCES: dict[Kind, Source] = {"audio": "microphone", "video": "camera"}
TURN = 5  # s that each speaks


def numbers(fps: int, width: int, height: int) -> Iterator[NDArray[np.uint8]]:
    """A second of pictures in RGB: bright for its first fifth, each with its number."""
    for number in range(fps):
        picture = np.full((height, width, 3), 200 if number < fps / 5 else 30, dtype=np.uint8)
        write_number(picture, number)
        yield picture


def encoded(
    codec: str, pictures: Sequence[NDArray[np.uint8]], fps: int, keyframe_every: int, **options: str
) -> list[bytes]:
    """What an encoder of FFmpeg makes of pictures in RGB, in the order of sending."""
    encoder, packets = av.CodecContext.create(codec, "w"), list[bytes]()
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.height, encoder.width = pictures[0].shape[:2]
    encoder.pix_fmt, encoder.bit_rate = "yuv420p", 300_000
    encoder.time_base, encoder.framerate, encoder.thread_count = Fraction(1, fps), Fraction(fps), 1
    encoder.options = {"g": str(keyframe_every)}
    if codec.startswith("libvpx"):
        encoder.options |= {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    elif codec == "libx264":
        encoder.options |= {"preset": "ultrafast", "tune": "zerolatency"}
    encoder.options |= options
    for number, picture in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
        frame.pts = number
        packets += map(bytes, encoder.encode(frame))
    return packets + [bytes(packet) for packet in encoder.encode(None)]


def reordered(seconds: int, fps: int = FPS, width: int = WIDTH, height: int = HEIGHT) -> list[tuple[int, bytes]]:
    """Numbered pictures of so many seconds in H.264 with B-frames, in the order of sending: when each is to be shown,
    counted in pictures, and its access unit. A keyframe a second.
    """
    encoder, packets = av.CodecContext.create("libx264", "w"), list[av.Packet]()
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt, encoder.bit_rate = width, height, "yuv420p", 300_000
    encoder.time_base, encoder.framerate, encoder.thread_count = Fraction(1, fps), Fraction(fps), 1
    encoder.options = {"g": str(fps), "bf": "2", "b_strategy": "0", "sc_threshold": "0", "forced-idr": "1"}
    loop = list(numbers(fps, width, height))
    for number in range(seconds * fps):
        frame = av.VideoFrame.from_ndarray(loop[number % fps], format="rgb24").reformat(format="yuv420p")
        frame.pts = number
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    shown = [packet.pts for packet in packets if packet.pts is not None]
    assert shown != sorted(shown) == list(range(seconds * fps))
    return [(at, bytes(packet)) for at, packet in zip(shown, packets, strict=True)]


def numbered(codec: str = "libvpx", fps: int = FPS, width: int = WIDTH, height: int = HEIGHT) -> list[bytes]:
    """A second of pictures, the first one a keyframe: it can be shown again and again, and has no B-frames."""
    return encoded(codec, list(numbers(fps, width, height)), fps, fps)


def encoded_av1() -> list[bytes]:
    """What `numbered` gives, in AV1, made by another process.

    PyAV's only encoder of AV1 is SVT-AV1, which makes the thread that calls it a real-time one (SCHED_FIFO, 99) where
    it may, for ever, and so everything that this thread starts from then on.
    """
    given = f"-f rawvideo -pix_fmt rgb24 -video_size {WIDTH}x{HEIGHT} -framerate {FPS} -i -"
    coded = f"-c:v libaom-av1 -usage realtime -cpu-used 8 -lag-in-frames 0 -g {FPS} -b:v 300k -pix_fmt yuv420p -f ivf"
    command = f"ffmpeg -v error {given} {coded} -".split()
    pictures = b"".join(picture.tobytes() for picture in numbers(FPS, WIDTH, HEIGHT))
    made = subprocess.run(command, input=pictures, capture_output=True, check=True).stdout
    with av.open(io.BytesIO(made)) as file:
        return [bytes(packet) for packet in file.demux() if packet.size]


def talk(seconds: float, turn: int, turns: int) -> NDArray[np.float32]:
    """Quiet words, below the beeps: of somebody who speaks in one of so many turns."""
    theirs = (np.arange(round(seconds * RATE)) // (TURN * RATE)).astype(int) % turns == turn
    return (talking(turn, seconds, -32) * theirs).astype(np.float32)


def avc(annex_b: bytes) -> tuple[bytes, bytes]:
    """The avcC record and the sample, with 4-byte lengths, of an access unit."""
    units = [unit.rstrip(b"\0") for unit in annex_b.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")[1:]]
    sets = {unit[0] & 31: unit for unit in units if unit[0] & 31 in (7, 8)}
    record = b""
    if len(sets) == 2:
        sps, pps = sets[7], sets[8]
        record = b"\x01" + sps[1:4] + b"\xff\xe1" + len(sps).to_bytes(2) + sps + b"\x01" + len(pps).to_bytes(2) + pps
    return record, b"".join(len(unit).to_bytes(4) + unit for unit in units if unit[0] & 31 not in (7, 8))


def second_of(codec: Codec) -> tuple[list[bytes], bytes]:
    """A second of numbered pictures as they are in a take's file, and their CodecPrivate."""
    loop = encoded_av1() if codec == "av1" else numbered(ENCODERS[codec])
    if codec != "h264":
        return loop, b""
    made = [avc(unit) for unit in loop]
    return [sample for _, sample in made], made[0][0]


@dataclass(frozen=True)
class Person:
    """How somebody publishes; their clocks are those of `sender`."""

    sender: Sender
    name: str = "ann"
    codec: Codec = "vp8"
    packet_ms: int = 20
    stereo: bool = False

    def file(self, kind: str) -> str:
        return f"tracks/1-{self.name}-{kind}.mkv"


def beeping(sender: Sender, seconds: float) -> NDArray[np.float32]:
    """The microphone's samples by its own clock: a tone sets in with each true second."""
    samples = np.arange(round(seconds * RATE))
    moments = samples / (RATE * (1 + sender.ppm.get("audio", 0.0) / 1e6)) + sender.opened / SECOND
    within = moments % 1
    return np.where(within < 0.2, 0.5 * np.sin(2 * np.pi * 2000 * within), 0).astype(np.float32)


@dataclass
class FlashingTake:
    """Written to `folder` as a tap would; people speak in turn. `film` composes it small."""

    folder: Path
    people: list[Person]
    seconds: int

    def write(self) -> Take:
        take = Take.create(
            self.folder, TakeInfo(id="t", session_id="1_MX4x", room_name="r", created_at=START // 1000)
        )
        events: list[Event] = [TakeOpened(at=START, run=1, take="t", version=1)]
        for person in self.people:
            self._write_tracks(person)
            events += self._events(person)
        for turn in range(self.seconds // TURN):
            speaker = Speaker(participant=self.people[turn % len(self.people)].name, level=0.5)
            events.append(SpeakersChanged(at=START + turn * TURN * SECOND + SECOND // 2, speakers=(speaker,)))
        events.sort(key=lambda event: event.at)
        take.events_path.write_text("".join(event.model_dump_json() + "\n" for event in events))
        return take

    def _write_tracks(self, person: Person) -> None:
        sender = person.sender
        first = 1 - sender.opened / SECOND  # a picture with number 0 comes with each true second
        fast = 1 + sender.ppm.get("video", 0.0) / 1e6
        loop, private = second_of(person.codec)
        pictures = [
            Frame(round((first + index / FPS) * fast * 1000), loop[index % FPS], index % FPS == 0)
            for index in range((self.seconds - 1) * FPS)
        ]
        (self.folder / person.file("video")).write_bytes(written(person.codec, pictures, private).data)
        beeps = beeping(sender, self.seconds - 1)
        if len(self.people) > 1:
            beeps += talk(self.seconds - 1, self.people.index(person), len(self.people))
        sound = opus(np.stack([beeps, beeps]) if person.stereo else beeps, person.packet_ms, application="audio")
        (self.folder / person.file("audio")).write_bytes(written("opus", sound).data)

    def _events(self, person: Person) -> list[Event]:
        name = person.name
        events: list[Event] = [ParticipantJoined(at=START, participant=name, name=name.capitalize())]
        for kind, source in SOURCES.items():
            track = f"{name}-{kind}"
            events.append(TrackPublished(at=START, participant=name, track=track, kind=kind, source=source))
        for event in person.sender.events(self.seconds):
            kind = getattr(event, "file", "")
            changes: dict[str, object] = {"file": person.file(kind)}
            if isinstance(event, FileOpened):
                changes |= {"participant": name, "track": f"{name}-{kind}", "source": SOURCES[event.kind]}
                if kind == "video":
                    changes["codec"] = person.codec
            events.append(event.model_copy(update=changes))
        return events

    def film(self, output: Path, plan: Plan | None = None) -> Report:
        plan = plan or Plan(width=WIDTH * 2, height=HEIGHT * 2)
        end = START + (self.seconds - 2) * SECOND
        return compose(
            Take.open(self.folder), output, Pace(plan.rules.look_ahead, end), start=START, planned=Planned(plan)
        )
