"""What ends by itself: recordings that nobody ends, and takes that nobody needs."""

import json
import time
from typing import Any

from sqlalchemy import update

from reelroom.archives.calls import ArchiveOrder
from reelroom.archives.limits import ENDED, FULL, IDLE, TOO_LONG
from reelroom.store.database import now_ms
from reelroom.store.tables import archives
from reelroom.store.values import Archive, KeptTake
from tests.server.conftest import House
from tests.server.waiting import eventually

S = 1_000_000


async def recording(house: House) -> Archive:
    """An archive of a session that somebody is in."""
    session_id = await house.session()
    await house.engine.join(session_id, "ann")
    archive = await house.server.session_archives.start(house.project, session_id, ArchiveOrder())
    await eventually(lambda: _held(house, archive))
    return archive


async def _held(house: House, archive: Archive) -> bool:
    return house.server.node.holds("archive", archive.id)


def happened(house: House, archive: Archive, *events: dict[str, Any]) -> None:
    """What a tap writes, `ago` in s."""
    now = time.time_ns() // 1000
    lines = [{**event, "at": now - event["ago"] * S} for event in events]
    log = house.server.taps.folder(archive.take_id) / "events.jsonl"
    log.write_text("".join(json.dumps(each) + "\n" for each in lines))


def joined(ago: int) -> dict[str, Any]:
    return {"event": "participant_joined", "participant": "ann", "name": "", "ago": ago}


def left(ago: int) -> dict[str, Any]:
    return {"event": "participant_left", "participant": "ann", "ago": ago}


def published(ago: int) -> dict[str, Any]:
    camera = {"track": "T", "kind": "video", "source": "camera"}
    return {"event": "track_published", "participant": "ann", "ago": ago, **camera}


async def begin_earlier(house: House, archive: Archive, seconds: int) -> None:
    """As if it had begun so long before."""
    earlier = update(archives).where(archives.c.id == archive.id).values(start_us=archive.start_us - seconds * S)
    await house.server.store.archives._change(earlier)


async def look(house: House, archive: Archive, **settings: object) -> tuple[str, str]:
    """What the limits make of it: its status then, and why."""
    house.server.limits._settings = house.settings.model_copy(update=settings)
    await house.server.limits._look()
    known = await house.server.archives.get(archive.id)
    return known.status, known.reason


async def test_a_recording_that_goes_on_for_too_long_ends(house: House) -> None:
    archive = await recording(house)
    happened(house, archive, joined(1), published(1))
    assert await look(house, archive) == ("started", "")
    await begin_earlier(house, archive, 3600)
    assert await look(house, archive, longest_seconds=3500) == ("stopped", TOO_LONG)
    await eventually(lambda: _tap_gone(house, archive))


async def _tap_gone(house: House, archive: Archive) -> bool:
    return not house.server.taps.joined(archive.take_id)


async def test_a_recording_ends_a_while_after_all_have_left(house: House) -> None:
    archive = await recording(house)
    await begin_earlier(house, archive, 1000)
    happened(house, archive, joined(900), published(900), left(59))
    assert (await look(house, archive))[0] == "paused"
    house.server.limits._known.clear()
    happened(house, archive, joined(900), published(900), left(61))
    assert await look(house, archive) == ("stopped", ENDED)


async def test_a_recording_is_paused_while_nobody_publishes_and_ends_in_the_end(house: House) -> None:
    archive = await recording(house)
    await begin_earlier(house, archive, 4000)
    happened(house, archive, joined(3500))
    assert (await look(house, archive, idle_seconds=5000))[0] == "paused"
    house.server.limits._known.clear()
    happened(house, archive, joined(3500), published(1))
    assert (await look(house, archive, idle_seconds=5000))[0] == "started"
    house.server.limits._known.clear()
    happened(house, archive, joined(3500))
    assert await look(house, archive, idle_seconds=3600) == ("stopped", IDLE)


async def test_recordings_end_before_the_disk_is_full(house: House) -> None:
    archive = await recording(house)
    assert await look(house, archive, min_free_mb=10**9) == ("stopped", FULL)


async def test_an_archive_that_a_render_feeds_ends_with_its_render(house: House) -> None:
    render, _ = await house.server.rooms.record("demo")
    archive = await eventually(lambda: house.server.store.archives.of_render(render.id))
    await eventually(lambda: _held(house, archive))
    await begin_earlier(house, archive, 100)
    assert (await look(house, archive, longest_seconds=50))[0] == "stopped"
    await eventually(lambda: _ended(house, render.id))


async def _ended(house: House, render_id: str) -> bool:
    return render_id not in house.server.renders.running()


def kept(house: House) -> set[str]:
    return {path.name for path in (house.settings.data_dir / "takes").iterdir()}


async def test_takes_go_when_their_time_is_over_and_never_the_only_copy_of_a_meeting(house: House) -> None:
    session_id, week = await house.session(), 7 * 24 * 3600 * 1000
    old, fresh = now_ms() - week - 60_000, now_ms() - week + 60_000
    takes = {"made": old, "deleted": old, "failed": old, "waiting": old, "read": old, "young": fresh}
    statuses = {"made": "available", "deleted": "deleted", "failed": "failed", "waiting": "stopped"}
    for take, stopped_at in takes.items():
        folder = house.server.taps.folder(take)
        folder.mkdir(parents=True)
        (folder / "take.json").write_text("{}")
        archive = Archive(
            **{"id": take, "session_id": session_id, "take_id": take, "status": statuses.get(take, "available")},
            **{"resolution": "640x480", "start_us": 1, "end_us": 2, "created_at": 1, "updated_at": 1},
        )
        known = KeptTake(id=take, session_id=session_id, created_at=1, stopped_at=stopped_at)
        await house.server.store.add(known, archive)
    with house.server.archives.using("read"):
        await house.server.retention.look()
        assert kept(house) == {"failed", "waiting", "read", "young"}
    await house.server.retention.look()
    assert kept(house) == {"failed", "waiting", "young"}
