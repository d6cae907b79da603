"""Every call of the Node `@vonage/video` SDK over TLS, as a Vonage application: what works, what fails how."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.running import RunningServer
from tests.sdk.conftest import MakeMeeting, Secure, eventually, new_key
from tests.sdk.nodes import NodeClient, Refused
from tests.sdk.proofs import NODE_VONAGE, Proofs

NOBODY = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"


def node(secure: Secure, proofs: Proofs, application_id: str, private_key: str) -> NodeClient:
    trusted = {"NODE_EXTRA_CA_CERTS": str(secure.authority), "NO_PROXY": "localhost"}
    return NodeClient("vonage", NODE_VONAGE, proofs, application_id, private_key, secure.wire.url, **trusted)


@pytest.fixture(scope="module")
def video(secure: Secure, proofs: Proofs, vonage_application: tuple[str, str]) -> Iterator[NodeClient]:
    client = node(secure, proofs, *vonage_application)
    yield client
    client.close()


@pytest.fixture(scope="module")
def stranger(secure: Secure, proofs: Proofs, vonage_application: tuple[str, str]) -> Iterator[NodeClient]:
    client = node(secure, proofs, vonage_application[0], new_key()[0])
    yield client
    client.close()


def new_session(video: NodeClient) -> str:
    return str(video.createSession()["sessionId"])


def streams(video: NodeClient, session: str) -> list[dict[str, Any]]:
    return list(video.getStreamInfo(session)["items"])


async def test_sessions_tokens_streams_signals_and_mutes(
    video: NodeClient, stranger: NodeClient, meet: MakeMeeting
) -> None:
    session = new_session(video)
    assert video.createSession({"mediaMode": "enabled", "location": "10.1.2.3"})["sessionId"].startswith("1_MX")
    with pytest.raises(Refused, match="403"):
        stranger.createSession()
    with pytest.raises(Refused, match="404"):
        video.sendSignal({"type": "greeting", "data": "hello"}, session)
    options = {"role": "moderator", "data": "name=Ann", "initialLayoutClassList": ["focus"]}
    meeting = await meet(session, [video.generateClientToken(session, options), video.generateClientToken(session)])
    first, second = meeting.people
    assert first.room.local_participant.metadata == "name=Ann"
    found = await eventually(lambda: len(now := streams(video, session)) == 2 and now, "two streams")
    assert (found[0]["layoutClassList"], found[0]["videoType"]) == (["focus"], "camera")
    assert video.getStreamInfo(session, found[1]["id"])["id"] == found[1]["id"]
    with pytest.raises(Refused, match="408"):
        video.getStreamInfo(session, NOBODY)
    video.setStreamClassLists(session, [{"id": found[1]["id"], "layoutClassList": ["full"]}])
    assert streams(video, session)[1]["layoutClassList"] == ["full"]
    with pytest.raises(Refused, match="400"):
        video.setStreamClassLists(session, [{"id": NOBODY, "layoutClassList": ["full"]}])

    video.sendSignal({"type": "greeting", "data": "hello"}, session)
    assert [await each.heard("greeting") for each in meeting.people] == ["hello", "hello"]
    video.sendSignal({"type": "secret", "data": "you"}, session, first.room.local_participant.identity)
    assert await first.heard("secret") == "you"
    with pytest.raises(Refused, match="404"):
        video.sendSignal({"type": "secret", "data": "you"}, session, NOBODY)

    for call in (video.forceMuteAll, video.disableForceMute):
        assert call(session, [found[1]["id"]])["status"] == "ACTIVE"
        with pytest.raises(Refused, match="404"):
            call("1_MX4nosuchsession")
    assert video.muteAllStreams(session, True)["status"] == "ACTIVE"
    with pytest.raises(Refused, match="404"):
        video.muteAllStreams("1_MX4nosuchsession", True)
    assert video.muteStream(session, found[0]["id"])["status"] == "ACTIVE"
    with pytest.raises(Refused, match="404"):
        video.muteStream(session, NOBODY)

    video.disconnectClient(session, second.room.local_participant.identity)
    await eventually(lambda: len(streams(video, session)) == 1, "Ben is gone")
    with pytest.raises(Refused, match="404"):
        video.disconnectClient(session, NOBODY)


async def test_archives(video: NodeClient, stranger: NodeClient, meet: MakeMeeting) -> None:
    session = new_session(video)
    with pytest.raises(Refused, match="400"):
        video.startArchive(session, {})
    meeting = await meet(session, [video.generateClientToken(session)])
    wish = {"name": "vonage", "resolution": "1280x720", "layout": {"type": "pip"}}
    archive = await asyncio.to_thread(video.startArchive, session, wish)
    assert (archive["status"], archive["name"], archive["resolution"]) == ("started", "vonage", "1280x720")
    with pytest.raises(Refused, match="409"):
        video.startArchive(session, {})
    video.updateArchiveLayout(archive["id"], {"type": "bestFit", "screenshareType": "pip"})
    with pytest.raises(Refused, match="400"):
        video.updateArchiveLayout(archive["id"], {"type": "custom", "stylesheet": "stream { width: 5em }"})
    chosen = await asyncio.to_thread(
        video.startArchive, session, {"streamMode": "manual", "multiArchiveTag": "chosen"}
    )
    stream = (await eventually(lambda: streams(video, session), "a stream"))[0]["id"]
    video.addArchiveStream(chosen["id"], stream)
    assert video.getArchive(chosen["id"])["streams"] == [{"streamId": stream, "hasAudio": True, "hasVideo": True}]
    video.removeArchiveStream(chosen["id"], stream)
    for call in (video.addArchiveStream, video.removeArchiveStream):
        with pytest.raises(Refused, match="405"):
            call(archive["id"], stream)
    await asyncio.to_thread(meeting.server.record_for, session, 1.0)
    assert video.stopArchive(archive["id"])["status"] == "stopped"
    video.stopArchive(chosen["id"])
    listed = video.searchArchives({"sessionId": session, "offset": 1, "count": 1})
    assert (listed["count"], [each["id"] for each in listed["items"]]) == (2, [archive["id"]])
    await eventually(lambda: video.getArchive(archive["id"])["status"] == "available", "the film", 90)
    video.deleteArchive(archive["id"])
    for call in (video.getArchive, video.stopArchive, video.deleteArchive):
        with pytest.raises(Refused, match="404"):
            call(NOBODY)
    with pytest.raises(Refused, match="403"):
        stranger.searchArchives({})


async def test_renders(video: NodeClient, stranger: NodeClient, sdk_server: RunningServer) -> None:
    session = new_session(video)
    await asyncio.to_thread(sdk_server.open_room, "shown-by-vonage-in-node")
    wish = {
        "url": f"{sdk_server.url}/room/recorder/shown-by-vonage-in-node",
        "resolution": "1280x720",
        "properties": {"name": "a room"},
        "maxDuration": 60,
    }
    with pytest.raises(Refused, match="400"):
        video.startExperienceComposerRender(session, "T1==nonsense", wish)
    render = video.startExperienceComposerRender(session, video.generateClientToken(session), wish)
    assert (render["status"], render["sessionId"]) == ("starting", session)
    assert video.getExperienceComposerRender(render["id"])["resolution"] == "1280x720"
    listed = video.listExperienceComposerRenders({"offset": 0, "count": 10})
    assert render["id"] in [each["id"] for each in listed["items"]]
    video.stopExperienceComposerRender(render["id"])
    assert video.getExperienceComposerRender(render["id"])["status"] == "stopped"
    for call in (video.getExperienceComposerRender, video.stopExperienceComposerRender):
        with pytest.raises(Refused, match="404"):
            call(NOBODY)
    with pytest.raises(Refused, match="403"):
        stranger.listExperienceComposerRenders({})


async def test_broadcasts(video: NodeClient, stranger: NodeClient, meet: MakeMeeting) -> None:
    session = new_session(video)
    hls = {"outputs": {"hls": {"dvr": True}}, "resolution": "640x480", "maxDuration": 60}
    with pytest.raises(Refused, match="400"):
        video.startBroadcast(session, hls)
    await meet(session, [video.generateClientToken(session)])
    broadcast = await asyncio.to_thread(video.startBroadcast, session, {**hls, "streamMode": "manual"})
    assert (broadcast["status"], broadcast["maxDuration"]) == ("started", 60)
    stream = (await eventually(lambda: streams(video, session), "a stream"))[0]["id"]
    video.addStreamToBroadcast(broadcast["id"], stream)
    assert video.getBroadcast(broadcast["id"])["streams"][0]["streamId"] == stream
    video.removeStreamFromBroadcast(broadcast["id"], stream)
    video.updateBroadcast({"broadcastId": broadcast["id"], "addStream": stream, "hasAudio": False})
    assert video.getBroadcast(broadcast["id"])["streams"][0]["hasAudio"] is False
    for refused in (
        lambda: video.addStreamToBroadcast(NOBODY, stream),
        lambda: video.removeStreamFromBroadcast(NOBODY, stream),
        lambda: video.updateBroadcast({"broadcastId": NOBODY, "addStream": stream}),
    ):
        with pytest.raises(Refused, match="404"):
            refused()
    found = video.searchBroadcasts({"sessionId": session})
    assert [each["id"] for each in found["items"]] == [broadcast["id"]]
    assert video.stopBroadcast(broadcast["id"])["status"] == "stopped"
    for call in (video.getBroadcast, video.stopBroadcast):
        with pytest.raises(Refused, match="404"):
            call(NOBODY)
    with pytest.raises(Refused, match="403"):
        stranger.searchBroadcasts({})


async def test_sound_goes_to_a_websocket(video: NodeClient, websocket: str) -> None:
    session = new_session(video)
    token = video.generateClientToken(session)
    config = {"uri": websocket, "audioRate": 8000, "headers": {"call": "7"}}
    connector = await asyncio.to_thread(video.connectToWebsocket, session, token, config)
    assert connector["connectionId"]
    await asyncio.to_thread(video.disconnectWebsocket, connector["id"])
    with pytest.raises(Refused, match="404"):
        video.disconnectWebsocket(connector["id"])
    with pytest.raises(Refused, match="400"):
        video.connectToWebsocket(session, token, {**config, "uri": "https://example.org/"})


def test_captions_are_enabled_looked_at_and_disabled(video: NodeClient) -> None:
    session = new_session(video)
    moderator = video.generateClientToken(session, {"role": "moderator"})
    options = {"languageCode": "en-US", "maxDuration": 1800, "partialCaptions": "true"}
    captions = video.enableCaptions(session, moderator, options)["captionsId"]
    status = video.getCaptionStatus(captions)
    assert (status["captionId"], status["sessionId"], status["status"]) == (captions, session, "started")
    with pytest.raises(Refused, match="409"):
        video.enableCaptions(session, moderator)
    video.disableCaptions(captions)
    assert video.getCaptionStatus(captions)["status"] == "stopped"
    for method, args, refused in (
        ("enableCaptions", (session, video.generateClientToken(session)), "400"),
        ("getCaptionStatus", (NOBODY,), "404"),
        ("disableCaptions", (captions,), "404"),
    ):
        with pytest.raises(Refused, match=refused):
            getattr(video, method)(*args)


async def test_a_telephone_is_called_where_somebody_is(video: NodeClient, meet: MakeMeeting, telephone: str) -> None:
    session = new_session(video)
    token = video.generateClientToken(session)
    sip = {"token": token, "sip": {"uri": telephone}}
    for method, args in (
        ("initiateSIPCall", (session, sip)),
        ("intiateSIPCall", (session, sip)),
        ("playDTMF", (session, "12")),
        ("playDTMF", (session, "12", NOBODY)),
    ):
        with pytest.raises(Refused, match="404"):
            getattr(video, method)(*args)
    await meet(session, [token])
    for method in ("initiateSIPCall", "intiateSIPCall"):
        call = await asyncio.to_thread(getattr(video, method), session, sip)
    await asyncio.to_thread(video.playDTMF, session, "12")
    await asyncio.to_thread(video.playDTMF, session, "#", call["connectionId"])
