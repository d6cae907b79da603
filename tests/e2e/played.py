"""What the player publishes, recorded: the film that followed, and one made of its take, judged by flash and beep."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from reelroom.composer.side_by_side import compose_side_by_side
from reelroom.cutting.plan import Plan
from reelroom.takes.folder import Take
from tests.beats import beats_of, onsets_of_sound
from tests.e2e.application import Application
from tests.e2e.player import Player, Published, Sent
from tests.e2e.running import RunningServer
from tests.senders import SECOND

RESOLUTION = (640, 480)


@dataclass
class Film:
    """What came of it; times in s since the first moment that was captured."""

    path: Path
    zero: float  # s of the film
    fps: int  # of the numbered pictures that were sent

    def apart(self) -> list[tuple[float, float]]:
        """By how many ms sound is later than its picture, at each beep that has one."""
        return [(beat.heard - self.zero, beat.apart_ms) for beat in beats_of(self.path, self.fps)]

    def beeps(self) -> list[float]:
        with av.open(str(self.path)) as container:
            sound = [frame.to_ndarray()[0] for frame in container.decode(container.streams.audio[0])]
        return [at - self.zero for at in onsets_of_sound(np.concatenate(sound))]


def films(
    server: RunningServer,
    program: Path,
    folder: Path,
    tracks: Iterable[Published],
    frames: Iterable[Sent],
    fps: int,
    size: tuple[int, int] = RESOLUTION,
    *,
    captured: bool = False,
) -> list[Film]:
    """One that followed the room, and one made of its take afterwards, both of `size` pixels."""
    application = Application(server)
    session = server.open_room(folder.name)["sessionId"]
    player = Player(program, server.connect(folder.name, "Ann"), tracks, frames, captured=captured)
    width, height = size
    try:
        body = {"sessionId": session, "resolution": f"{width}x{height}"}
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
        plan=Plan(width=width, height=height),
        jobs=1,
        progress=lambda moment, behind: None,
        extras=False,
    )
    zero = (player.began - report["start"]) / SECOND
    return [Film(path, zero, fps) for path in (followed, again)]
