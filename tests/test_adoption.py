"""Processes of an earlier server are recognised by what they were told to work on."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reelroom.processes.adoption import find


@contextmanager
def process(*arguments: str, cwd: Path | None = None) -> Iterator[int]:
    """One that does nothing, with these arguments."""
    command = [sys.executable, "-c", "print(flush=True); import time; time.sleep(3600)", *arguments]
    with subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE) as started:
        assert started.stdout is not None
        started.stdout.readline()
        yield started.pid
        started.kill()


def test_it_is_found_by_its_path(tmp_path: Path) -> None:
    with process("--config", str(tmp_path / "engine.json")) as pid:
        assert find("--config", tmp_path / "engine.json") == [pid]
        assert find("--config", tmp_path / "other.json") == []
        assert find("--take", tmp_path / "engine.json") == []
    assert find("--config", tmp_path / "engine.json") == []


def test_a_relative_path_counts_from_where_the_process_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "elsewhere").mkdir()
    with process("--config", "data/engine.json", cwd=tmp_path) as pid:
        monkeypatch.chdir(tmp_path / "elsewhere")
        assert find("--config", tmp_path / "data/engine.json") == [pid]
        assert find("--config", Path("data/engine.json")) == []
        assert find("--config", Path("../data/engine.json")) == [pid]


def test_a_path_with_a_link_in_it_is_the_same_path(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with process("--config", str(tmp_path / "link/engine.json")) as pid:
        assert find("--config", tmp_path / "real/engine.json") == [pid]


def test_a_word_beside_it_tells_programs_apart(tmp_path: Path) -> None:
    with process("--take", str(tmp_path), "--orphaned", "60s") as tap, process("--take", str(tmp_path)) as composer:
        assert find("--take", tmp_path, beside="--orphaned") == [tap]
        assert sorted(find("--take", tmp_path)) == sorted([tap, composer])


def test_a_process_that_ended_and_was_not_waited_for_is_not_found(tmp_path: Path) -> None:
    with process("--work", str(tmp_path)) as pid:
        os.kill(pid, signal.SIGKILL)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        assert find("--work", tmp_path) == []
