"""A finished take's film, its pieces made by several processes at once: the same film, sooner."""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from reelroom.composer.compose import Pace, Report, compose
from reelroom.composer.film_format import FPS, VideoPacket
from reelroom.composer.pieces import PICTURES, Look, PieceEncoder, piece_of, read_piece, write_piece
from reelroom.composer.scene import Scene
from reelroom.plan import Plan, Planned
from reelroom.take import Take, TakeError

_MICROSECONDS = 1_000_000


def _pictures(start: int, end: int) -> int:
    """How many pictures a film from `start` to `end` (µs) has."""
    return -(-(end - start) * FPS // _MICROSECONDS)


def _piece_file(folder: Path, number: int) -> Path:
    return folder / f"{number:05d}.piece"


def make_pieces(take: Take, plan: Plan, start: int, end: int, *, folder: Path, share: int, of: int) -> None:
    """Make every `of`-th piece of a film, beginning with number `share`, into files of `folder`."""
    scene = Scene(take, Planned(plan), start)
    look = Look(plan.width, plan.height)
    encoder: PieceEncoder | None = None
    packets: list[VideoPacket] = []
    count = _pictures(start, end)
    for number in range(count):
        moment = start + number * _MICROSECONDS // FPS
        scene.advance(moment, end)
        if piece_of(number) % of != share:
            continue
        if number % PICTURES == 0:
            scene.begin_piece()
            encoder, packets = PieceEncoder(look, number), []
        assert encoder is not None
        packets += encoder.encode(scene.picture(moment))
        if number % PICTURES == PICTURES - 1 or number == count - 1:
            packets += encoder.finish()
            write_piece(_piece_file(folder, piece_of(number)), packets)
    scene.close()


def _made(folder: Path, pieces: int, workers: list[subprocess.Popen[bytes]]) -> Iterator[VideoPacket]:
    for number in range(pieces):
        path = _piece_file(folder, number)
        worker = workers[number % len(workers)]
        while not path.exists():
            if worker.poll() not in (None, 0):
                raise TakeError(f"a process that composed pieces ended with status {worker.returncode}")
            time.sleep(0.02)
        yield from read_piece(path)
        path.unlink()


def compose_side_by_side(
    take: Take,
    output: Path,
    *,
    start: int,
    end: int,
    plan: Plan,
    jobs: int,
    progress: Callable[[int, int], None] = lambda moment, behind: None,
) -> Report:
    """As `compose`, for a take that has ended, by `jobs` processes; times in µs of room time."""
    pieces = piece_of(_pictures(start, end) - 1) + 1
    pace = Pace(plan.rules.look_ahead, end)
    if jobs < 2 or pieces < 2:
        return compose(take, output, pace, start=start, planned=Planned(plan), progress=progress)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=f".{output.stem}-") as name:
        folder = Path(name)
        (folder / "plan.json").write_text(plan.to_json())
        command = [sys.executable, "-m", "reelroom.composer.side_by_side", "--take", str(take.folder)]
        command += ["--folder", name, "--start", str(start), "--end", str(end), "--of", str(min(jobs, pieces))]
        workers = [subprocess.Popen([*command, "--share", str(share)]) for share in range(min(jobs, pieces))]
        try:
            made = _made(folder, pieces, workers)
            return compose(take, output, pace, start=start, planned=Planned(plan), made=made, progress=progress)
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()


def main() -> int:
    """One of the processes."""
    parser = argparse.ArgumentParser(prog="reelroom-pieces", description=__doc__)
    parser.add_argument("--take", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    for name in ("start", "end", "share", "of"):
        parser.add_argument(f"--{name}", type=int, required=True)
    arguments = parser.parse_args()
    plan = Plan.model_validate_json((arguments.folder / "plan.json").read_bytes())
    make_pieces(
        Take.open(arguments.take),
        plan,
        *(arguments.start, arguments.end),
        folder=arguments.folder,
        share=arguments.share,
        of=arguments.of,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
