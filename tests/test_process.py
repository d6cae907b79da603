"""Child processes: restarted, told what to do, ended for certain, and never left behind."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from reelroom.processes import child as supervision
from reelroom.processes import patience
from reelroom.processes.child import Child, GaveUp, Message, Program

DEADLINE = 15.0
# A program that says its orders back, one line of JSON for each.
ECHO = ["sh", "-c", 'while read -r line; do echo "{\\"heard\\": $line}"; done; exit 0']
DEAF = ["sh", "-c", "trap '' TERM; echo '{\"ready\": true}'; while :; do read -r line || sleep 0.05; done"]


async def until(condition: Callable[[], object]) -> None:
    """Wait for a condition; fails when it does not come true in time."""
    ends = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < ends, "waited in vain"
        await asyncio.sleep(0.01)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "logs/program.log"


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "_SHORTEST_PAUSE", 0.01)


@asynccontextmanager
async def running(child: Child) -> AsyncIterator[asyncio.Task[None]]:
    """A child that runs, and is gone afterwards."""
    task = asyncio.create_task(child.run())
    try:
        yield task
    finally:
        await child.stop(0.5)
        await asyncio.wait_for(asyncio.wait([task]), DEADLINE)


async def test_a_program_that_ends_well_is_not_started_again(log: Path) -> None:
    child = Child("program", lambda: Program(["sh", "-c", "echo once >&2"], log))
    await asyncio.wait_for(child.run(), DEADLINE)
    assert (child.restarts, child.pid) == (0, None)
    assert log.read_text() == "once\n"


async def test_a_program_that_fails_is_started_again_until_it_ends_well(log: Path, tmp_path: Path) -> None:
    attempts: list[int] = []
    codes: list[int] = []

    def program() -> Program:
        attempts.append(len(attempts))
        return Program(
            ["sh", "-c", f"echo $ATTEMPT >&2; exit {2 - attempts[-1]}"], log, {"ATTEMPT": str(len(attempts))}
        )

    child = Child("program", program, on_restart=codes.append)
    await asyncio.wait_for(child.run(), DEADLINE)
    assert log.read_text() == "1\n2\n3\n"
    assert codes == [2, 1]
    assert child.restarts == 2


async def test_pauses_between_failures_grow_up_to_a_limit(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "_SHORTEST_PAUSE", 0.05)
    monkeypatch.setattr(supervision, "_LONGEST_PAUSE", 0.4)
    starts: list[float] = []

    def program() -> Program:
        starts.append(time.monotonic())
        return Program(["false"], log)

    child = Child("program", program, most_failures=6)
    with pytest.raises(GaveUp):
        await asyncio.wait_for(child.run(), DEADLINE)
    pauses = [later - earlier for earlier, later in pairwise(starts)]
    assert all(pause >= least for pause, least in zip(pauses, [0.05, 0.1, 0.2, 0.4, 0.4], strict=True))


async def test_it_gives_up_after_so_many_failures_and_says_why(log: Path) -> None:
    child = Child("composer", lambda: Program(["sh", "-c", "exit 3"], log), most_failures=3)
    with pytest.raises(GaveUp, match="composer ended with status 3"):
        await asyncio.wait_for(child.run(), DEADLINE)
    assert child.restarts == 2


async def test_a_program_that_is_killed_is_named_with_its_signal(log: Path) -> None:
    child = Child("composer", lambda: Program(["sh", "-c", "kill -9 $$"], log), most_failures=1)
    with pytest.raises(GaveUp, match="composer was ended by SIGKILL"):
        await asyncio.wait_for(child.run(), DEADLINE)


async def test_a_program_that_ran_well_starts_anew_with_its_failures(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "_RAN_WELL", 0.0)
    attempts: list[int] = []

    def program() -> Program:
        attempts.append(1)
        return Program(["sh", "-c", f"exit {int(len(attempts) < 6)}"], log)

    await asyncio.wait_for(Child("program", program, most_failures=2).run(), DEADLINE)
    assert len(attempts) == 6


async def test_one_that_runs_forever_is_started_again_though_it_ended_well(log: Path) -> None:
    child = Child("tap", lambda: Program(["true"], log), forever=True)
    async with running(child) as task:
        await until(lambda: child.restarts >= 3)
    assert task.exception() is None


async def test_one_that_another_server_may_run_by_now_waits(log: Path, tmp_path: Path) -> None:
    ours, starts = [True], tmp_path / "starts"
    child = Child(
        "child", lambda: Program(["sh", "-c", f"echo >> {starts}; exec sleep 60"], log), wanted=lambda: ours[0]
    )
    async with running(child):
        await until(lambda: starts.exists() and child.pid)
        ours[0] = False
        os.kill(child.pid or 0, signal.SIGKILL)
        await until(lambda: child.restarts >= 3)
        assert starts.read_text() == "\n"
        assert "another server" in child.obstacle
        ours[0] = True
        await until(lambda: starts.read_text() == "\n\n")


async def test_a_program_may_be_asked_for_asynchronously(log: Path) -> None:
    async def program() -> Program:
        await asyncio.sleep(0)
        return Program(["sh", "-c", "echo asked >&2"], log)

    await asyncio.wait_for(Child("program", program).run(), DEADLINE)
    assert log.read_text() == "asked\n"


async def test_lines_of_json_are_messages_and_others_are_passed_over(log: Path) -> None:
    heard: list[Message] = []
    script = "echo '{\"one\": 1}'; echo not json; echo '[2]'; echo; echo '{\"three\": 3}'"
    await asyncio.wait_for(
        Child("program", lambda: Program(["sh", "-c", script], log), on_message=heard.append).run(), 9
    )
    assert heard == [{"one": 1}, {"three": 3}]


async def test_a_message_that_is_too_long_is_passed_over(log: Path) -> None:
    heard: list[Message] = []
    script = f"print('x' * {3 << 20}); print('{{\"after\": 1}}')"
    child = Child("program", lambda: Program([sys.executable, "-c", script], log), on_message=heard.append)
    await asyncio.wait_for(child.run(), DEADLINE)
    assert heard[-1] == {"after": 1}


async def test_a_long_report_is_a_message(log: Path) -> None:
    heard: list[Message] = []
    script = "import json; print(json.dumps({'files': ['x' * 100] * 5000}))"
    child = Child("program", lambda: Program([sys.executable, "-c", script], log), on_message=heard.append)
    await asyncio.wait_for(child.run(), DEADLINE)
    assert len(heard[0]["files"]) == 5000


async def test_an_order_reaches_the_program(log: Path) -> None:
    heard: list[Message] = []
    child = Child("program", lambda: Program(ECHO, log), on_message=heard.append)
    async with running(child):
        await until(lambda: child.pid)
        child.tell({"end": 1})
        await until(lambda: heard)
        child.tell({"end": 2})
        await until(lambda: len(heard) == 2)
    assert heard == [{"heard": {"end": 1}}, {"heard": {"end": 2}}]


async def test_an_order_given_before_the_start_waits(log: Path) -> None:
    heard: list[Message] = []
    child = Child("program", lambda: Program(ECHO, log), on_message=heard.append)
    child.tell({"end": 1})
    async with running(child):
        await until(lambda: heard)
    assert heard == [{"heard": {"end": 1}}]


async def test_the_last_order_is_given_again_after_a_restart(log: Path) -> None:
    heard: list[Message] = []
    child = Child("program", lambda: Program(ECHO, log), on_message=heard.append)
    async with running(child):
        await until(lambda: child.pid)
        first = child.pid
        assert first is not None
        child.tell({"end": 1})
        child.tell({"end": 2})
        await until(lambda: len(heard) == 2)
        os.kill(first, signal.SIGKILL)
        await until(lambda: len(heard) == 3)
        assert child.pid not in {None, first}
    assert heard[2] == {"heard": {"end": 2}}


async def test_stop_asks_and_the_program_ends_in_order(log: Path) -> None:
    script = "trap 'echo in order >&2; exit 0' TERM; echo '{}'; while :; do sleep 0.02; done"
    ready: list[Message] = []
    child = Child("program", lambda: Program(["sh", "-c", script], log), on_message=ready.append)
    async with running(child) as task:
        await until(lambda: ready)
        await child.stop(DEADLINE)
        await asyncio.wait_for(task, DEADLINE)
    assert log.read_text() == "in order\n"
    assert child.restarts == 0


async def test_stop_kills_a_program_that_does_not_listen(log: Path) -> None:
    ready: list[Message] = []
    child = Child("program", lambda: Program(DEAF, log), on_message=ready.append)
    async with running(child) as task:
        await until(lambda: ready)
        pid = child.pid
        assert pid is not None
        began = time.monotonic()
        await child.stop(0.3)
        assert time.monotonic() - began >= 0.3
        await asyncio.wait_for(task, DEADLINE)
    assert not psutil.pid_exists(pid)
    assert child.process is not None
    assert child.process.returncode == -signal.SIGKILL
    assert child.restarts == 0


async def test_stop_asks_as_often_as_the_program_needs(log: Path) -> None:
    """LiveKit's server drains its rooms at the first signal and ends at the second."""
    script = "n=0; trap 'n=$((n+1)); [ $n = 2 ] && exit 7' TERM; echo '{}'; while :; do sleep 0.02; done"
    ready: list[Message] = []
    child = Child("engine", lambda: Program(["sh", "-c", script], log), on_message=ready.append, stop_signals=2)
    async with running(child):
        await until(lambda: ready)
        await child.stop(1.0)
    assert child.process is not None
    assert child.process.returncode == 7


