"""What transcribes one archive, as a child process of the server, when nobody else wants the CPU."""

import argparse
import sys
import time
from pathlib import Path

from reelroom.cutting.plan import Plan
from reelroom.files.space import DISK_SAYS_NO, why_disk_refused
from reelroom.processes.inside import give_way, obey, say
from reelroom.takes.folder import Take, TakeError
from reelroom.transcribing.recogniser import ModelError, Recogniser
from reelroom.transcribing.transcribe import transcribe
from reelroom.transcripts.beside import write_transcript

_NICENESS = 19  # films come first
_NOT_NOW = 75  # exit status: the same may work later (sysexits.h, EX_TEMPFAIL)


def main() -> int:
    """Transcribe one archive.

    Messages are `{"done"}` (0 to 1), and one of `transcript` (`{"language", "words", "seconds"}`, of CPU), `failure`,
    `obstacle` at the end.
    """
    parser = argparse.ArgumentParser(prog="reelroom-transcribing", description=__doc__)
    parser.add_argument("--take", type=Path, required=True)
    parser.add_argument("--film", type=Path, required=True, help="beside which the transcript is written")
    parser.add_argument("--start", type=int, required=True, help="µs of room time")
    parser.add_argument("--end", type=int, required=True, help="µs of room time")
    parser.add_argument("--plan", type=Path, required=True, help="of the film (docs/formats.md)")
    parser.add_argument("--model", type=Path, required=True, help="a folder with a model of faster-whisper")
    parser.add_argument("--language", default="", help="ISO 639's code; else it is found out")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    give_way(_NICENESS)
    obey(lambda order: None)  # ends with the server
    try:
        plan = Plan.model_validate_json(arguments.plan.read_bytes())
        take, model = Take.open(arguments.take), Recogniser(arguments.model, arguments.threads)
        made = transcribe(
            *(take, plan, arguments.start, arguments.end, model, arguments.language),
            progress=lambda done: say(done=round(done, 3)),
        )
        arguments.film.parent.mkdir(parents=True, exist_ok=True)
        write_transcript(arguments.film, made, model.name)
    except (TakeError, ModelError) as error:
        say(failure=str(error))
        return 0
    except OSError as error:
        if error.errno not in DISK_SAYS_NO:
            raise
        say(obstacle=why_disk_refused(error))
        return _NOT_NOW
    words = sum(len(passage.words) for passage in made.passages)
    say(transcript={"language": made.language, "words": words, "seconds": round(time.process_time(), 1)})
    return 0


if __name__ == "__main__":
    sys.exit(main())
