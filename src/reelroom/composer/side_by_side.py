"""A finished take's film, its pieces made by several processes at once: the same film, sooner."""

import argparse
import contextlib
import functools
import hashlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import av
from pydantic import BaseModel, ConfigDict

import reelroom
from reelroom.composer.compose import Pace, Report, compose, laid_plan
from reelroom.composer.copying import Copies
from reelroom.composer.decoding import MOST_MEMORY, Decoding, blamed
from reelroom.composer.film_format import VideoPacket
from reelroom.composer.pieces import Encoding, PieceEncoder, read_piece, write_piece
from reelroom.composer.scene import Scene
from reelroom.composer.speech_found import SpeechReader, SpeechWriter, is_whole
from reelroom.cutting.kept import kept
from reelroom.cutting.plan import Plan, Planned
from reelroom.files.durable import write_durably
from reelroom.processes.crashes import CRASHES
from reelroom.processes.inside import limit_memory, obey
from reelroom.processes.keyed import KEYED, HandedKey, with_key
from reelroom.takes.folder import Take
from reelroom.takes.unsealing import Unsealing

PIECES = ".pieces"  # what the folder of a film's pieces is called, after the film
FEWEST_OFFERED = 3  # of less pieces a film is there before another machine has the take
SPEECH = "speech.jsonl"  # in that folder: what was found of it
_TASK, _MARK = "task.json", "mark"
_MAKES = ("takes", "layouts", "cutting", "composer")  # packages, whose code decides what is in a piece
_MADE_WITH = ("numpy", "pillow")
_EARS, _LISTENS = "ears", "--listens"


class Task(BaseModel):
    """What the processes make together; times in µs of room time."""

    model_config = ConfigDict(frozen=True)

    take: Path
    start: int
    end: int
    plan: Plan
    left_out: tuple[str, ...] = ()  # files not to decode

    @property
    def pictures(self) -> int:
        """How many the film has."""
        return kept(self.plan, self.start, self.end).pictures(self.plan.rate)

    @property
    def pieces(self) -> int:
        """How many the film is made in."""
        return Encoding.of(self.plan).piece_of(max(0, self.pictures - 1)) + 1

    @property
    def mark(self) -> str:
        """The same on each machine that would make the same pieces: 32 hex digits."""
        made_by = f"{code_digest()} {[version(name) for name in _MADE_WITH]} {av.library_versions}"
        return hashlib.sha256(f"{made_by} {self.model_dump_json(exclude={'take'})}".encode()).hexdigest()[:32]


