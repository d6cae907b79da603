"""A take, made by code, of somebody whose numbered pictures flash and who beeps, by clocks that are not alike."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from reelroom.composer.compose import Pace, Report, compose
from reelroom.events import Event, ParticipantJoined, Speaker, SpeakersChanged, TakeOpened, TrackPublished
from reelroom.plan import Plan, Planned
from reelroom.take import Take, TakeInfo
from tests.beats import write_number
from tests.matroska_files import Frame, written
from tests.senders import SECOND, START, Sender
from tests.tones import RATE, opus

FPS = 10
WIDTH, HEIGHT = 160, 90
FILES = {"audio": "tracks/1-A-1.mkv", "video": "tracks/1-V-1.mkv"}


def numbered(codec: str = "libvpx", fps: int = FPS, width: int = WIDTH, height: int = HEIGHT) -> list[bytes]:
    """A second of pictures, the first one a keyframe: it can be shown again and again. Each is encoded by itself."""
    encoder = av.CodecContext.create(codec, "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate, encoder.thread_count = Fraction(1, fps), Fraction(fps), 1
    encoder.bit_rate = 300_000
    encoder.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "g": str(fps)}
    packets = []
    for number in range(fps):
        picture = np.full((height, width, 3), 200 if number < fps / 5 else 30, dtype=np.uint8)
        write_number(picture, number)
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
        frame.pts = number
        packets += encoder.encode(frame)
    return [bytes(packet) for packet in packets + encoder.encode(None)]


def beeping(sender: Sender, seconds: float) -> NDArray[np.float32]:
    """The microphone's samples by its own clock: a tone sets in with each true second."""
    samples = np.arange(round(seconds * RATE))
    moments = samples / (RATE * (1 + sender.ppm.get("audio", 0.0) / 1e6)) + sender.opened / SECOND
    within = moments % 1
    return np.where(within < 0.2, 0.5 * np.sin(2 * np.pi * 2000 * within), 0).astype(np.float32)


@dataclass
class FlashingTake:
    """Written to `folder` as a tap would; `film` composes it small."""

    folder: Path
    sender: Sender
    seconds: int

    def write(self) -> Take:
        take = Take.create(
            self.folder, TakeInfo(id="t", session_id="1_MX4x", room_name="r", created_at=START // 1000)
        )
        first = 1 - self.sender.opened / SECOND  # a picture with number 0 comes with each true second
        fast = 1 + self.sender.ppm.get("video", 0.0) / 1e6
        loop = numbered()
        pictures = [
            Frame(round((first + index / FPS) * fast * 1000), loop[index % FPS], index % FPS == 0)
            for index in range((self.seconds - 1) * FPS)
        ]
        (self.folder / FILES["video"]).write_bytes(written("vp8", pictures).data)
        sound = opus(beeping(self.sender, self.seconds - 1), application="audio")
        (self.folder / FILES["audio"]).write_bytes(written("opus", sound).data)
        lines = [event.model_dump_json() for event in self._events()]
        take.events_path.write_text("\n".join(lines) + "\n")
        return take

    def _events(self) -> list[Event]:
        events: list[Event] = [
            TakeOpened(at=START, run=1, take="t", version=1),
            ParticipantJoined(at=START, participant="ann", name="Ann"),
            TrackPublished(at=START, participant="ann", track="video", kind="video", source="camera"),
            TrackPublished(at=START, participant="ann", track="audio", kind="audio", source="microphone"),
            SpeakersChanged(at=START + SECOND, speakers=(Speaker(participant="ann", level=0.5),)),
        ]
        sources = {"audio": "microphone", "video": "camera"}
        for event in self.sender.events(self.seconds):
            kind = getattr(event, "file", "")
            changes: dict[str, object] = {"file": FILES[kind]}
            if hasattr(event, "track"):
                changes["source"] = sources[kind]
            events.append(event.model_copy(update=changes))
        return events

    def film(self, output: Path) -> Report:
        plan = Plan(width=WIDTH * 2, height=HEIGHT * 2)
        end = START + (self.seconds - 2) * SECOND
        return compose(
            Take.open(self.folder), output, Pace(plan.rules.look_ahead, end), start=START, planned=Planned(plan)
        )
