"""Processes that outlive the server that started them: recognised by their command line, and waited for.

What a process was told to work on names it, and does so from the moment it exists: there is nothing to write down
beforehand, so no moment at which a server can be killed, and no full disk, hides a process from the next server.
"""

import asyncio
import os
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

_LOOK_SECONDS = 0.2  # between two looks at a process that no descriptor could be had for


def find(option: str, path: Path, *, beside: str = "") -> list[int]:
    """The ids of this user's processes that have `option` followed by this path on their command line.

    With `beside`, only of those that have that word there, too. A relative path counts from where the process works.
    """
    wanted = path.resolve()
    return [pid for pid, each in at_work(option, beside=beside) if each == wanted]


def at_work(option: str, *, beside: str = "", proc: Path = Path("/proc")) -> list[tuple[int, Path]]:
    """As `find`, whatever the path; with it."""
    return [
        (pid, path)
        for pid, words in _commands(proc)
        if not beside or beside in words
        for value in _after(words, option)
        if (path := _path(proc / str(pid), value)) is not None
    ]


def _commands(proc: Path) -> Iterator[tuple[int, list[str]]]:
    """Each process of this user with the words of its command line; one that has ended has none."""
    for folder in proc.iterdir():
        if folder.name.isdecimal() and int(folder.name) != os.getpid():
            try:
                if folder.stat().st_uid == os.geteuid():
                    yield int(folder.name), os.fsdecode((folder / "cmdline").read_bytes()).split("\0")[:-1]
            except OSError:
                continue  # it has ended meanwhile


def _after(words: list[str], option: str) -> Iterator[str]:
    return (value for word, value in pairwise(words) if word == option)


def _path(process: Path, value: str) -> Path | None:
    try:
        return ((process / "cwd").readlink() / value).resolve()
    except OSError:
        return None


def exists(pid: int) -> bool:
    """Whether there is a process of this id. It takes no descriptor to say so."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


async def ended(pid: int, runs: Callable[[], bool] | None = None) -> None:
    """Returns when the process has ended; `runs` says whether a child that nobody else waits for has not."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    except OSError:  # no descriptor is left: then it is looked at now and then
        while runs() if runs else exists(pid):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(_LOOK_SECONDS)
        return
    gone = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, gone.set)
    try:
        await gone.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


async def end(pid: int, signals: list[int], grace: float) -> None:
    """Send the signals in turn, waiting `grace` seconds after each, until the process has ended."""
    for number in signals:
        try:
            os.kill(pid, number)
            await asyncio.wait_for(ended(pid), grace)
        except ProcessLookupError:
            return
        except TimeoutError:
            continue
        return
