"""What keeps a program from the server's secrets: Landlock, which a process puts on for good (Linux 5.13 and newer).

Programs that decode what others send run as the server's user. Within a fence they open all that user may, but for
the files at the top of the data directory (keys, the database); they see into no process outside, and signal none, so
that what the server has in memory is kept, too. Where the kernel does not let, they run as they did.
"""

import contextlib
import ctypes
import os
import struct
from collections.abc import Iterator
from pathlib import Path

from reelroom.processes.inside import confine

VARIABLE = "REELROOM_FENCED_FROM"  # the data directory, in the environment of who is to be fenced

# The same numbers on all architectures; landlock(7) and linux/landlock.h have the rest.
_CREATE, _ADD, _RESTRICT = 444, 445, 446
_ASK_VERSION, _BENEATH = 1, 1
_EVERYTHING = ((1, 0x1FFF), (2, 0x3FFF), (3, 0x7FFF), (5, 0xFFFF))  # rights to files, by the version that has them
_OF_FILES = 0x1 | 0x2 | 0x4 | 0x4000 | 0x8000  # execute, write, read, truncate, ioctl: without a folder's
_LIST = 0x8
_ABSTRACT_SOCKETS, _SIGNALS = 1, 2
_CAPABILITIES = 0b11_1111 | 1 << 23  # chown to kill, and niceness; capabilities(7)
_LIBRARY = ctypes.CDLL(None)


def version() -> int:
    """Of the kernel's Landlock; 0 where it has none, or does not let."""
    return max(0, _call(_CREATE, None, 0, _ASK_VERSION))


def put_on(data_dir: Path) -> bool:
    """Fence this process, and what it starts, off from the files of a data directory, but for its folders.

    To be called before there are threads, which would stay outside. Whether it is done.
    """
    if (known := version()) == 0:
        return False
    rights = next(rights for since, rights in reversed(_EVERYTHING) if since <= known)
    # Rights to files, to the network (all are left), and what is kept within.
    fields = [rights, *([0] if known >= 4 else []), *([_ABSTRACT_SOCKETS | _SIGNALS] if known >= 6 else [])]
    rules = _call(_CREATE, struct.pack(f"={len(fields)}Q", *fields), 8 * len(fields), 0)
    if rules < 0:
        return False
    try:
        _allow(rules, "/", _LIST)
        for each in _open_to_it(data_dir.resolve()):
            _allow(rules, each.path, rights if each.is_dir(follow_symlinks=False) else rights & _OF_FILES)
        confine()  # without which the kernel refuses
        _forgo_capabilities()
        return _call(_RESTRICT, rules, 0) == 0
    finally:
        os.close(rules)


def told(data_dir: Path | None) -> dict[str, str]:
    """What in its environment tells a module of ours to fence itself off from a data directory; None: it is not."""
    return {} if data_dir is None else {VARIABLE: str(data_dir.resolve())}


def put_on_if_told() -> None:
    """As the environment says; who is started from here is within already."""
    if (data_dir := os.environ.pop(VARIABLE, "")) != "":
        with contextlib.suppress(OSError):
            put_on(Path(data_dir))


def _open_to_it(data_dir: Path) -> Iterator["os.DirEntry[str]"]:
    """All but the files of `data_dir`: its folders, and whatever lies beside it or beside a folder above it.

    Links are left out: what they lead to is among the others, if it is to be.
    """
    yield from (each for each in _in(data_dir) if each.is_dir(follow_symlinks=False))
    for within in (data_dir, *data_dir.parents[:-1]):
        yield from (each for each in _in(within.parent) if each.name != within.name and not each.is_symlink())


def _in(folder: Path) -> Iterator["os.DirEntry[str]"]:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        yield from entries


def _forgo_capabilities() -> None:
    """Root keeps those to files alone: with all of them it would see into other processes through the fence."""
    head = struct.pack("=Ii", 0x2008_0522, 0)
    held = ctypes.create_string_buffer(24)
    if _LIBRARY.capget(head, held) == 0:
        sets = struct.unpack("=6I", held)  # effective, permitted, inheritable, twice
        _LIBRARY.capset(head, struct.pack("=6I", *(each & _CAPABILITIES for each in sets[:3]), 0, 0, 0))


def _allow(rules: int, path: str, rights: int) -> None:
    with contextlib.suppress(OSError):
        there = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            _call(_ADD, rules, _BENEATH, struct.pack("=Qi", rights, there), 0)
        finally:
            os.close(there)


def _call(number: int, *arguments: object) -> int:
    """A system call, -1 where it fails."""
    return int(_LIBRARY.syscall(ctypes.c_long(number), *map(_as_c, arguments)))


def _as_c(value: object) -> object:
    return ctypes.c_long(value) if isinstance(value, int) else value
