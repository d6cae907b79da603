"""What may begin on a machine, from what it has left."""

import pytest

from reelroom.processes.capacity import Capacity

LARGE = Capacity(cores=2, memory_mb=8000, descriptors=10_000, busy=0.2)


def machine(busy: float | None, cores: float = 2) -> Capacity:
    return Capacity(cores, 8000, 10_000, busy)


def test_a_machine_with_room_takes_what_comes() -> None:
    assert LARGE.why_no_recording(20) == ""
    assert LARGE.why_no_composer(4) == ""


@pytest.mark.parametrize(
    ("busy", "beginning", "begins"),
    [(0.5, 0, True), (1.7, 0, True), (1.75, 0, False), (1.5, 4, True), (1.5, 5, False), (2.0, 0, False)],
)
def test_a_tenth_of_the_machine_is_left_to_those_who_talk(busy: float, beginning: int, begins: bool) -> None:
    """What has just begun does not show in what was measured, and counts by what it will take."""
    assert (machine(busy).why_no_recording(8, beginning) == "") is begins


def test_a_machine_that_is_too_busy_says_how_busy() -> None:
    said = machine(1.93).why_no_recording(12)
    assert said == "This server is too busy for another recording: 1.9 of 2 cores work, and 12 recordings run"


def test_a_page_takes_a_browser() -> None:
    assert machine(1.5).why_no_recording(8) == ""
    assert machine(1.5).why_no_recording(8, shows_page=True) != ""


def test_a_machine_that_other_programs_keep_busy_still_records_a_few() -> None:
    """The kernel shares each core among all who want it, and a tap wants little."""
    assert machine(2.0).why_no_recording(3) == ""
    assert machine(2.0).why_no_recording(4) != ""
    assert machine(0.5, cores=0.5).why_no_recording(0) == ""


def test_a_film_waits_when_those_in_the_making_would_no_longer_keep_up() -> None:
    assert machine(0.2).why_no_composer(4) == ""
    assert machine(0.4).why_no_composer(4) == "waits until others are made: 4 films on 2 cores"
    assert machine(2.0).why_no_composer(3) == ""


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
    assert Capacity(1, 10, 0, busy=1).why_no_composer(0) == ""


def test_a_machine_that_tells_nothing_is_not_in_the_way() -> None:
    assert Capacity(1, None, 1000).why_no_recording(50) == ""
