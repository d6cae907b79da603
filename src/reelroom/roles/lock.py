"""One server for a data directory: a lock that the kernel lets go of when its holder dies."""

import fcntl
import os
import time
from pathlib import Path
from typing import IO

LOCK = "lock"
_PATIENCE = 3.0  # seconds: whoever asks whether there is a server holds a share for a moment


class DataDirectoryInUse(Exception):
    """Another server works in this data directory."""


def lock(data_dir: Path) -> IO[bytes]:
    """Hold `data_dir` for as long as the returned file is open. Raises DataDirectoryInUse."""
    file = (data_dir / LOCK).open("ab")
    ends = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except OSError:
            if time.monotonic() < ends:
                time.sleep(0.05)
                continue
            file.close()
            raise DataDirectoryInUse(
                f"Another Reelroom works in {data_dir}: end it with `reelroom stop`, or choose another folder with "
                "--data-dir"
            ) from None
    try:
        file.truncate(0)
        file.write(f"{os.getpid()}\n".encode())
        file.flush()
    except OSError:
        pass  # on a full disk, the lock is held all the same
    return file


def holder(data_dir: Path) -> int | None:
    """The process id of the server that works in a data directory, or None; 0 where it could not write it down."""
    try:
        with (data_dir / LOCK).open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return int(file.read() or b"0")
    except (FileNotFoundError, ValueError):
        pass
    return None
