"""One server for a data directory: a lock that the kernel lets go of when its holder dies."""

import fcntl
from pathlib import Path
from typing import IO


class DataDirectoryInUse(Exception):
    """Another server works in this data directory."""


def lock(data_dir: Path) -> IO[bytes]:
    """Hold `data_dir` for as long as the returned file is open. Raises DataDirectoryInUse."""
    file = (data_dir / "lock").open("wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise DataDirectoryInUse(
            f"Another Reelroom works in {data_dir}: end it, or choose another folder with --data-dir"
        ) from None
    return file
