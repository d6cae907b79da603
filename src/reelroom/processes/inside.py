"""The inside of a child process: messages to the server on standard output, orders from it on standard input."""

import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

SECRET_VARIABLE = "REELROOM_CHILD_SECRET"  # an access token, or addresses that hold one: kept off the command line
PAGE_VARIABLE = "REELROOM_PAGE_URL"  # of a page to be shown, which may hold a token of the application's
_NO_NEW_PRIVILEGES = 38  # of prctl(2)
ORPHANED = 70  # exit status of a child whose server is gone
LEASE_VARIABLE = "REELROOM_LEASE_SECONDS"  # a setting that children need to know, too


def _lease_seconds() -> float:
    with contextlib.suppress(ValueError):  # which the server refuses to start with
        return max(1.0, float(os.environ.get(LEASE_VARIABLE, "20")))
    return 20.0


BEAT_SECONDS = 0.15 * _lease_seconds()  # between two signs of life of a server
# Without one for so long (s) it is taken for frozen: its leases will be over three quarters of their time after it
# froze (store/node.py), and others do then what it did. A process that was frozen itself has the second while to hear
# what was said meanwhile.
_SILENT_SECONDS, _AGAIN_SECONDS = 0.4 * _lease_seconds(), 0.2 * _lease_seconds()


def say(**message: Any) -> None:
    """Send one message to the server."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def obey(on_order: Callable[[dict[str, Any]], None]) -> None:
    """Call `on_order`, in a thread, with each order; when the server is gone, or frozen, the process ends at once.

    What was written is safe: films get their name only when they are whole. An empty line is a sign of life; who has
    never given one may be silent.
    """
    heard = threading.Event()

    def listen() -> None:
        for line in sys.stdin:
            if line.strip():
                on_order(json.loads(line))
            else:
                heard.set()
        os._exit(ORPHANED)

    def watch() -> None:
        lives = heard.wait()
        while lives:
            heard.clear()
            lives = heard.wait(_SILENT_SECONDS) or heard.wait(_AGAIN_SECONDS)
        os._exit(ORPHANED)

    for work, name in ((listen, "orders"), (watch, "signs of life")):
        threading.Thread(target=work, daemon=True, name=name).start()


async def unless_ended(work: Coroutine[Any, Any, str]) -> int:
    """The exit status of a process that is there for its `work`: 0 when the server ended it, whatever it was doing.

    Work that ends by itself has failed; it returns why, "" where its log is all there is to say.
    """
    import asyncio  # noqa: PLC0415 - most children have no event loop, and start sooner without

    working = asyncio.create_task(work)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, working.cancel)
    try:
        failure = await working
    except asyncio.CancelledError:
        return 0
    if failure:
        say(failure=failure)
    return 1


def give_way(niceness: int) -> None:
    """Let other processes have the CPU first.

    Where the kernel groups processes by session (sched_autogroup; a child is a session of its own), niceness counts
    within the group alone; the group has one, too (sched(7)).
    """
    os.nice(niceness)
    with contextlib.suppress(OSError):  # there are no groups
        Path("/proc/self/autogroup").write_text(f"{niceness}")


def confine() -> None:
    """Let this process, and what it starts, gain no privileges by any program, and leave no core behind."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core would hold tokens
    with contextlib.suppress(OSError, AttributeError):  # not Linux
        ctypes.CDLL(None).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)


def limit_memory(most: int) -> None:
    """Let this process have `most` bytes of data: what asks for more is refused, and other processes live on."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
