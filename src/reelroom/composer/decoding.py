"""What is being decoded, written down before it is: a track that brings a decoder down is left out the next time.

What people send is decoded by native code in the composer's own process. Where that crashes, or spins, nobody is left
to tell of it. So the name of the file stands in a note, a page of memory that outlives the process, while a packet of
it is decoded; whoever starts the next process says how the last one ended, and if that was a crash, the file of the
note is left out of the take's films. A process of its own for each track would cost copying every picture.
"""

import json
import mmap
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import av

from reelroom.files.durable import write_durably
from reelroom.processes.inside import limit_memory
from reelroom.takes.unsealing import Unsealing

_LONGEST_NAME = 255  # bytes, of a file within the take
_MOST_CPU = 20.0  # s that decoding one packet may take; the slowest picture that a take holds takes a tenth of one
_LOOKS_EVERY = 1.0  # s
MOST_MEMORY = 3 << 30  # bytes of data; sixteen tiles of 1920x1080 take a fifth of it
_UNDECODABLE = "undecodable.json"
# Another version of the decoders may do better.
_DECODERS = ".".join(map(str, av.library_versions["libavcodec"]))


class Decoding:
    """Readers call `begins` and `ended` around each packet; `left_out` are the files of the take not to decode.

    `key` opens what is encrypted end to end; None where nobody handed one over.
    """

    def __init__(
        self, left_out: frozenset[str] = frozenset(), note: Path | None = None, key: Unsealing | None = None
    ) -> None:
        """With a `note`, what is being decoded stands there. Raises OSError."""
        self.left_out = left_out
        self.key = key
        self._packets = 0
        self._busy = False
        self._page: mmap.mmap | None = None
        if note is not None:
            note.parent.mkdir(parents=True, exist_ok=True)
            with note.open("wb+") as file:
                file.truncate(mmap.PAGESIZE)
                self._page = mmap.mmap(file.fileno(), mmap.PAGESIZE)

    def begins(self, name: bytes) -> None:
        """A packet of the file `name` (as `named` gives it) is about to be decoded."""
        self._packets += 1
        self._busy = True
        if self._page is not None:
            self._page[: len(name)] = name

    def ended(self) -> None:
        """It was."""
        self._busy = False
        if self._page is not None:
            self._page[0] = 0

    def watch(
        self,
        most_cpu: float = _MOST_CPU,
        every: float = _LOOKS_EVERY,
        cpu: Callable[[], float] = time.process_time,
    ) -> None:
        """From now on, end this process, as a crash does, when one packet takes more than `most_cpu` s of CPU."""

        def look() -> None:
            seen, since = -1, 0.0
            while True:
                time.sleep(every)
                if not self._busy or self._packets != seen:
                    seen, since = self._packets, cpu()
                elif cpu() - since > most_cpu:
                    os.abort()

        threading.Thread(target=look, daemon=True, name="decoding watch").start()


def named(file: str) -> bytes:
    """A file's name within its take as `Decoding.begins` takes it."""
    return file.encode()[:_LONGEST_NAME] + b"\0"


def blamed(note: Path) -> str | None:
    """The file that was being decoded when the process of this note ended; None when none was, or nobody knows."""
    try:
        name = note.read_bytes().partition(b"\0")[0].decode()
    except (OSError, UnicodeDecodeError):
        return None
    return name or None


def undecodable(films: Path) -> frozenset[str]:
    """The files of a take that these decoders do not survive; `films` is the take's folder of that name."""
    try:
        known = json.loads((films / _UNDECODABLE).read_bytes())
        return frozenset(str(file) for file in known["files"]) if known["libavcodec"] == _DECODERS else frozenset()
    except (OSError, ValueError, KeyError, TypeError):
        return frozenset()


def leave_out(films: Path, file: str) -> None:
    """Write down that a file is not to be decoded any more. Raises OSError."""
    files = sorted({*undecodable(films), file})
    write_durably(films / _UNDECODABLE, json.dumps({"libavcodec": _DECODERS, "files": files}) + "\n")


def decoding_after(note: Path, *, crashed: bool, key: Unsealing | None = None) -> Decoding:
    """For a new process, which gets its limits; what the last one of this note `crashed` in is left out.

    Raises OSError.
    """
    limit_memory(MOST_MEMORY)
    films = note.parent
    if crashed and (file := blamed(note)) is not None:
        leave_out(films, file)
    decoding = Decoding(undecodable(films), note, key)
    decoding.watch()
    return decoding
