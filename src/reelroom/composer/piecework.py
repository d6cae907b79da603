"""A composer that helps another machine's: some pieces of a film, made of a copy of its take."""

import argparse
import sys
from pathlib import Path

from reelroom.composer.compose import laid_plan
from reelroom.composer.decoding import MOST_MEMORY, Decoding
from reelroom.composer.side_by_side import Task, make_some
from reelroom.cutting.plan import Plan
from reelroom.processes.inside import confine, give_way, limit_memory, obey, say
from reelroom.takes.folder import Take, TakeError

_NICENESS = 12  # the films of its own server come first


def _task(arguments: argparse.Namespace) -> Task:
    take = Take.open(arguments.take)
    plan = laid_plan(take, Plan.model_validate_json(arguments.plan.read_bytes()), Decoding())
    return Task(take=take.folder, start=arguments.start, end=arguments.end, plan=plan)


def main() -> int:
    """Make pieces `--first` to `--last` of the film that `--mark` stands for, into files of a folder.

    The only message is `{"failure"}`: why they can never be made here.
    """
    parser = argparse.ArgumentParser(prog="reelroom-piecework", description=__doc__)
    for name in ("take", "plan", "folder"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("start", "end", "first", "last"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--mark", required=True)
    arguments = parser.parse_args()
    confine()
    give_way(_NICENESS)
    obey(lambda order: None)
    limit_memory(MOST_MEMORY)
    try:
        task = _task(arguments)
    except TakeError as error:
        say(failure=str(error))
        return 0
    if task.mark != arguments.mark:
        say(failure="another version of Reelroom makes the film, or it leaves something out that is broken")
        return 0
    first, last = arguments.first, arguments.last
    decoding = Decoding(note=arguments.folder / "decoding")
    decoding.watch()
    make_some(task, decoding, folder=arguments.folder, wanted=lambda number: first <= number <= last)
    return 0


if __name__ == "__main__":
    sys.exit(main())
