"""What applications are told of sessions and streams, and what their archives take: as OpenTok has it."""

import asyncio
import time

import pytest
from livekit import api

from reelroom.archives.calls import ArchiveOrder
from reelroom.broadcasts.calls import BroadcastWish
from reelroom.errors import BadRequest
from reelroom.opentok.tokens import ClientToken, mint
from tests.server.conftest import House
from tests.server.waiting import eventually

VISITS = (
    *(("session", event) for event in ("created", "destroyed")),
    *(("connection", event) for event in ("created", "destroyed")),
    *(("stream", event) for event in ("created", "destroyed")),
)


async def events(house: House) -> list[str]:
    return [each["event"] for each in await house.told()]


async def test_a_session_opens_with_the_first_and_is_over_with_the_last(house: House) -> None:
    await house.tell_of(*VISITS)
    session_id = await house.session()
    for name in ("ann", "ben"):
        await house.engine.join(session_id, name)
    for name in ("ann", "ben"):
        await house.engine.leave(session_id, name)
    assert await events(house) == [
        *("sessionCreated", "connectionCreated", "connectionCreated"),
        *("connectionDestroyed", "connectionDestroyed", "sessionDestroyed"),
    ]
    first = (await house.told())[0]
    assert set(first) == {"sessionId", "projectId", "event", "timestamp"}


@pytest.mark.parametrize(
    ("source", "forced", "reason"),
    [
        (api.TrackSource.CAMERA, False, "clientDisconnected"),
        (api.TrackSource.SCREEN_SHARE, False, "mediaStopped"),
        (api.TrackSource.CAMERA, True, "forceUnpublished"),
        (api.TrackSource.SCREEN_SHARE, True, "forceUnpublished"),
    ],
)
async def test_a_stream_that_ends_is_told_of_with_its_reason_and_when_it_began(
    house: House, source: "api.TrackSource.ValueType", forced: bool, reason: str
) -> None:
    await house.tell_of(*VISITS)
    session_id = await house.session()
    await house.engine.join(session_id, "ann")
    person = house.engine.rooms[session_id]["ann"]
    person.tracks.append(api.TrackInfo(sid="TR_a", type=api.TrackType.VIDEO, source=source))
    await house.engine.notify("track_published", session_id, person, "TR_a")

    async def created() -> bool:
        return "streamCreated" in await events(house)

    await eventually(created)
    if forced:
        token = ClientToken(session_id, "moderator", int(time.time()), int(time.time()) + 60, "1")
        moderator = mint(token, house.server.keys.api_key, house.server.keys.api_secret)
        is_screen = source == api.TrackSource.SCREEN_SHARE
        await house.server.moderation.end_stream(session_id, moderator, "ann", screen=is_screen)
    await asyncio.sleep(0.01)  # so that its end has another time than its begin
    gone = api.ParticipantInfo(identity="ann", permission=person.permission)
    await house.engine.notify("track_unpublished", session_id, gone, "TR_a")
    told = {each["event"]: each for each in await house.told()}
    assert told["streamDestroyed"]["reason"] == reason
    assert told["streamDestroyed"]["stream"]["createdAt"] == told["streamCreated"]["stream"]["createdAt"]
    assert told["streamDestroyed"]["timestamp"] > told["streamCreated"]["stream"]["createdAt"]


async def test_an_individual_archive_has_no_layout_and_what_has_ended_takes_no_stream(house: House) -> None:
    session_id = await house.session()
    await house.engine.join(session_id, "ann")
    calls = house.server.session_archives
    order = ArchiveOrder(output_mode="individual", stream_mode="manual")
    archive = await calls.start(house.project, session_id, order)
    with pytest.raises(BadRequest, match="no layout"):
        await calls.set_layout(house.project, archive.id, {"type": "bestFit"})
    await house.engine.publish(session_id, "ann", "TR_a")
    (stream,) = await house.server.sessions.streams(house.project, session_id)
    await calls.streams.add(house.project, archive.id, stream.id, True, True)
    await calls.stop(house.project, archive.id)
    with pytest.raises(BadRequest, match="The archive has ended: its streams stay"):
        await calls.streams.add(house.project, archive.id, stream.id, True, True)
    ended = await calls.get(house.project, archive.id)
    assert ended.end_us is not None
    assert ended.seconds == round((ended.end_us - ended.start_us) / 1e6)


async def test_a_broadcast_is_told_of_when_it_begins_and_when_it_is_over(house: House) -> None:
    await house.tell_of(("broadcast", "status"))
    session_id = await house.session()
    await house.engine.join(session_id, "ann")
    calls = house.server.session_broadcasts
    broadcast = await calls.start(house.project, session_id, BroadcastWish(hls={}))
    await calls.stop(house.project, broadcast.id)
    begun, over = await house.told()
    assert (begun["event"], begun["id"], begun["status"]) == ("broadcast", broadcast.id, "started")
    assert begun["broadcastUrls"]["hlsStatus"] == "connecting" and begun["broadcastUrls"]["hls"].startswith("http")
    assert (over["status"], over["reason"], over["broadcastUrls"]) == ("stopped", "user initiated", None)
