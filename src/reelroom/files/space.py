"""The disk: how much is free, and why it said no."""

import errno
import os
import shutil
from pathlib import Path

# What passes when somebody makes room.
DISK_SAYS_NO = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
_MEGABYTE = 1_000_000


def free_mb(folder: Path) -> float:
    """How much is free where `folder` lies, in MB."""
    return shutil.disk_usage(folder).free / _MEGABYTE


def can_record(data_dir: Path, least_mb: int) -> str:
    """Why no recording can start, "" when one can."""
    for folder in (data_dir, data_dir / "takes"):
        if folder.is_dir() and not os.access(folder, os.W_OK):
            return "The server cannot write to its data directory, so nothing can be recorded"
        if folder.is_dir() and (free := free_mb(folder)) < least_mb:
            return f"The disk is nearly full: {free:.0f} MB are free, and a recording needs {least_mb} MB to start"
    return ""


def why_disk_refused(error: OSError) -> str:
    """Why the disk said no, for people."""
    if error.errno == errno.EROFS:
        return "the data directory cannot be written: it is mounted read-only"
    return "the disk is full"
