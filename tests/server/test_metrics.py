"""What whoever watches the server sees of a recording: each name that docs/operating.md gives, with its value."""

import re
from pathlib import Path
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from reelroom.recorder.taps import TapCount
from reelroom.store.values import Archive, KeptTake
from tests.server.conftest import House, film
from tests.server.waiting import eventually

OPERATING = Path(__file__).parents[2] / "docs" / "operating.md"


async def seen(client: httpx.AsyncClient) -> dict[str, float]:
    """Each sample, without `reelroom_`; a label's value stands behind a colon."""
    answer = await client.get("/metrics")
    return {
        ":".join([sample.name.removeprefix("reelroom_"), *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def documented() -> set[str]:
    table = OPERATING.read_text().partition("| metric, after")[2].partition("\n\n")[0]
    return {
        name.partition("{")[0]
        for row in table.splitlines()
        for name in re.findall(r"`(\w[\w{}]*)`", row.split("|")[1])
    }


async def test_a_recording_is_seen_from_its_start_to_its_film(house: House, client: httpx.AsyncClient) -> None:
    before = await seen(client)
    await house.tell_of(("archive", "status"), ("render", "status"))
    answer = (await client.post("/render", json={"roomName": "demo"})).json()
    archive = await eventually(lambda: house.server.store.archives.of_render(answer["id"]))
    render = await house.server.renders.get(answer["id"])
    take = render.take_id or ""
    await house.engine.join(render.room_session_id or "", "ann")
    await house.engine.join(render.room_session_id or "", "ben")
    house.server.taps.counted[take] = TapCount(restarts=2, lost=17)  # type: ignore[attr-defined]
    now = await seen(client)
    expected = {"engine_up": 1, "rooms": 1, "people": 2, "recordings": 1, "taps": 1, "archives:started": 1}
    expected |= {f"gaps:{take}": 2, f"lost_packets:{take}": 17, "broadcasts": 0}
    assert {name: now[name] for name in expected} == expected
    assert now["deliveries_waiting"] == 2
    assert now["disk_bytes"] > now["disk_free_bytes"] > 0
    await eventually(lambda: _once_more(client, before, "recording_start_seconds_count"))
    house.engine.down = True
    assert (await seen(client))["engine_up"] == 0
    house.engine.down = False

    await client.get(f"/archive/stop/{archive.id}")
    await eventually(lambda: _no_tap(house))
    after = await seen(client)
    assert (after["recordings"], after["taps"], after["archives:started"]) == (0, 0, 0)
    assert f"gaps:{take}" not in after
    house.server.delivering.start()
    await eventually(lambda: _once_more(client, before, "deliveries_total:failed"))


async def _no_tap(house: House) -> bool:
    return not house.server.taps.counts() and not await house.server.store.renders.running()


async def _once_more(client: httpx.AsyncClient, before: dict[str, float], name: str) -> bool:
    return (await seen(client))[name] > before[name]


async def test_how_long_people_wait_for_a_film_is_seen(house: House, client: httpx.AsyncClient) -> None:
    before = await seen(client)
    session_id = await house.session()
    known: dict[str, Any] = {"id": "archive", "session_id": session_id, "take_id": "take", "status": "stopped"}
    known |= {"resolution": "640x480", "start_us": 1, "end_us": 2, "created_at": 1, "updated_at": 1}
    archive = Archive(**known)
    await house.server.store.add(KeptTake(id="take", session_id=session_id, created_at=1, stopped_at=1), archive)
    assert (await seen(client))["archives:stopped"] == 1
    film(house, archive.id)
    house.server.archives.resume(archive)
    await eventually(lambda: _once_more(client, before, "film_ready_seconds_count"))
    assert (await seen(client))["archives:stopped"] == 0


async def test_every_metric_is_documented_and_every_documented_one_is_there(client: httpx.AsyncClient) -> None:
    text = (await client.get("/metrics")).text
    named = {name.removeprefix("reelroom_") for name in re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE)}
    assert {name for name in named if not name.endswith("_created")} == documented()
