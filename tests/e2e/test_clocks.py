"""RTP clocks that stop, leap or count, sent through the engine: sound and picture of the film stay together."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest

from reelroom.composer.side_by_side import compose_side_by_side
from reelroom.cutting.plan import Plan
from reelroom.takes.folder import Take
from tests.beats import beats_of, onsets_of_sound
from tests.broken_clocks import BrokenSender
from tests.e2e.application import Application
from tests.e2e.player import CAMERA, MICROPHONE, Player, Sent, build
from tests.e2e.running import RunningServer
from tests.flashing_takes import encoded, numbers
from tests.senders import PACKET, SECOND
from tests.tones import RATE, opus

FPS = 30
MS = 1000
SIZE = (160, 120)  # as the film: digits are read where they stand in the frame


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("player"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    running = RunningServer(tmp_path_factory.mktemp("clocks") / "data")
    try:
        yield running.start()
    finally:
        running.close()


def broken(**how: object) -> BrokenSender:
    """Whose first picture and sample are of one moment, 0."""
    return BrokenSender(opened=0, jitter=0, picture=SECOND // FPS, **how)  # type: ignore[arg-type]


def frames(sender: BrokenSender, seconds: float) -> Iterator[Sent]:
    """What they send: each second begins with 0.2 s of light and of sound."""
    pictures, loop = list(sender.packets("video", seconds)), list(numbers(FPS, *SIZE))
    shown = [loop[round(each.captured * FPS / SECOND) % FPS] for each in pictures]
    for each, coded in zip(pictures, encoded("libvpx", shown, FPS, FPS), strict=True):
        yield Sent(each.captured + 3 * MS, 1, each.ticks, bytes(coded))
    samples = np.arange(round((seconds + 1) * RATE))
    beeps = 0.5 * np.sin(2 * np.pi * 2000 * samples / RATE) * (samples % RATE < 0.2 * RATE)
    sound = opus(beeps.astype(np.float32), PACKET // MS)
    for packet in sender.packets("audio", seconds):
        yield Sent(packet.captured + PACKET, 0, packet.ticks, sound[packet.captured // PACKET].payload)


@dataclass
class Film:
    """What came of it; times in s since the first moment that was captured."""

    path: Path
    zero: float  # s of the film

    def apart(self) -> list[tuple[float, float]]:
        """By how many ms sound is later than its picture, at each beep that has one."""
        return [(beat.heard - self.zero, beat.apart_ms) for beat in beats_of(self.path, FPS)]

    def beeps(self) -> list[float]:
        with av.open(str(self.path)) as container:
            sound = [frame.to_ndarray()[0] for frame in container.decode(container.streams.audio[0])]
        return [at - self.zero for at in onsets_of_sound(np.concatenate(sound))]


def films(server: RunningServer, program: Path, folder: Path, sender: BrokenSender, seconds: float) -> list[Film]:
    """One that followed the room, and one made of its take afterwards."""
    application = Application(server)
    session = server.open_room(folder.name)["sessionId"]
    access = server.connect(folder.name, "Ann")
    player = Player(program, access, (MICROPHONE, CAMERA), frames(sender, seconds))
    try:
        body = {"sessionId": session, "resolution": "640x480"}
        archive = application.project("POST", "/archive", json=body).json()
        player.finish()
        application.project("POST", f"/archive/{archive['id']}/stop")
        done = server.wait_for_archive(session, "available")
    finally:
        player.close()
    (take,) = (path.parent for path in server.data_dir.glob("takes/*/take.json") if session in path.read_text())
    report = json.loads((take / "films" / f"{archive['id']}.report.json").read_text())
    followed = server.download(done, folder)
    again = folder / "again.mp4"
    compose_side_by_side(
        Take.open(take),
        again,
        start=report["start"],
        end=report["end"],
        plan=Plan(width=640, height=480),
        jobs=1,
        progress=lambda moment, behind: None,
        extras=False,
    )
    zero = (player.began - report["start"]) / SECOND
    return [Film(followed, zero), Film(again, zero)]


@pytest.mark.slow
def test_a_microphone_that_stops_is_silent_and_then_in_sync(
    server: RunningServer, program: Path, tmp_path: Path
) -> None:
    sender = broken(stops=[("audio", 7 * SECOND + 500 * MS, 4 * SECOND)])
    for film in films(server, program, tmp_path, sender, 16):
        apart, beeps = film.apart(), {round(at) for at in film.beeps()}
        assert beeps >= {3, 4, 5, 6, 7, 12, 13, 14}, beeps
        assert not beeps & {8, 9, 10, 11}, beeps
        assert max(abs(ms) for _, ms in apart) <= 45, apart
