"""What follows when a program has ended: faults are counted, misfortunes are not."""

import signal

import pytest

from reelroom.processes.patience import Ended, Patience

FAULT = Ended(1, 0.5)
KILLED = Ended(-signal.SIGKILL, 0.5)
CRASHED = Ended(-signal.SIGSEGV, 0.5)
REFUSED = Ended(None, 0.0)


def pauses(patience: Patience, *ends: Ended) -> list[float | None]:
    return [patience.after(each) for each in ends]


def test_pauses_double_up_to_the_longest() -> None:
    assert pauses(Patience(0.1, 0.5), *[FAULT] * 5) == [0.1, 0.2, 0.4, 0.5, 0.5]


def test_a_program_that_ran_for_a_while_is_begun_again_at_once() -> None:
    assert pauses(Patience(0.1, 5), FAULT, FAULT, Ended(1, 60.0), FAULT) == [0.1, 0.2, 0.1, 0.2]


@pytest.mark.parametrize("fault", [FAULT, CRASHED])
def test_the_same_picture_that_fails_five_times_is_a_fault(fault: Ended) -> None:
    patience = Patience(0.1, 5, most_failures=5, progress=lambda: 1234)
    assert pauses(patience, *[fault] * 5) == [0.1, 0.2, 0.4, 0.8, None]


def test_five_failures_at_five_pictures_are_none() -> None:
    pictures = iter(range(100))
    patience = Patience(0.1, 5, most_failures=5, progress=lambda: next(pictures))
    assert pauses(patience, *[FAULT] * 50) == [0.1] * 50


def test_a_fault_that_takes_long_to_come_is_a_fault_all_the_same() -> None:
    patience = Patience(0.1, 5, most_failures=5, progress=lambda: 1234)
    assert pauses(patience, *[Ended(1, 3600.0)] * 5)[-1] is None


@pytest.mark.parametrize("misfortune", [KILLED, Ended(-signal.SIGTERM, 1.0), REFUSED])
def test_misfortunes_are_never_too_many(misfortune: Ended) -> None:
    patience = Patience(0.1, 60, most_failures=5, progress=lambda: 1234)
    assert pauses(patience, *[misfortune] * 2000)[-1] == 60


def test_misfortunes_do_not_make_faults_forgotten() -> None:
    patience = Patience(0.1, 5, most_failures=3, progress=lambda: 1234)
    assert None not in pauses(patience, FAULT, FAULT, KILLED, REFUSED)
    assert patience.after(FAULT) is None


def test_what_may_be_tried_once_is_not_tried_again_when_it_was_killed() -> None:
    assert pauses(Patience(0.1, 5, most_failures=1), KILLED) == [None]
    assert pauses(Patience(0.1, 5, most_failures=1), REFUSED, REFUSED) == [0.1, 0.2]
