"""Machines whose clocks differ: what one orders is cut by another one at the moment when it was ordered."""

import asyncio
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.films import watch
from tests.e2e.running import RunningServer
from tests.e2e.test_crashes import audible_seconds, start_recording, stop_recording
from tests.e2e.test_two_servers import Pair, two_servers
from tests.postgres import Cluster

pytestmark = pytest.mark.slow


@pytest.fixture(params=["+3s", "-3s"])
def wrong(request: pytest.FixtureRequest, tmp_path: Path, postgres: Cluster) -> Iterator[Pair]:
    """One answers calls, and its clock is off; the other records, and makes films."""
    if shutil.which("faketime") is None:
        pytest.skip("faketime is missing: `make tools` brings it")

    def off(one: RunningServer, two: RunningServer) -> None:
        one.under = ["faketime", "-f", request.param]
        one.settings = {**one.settings, "REELROOM_ROLES": "api", "DONT_FAKE_MONOTONIC": "1"}
        two.settings = {**two.settings, "REELROOM_ROLES": "api,record,compose,keep"}

    with two_servers(tmp_path, postgres, {}, off) as pair:
        yield pair


async def test_a_film_begins_and_ends_when_that_was_ordered(wrong: Pair, tmp_path: Path) -> None:
    person, render, archive_id = await start_recording(wrong.one, "clocks")
    began = time.monotonic()
    assert "clock is off" in wrong.one.log()
    assert "clock is off" not in wrong.two.log()
    assert wrong.one.children("reelroom.composer") == [], "the other one makes the film"
    assert wrong.two.children("reelroom.composer") != []
    await asyncio.sleep(8)
    recorded = time.monotonic() - began
    path = await stop_recording(wrong.one, archive_id, render["sessionId"], tmp_path)
    film = watch(path)
    assert film.seconds == pytest.approx(recorded, abs=1.2)
    assert audible_seconds(path, person.tone) > recorded - 1.5
    for second in [1, 3, recorded - 1.2]:
        assert film.shows(person.colour, second), (second, film.colour_at(second))
    await person.leave()
