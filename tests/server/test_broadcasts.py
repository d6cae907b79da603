"""Broadcasts of a session beside its archives: who may begin, who shares a take, and what ends them."""

import asyncio
import json
import time

import pytest

from reelroom.archives.calls import ArchiveOrder
from reelroom.broadcasts.calls import BroadcastWish
from reelroom.errors import BadRequest, Conflict, NotAllowed
from reelroom.store.values import Broadcast
from tests.server.conftest import House
from tests.server.waiting import eventually

HLS = BroadcastWish(hls={})


async def occupied(house: House, number: int = 1) -> str:
    """A session with somebody in it."""
    session_id = await house.session(number)
    await house.engine.join(session_id, "ann")
    return session_id


async def start(house: House, session_id: str, wish: BroadcastWish = HLS) -> Broadcast:
    return await house.server.session_broadcasts.start(house.project, session_id, wish)


@pytest.mark.parametrize(
    "address", ["rtmp://127.0.0.1/live", "rtmps://[::1]:443/live", "rtmp://169.254.169.254/live"]
)
async def test_a_broadcast_goes_to_no_private_server(house: House, address: str) -> None:
    wish = BroadcastWish(rtmp=[{"id": "one", "serverUrl": address, "streamName": "key"}])
    with pytest.raises(BadRequest, match="is not on the public internet"):
        await start(house, await occupied(house), wish)
    assert await house.server.store.takes.running() == []


async def status(house: House, broadcast: Broadcast) -> tuple[str, str]:
    now = await house.server.session_broadcasts.get(house.project, broadcast.id)
    return now.status, now.reason


async def test_a_broadcast_runs_until_it_is_stopped_and_its_take_with_it(house: House) -> None:
    broadcast = await start(house, await occupied(house))
    calls = house.server.session_broadcasts
    await eventually(lambda: _live(house, broadcast))
    assert house.server.taps.joined(broadcast.take_id)
    stopped = await calls.stop(house.project, broadcast.id)
    assert (stopped.status, stopped.reason) == ("stopped", "user initiated")
    await eventually(lambda: _tap_gone(house, broadcast))
    with pytest.raises(Conflict, match="The broadcast is stopped, not started"):
        await calls.stop(house.project, broadcast.id)


async def _live(house: House, broadcast: Broadcast) -> bool:
    outputs = (await house.server.session_broadcasts.outputs([broadcast])).get(broadcast.id)
    return outputs is not None and outputs.hls == "live"


async def _tap_gone(house: House, broadcast: Broadcast) -> bool:
    return not house.server.taps.joined(broadcast.take_id)


async def test_a_broadcast_and_an_archive_of_a_session_share_a_take(house: House) -> None:
    session_id = await occupied(house)
    broadcast = await start(house, session_id)
    archive = await house.server.session_archives.start(house.project, session_id, ArchiveOrder())
    assert archive.take_id == broadcast.take_id
    await house.server.session_broadcasts.stop(house.project, broadcast.id)
    await eventually(lambda: _over(house, broadcast))
    assert house.server.taps.joined(archive.take_id)


async def _over(house: House, broadcast: Broadcast) -> bool:
    return broadcast.id not in house.server.session_broadcasts._running


async def test_of_many_who_broadcast_a_session_at_once_one_does(house: House) -> None:
    session_id = await occupied(house)
    results = await asyncio.gather(*(start(house, session_id) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(each, Broadcast) for each in results) == 1
    assert {str(each) for each in results if isinstance(each, Conflict)} == {"The session is being broadcast already"}
    await start(house, session_id, BroadcastWish(hls={}, tag="another"))


@pytest.mark.parametrize(
    ("session", "words"), [({"media_mode": "relayed"}, "is relayed"), ({"e2ee": True}, "is encrypted end to end")]
)
async def test_a_session_that_cannot_be_seen_cannot_be_shown(
    house: House, session: dict[str, object], words: str
) -> None:
    session_id = await house.session(**session)
    await house.engine.join(session_id, "ann")
    with pytest.raises(Conflict, match=words):
        await start(house, session_id)
    assert await house.server.store.takes.running() == []


async def test_a_session_that_nobody_is_in_is_not_broadcast(house: House) -> None:
    with pytest.raises(BadRequest, match="Nobody is connected"):
        await start(house, await house.session())


async def test_streams_are_chosen_in_manual_mode_alone(house: House) -> None:
    broadcast = await start(house, await occupied(house))
    with pytest.raises(NotAllowed, match="chooses its streams by itself"):
        await house.server.session_broadcasts.streams.add(house.project, broadcast.id, "any", True, True)


async def test_a_broadcast_ends_when_it_has_lasted_as_long_as_it_may(house: House) -> None:
    broadcast = await start(house, await occupied(house), BroadcastWish(hls={}, max_duration=1))
    await eventually(lambda: _is(house, broadcast, "stopped"))
    assert await status(house, broadcast) == ("stopped", "maximum duration exceeded")


async def test_a_broadcast_ends_a_while_after_all_have_left(house: House) -> None:
    house.server.session_broadcasts._settings = house.settings.model_copy(update={"empty_seconds": 1})
    broadcast = await start(house, await occupied(house))
    now = time.time_ns() // 1000
    events = [
        {"event": "participant_joined", "participant": "ann", "name": "", "at": now},
        {"event": "participant_left", "participant": "ann", "at": now + 1},
    ]
    folder = house.server.taps.folder(broadcast.take_id)
    (folder / "events.jsonl").write_text("".join(json.dumps(each) + "\n" for each in events))
    await eventually(lambda: _is(house, broadcast, "stopped"))
    assert await status(house, broadcast) == ("stopped", "session ended")


async def _is(house: House, broadcast: Broadcast, wanted: str) -> bool:
    return (await status(house, broadcast))[0] == wanted


async def test_what_ran_when_the_server_was_killed_has_ended(house: House) -> None:
    broadcast = await start(house, await occupied(house))
    await eventually(lambda: _live(house, broadcast))
    await house.follow()
    assert await status(house, broadcast) == ("stopped", "the server was restarted")
