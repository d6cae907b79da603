"""Child processes whose server is killed, frozen, or leaves them: they end, or are adopted."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from reelroom.processes import child as supervision
from reelroom.processes import inside
from reelroom.processes.adoption import find
from reelroom.processes.child import Child, Program
from tests.test_process import DEADLINE, until

SLEEPER = "import time; from reelroom.processes.inside import obey; obey(print); time.sleep(3600)"


def parent_of(tmp_path: Path, program: str) -> str:
    """A server in small, which keeps a program running and says its process id."""
    return f"""
import asyncio
from pathlib import Path
from reelroom.processes.child import Child, Program

async def main():
    child = Child("program", lambda: Program({program}))
    task = asyncio.create_task(child.run())
    while child.pid is None:
        await asyncio.sleep(0.01)
    Path({str(tmp_path / "pid.partial")!r}).write_text(str(child.pid))
    Path({str(tmp_path / "pid.partial")!r}).rename({str(tmp_path / "pid")!r})
    await task

asyncio.run(main())
"""


@pytest.fixture
def left_behind() -> Iterator[list[psutil.Process]]:
    """Processes that must not outlive the test, whatever it finds."""
    processes: list[psutil.Process] = []
    yield processes
    for each in processes:
        if each.is_running():
            each.kill()


async def test_a_program_ends_when_its_server_is_killed(tmp_path: Path, left_behind: list[psutil.Process]) -> None:
    program = f"[{sys.executable!r}, '-c', {SLEEPER!r}], Path({str(tmp_path / 'log')!r})"
    source = parent_of(tmp_path, program)
    server = await asyncio.create_subprocess_exec(sys.executable, "-c", source)
    await until((tmp_path / "pid").exists)
    child = psutil.Process(int((tmp_path / "pid").read_text()))
    left_behind.append(child)
    assert child.is_running()
    server.kill()
    await server.wait()
    await until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


LASTING = "import sys, time; time.sleep(3600)"


def lasting(work: Path) -> list[str]:
    """The command line of a program that does nothing for long, and is told what it works on."""
    return [sys.executable, "-c", LASTING, "--work", str(work)]


async def test_a_program_that_outlives_its_server_is_found_and_adopted(
    tmp_path: Path, left_behind: list[psutil.Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "_SHORTEST_PAUSE", 0.01)
    program = f"{lasting(tmp_path)!r}, Path({str(tmp_path / 'log')!r}), outlives=True"
    server = await asyncio.create_subprocess_exec(sys.executable, "-c", parent_of(tmp_path, program))
    await until((tmp_path / "pid").exists)
    survivor = psutil.Process(int((tmp_path / "pid").read_text()))
    left_behind.append(survivor)
    server.kill()
    await server.wait()
    assert survivor.is_running()
    assert find("--work", tmp_path) == [survivor.pid]

    restarts: list[int] = []
    child = Child(
        "sleeper",
        lambda: Program(lasting(tmp_path), tmp_path / "log", outlives=True),
        forever=True,
        on_restart=restarts.append,
    )
    task = asyncio.create_task(child.run(adopt=survivor.pid))
    await until(lambda: child.pid == survivor.pid)
    survivor.kill()  # when it ends, it is replaced
    await until(lambda: child.pid not in (None, survivor.pid))
    assert restarts == [-1]
    assert find("--work", tmp_path) == [child.pid]
    await child.stop(2)
    await task
    assert find("--work", tmp_path) == []


async def test_a_program_that_is_left_goes_on(tmp_path: Path, left_behind: list[psutil.Process]) -> None:
    child = Child("sleeper", lambda: Program(lasting(tmp_path), tmp_path / "log", outlives=True))
    task = asyncio.create_task(child.run())
    await until(lambda: child.pid)
    assert child.pid is not None
    process = psutil.Process(child.pid)
    left_behind.append(process)
    child.leave()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert process.is_running()
    assert find("--work", tmp_path) == [process.pid]


async def test_an_adopted_program_is_ended_with_the_server(tmp_path: Path) -> None:
    program = await asyncio.create_subprocess_exec("sleep", "3600")
    child = Child("sleeper", lambda: Program(["sleep", "3600"], tmp_path / "log"), forever=True)
    task = asyncio.create_task(child.run(adopt=program.pid))
    await until(lambda: child.pid == program.pid)
    await child.stop(2)
    await asyncio.wait_for(task, 5)
    assert await program.wait() == -signal.SIGTERM


HEARS = """
import sys, time
from reelroom.processes import inside
inside._SILENT_SECONDS, inside._AGAIN_SECONDS = 0.3, 0.2
inside.obey(lambda order: print(order, flush=True))
time.sleep(60)
"""


async def test_a_program_ends_when_its_server_is_frozen() -> None:
    """Somebody else may do by then what it does."""
    pipe = asyncio.subprocess.PIPE
    program = await asyncio.create_subprocess_exec(sys.executable, "-c", HEARS, stdin=pipe, stdout=pipe)
    assert program.stdin is not None and program.stdout is not None
    try:
        program.stdin.write(b'{"a": 1}\n')
        assert await program.stdout.readline() == b"{'a': 1}\n"
        with pytest.raises(TimeoutError):  # it has never been told that there are signs of life
            await asyncio.wait_for(program.wait(), 1)
        for _ in range(10):
            program.stdin.write(b"\n")
            await asyncio.sleep(0.1)
        assert program.returncode is None
        assert await asyncio.wait_for(program.wait(), DEADLINE) == inside.ORPHANED
    finally:
        if program.returncode is None:
            program.kill()
            await program.wait()


async def test_a_program_that_was_frozen_with_its_server_goes_on_with_it() -> None:
    pipe = asyncio.subprocess.PIPE
    program = await asyncio.create_subprocess_exec(sys.executable, "-c", HEARS, stdin=pipe, stdout=pipe)
    assert program.stdin is not None and program.stdout is not None
    try:
        program.stdin.write(b'\n{"a": 1}\n')
        assert await program.stdout.readline() == b"{'a': 1}\n"
        program.send_signal(signal.SIGSTOP)
        await asyncio.sleep(1)
        program.stdin.write(b"\n")
        program.send_signal(signal.SIGCONT)
        program.stdin.write(b'{"b": 2}\n')
        assert await asyncio.wait_for(program.stdout.readline(), DEADLINE) == b"{'b': 2}\n"
    finally:
        program.kill()
        await program.wait()
