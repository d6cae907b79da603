"""What this machine says of itself."""

import os
import resource
import time
from pathlib import Path

import pytest

from reelroom.processes.machine import WINDOW, Machine, Work, busy_between, worked

TICK = os.sysconf("SC_CLK_TCK")


def stat(folder: Path, *cpus: tuple[int, int, int]) -> None:
    """What the kernel tells of CPUs, by ticks of ordinary work, of low priority, and of none."""
    lines = [f"cpu{number} {work} {low} 0 {idle} 0 0 0 0 0 0" for number, (work, low, idle) in enumerate(cpus)]
    (folder / "stat").write_text("\n".join(["cpu 1 1 1 1 1 1 1 1 0 0", *lines, "intr 9"]))


def test_work_of_low_priority_and_on_cpus_of_others_does_not_count(tmp_path: Path) -> None:
    stat(tmp_path, (3 * TICK, 50 * TICK, 7), (4 * TICK, 0, 7), (100 * TICK, 0, 7))
    assert worked(tmp_path, tmp_path, {0, 1}) == 7


def test_a_container_that_is_limited_counts_its_own_work(tmp_path: Path) -> None:
    stat(tmp_path, (100 * TICK, 0, 0))
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    (tmp_path / "cpu.stat").write_text("usage_usec 5000000\nnice_usec 2000000\n")
    assert worked(tmp_path, tmp_path) == 3
    assert Machine(tmp_path, tmp_path).now().cores == min(1.5, len(os.sched_getaffinity(0)))
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert Machine(tmp_path, tmp_path).now().cores == len(os.sched_getaffinity(0))


def test_how_busy_it_is_is_that_of_the_last_seconds(tmp_path: Path) -> None:
    here = next(iter(sorted(os.sched_getaffinity(0))))
    machine = Machine(tmp_path, tmp_path)
    assert machine.now().busy is None
    done = 1.0
    for second in range(20):
        done += 0.25 if second < 10 else 1.0
        stat(tmp_path, *[(round(done * TICK), 0, 0)] * (here + 1))
        machine.look(100.0 + second)
    each = machine.now().busy
    assert each is not None and each % 1.0 == pytest.approx(0, abs=0.02) and each >= 1
    assert busy_between(Work(1, 1), Work(1, 2)) is None


def test_a_machine_that_tells_nothing(tmp_path: Path) -> None:
    machine = Machine(tmp_path, tmp_path)
    machine.look(1.0)
    assert (machine.now().busy, machine.now().memory_mb) == (None, None)


def test_what_is_left_is_the_smaller_of_machine_and_container(tmp_path: Path) -> None:
    machine = Machine(tmp_path, tmp_path)
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:    2000000 kB\n")
    assert machine.now().memory_mb == 2048
    (tmp_path / "memory.max").write_text("max\n")
    assert machine.now().memory_mb == 2048
    (tmp_path / "memory.max").write_text("1000000000\n")
    (tmp_path / "memory.current").write_text("900000000\n")
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 300000000\n")
    assert machine.now().memory_mb == 400


def test_this_machine() -> None:
    watched = Machine()
    now = watched.now()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert 0 < now.cores <= len(os.sched_getaffinity(0))
    assert now.memory_mb is not None and now.memory_mb > 0
    assert soft - 1000 < now.descriptors < soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft - now.descriptors + 10, hard))
    try:
        assert watched.now().descriptors < 64
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_work_that_is_done_here_shows() -> None:
    watched = Machine()
    began = time.monotonic()
    watched.look(began)
    spent = time.process_time()
    while time.process_time() - spent < 0.3:
        pass
    watched.look(time.monotonic())
    busy = watched.now().busy
    assert busy is not None
    assert busy * (time.monotonic() - began) > 0.2
    assert WINDOW > 0
