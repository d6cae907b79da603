"""Supervision survives its own failures: whatever the machine refuses, the program runs once it can be had again."""

import asyncio
import os
import resource
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import psutil
import pytest

from reelroom.files.durable import write_durably
from reelroom.processes import child as supervision
from reelroom.processes.child import Child, GaveUp, Message, Program
from tests.disks import fill, make_read_only, small_disk, use_up_inodes
from tests.test_process import running, until

SLEEP = ["sleep", "3600"]
NOBODY = 65534


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "_SHORTEST_PAUSE", 0.01)
    monkeypatch.setattr(supervision, "_LONGEST_PAUSE", 0.05)


@contextmanager
def no_descriptors() -> Iterator[None]:
    """This process can open nothing."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.open(os.devnull, os.O_RDONLY)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def refused(child: Child, times: int = 3) -> None:
    """Returns when it could not be started that often."""
    await until(lambda: child.restarts >= times)
    assert child.pid is None
    assert child.obstacle


@asynccontextmanager
async def hindered(child: Child) -> AsyncIterator[None]:
    """Something is in the way while the body of `with` runs; then the child starts."""
    async with running(child) as task:
        yield
        await until(lambda: child.pid)
        assert child.obstacle == ""
        assert not task.done()


@pytest.mark.parametrize("outlives", [False, True])
async def test_no_descriptors(tmp_path: Path, outlives: bool) -> None:
    child = Child("tap", lambda: Program(SLEEP, tmp_path / "log", outlives=outlives))
    async with hindered(child):
        with no_descriptors():
            await refused(child)
            assert "Too many open files" in child.obstacle


async def test_descriptors_that_run_out_leave_no_program_half_started(tmp_path: Path) -> None:
    """A start takes several descriptors: with any number of them left, it is whole or it is none."""
    child = Child("tap", lambda: Program(SLEEP, tmp_path / "log"))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = max(int(each.name) for each in Path("/proc/self/fd").iterdir())
    for spare in range(1, 14):
        resource.setrlimit(resource.RLIMIT_NOFILE, (used + spare, hard))
        try:
            task = asyncio.create_task(child.run())
            await until(lambda child=child: child.pid or child.restarts)  # type: ignore[misc]
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        await child.stop(1)
        await task
        assert not [each for each in psutil.Process().children() if each.name() == "sleep"]
        child = Child("tap", lambda: Program(SLEEP, tmp_path / "log"))


async def test_a_disk_that_is_full(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 1) as disk:

        def program() -> Program:
            write_durably(disk / "plan.json", b"x" * 10_000)
            return Program(SLEEP, disk / "log")

        child = Child("composer", program, most_failures=2)
        filler = fill(disk)
        async with hindered(child):
            await refused(child)
            assert child.obstacle == "the disk is full"
            filler.unlink()


async def test_no_inodes_for_the_log(tmp_path: Path) -> None:
    """A tap without a log is better than no tap."""
    with small_disk(tmp_path / "disk", 1, inodes=20) as disk:
        use_up_inodes(disk)
        async with hindered(Child("tap", lambda: Program(SLEEP, disk / "logs" / "log", outlives=True))):
            pass
        assert not (disk / "logs").exists()


async def test_a_disk_that_was_made_read_only(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 1) as disk:

        def program() -> Program:
            write_durably(disk / "plan.json", b"x")
            return Program(SLEEP, disk / "log")

        child = Child("composer", program, most_failures=2)
        make_read_only(disk)
        async with hindered(child):
            await refused(child)
            make_read_only(disk, False)


NO_PROCESSES = f"""
import asyncio, os, resource, sys
from pathlib import Path
from reelroom.processes import child as supervision
from reelroom.processes.child import Child, Program
supervision._SHORTEST_PAUSE = supervision._LONGEST_PAUSE = 0.01

async def main():
    _, most = resource.getrlimit(resource.RLIMIT_NPROC)
    resource.setrlimit(resource.RLIMIT_NPROC, (0, most))
    for outlives in (False, True):
        child = Child("tap", lambda: Program({SLEEP!r}, Path(os.devnull), outlives=outlives))
        task = asyncio.create_task(child.run())
        while child.restarts < 3:
            await asyncio.sleep(0.01)
        print(child.pid, child.obstacle)
        resource.setrlimit(resource.RLIMIT_NPROC, (most, most))
        while child.pid is None:
            await asyncio.sleep(0.01)
        print("runs")
        resource.setrlimit(resource.RLIMIT_NPROC, (0, most))
        await child.stop(1)
        await task

if os.geteuid() == 0:
    os.setuid({NOBODY})  # the limit is not for root
asyncio.run(main())
"""


def test_no_processes() -> None:
    done = subprocess.run([sys.executable, "-c", NO_PROCESSES], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    refusal = "None tap cannot be started: Resource temporarily unavailable"
    assert [line for line in done.stdout.splitlines() if "{" not in line and "[" not in line] == [refusal, "runs"] * 2


async def test_a_program_that_is_not_there_yet(tmp_path: Path) -> None:
    """In an upgrade, programs are gone for a moment."""
    program = tmp_path / "tap"
    child = Child("tap", lambda: Program([str(program)], tmp_path / "log"))
    async with hindered(child):
        await refused(child)
        (tmp_path / "new").write_text("#!/bin/sh\nexec sleep 3600\n")
        (tmp_path / "new").chmod(0o755)
        (tmp_path / "new").rename(program)


async def test_whoever_asks_for_the_program_may_fail(tmp_path: Path) -> None:
    asked: list[int] = []

    def program() -> Program:
        asked.append(1)
        if len(asked) < 4:
            raise ValueError("no plan")
        return Program(SLEEP, tmp_path / "log")

    async with hindered(Child("composer", program)):
        pass
    assert len(asked) == 4


async def test_who_is_told_cannot_end_the_supervision(tmp_path: Path) -> None:
    heard: list[Message] = []

    def on_message(message: Message) -> None:
        heard.append(message)
        raise RuntimeError("the listener's own trouble")

    def on_restart(code: int) -> None:
        raise RuntimeError("the listener's own trouble")

    script = "echo '{\"one\": 1}'; echo '{\"two\": 2}'; exit 3"
    child = Child(
        "composer",
        lambda: Program(["sh", "-c", script], tmp_path / "log"),
        most_failures=2,
        on_message=on_message,
        on_restart=on_restart,
    )
    with pytest.raises(GaveUp, match="composer ended with status 3"):
        await asyncio.wait_for(child.run(), 15)
    assert heard == [{"one": 1}, {"two": 2}] * 2


async def test_an_adopted_program_is_watched_without_a_descriptor(tmp_path: Path) -> None:
    survivor = subprocess.Popen(SLEEP)  # noqa: ASYNC220 - no child of the loop
    child = Child("tap", lambda: Program(SLEEP, tmp_path / "log"), forever=True)
    with no_descriptors():
        task = asyncio.create_task(child.run(adopt=survivor.pid))
        await until(lambda: child.pid == survivor.pid)
        survivor.kill()
        survivor.wait()
        await refused(child)
    await until(lambda: child.pid not in {None, survivor.pid})
    await child.stop(1)
    await task
