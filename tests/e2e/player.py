"""Somebody who publishes prepared frames at prepared times, under RTP timestamps of a test's choice."""

import base64
import json
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

TAP = Path(__file__).parents[2] / "tap"
FIRST_TICKS = 1_000_000_000


@dataclass(frozen=True)
class Published:
    """A track; `rate` in Hz, `source` by LiveKit's names."""

    mime: str
    rate: int
    source: str
    format: str = ""
    name: str = ""


MICROPHONE = Published("audio/opus", 48_000, "microphone", "minptime=10;useinbandfec=1", "microphone")
CAMERA = Published("video/VP8", 90_000, "camera", "", "camera")


@dataclass(frozen=True)
class Sent:
    """A frame of the track `track`; `at` in µs since the player began."""

    at: int
    track: int
    ticks: int
    data: bytes


def build(folder: Path) -> Path:
    """The player, in `folder`."""
    go, program = shutil.which("go"), folder / "player"
    assert go, "Go is missing: `make test` finds it"
    done = subprocess.run([go, "build", "-o", program, "./player"], cwd=TAP, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return program


class Player:
    """Publishes from the moment it is made; `began` is that moment in µs since the epoch.

    Its sender reports are of when packets were sent, as pion makes them; `captured`: of when a frame's ticks were,
    by clocks that begin with the player.
    """

    def __init__(
        self,
        program: Path,
        access: tuple[str, str],
        tracks: Iterable[Published],
        frames: Iterable[Sent],
        *,
        captured: bool = False,
    ) -> None:
        url, token = access
        number = len(list(program.parent.glob("*.program")))
        path = program.parent / f"{number}.program"
        with path.open("w") as file:
            header = {"url": url, "token": token, "captured": captured, "first": FIRST_TICKS}
            file.write(json.dumps(header | {"tracks": [asdict(track) for track in tracks]}) + "\n")
            for frame in sorted(frames, key=lambda frame: frame.at):
                line = asdict(frame) | {
                    "ticks": (FIRST_TICKS + frame.ticks) % (1 << 32),
                    "data": base64.b64encode(frame.data).decode(),
                }
                file.write(json.dumps(line) + "\n")
        with path.open("rb") as file:
            self._process = subprocess.Popen([program], stdin=file, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the player ended before it began"
        self.began: int = json.loads(line)["began"]

    def finish(self, seconds: float = 120) -> None:
        """Wait until all is sent, and it has left."""
        assert self._process.wait(seconds) == 0

    def close(self) -> None:
        """End it, wherever it is."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
