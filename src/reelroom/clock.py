"""The time of all servers that share a database: this machine's, and what its clock is off by.

What people order on one machine is cut on another one: a film begins, ends and changes at moments (room time) that an
API's server gives, and that the events of a tap elsewhere are compared with. So each server learns what its own clock
is off by (`store/time.py`), and has its children know, which read it from their environment.
"""

import os
import time

VARIABLE = "CLOCK_OFFSET_US"  # in the environment of children, what to add to this machine's clock; no setting


class _Offset:
    us = int(os.environ.get(VARIABLE) or 0)


def machine_us() -> int:
    """What this machine's own clock says, in µs since the epoch."""
    return time.time_ns() // 1000


def now_us() -> int:
    """The time in µs since the epoch, the same on all machines."""
    return machine_us() + _Offset.us


def now_ms() -> int:
    """The same in ms."""
    return now_us() // 1000


def offset_us() -> int:
    """What is added to this machine's clock."""
    return _Offset.us


def set_offset(us: int) -> None:
    """It is so much from now on, also for children that are started from now on."""
    _Offset.us = us


def for_children() -> dict[str, str]:
    """What tells them, in their environment."""
    return {VARIABLE: str(_Offset.us)} if _Offset.us else {}
