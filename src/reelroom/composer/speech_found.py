"""Speech in a take as one process finds it: those that make pieces beside it need not listen to the whole take, too.

The file has a line for each moment at which something was found, and one for every so many at which nothing was; the
last one says that the take is over. It is read while it grows.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from pydantic import TypeAdapter

from reelroom.composer.film_format import FPS
from reelroom.takes.events import FileClosed, FileOpened, SpeechFaded, SpeechHeard
from reelroom.takes.mending import Mending

_SPEECH: TypeAdapter[SpeechHeard | SpeechFaded] = TypeAdapter(SpeechHeard | SpeechFaded)
_SAYS_EVERY = FPS  # moments at which nothing was found
_LOOKS_EVERY = 0.02  # s
_OVER = "over"


Found = Callable[[int, list[SpeechHeard | SpeechFaded]], None]  # what is known at a moment, and was not before


class Ears(Protocol):
    """Whoever finds speech in what a take has of sounds (`listening`)."""

    late_from: int | None

    def open(self, event: FileOpened) -> None: ...
    def mend(self, file: str, mending: Mending) -> None: ...
    def close(self, event: FileClosed) -> None: ...
    def listen(self, until: int) -> list[SpeechHeard | SpeechFaded]: ...
    def finish(self) -> None: ...


class SpeechWriter:
    """Writes down what is found; `path` must not be there yet."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("x")
        self._silent = 0

    def found(self, until: int, speech: list[SpeechHeard | SpeechFaded]) -> None:
        """What is known at `until` (µs of room time), and was not before."""
        self._silent = 0 if speech else self._silent + 1
        if speech or self._silent % _SAYS_EVERY == 0:
            self._write([until, [each.model_dump() for each in speech]])

    def over(self) -> None:
        """That was all."""
        self._write(_OVER)
        self._file.close()

    def _write(self, line: object) -> None:
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()


@dataclass(frozen=True)
class _Line:
    until: int
    speech: list[SpeechHeard | SpeechFaded]


class SpeechReader:
    """Says at each moment what was found at that moment, and waits for it; the moments are those of the writer."""

    def __init__(self, path: Path, pause: Callable[[float], None] = time.sleep) -> None:
        self.late_from: int | None = None  # it is asked of takes that have ended
        self._lines = _lines(path, pause)
        self._next: _Line | None = None
        self._over = False

    def open(self, event: FileOpened) -> None:
        """It has been listened to."""

    def mend(self, file: str, mending: Mending) -> None:
        """It was."""

    def close(self, event: FileClosed) -> None:
        """It was."""

    def listen(self, until: int) -> list[SpeechHeard | SpeechFaded]:
        """What was known at `until` (µs of room time), and was not before."""
        found: list[SpeechHeard | SpeechFaded] = []
        while not self._over:
            if self._next is None:
                self._next = next(self._lines, None)
                self._over = self._next is None
            elif self._next.until > until:
                break
            else:
                found += self._next.speech
                at, self._next = self._next.until, None
                if at == until:
                    break
        return found

    def finish(self) -> None:
        """Read no more."""
        self._over = True


def is_whole(path: Path) -> bool:
    """Whether all of a take has been listened to."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - 16))
            return file.read().endswith(json.dumps(_OVER).encode() + b"\n")
    except OSError:
        return False


def _lines(path: Path, pause: Callable[[float], None]) -> Iterator[_Line]:
    while not path.exists():
        pause(_LOOKS_EVERY)
    with path.open() as file:
        while (line := json.loads(_line(file, pause))) != _OVER:
            until, speech = line
            yield _Line(until, [_SPEECH.validate_python(each) for each in speech])


def _line(file: IO[str], pause: Callable[[float], None]) -> str:
    """The next whole line; waits for it."""
    line = ""
    while not line.endswith("\n"):
        more = file.readline()
        line += more
        if not more:
            pause(_LOOKS_EVERY)
    return line
