"""A process that is loaded before anybody knows what for."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from reelroom.processes.child import LONGEST_MESSAGE, Child, Message, Program
from reelroom.processes.spare import Spare
from tests.test_process import running, until

# Says what it was started with, then its orders back.
MODULE = """
import json, os, sys
loaded = os.getpid()
def main():
    print(json.dumps({"arguments": sys.argv[1:], "secret": os.environ["SECRET"], "pid": os.getpid()}), flush=True)
    print("a warning", file=sys.stderr, flush=True)
    for line in filter(str.strip, sys.stdin):
        print(json.dumps({"heard": json.loads(line)}), flush=True)
    return 0
if __name__ == "__main__":
    sys.exit(main())
"""


@pytest.fixture
async def spare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Spare]:
    (tmp_path / "echoes.py").write_text(MODULE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    spare = Spare("echoes", LONGEST_MESSAGE)
    yield spare
    await spare.close()


def waiting() -> list[int]:
    """The processes that wait with the module loaded."""
    return [each.pid for each in psutil.Process().children() if "reelroom.processes.waiting" in each.cmdline()]


async def shown(spare: Spare, log: Path) -> tuple[int, list[Message]]:
    """The process of a child that may take the spare, and what it said."""
    said: list[Message] = []
    program = Program(
        [sys.executable, "-m", "echoes", "--take", "a b"], log, environment={"SECRET": "s3cret"}, spare=spare
    )
    child = Child("echoes", lambda: program, on_message=said.append)
    child.tell({"watched": True})
    async with running(child):
        await until(lambda: len(said) == 2)
        pid = child.pid
        await until(lambda: log.read_text() == "a warning\n")
    assert pid is not None
    assert not psutil.pid_exists(pid)
    return pid, said


async def test_a_process_that_waited_is_as_one_that_was_started(spare: Spare, tmp_path: Path) -> None:
    spare.prepare()
    await until(lambda: spare.waits)
    (ready,) = waiting()
    pid, said = await shown(spare, tmp_path / "logs" / "echoes.log")
    assert said == [{"arguments": ["--take", "a b"], "secret": "s3cret", "pid": ready}, {"heard": {"watched": True}}]
    assert pid == ready


async def test_where_none_waits_one_is_started(spare: Spare, tmp_path: Path) -> None:
    pid, said = await shown(spare, tmp_path / "echoes.log")
    assert said == [{"arguments": ["--take", "a b"], "secret": "s3cret", "pid": pid}, {"heard": {"watched": True}}]


async def test_one_that_has_died_while_it_waited_is_nobodys(spare: Spare, tmp_path: Path) -> None:
    spare.prepare()
    await until(lambda: spare.waits)
    (ready,) = waiting()
    psutil.Process(ready).kill()
    await until(lambda: not spare.waits)
    pid, _ = await shown(spare, tmp_path / "echoes.log")
    assert pid != ready


async def test_it_has_loaded_also_what_the_program_needs_only_later(spare: Spare, tmp_path: Path) -> None:
    (tmp_path / "echoes.py").write_text(MODULE + f"def load():\n    open({str(tmp_path / 'loaded')!r}, 'x')\n")
    assert (await shown(spare, tmp_path / "echoes.log"))[1]
    assert not (tmp_path / "loaded").exists()  # a program that is started is not held up by it
    spare.prepare()
    await until((tmp_path / "loaded").exists)


async def test_it_ends_with_its_server(spare: Spare) -> None:
    spare.prepare()
    await until(lambda: spare.waits)
    (ready,) = waiting()
    await asyncio.wait_for(spare.close(), 15)
    assert not psutil.pid_exists(ready)


async def test_what_it_has_opened_is_closed_when_nobody_needs_it(spare: Spare, tmp_path: Path) -> None:
    opened, closed = tmp_path / "opened", tmp_path / "closed"
    hooks = f"def load(): open({str(opened)!r}, 'x')\ndef unload(): open({str(closed)!r}, 'x')\n"
    (tmp_path / "echoes.py").write_text(MODULE + hooks)
    spare.prepare()
    await until(opened.exists)
    await spare.close()
    assert closed.exists()


async def test_it_sees_no_settings_of_the_server(
    spare: Spare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REELROOM_S3_SECRET_KEY", "s3cret")
    seen = tmp_path / "seen"
    (tmp_path / "echoes.py").write_text(f"import os\nopen({str(seen)!r}, 'w').write(' '.join(os.environ) + '.')\n")
    spare.prepare()
    await until(lambda: seen.exists() and seen.read_text().endswith("."))
    assert "REELROOM_S3" not in seen.read_text()


async def test_there_is_never_more_than_one(spare: Spare) -> None:
    spare.prepare()
    await until(lambda: spare.waits)
    spare.prepare()
    await asyncio.sleep(0)
    await until(lambda: spare.waits)
    assert len(waiting()) == 1
