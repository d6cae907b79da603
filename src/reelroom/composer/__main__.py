"""The composer as a child process of the server: one archive, cut while its take grows."""

import argparse
import os
import sys
from pathlib import Path

from reelroom.child import obey, say
from reelroom.composer.compose import Pace, compose
from reelroom.composer.scene import Size
from reelroom.director import Rules
from reelroom.take import Take, TakeError

_NICENESS = 5  # the call and the tap come first


def main() -> int:
    """Compose; messages are `{"moment", "behind"}` (µs) and at the end `{"report"}` or `{"failure"}`."""
    parser = argparse.ArgumentParser(prog="reelroom-composer", description=__doc__)
    parser.add_argument("--take", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--start", type=int, required=True, help="µs of room time")
    parser.add_argument("--end", type=int, default=None, help="µs of room time; else an order tells it")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=720)
    arguments = parser.parse_args()
    os.nice(_NICENESS)
    rules = Rules()
    pace = Pace(rules.look_ahead, arguments.end)
    obey(lambda order: pace.finish(int(order["end"])))
    try:
        report = compose(
            Take.open(arguments.take),
            arguments.output,
            pace,
            start=arguments.start,
            rules=rules,
            size=Size(arguments.width, arguments.height),
            progress=lambda moment, behind: say(moment=moment, behind=behind),
        )
    except TakeError as error:
        say(failure=str(error))
        return 0
    say(report=report.to_json())
    return 0


if __name__ == "__main__":
    sys.exit(main())
