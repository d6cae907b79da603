"""State that is its owner's alone: the data directory holds secrets, and people's pictures and voices."""

import os
import stat
from pathlib import Path

import structlog

_log = structlog.get_logger()

_OF_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def keep_private(folder: Path) -> None:
    """Make a folder that others cannot read, or mend one; what this process and its children write is private, too.

    Raises PermissionError for one that others read and that is not ours to mend, and OSError.
    """
    os.umask(_OF_OTHERS)
    folder.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
    mode = stat.S_IMODE(folder.stat().st_mode)
    if not mode & _OF_OTHERS:
        return
    try:
        folder.chmod(mode & ~_OF_OTHERS)
    except PermissionError:
        raise PermissionError(
            f"Others on this machine read {folder}, which is not ours to change: `chmod go= {folder}` as its owner"
        ) from None
    _log.warning("others could read the data directory: mended", folder=str(folder), mode=oct(mode))
