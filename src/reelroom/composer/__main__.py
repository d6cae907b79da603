"""The composer as a child process of the server: one archive, cut while its take grows."""

import argparse
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reelroom.clock import now_us
from reelroom.composer.compose import SLACK, Pace, Report, compose_in_time, laid_plan
from reelroom.composer.decoding import Decoding, decoding_after, leave_out, undecodable
from reelroom.composer.pieces import Encoding, TornFilm
from reelroom.composer.side_by_side import PIECES, Task, WorkerDied, compose_side_by_side
from reelroom.cutting.plan import Look, Plan, Planned
from reelroom.files.space import DISK_SAYS_NO, why_disk_refused
from reelroom.processes.crashes import CRASHED
from reelroom.processes.inside import confine, give_way, obey, say
from reelroom.processes.keyed import KEYED, HandedKey
from reelroom.takes.folder import Take, TakeError
from reelroom.takes.unsealing import Unsealing

_NICENESS = 10  # the call, the tap and whoever watches live come first
_NOT_NOW = 75  # exit status: the same may work later (sysexits.h, EX_TEMPFAIL)


def resume(output: Path, look: Encoding) -> TornFilm | None:
    """The partial film that an earlier composer of this archive left, put aside; None when it is of no use."""
    output.with_name(output.name + ".late").unlink(missing_ok=True)
    partial, torn = output.with_name(output.name + ".partial"), output.with_name(output.name + ".torn")
    if partial.exists() and (not torn.exists() or torn.stat().st_size < partial.stat().st_size):
        partial.replace(torn)
    film = TornFilm(torn, look) if torn.exists() else None
    return film if film and film.pieces else None


def _compose(arguments: argparse.Namespace) -> Report:
    plan = Plan.model_validate_json(arguments.plan.read_bytes()) if arguments.plan else Plan()
    planned = Planned(plan)
    take, film, start = Take.open(arguments.take), arguments.output, arguments.start
    pace = Pace(plan.rules.look_ahead, arguments.end)
    handed = HandedKey()

    def follow(order: dict[str, Any]) -> None:
        look = Look.model_validate(handed.taken_from(order))
        if not planned.plan.laid:  # a film whose cuts have been laid is of a take that has ended: its plan stays
            planned.plan = look.plan
        if look.end is not None:
            pace.finish(look.end)

    def progress(moment: int, behind: int) -> None:
        say(moment=moment, behind=behind)

    obey(follow)
    over = arguments.end is not None and arguments.end + SLACK < now_us()
    note = film.with_suffix(".decoding")
    key = handed.wait() if arguments.keyed else None
    decoding = decoding_after(note, crashed=arguments.crashed, key=Unsealing(key) if key else None)
    say(left_out=len(decoding.left_out))
    if (arguments.jobs > 1 or arguments.offered) and over:
        return _side_by_side(arguments, plan, progress, key)
    planned.plan = laid_plan(take, plan, decoding)
    torn = resume(film, Encoding.of(plan))
    made = torn.packets() if torn else None
    return compose_in_time(
        take, film, pace, start=start, planned=planned, made=made, progress=progress, decoding=decoding
    )


def _side_by_side(
    arguments: argparse.Namespace, plan: Plan, progress: Callable[[int, int], None], key: str | None
) -> Report:
    """By several processes; what one of them dies of is left out, and they begin anew."""
    films = arguments.output.parent
    while True:
        note = arguments.output.with_suffix(".decoding")
        try:
            return compose_side_by_side(
                *(Take.open(arguments.take), arguments.output),
                start=arguments.start,
                end=arguments.end,
                plan=plan,
                jobs=arguments.jobs,
                progress=progress,
                decoding=Decoding(undecodable(films), note, Unsealing(key) if key else None),
                key=key,
                offer=_offer if arguments.offered else None,
            )
        except WorkerDied as died:
            if died.file is None or died.file in undecodable(films):
                raise
            leave_out(films, died.file)
            say(left_out=len(undecodable(films)))


def _offer(task: Task) -> None:
    say(pieces=task.pieces, mark=task.mark)


def main() -> int:
    """Compose one archive.

    Messages are `{"moment", "behind"}` (µs), `{"left_out"}` (how many files are not decoded), `{"pieces", "mark"}`
    (how many others may make, and what these are told by), and one of `report`, `failure`, `obstacle` at the end.
    An order is `{"plan": {…}, "end": µs}`: how the film is to be cut, and where it ends once that is known. With
    `--keyed` it has the key of what is encrypted end to end, too (`keyed.py`).
    """
    parser = argparse.ArgumentParser(prog="reelroom-composer", description=__doc__)
    parser.add_argument("--take", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--start", type=int, required=True, help="µs of room time")
    parser.add_argument("--end", type=int, default=None, help="µs of room time; else an order tells it")
    parser.add_argument("--plan", type=Path, default=None, help="size, rules and layouts (docs/formats.md)")
    parser.add_argument(CRASHED, action="store_true", help="the last attempt did")
    parser.add_argument(KEYED, action="store_true", help="the first order has a key for what is encrypted")
    parser.add_argument("--jobs", type=int, default=1, help="processes, for a take that has ended")
    parser.add_argument("--offered", action="store_true", help="pieces may come from elsewhere, then")
    arguments = parser.parse_args()
    confine()
    give_way(_NICENESS)
    try:
        report = _compose(arguments)
    except TakeError as error:
        say(failure=str(error))
        return 0
    except OSError as error:
        if error.errno not in DISK_SAYS_NO:
            raise
        shutil.rmtree(arguments.output.with_name(arguments.output.name + PIECES), ignore_errors=True)
        for suffix in (".partial", ".torn", ".late"):  # several would need the more space
            arguments.output.with_name(arguments.output.name + suffix).unlink(missing_ok=True)
        say(obstacle=why_disk_refused(error))
        return _NOT_NOW
    arguments.output.with_name(arguments.output.name + ".torn").unlink(missing_ok=True)
    say(report=report.to_json())
    return 0


if __name__ == "__main__":
    sys.exit(main())
