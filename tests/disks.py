"""Small disks of the tests' own, to be filled and made read-only."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, megabytes: int, *, inodes: int | None = None) -> Iterator[Path]:
    """A file system of that size, mounted on `folder`; skips the test where mounting is not permitted."""
    folder.mkdir(parents=True, exist_ok=True)
    size = f"size={megabytes}m" + (f",nr_inodes={inodes}" if inodes else "")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", size, "reelroom-test", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"mounting a small disk is not permitted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def make_read_only(folder: Path, read_only: bool = True) -> None:
    """Remount a small disk."""
    subprocess.run(["mount", "-o", f"remount,{'ro' if read_only else 'rw'}", str(folder)], check=True)


def fill(folder: Path, leave: int = 0) -> Path:
    """Fill the disk up to `leave` bytes; returns the file that does."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                continue
        file.truncate(max(0, file.tell() - leave))
    return filler


def use_up_inodes(folder: Path) -> Path:
    """Let no further file be made; returns the folder of those that take the inodes."""
    crowd = folder / "crowd"
    crowd.mkdir()
    for number in range(1 << 20):
        try:
            (crowd / str(number)).touch()
        except OSError:
            break
    return crowd
