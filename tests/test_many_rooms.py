"""The simulation behind docs/scaling.md: the same each time, and never better than leases let it be."""

from bench.many_rooms import Fleet, needed, simulate

FEW = Fleet(machines=8, rooms=100, hours=0.5, fails_after=1)


def test_a_simulation_is_the_same_each_time() -> None:
    assert simulate(FEW, seed=3) == simulate(FEW, seed=3) != simulate(FEW, seed=4)


def test_no_gap_is_longer_than_a_lease_and_the_way_to_another_server() -> None:
    for lease in (4.0, 20.0):
        came = simulate(Fleet(machines=8, rooms=100, hours=0.5, fails_after=1, lease=lease))
        assert came.failures
        assert came.gaps
        assert lease * 3 / 4 <= min(came.gaps)
        assert max(came.gaps) <= lease + 5


def test_where_no_machine_is_left_recordings_are_refused() -> None:
    came = simulate(Fleet(machines=1, cores=2, rooms=100, hours=0.1, fails_after=1000))
    assert came.refused > 0
    assert came.most_at_once < 60


def test_as_many_machines_as_are_needed_keep_the_pace_on_average() -> None:
    fleet = Fleet(needed(Fleet(0, rooms=200)), rooms=200, hours=0.2, fails_after=1000)
    came = simulate(fleet)
    assert came.refused == 0
    assert sum(came.paces) / len(came.paces) > 0.8
