"""What may begin on a machine, from what it has left."""

import os
import resource
from pathlib import Path

import pytest

from reelroom.processes.capacity import Capacity, measure

LARGE = Capacity(cores=2, memory_mb=8000, descriptors=10_000)


def test_a_machine_with_room_takes_what_comes() -> None:
    assert LARGE.why_no_recording(31) == ""
    assert LARGE.why_no_composer(5) == ""


def test_a_machine_that_records_as_much_as_it_can_says_so() -> None:
    assert LARGE.why_no_recording(32) == "This server records as much as it can: 32 recordings on 2 cores"
    assert LARGE.why_no_composer(6) == "waits until others are made: 6 films on 2 cores"


@pytest.mark.parametrize(
    ("memory_mb", "recording", "page", "composer"),
    [(2000, True, True, True), (700, True, False, True), (300, True, False, False), (150, False, False, False)],
)
def test_memory_is_left_to_what_runs(memory_mb: float, recording: bool, page: bool, composer: bool) -> None:
    machine = Capacity(2, memory_mb, 1000)
    assert (machine.why_no_recording(1) == "") is recording
    assert (machine.why_no_recording(1, shows_page=True) == "") is page
    assert (machine.why_no_composer(1) == "") is composer


def test_without_descriptors_nothing_begins() -> None:
    machine = Capacity(2, None, 63)
    assert machine.why_no_recording(0) == "Too many files and connections are open for another recording"
    assert machine.why_no_composer(1) == "waits: too many files and connections are open for another film"


def test_one_film_is_made_however_small_the_machine() -> None:
    assert Capacity(1, 10, 0).why_no_composer(0) == ""


def test_a_machine_that_tells_nothing_is_not_in_the_way(tmp_path: Path) -> None:
    assert measure(tmp_path, tmp_path).memory_mb is None
    assert Capacity(1, None, 1000).why_no_recording(0) == ""


def test_what_is_left_is_the_smaller_of_machine_and_container(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:    2000000 kB\n")
    assert measure(tmp_path, tmp_path).memory_mb == 2048
    (tmp_path / "memory.max").write_text("max\n")
    assert measure(tmp_path, tmp_path).memory_mb == 2048
    (tmp_path / "memory.max").write_text("1000000000\n")
    (tmp_path / "memory.current").write_text("900000000\n")
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 300000000\n")
    assert measure(tmp_path, tmp_path).memory_mb == 400


def test_this_machine() -> None:
    machine = measure()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert machine.cores == len(os.sched_getaffinity(0))
    assert machine.memory_mb is not None and machine.memory_mb > 0
    assert soft - 1000 < machine.descriptors < soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft - machine.descriptors + 10, hard))
    try:
        assert measure().descriptors < 64
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
