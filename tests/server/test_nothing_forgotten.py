"""What a server promised before it was killed is kept by the next one."""

import asyncio
import time
from typing import Any

import pytest

from reelroom.archives.calls import ArchiveOrder
from reelroom.errors import Conflict
from reelroom.recorder.taps import TapFailed
from reelroom.store.outbox import Outbox
from reelroom.store.values import Archive, KeptTake
from reelroom.testing import memory_server
from tests.server.conftest import House, film
from tests.server.waiting import eventually


async def an_archive(house: House, **fields: Any) -> Archive:
    session_id = await house.session()
    take = KeptTake(id="take", session_id=session_id, created_at=1, stopped_at=1)
    known: dict[str, Any] = {"id": "archive", "session_id": session_id, "take_id": "take", "status": "stopped"}
    known |= {"resolution": "640x480", "start_us": 1, "end_us": 2, "created_at": 1, "updated_at": 1}
    archive = Archive(**(known | fields))
    await house.server.store.add(take, archive)
    return archive


async def state(house: House, archive_id: str) -> str:
    return (await house.server.archives.get(archive_id)).status


async def test_an_archives_state_and_its_callback_are_one_write(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.tell_of(("archive", "status"))
    archive = await an_archive(house, status="stopped")

    async def power_cut(*_: object) -> None:
        raise ConnectionAbortedError

    with monkeypatch.context() as broken:
        broken.setattr(Outbox, "post", power_cut)
        with pytest.raises(ConnectionAbortedError):
            await house.server.archives.changes.move(archive.id, "available")
    assert (await state(house, archive.id), await house.told()) == ("stopped", [])
    await house.server.archives.changes.move(archive.id, "available")
    assert [(each["event"], each["status"]) for each in await house.told()] == [("archive", "available")]


async def test_a_renders_end_and_its_callback_are_one_write(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await house.tell_of(("render", "status"))
    render, _ = await house.server.rooms.record("demo")
    await eventually(lambda: house.server.store.archives.of_render(render.id))

    async def power_cut(*_: object) -> None:
        raise ConnectionAbortedError

    with monkeypatch.context() as broken:
        broken.setattr(Outbox, "post", power_cut)
        with pytest.raises(ConnectionAbortedError):
            await house.server.renders.stop(render.id)
    assert (await house.server.renders.get(render.id)).status == "started"
    assert "stopped" not in [each["status"] for each in await house.told()]
    await house.server.renders.stop(render.id)
    assert [each["status"] for each in await house.told() if each["id"] == render.id][-1:] == ["stopped"]


async def test_a_listener_that_fails_harms_no_film(house: House) -> None:
    archive = await an_archive(house)
    seen = []

    async def listen(each: Archive) -> None:
        seen.append(each.status)
        if each.status == "available":
            raise RuntimeError("the listener's own trouble, once")

    house.server.archives.changes.listeners.append(listen)
    film(house, archive.id)
    house.server.archives.resume(archive)

    async def all_heard() -> bool:
        return seen == ["available"]

    await eventually(all_heard)
    assert await state(house, archive.id) == "available"


async def _is(house: House, archive_id: str, *statuses: str) -> bool:
    return await state(house, archive_id) in statuses


@pytest.mark.parametrize("plan", ['{"version":2,"width":640,"height":480}', '{"version":1,"wid', "{"])
async def test_a_plan_that_cannot_be_read_fails_the_archive_and_says_so(house: House, plan: str) -> None:
    archive = await an_archive(house, plan=plan)
    folder = house.server.archives.folder("take")
    folder.mkdir(parents=True)
    (folder / "take.json").write_text('{"id": "take", "sessionId": "s", "roomName": "", "createdAt": 1}')
    house.server.archives.resume(archive)
    await eventually(lambda: _is(house, archive.id, "failed"))
    assert (await house.server.archives.get(archive.id)).reason.startswith("the plan of the film cannot be read")


async def test_ten_sessions_start_at_once_in_the_time_of_one(house: House) -> None:
    house.server.taps.joining = 0.5  # type: ignore[attr-defined]
    ids = [await house.session(number) for number in range(1, 11)]
    began = time.monotonic()

    async def hold(session_id: str) -> str:
        async with house.server.session_takes.holding(session_id) as take:
            return take

    assert len(set(await asyncio.gather(*(hold(each) for each in ids)))) == 10
    assert time.monotonic() - began < 2.5  # one after the other, it would be 5


async def test_a_session_whose_tap_cannot_join_holds_up_no_other(house: House) -> None:
    session_id = await house.session()
    await house.engine.join(session_id, "ann")
    house.server.taps.refused = True  # type: ignore[attr-defined]
    with pytest.raises(TapFailed):
        await house.server.session_archives.start(house.project, session_id, ArchiveOrder())
    assert await house.server.store.takes.running() == []
    assert await house.server.session_archives.running(session_id) == []
    house.server.taps.refused = False  # type: ignore[attr-defined]
    archive = await house.server.session_archives.start(house.project, session_id, ArchiveOrder())
    assert archive.status == "started"


async def test_of_ten_who_archive_a_session_at_once_one_does(house: House) -> None:
    session_id = await house.session()
    await house.engine.join(session_id, "ann")
    house.server.taps.joining = 0.05  # type: ignore[attr-defined]
    starts = (house.server.session_archives.start(house.project, session_id, ArchiveOrder()) for _ in range(10))
    results = await asyncio.gather(*starts, return_exceptions=True)
    archives = [each for each in results if isinstance(each, Archive)]
    assert len(archives) == 1
    assert all(isinstance(each, Archive | Conflict) for each in results)
    assert len(house.server.taps.started) == 1  # type: ignore[attr-defined]


async def test_archives_of_one_session_share_a_take_that_ends_with_the_last(house: House) -> None:
    session_id = await house.session()
    await house.engine.join(session_id, "ann")
    calls = house.server.session_archives
    first = await calls.start(house.project, session_id, ArchiveOrder(tag="a"))
    second = await calls.start(house.project, session_id, ArchiveOrder(tag="b"))
    assert first.take_id == second.take_id
    await calls.stop(house.project, first.id)
    await calls.close()
    assert house.server.taps.joined(first.take_id)
    await calls.stop(house.project, second.id)
    await calls.close()
    assert not house.server.taps.joined(first.take_id)
    assert await house.server.store.takes.running() == []
    assert house.engine.metadata[session_id]["recording"] is None


VISITS = (("connection", "created"), ("connection", "destroyed"), ("stream", "created"), ("stream", "destroyed"))


async def test_who_was_there_before_a_restart_is_told_of_when_they_leave(house: House) -> None:
    await house.tell_of(*VISITS)
    session_id = await house.session()
    await house.engine.join(session_id, "ann")
    await house.engine.publish(session_id, "ann", "TR_a")
    await eventually(lambda: _told(house, "streamCreated"))
    await house.follow()
    await house.engine.leave(session_id, "ann")
    events = [each["event"] for each in await house.told()]
    assert events == ["connectionCreated", "streamCreated", "streamDestroyed", "connectionDestroyed"]
    assert (await house.told())[-1]["reason"] == "clientDisconnected"


async def _told(house: House, event: str) -> bool:
    return event in {each["event"] for each in await house.told()}


async def test_who_left_or_came_while_no_server_was_there_is_told_of(house: House) -> None:
    await house.tell_of(*VISITS)
    session_id = await house.session()
    await house.engine.join(session_id, "ann")
    await house.engine.publish(session_id, "ann", "TR_a")
    await eventually(lambda: _told(house, "streamCreated"))
    house.engine.listener = None
    await house.engine.leave(session_id, "ann")
    await house.engine.join(session_id, "bob")
    await house.engine.publish(session_id, "bob", "TR_b", "audio")
    await house.follow()
    await eventually(lambda: _streams(house, 2))
    told = [
        (each["event"], (each.get("connection") or each["stream"]["connection"])["id"]) for each in await house.told()
    ]
    assert told[2:] == [
        ("streamDestroyed", "ann"),
        ("connectionDestroyed", "ann"),
        ("connectionCreated", "bob"),
        ("streamCreated", "bob"),
    ]


async def _streams(house: House, count: int) -> bool:
    return [each["event"] for each in await house.told()].count("streamCreated") == count


async def test_a_session_that_is_always_archived_is_so_after_a_kill_at_somebodys_coming(house: House) -> None:
    session_id = await house.session(archive_mode="always")
    house.server.taps.refused = True  # type: ignore[attr-defined]
    await house.engine.join(session_id, "ann")
    await eventually(lambda: _has_followed_up(house))
    assert await house.server.session_archives.running(session_id) == []
    await house.follow()
    (archive,) = await eventually(lambda: house.server.session_archives.running(session_id))
    assert archive.status == "started"


async def _has_followed_up(house: House) -> bool:
    return not house.server.monitoring._under_way


async def test_a_recording_is_told_of_in_its_room_under_another_port(house: House) -> None:
    render, _ = await house.server.rooms.record("demo")
    archive = await eventually(lambda: house.server.store.archives.of_render(render.id))
    session_id = render.room_session_id or ""
    told = house.engine.metadata
    await eventually(lambda: _says(told, session_id, "recording"))
    events = house.server.taps.folder(render.take_id or "") / "events.jsonl"
    events.write_text(f'{{"event": "room_left", "at": {time.time_ns() // 1000}, "reason": "x"}}\n')
    told.clear()
    await house.follow(port=8081)
    await eventually(lambda: _says(told, session_id, "recording"))
    assert told[session_id]["recording"]["archiveId"] == archive.id
    await house.server.rooms.stop_render(render.id)
    await eventually(lambda: _says(told, session_id, None))


async def _says(told: dict[str, Any], session_id: str, state: str | None) -> bool:
    if session_id not in told or "recording" not in told[session_id]:
        return False
    recording = told[session_id]["recording"]
    return (recording and recording["state"]) == state


async def test_our_own_archives_start_without_our_own_port(house: House) -> None:
    await house.tell_of(("render", "status"))
    render, _ = await house.server.rooms.record("demo")
    archive = await eventually(lambda: house.server.store.archives.of_render(render.id))
    assert archive.status == "started"
    urls = {each.url for each in await house.server.store.outbox.newest(100)}
    assert urls == {"http://127.0.0.1:9/told"}  # whoever asked to be told, and nobody else
    assert [each["status"] for each in await house.told()] == ["started"]
    await house.server.rooms.stop_render(render.id)
    await eventually(lambda: _told_status(house, "stopped"))
    assert [each["status"] for each in await house.told()] == ["started", "stopped"]


async def _told_status(house: House, status: str) -> bool:
    return status in {each["status"] for each in await house.told()}


async def test_the_public_call_about_a_render_starts_no_second_archive(house: House) -> None:
    render, _ = await house.server.rooms.record("demo")
    archive = await eventually(lambda: house.server.store.archives.of_render(render.id))
    await house.server.rooms.render_started(render.id, render.session_id)
    assert [each.id for each in await house.server.store.archives.in_states("started")] == [archive.id]


async def test_a_render_and_an_archive_of_its_room_share_a_take(house: House) -> None:
    render, _ = await house.server.rooms.record("demo")
    await eventually(lambda: house.server.store.archives.of_render(render.id))
    session_id = render.room_session_id or ""
    await house.engine.join(session_id, "ann")
    archive = await house.server.session_archives.start(house.project, session_id, ArchiveOrder())
    assert archive.take_id == render.take_id
    await house.server.rooms.stop_render(render.id)
    await eventually(lambda: _ended(house, render.id))
    assert house.server.taps.joined(archive.take_id)


async def _ended(house: House, render_id: str) -> bool:
    return render_id not in house.server.renders.running()


async def test_what_failed_for_a_passing_reason_is_made_after_a_restart(house: House) -> None:
    archive = await an_archive(house)
    await house.server.archives.changes.move(archive.id, "failed", reason="composer was ended", passing=True)
    folder = house.server.archives.folder("take")
    folder.mkdir(parents=True)
    (folder / "take.json").write_text("{}")
    film(house, archive.id)
    await house.follow()
    await eventually(lambda: _is(house, archive.id, "available"))


async def test_an_archive_that_failed_or_waits_can_be_deleted_and_one_that_records_cannot(house: House) -> None:
    await house.tell_of(("archive", "status"))
    archive = await an_archive(house, status="failed")
    await house.server.session_archives.delete(house.project, archive.id)
    assert await state(house, archive.id) == "deleted"
    session_id = await house.session(2)
    await house.engine.join(session_id, "ann")
    running = await house.server.session_archives.start(house.project, session_id, ArchiveOrder())
    with pytest.raises(Conflict):
        await house.server.session_archives.delete(house.project, running.id)
    assert await state(house, running.id) == "started"


async def test_a_recording_whose_tap_cannot_join_after_a_restart_goes_on_when_it_can(house: House) -> None:
    session_id = await house.session()
    await house.engine.join(session_id, "ann")
    archive = await house.server.session_archives.start(house.project, session_id, ArchiveOrder())
    await house.abandon()
    house.server = memory_server(house.settings, house.engine)
    house.server.taps.refused = True  # type: ignore[attr-defined]
    await house.server.taking_up.begin()
    await house.server.taking_up.look()
    assert not house.server.taps.joined(archive.take_id)
    assert await state(house, archive.id) == "started"
    house.server.taps.refused = False  # type: ignore[attr-defined]
    await house.server.taking_up.look()
    assert house.server.taps.joined(archive.take_id)
    assert await state(house, archive.id) == "started"


async def test_a_take_that_is_only_beginning_is_not_taken_for_a_forgotten_one(house: House) -> None:
    session_id = await house.session()
    house.server.taps.joining = 0.1  # type: ignore[attr-defined]

    async def look_all_the_time() -> None:
        while True:
            await house.server.taking_up.look()
            await asyncio.sleep(0)

    looking = asyncio.create_task(look_all_the_time())
    for _ in range(5):
        async with house.server.session_takes.holding(session_id) as take_id:
            await asyncio.sleep(0.05)
            assert house.server.taps.joined(take_id)
            assert [each.id for each in await house.server.store.takes.running()] == [take_id]
        await house.server.session_takes.release(take_id)
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