async def test_stop_ends_a_pause_between_attempts(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "_SHORTEST_PAUSE", 3600.0)
    monkeypatch.setattr(supervision, "_LONGEST_PAUSE", 3600.0)
    child = Child("program", lambda: Program(["false"], log))
    async with running(child) as task:
        await until(lambda: child.restarts == 1)
        await child.stop(DEADLINE)
        await asyncio.wait_for(task, DEADLINE)


async def test_stop_before_the_program_runs_lets_none_stay(log: Path) -> None:
    child = Child("program", lambda: Program(["sleep", "3600"], log))
    task = asyncio.create_task(child.run())
    await asyncio.sleep(0)
    await child.stop(0.5)
    await asyncio.wait_for(task, DEADLINE)
    assert child.pid is None


async def test_a_cancelled_run_kills_its_program(log: Path) -> None:
    child = Child("program", lambda: Program(["sleep", "3600"], log))
    task = asyncio.create_task(child.run())
    await until(lambda: child.pid)
    pid = child.pid
    assert pid is not None
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: not psutil.pid_exists(pid))


async def test_a_server_gives_signs_of_life(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "BEAT_SECONDS", 0.01)
    heard: list[Message] = []
    told = ["sh", "-c", 'while read -r line; do echo "{\\"heard\\": \\"$line\\"}"; done']
    child = Child("told", lambda: Program(told, log), on_message=heard.append)
    running = asyncio.create_task(child.run())
    await until(lambda: len(heard) > 5)
    assert heard[-1] == {"heard": ""}
    await child.stop(1.0)
    await running
