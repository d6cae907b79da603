"""RTP clocks that stop, leap or count, sent through the engine: sound and picture of the film stay together."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.broken_clocks import BrokenSender
from tests.e2e.played import films
from tests.e2e.player import CAMERA, MICROPHONE, Sent
from tests.e2e.running import RunningServer
from tests.flashing_takes import encoded, numbers
from tests.senders import PACKET, SECOND
from tests.tones import RATE, opus

FPS = 30
MS = 1000
SIZE = (160, 120)  # as the film: digits are read where they stand in the frame


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


@pytest.mark.slow
def test_a_microphone_that_stops_is_silent_and_then_in_sync(
    server: RunningServer, program: Path, tmp_path: Path
) -> None:
    sender = broken(stops=[("audio", 7 * SECOND + 500 * MS, 4 * SECOND)])
    for film in films(server, program, tmp_path, (MICROPHONE, CAMERA), frames(sender, 16), FPS):
        apart, beeps = film.apart(), {round(at) for at in film.beeps()}
        assert beeps >= {3, 4, 5, 6, 7, 12, 13, 14}, beeps
        assert not beeps & {8, 9, 10, 11}, beeps
        assert max(abs(ms) for _, ms in apart) <= 45, apart