@functools.cache
def code_digest() -> str:
    """What stands for the very code that makes pieces here: two builds of one version may differ."""
    digest = hashlib.sha256()
    root = Path(reelroom.__file__).parent
    for package in _MAKES:
        for path in sorted((root / package).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(f"{path.relative_to(root)}\0".encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def open_folder(folder: Path, task: Task) -> None:
    """The folder of the pieces; what a composer of the same task had made when it was killed stays in it."""
    wanted = {_MARK: task.mark, _TASK: task.model_dump_json()}  # the last: with it, the folder is open
    if all((folder / name).is_file() and (folder / name).read_text() == text for name, text in wanted.items()):
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, text in wanted.items():
        write_durably(folder / name, text)


class WorkerDied(RuntimeError):
    """One of the processes ended; `file` is what it was decoding when it crashed, None where it did not."""

    def __init__(self, code: int, note: Path) -> None:
        super().__init__(f"a process that composed pieces ended with status {code}")
        self.file = blamed(note) if code in CRASHES else None


def _note(folder: Path, share: int | str) -> Path:
    return folder / f"{share}.decoding"


def piece_file(folder: Path, number: int) -> Path:
    """Where a piece lies in the folder of a film's pieces."""
    return folder / f"{number:05d}.piece"


def make_pieces(task: Task, *, folder: Path, share: int, of: int, key: str | None = None) -> None:
    """Make every `of`-th piece of a film, beginning with number `share`, into files of `folder`, if not there."""
    unsealing = Unsealing(key) if key else None
    decoding = Decoding(frozenset(task.left_out), _note(folder, share), unsealing)
    decoding.watch()
    make_some(task, decoding, folder=folder, wanted=lambda number: number % of == share)


def find_speech(task: Task, *, folder: Path, key: str | None = None) -> None:
    """Listen to all of a film, and write down what is found into a file of `folder`."""
    decoding = Decoding(frozenset(task.left_out), _note(folder, _EARS), Unsealing(key) if key else None)
    decoding.watch()
    film, speech = kept(task.plan, task.start, task.end), SpeechWriter(folder / SPEECH)
    deaf_to_loudness = task.plan.model_copy(update={"has_audio": False})
    scene = Scene(Take.open(task.take), Planned(deaf_to_loudness), film.start, decoding, found=speech.found)
    for step in film.steps(task.plan.rate):
        scene.advance(step.at, film.end)
    scene.close()
    speech.over()


def make_some(task: Task, decoding: Decoding, *, folder: Path, wanted: Callable[[int], bool]) -> None:
    """Make the pieces that are `wanted`, by their numbers, into files of `folder`, if not there.

    What was found of speech comes into the folder meanwhile (`find_speech`).
    """
    film = kept(task.plan, task.start, task.end)
    ears = SpeechReader(folder / SPEECH)
    scene = Scene(Take.open(task.take), Planned(task.plan), film.start, decoding, ears=ears)
    look = Encoding.of(task.plan)
    copies = Copies(scene, task.plan) if look.copies else None
    encoder: PieceEncoder | None = None
    packets: list[VideoPacket] = []
    number, last_wanted = -1, max(filter(wanted, range(task.pieces)), default=-1)
    for step in film.steps(look.rate):
        scene.advance(step.at, film.end)
        if not step.shown:
            continue
        number += 1
        if step.joins or number % look.piece == 0:
            scene.begin_piece()
        copied = copies.at(step, number) if copies else None
        piece = piece_file(folder, look.piece_of(number))
        if look.piece_of(number) > last_wanted:
            break
        if not wanted(look.piece_of(number)) or piece.exists():
            continue
        if number % look.piece == 0:
            encoder, packets = None, []
        if copied is None:
            encoder = encoder or PieceEncoder(look, number)
            packets += encoder.encode(scene.picture(step.at))
        last = number % look.piece == look.piece - 1 or number == task.pictures - 1
        if encoder is not None and (copied is not None or last):
            packets += encoder.finish()
            encoder = None
        packets += copied or []
        if last:
            write_piece(piece, packets)
    scene.close()


def _made(
    folder: Path,
    look: Encoding,
    pieces: int,
    workers: list[subprocess.Popen[bytes]],
    ears: subprocess.Popen[bytes] | None = None,
) -> Iterator[VideoPacket]:
    for number in range(pieces):
        path = piece_file(folder, number)
        worker = workers[number % len(workers)]
        while not path.exists():
            if worker.poll() not in (None, 0):
                raise WorkerDied(worker.returncode, _note(folder, number % len(workers)))
            if ears is not None and ears.poll() not in (None, 0):
                raise WorkerDied(ears.returncode, _note(folder, _EARS))
            time.sleep(0.02)
        yield from read_piece(path, look)


def compose_side_by_side(
    take: Take,
    output: Path,
    *,
    start: int,
    end: int,
    plan: Plan,
    jobs: int,
    progress: Callable[[int, int], None] = lambda moment, behind: None,
    extras: bool = True,
    decoding: Decoding | None = None,
    key: str | None = None,
    offer: Callable[[Task], None] | None = None,
) -> Report:
    """As `compose`, for a take that has ended, by `jobs` processes; times in µs of room time.

    `key` opens what is encrypted end to end, as that of `decoding` does; they are handed it.
    `offer` tells others of the pieces: each that comes into the folder from elsewhere is not made here. They come
    best from the film's end: here it is begun with.
    What is divided among them are pictures: a film without any is made by one. Raises WorkerDied.
    """
    decoding = decoding or Decoding()
    plan = laid_plan(take, plan, decoding)
    task = Task(take=take.folder, start=start, end=end, plan=plan, left_out=tuple(sorted(decoding.left_out)))
    look, pieces = Encoding.of(plan), task.pieces
    offer = offer if pieces >= FEWEST_OFFERED and not task.left_out else None
    pace, planned = Pace(plan.rules.look_ahead, end), Planned(plan)
    if not plan.has_video or (min(jobs, pieces) < 2 and offer is None):
        return compose(
            *(take, output, pace), start=start, planned=planned, progress=progress, extras=extras, decoding=decoding
        )
    folder = output.with_name(output.name + PIECES)
    open_folder(folder, task)
    if offer is not None:
        offer(task)
    command = [sys.executable, "-m", "reelroom.composer.side_by_side", str(folder), "--of", str(min(jobs, pieces))]
    command += [KEYED] if key else []
    shares = [["--share", str(share)] for share in range(min(jobs, pieces))]
    if not is_whole(folder / SPEECH):
        (folder / SPEECH).unlink(missing_ok=True)
        shares.append([_LISTENS])
    processes = [subprocess.Popen([*command, *share], stdin=subprocess.PIPE) for share in shares]
    workers, ears = processes[: min(jobs, pieces)], processes[min(jobs, pieces) :]
    try:
        if key:
            _hand_over(key, processes)
        made = _made(folder, look, pieces, workers, *ears)
        return compose(
            *(take, output, pace),
            start=start,
            planned=planned,
            made=made,
            progress=progress,
            extras=extras,
            decoding=decoding,
        )
    finally:
        for process in processes:
            process.kill()
            process.communicate()
        shutil.rmtree(folder, ignore_errors=True)


def _hand_over(key: str, workers: list[subprocess.Popen[bytes]]) -> None:
    for worker in workers:
        assert worker.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it has died, as will be seen
            worker.stdin.write(json.dumps(with_key({}, key)).encode() + b"\n")
            worker.stdin.flush()


def main() -> int:
    """One of the processes; it ends with the one that started it."""
    parser = argparse.ArgumentParser(prog="reelroom-pieces", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--of", type=int, required=True)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--share", type=int)
    what.add_argument(_LISTENS, action="store_true", dest="listens")
    parser.add_argument(KEYED, action="store_true")
    arguments, handed = parser.parse_args(), HandedKey()
    obey(handed.take)
    limit_memory(MOST_MEMORY)
    task = Task.model_validate_json((arguments.folder / _TASK).read_bytes())
    key = handed.wait() if arguments.keyed else None
    if arguments.listens:
        find_speech(task, folder=arguments.folder, key=key)
    else:
        make_pieces(task, folder=arguments.folder, share=arguments.share, of=arguments.of, key=key)
    return 0


if __name__ == "__main__":
    sys.exit(main())
