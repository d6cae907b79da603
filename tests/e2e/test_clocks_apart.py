"""Machines whose clocks differ: what one orders is cut by another one at the moment when it was ordered."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.films import watch
from tests.e2e.running import RunningServer, wait_until
from tests.e2e.test_crashes import audible_seconds, start_recording, stop_recording
from tests.e2e.test_two_servers import Pair, two_servers
from tests.postgres import Cluster

pytestmark = pytest.mark.slow


@pytest.fixture(params=["+3s", "-3s"])
def wrong(request: pytest.FixtureRequest, tmp_path: Path, postgres: Cluster) -> Iterator[Pair]:
    """One answers calls, and its clock is off; the other records, and makes films."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
    if library is None:
        pytest.skip("faketime is missing: `make tools` brings it")

    def off(one: RunningServer, two: RunningServer) -> None:
        fake = {"LD_PRELOAD": str(library), "FAKETIME": request.param, "DONT_FAKE_MONOTONIC": "1"}
        one.settings = {**one.settings, **fake, "REELROOM_ROLES": "api"}
        two.settings = {**two.settings, "REELROOM_ROLES": "api,record,compose,keep"}

    with two_servers(tmp_path, postgres, {}, off) as pair:
        yield pair


async def test_a_film_begins_and_ends_when_that_was_ordered(wrong: Pair, tmp_path: Path) -> None:
    person, render, archive_id = await start_recording(wrong.one, "clocks")
    began = time.monotonic()
    assert "clock is off" in wrong.one.log()
    assert "clock is off" not in wrong.two.log()
    assert wrong.one.children("reelroom.composer") == [], "the other one makes the film"
    await asyncio.to_thread(wait_until, lambda: wrong.two.children("reelroom.composer"), "the other one does")
    await asyncio.sleep(8)
    recorded = time.monotonic() - began
    path = await stop_recording(wrong.one, archive_id, render["sessionId"], tmp_path)
    film = watch(path)
    assert film.seconds == pytest.approx(recorded, abs=1.2)
    assert audible_seconds(path, person.tone) > recorded - 1.5
    for second in [1, 3, recorded - 1.2]:
        assert film.shows(person.colour, second), (second, film.colour_at(second))
    await person.leave()
