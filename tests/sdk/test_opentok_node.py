"""Every call of the Node `opentok` SDK against a running server: what works, and what fails in which way."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.e2e.running import RunningServer
from tests.sdk.conftest import MakeMeeting, eventually
from tests.sdk.nodes import NodeClient, Refused
from tests.sdk.proofs import NODE_OPENTOK, Proofs
from tests.sdk.wire import Wire

NOBODY = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"


@pytest.fixture
def client(wire: Wire, proofs: Proofs, key_and_secret: tuple[str, str]) -> Iterator[NodeClient]:
    node = NodeClient("opentok", NODE_OPENTOK, proofs, *key_and_secret, wire.url)
    yield node
    node.close()


@pytest.fixture
def stranger(wire: Wire, proofs: Proofs, key_and_secret: tuple[str, str]) -> Iterator[NodeClient]:
    node = NodeClient("opentok", NODE_OPENTOK, proofs, key_and_secret[0], "another-secret-" * 3, wire.url)
    yield node
    node.close()


def routed(client: NodeClient) -> str:
    return str(client.createSession({"mediaMode": "routed"})["sessionId"])


async def test_sessions_tokens_streams_and_classes(
    client: NodeClient, stranger: NodeClient, meet: MakeMeeting
) -> None:
    assert client.createSession({})["sessionId"].startswith("1_MX4")
    assert client.createSession({"mediaMode": "routed", "archiveMode": "always"})["sessionId"]
    assert client.createSession({"location": "10.1.2.3"})["sessionId"]
    with pytest.raises(Refused):
        stranger.createSession({})
    made = client.whole("createSession", {"mediaMode": "routed"})
    session = made["value"]["sessionId"]
    rights = {"role": "moderator", "data": "name=Ann", "initialLayoutClassList": ["focus"]}
    tokens = [client.whole("generateToken", rights, of=made)["value"], client.generateToken(session, {}, True)]
    with pytest.raises(Refused, match="role"):
        client.whole("generateToken", {"role": "nobody"}, of=made)
    with pytest.raises(Refused):
        client.generateToken("nonsense", {})
    assert tokens[1].startswith("T1==")
    meeting = await meet(session, tokens)
    assert meeting.people[0].room.local_participant.metadata == "name=Ann"
    streams = await eventually(lambda: len(found := client.listStreams(session)) == 2 and found, "two streams")
    assert streams[0]["layoutClassList"] == ["focus"]
    client.setStreamClassLists(session, [{"id": streams[1]["id"], "layoutClassList": ["full"]}])
    assert client.listStreams(session)[1]["layoutClassList"] == ["full"]
    with pytest.raises(Refused):
        client.setStreamClassLists(session, [{"id": "TR_nobody", "layoutClassList": ["full"]}])
    assert client.getStream(session, streams[1]["id"])["layoutClassList"] == ["full"]
    with pytest.raises(Refused):
        client.getStream(session, "TR_nobody")
    with pytest.raises(Refused):
        stranger.listStreams(session)


async def test_signals_mutes_and_disconnects(client: NodeClient, meet: MakeMeeting) -> None:
    session = routed(client)
    signal = {"type": "greeting", "data": "hello"}
    with pytest.raises(Refused):
        client.signal(session, None, signal)
    meeting = await meet(session, [client.generateToken(session, {}), client.generateToken(session, {})])
    first, second = meeting.people
    client.signal(session, None, signal)
    assert [await each.heard("greeting") for each in (first, second)] == ["hello", "hello"]
    client.signal(session, first.room.local_participant.identity, {"type": "secret", "data": "you"})
    assert await first.heard("secret") == "you"
    with pytest.raises(Refused):
        client.signal(session, NOBODY, signal)
    streams = await eventually(lambda: len(found := client.listStreams(session)) == 2 and found, "two streams")
    client.forceMuteStream(session, streams[0]["id"])
    client.forceMuteAll(session, {"excludedStreams": [streams[1]["id"]]})
    client.disableForceMute(session)
    with pytest.raises(Refused):
        client.forceMuteStream(session, "TR_nobody")
    with pytest.raises(Refused):
        client.forceMuteAll("1_MX4nosuchsession", {})
    with pytest.raises(Refused):
        client.disableForceMute("1_MX4nosuchsession")
    client.forceDisconnect(session, second.room.local_participant.identity)
    await eventually(lambda: len(client.listStreams(session)) == 1, "Ben is gone")
    with pytest.raises(Refused):
        client.forceDisconnect(session, NOBODY)


async def test_archives(client: NodeClient, stranger: NodeClient, meet: MakeMeeting) -> None:
    session = routed(client)
    with pytest.raises(Refused, match="Nobody"):
        client.startArchive(session, {})
    meeting = await meet(session, [client.generateToken(session, {})])
    wish = {"name": "node", "resolution": "640x480", "layout": {"type": "pip"}}
    started = client.whole("startArchive", session, wish)
    archive = started["value"]
    assert (archive["status"], archive["name"]) == ("started", "node")
    with pytest.raises(Refused, match="already"):
        client.startArchive(session, {})
    client.setArchiveLayout(archive["id"], "bestFit", None, "pip")
    custom = {"type": "custom", "stylesheet": "stream { float: left; width: 50%; height: 100%; object-fit: cover }"}
    client.setArchiveLayout(archive["id"], custom["type"], custom["stylesheet"], None)
    assert client.getArchive(archive["id"])["layout"] == custom
    with pytest.raises(Refused):
        client.setArchiveLayout(archive["id"], "custom", "stream { width: 5em }", None)
    assert client.getArchive(archive["id"])["layout"] == custom
    with pytest.raises(Refused, match="the selector \\* is not supported"):
        client.startArchive(session, {"multiArchiveTag": "x", "layout": {**custom, "stylesheet": "* { width: 5px }"}})
    styled = client.startArchive(session, {"multiArchiveTag": "custom", "layout": custom})
    assert (styled["status"], styled["layout"]) == ("started", custom)
    client.stopArchive(styled["id"])
    chosen = client.startArchive(session, {"streamMode": "manual", "multiArchiveTag": "chosen"})
    stream = (await eventually(lambda: client.listStreams(session), "a stream"))[0]["id"]
    client.addArchiveStream(chosen["id"], stream, {"hasAudio": True, "hasVideo": True})
    client.removeArchiveStream(chosen["id"], stream)
    with pytest.raises(Refused):
        client.addArchiveStream(archive["id"], stream, {})
    with pytest.raises(Refused):
        client.removeArchiveStream(archive["id"], stream)
    with pytest.raises(Refused):
        client.whole("delete", of=started)
    await asyncio.to_thread(meeting.server.record_for, session, 1.0)
    assert client.whole("stop", of=started)["value"]["status"] == "stopped"
    client.stopArchive(chosen["id"])
    listed = client.whole("listArchives", {"sessionId": session})
    assert (listed["count"], listed["value"][2]["id"]) == (3, archive["id"])
    await eventually(lambda: client.getArchive(archive["id"])["status"] == "available", "the film", 90)
    with pytest.raises(Refused):
        client.whole("stop", of=started)
    client.whole("delete", of=started)
    await eventually(lambda: client.getArchive(chosen["id"])["status"] in {"available", "failed"}, "the second", 90)
    client.deleteArchive(chosen["id"])
    for method in ("getArchive", "stopArchive", "deleteArchive"):
        with pytest.raises(Refused):
            getattr(client, method)(NOBODY)
        with pytest.raises(Refused):
            getattr(stranger, method)(archive["id"])
    with pytest.raises(Refused):
        stranger.listArchives({})


async def test_broadcasts(client: NodeClient, stranger: NodeClient, meet: MakeMeeting) -> None:
    session, hls = routed(client), {"outputs": {"hls": {}}}
    with pytest.raises(Refused):
        client.startBroadcast(session, hls)
    await meet(session, [client.generateToken(session, {})])
    started = await asyncio.to_thread(client.whole, "startBroadcast", session, {**hls, "streamMode": "manual"})
    broadcast = started["value"]
    assert (broadcast["status"], broadcast["sessionId"]) == ("started", session)
    with pytest.raises(Refused):
        client.startBroadcast(session, hls)
    stream = (await eventually(lambda: client.listStreams(session), "a stream"))[0]["id"]
    client.addBroadcastStream(broadcast["id"], stream, {"hasAudio": True, "hasVideo": True})
    assert client.getBroadcast(broadcast["id"])["streams"][0]["streamId"] == stream
    client.removeBroadcastStream(broadcast["id"], stream)
    client.setBroadcastLayout(broadcast["id"], "pip", None, None)
    client.setBroadcastLayout(broadcast["id"], "custom", "stream { float: left; width: 50%; height: 100% }", None)
    with pytest.raises(Refused):
        client.setBroadcastLayout(broadcast["id"], "custom", "stream { width: 5em }", None)
    assert client.getBroadcast(broadcast["id"])["layout"]["stylesheet"].startswith("stream { float: left")
    assert [each["id"] for each in client.listBroadcasts({"sessionId": session})] == [broadcast["id"]]
    assert client.whole("stop", of=started)["value"]["status"] == "stopped"
    with pytest.raises(Refused):
        client.whole("stop", of=started)
    with pytest.raises(Refused):
        client.addBroadcastStream(NOBODY, stream, {})
    with pytest.raises(Refused):
        client.removeBroadcastStream(NOBODY, stream)
    with pytest.raises(Refused):
        stranger.listBroadcasts({})
    again = await asyncio.to_thread(client.startBroadcast, session, hls)
    assert client.stopBroadcast(again["id"])["status"] == "stopped"
    for method in ("getBroadcast", "stopBroadcast"):
        with pytest.raises(Refused):
            getattr(client, method)(NOBODY)
        with pytest.raises(Refused):
            getattr(stranger, method)(broadcast["id"])


def test_renders_and_callbacks(client: NodeClient, stranger: NodeClient, sdk_server: RunningServer) -> None:
    session = routed(client)
    sdk_server.open_room("shown-by-node")
    wish = {
        "sessionId": session,
        "token": client.generateToken(session, {}),
        "url": f"{sdk_server.url}/room/recorder/shown-by-node",
        "properties": {"name": "a room"},
    }
    with pytest.raises(Refused):
        client.startRender({**wish, "token": "T1==nonsense"})
    render = client.startRender(wish)
    assert (render["status"], render["sessionId"]) == ("starting", session)
    assert client.getRender(render["id"])["id"] == render["id"]
    assert any(each["id"] == render["id"] for each in client.listRenders({"count": 10})["items"])
    client.stopRender(render["id"])
    assert client.getRender(render["id"])["status"] == "stopped"
    for method in ("getRender", "stopRender"):
        with pytest.raises(Refused):
            getattr(client, method)(NOBODY)
    with pytest.raises(Refused):
        stranger.listRenders({})

    callback = client.registerCallback({"group": "archive", "event": "status", "url": "http://127.0.0.1:9/archive"})
    assert callback["id"] in [each["id"] for each in client.listCallbacks({})]
    client.unregisterCallback(callback["id"])
    with pytest.raises(Refused):
        client.unregisterCallback(callback["id"])
    with pytest.raises(Refused):
        client.registerCallback({"group": "archive", "event": "nonsense", "url": "http://127.0.0.1:9/archive"})


async def test_sound_goes_to_a_websocket(client: NodeClient, websocket: str) -> None:
    session = routed(client)
    token = client.generateToken(session, {})
    connector = await asyncio.to_thread(
        client.websocketConnect, session, token, websocket, {"headers": {"call": "7"}}
    )
    client.forceDisconnect(session, connector["connectionId"])
    with pytest.raises(Refused, match="a ws or wss address"):
        client.websocketConnect(session, token, "https://example.org/", {})


def test_captions_are_started_once_and_stopped_once(client: NodeClient) -> None:
    session = routed(client)
    moderator = client.generateToken(session, {"role": "moderator"})
    options = {"languageCode": "en-GB", "maxDuration": 600, "partialCaptions": False}
    started = client.startCaptions(session, moderator, options)
    for token in (moderator, client.generateToken(session, {})):
        with pytest.raises(Refused):
            client.startCaptions(session, token, {})
    client.stopCaptions(started if isinstance(started, str) else started["captionsId"])
    with pytest.raises(Refused):
        client.stopCaptions(NOBODY)


async def test_a_telephone_is_called_where_somebody_is(client: NodeClient, meet: MakeMeeting, telephone: str) -> None:
    session = routed(client)
    token = client.generateToken(session, {})
    with pytest.raises(Refused):
        client.dial(session, token, telephone, {})
    with pytest.raises(Refused):
        client.playDTMF(session, None, "12")
    await meet(session, [token])
    call = await asyncio.to_thread(client.dial, session, token, telephone, {"headers": {"X-Call": "7"}})
    assert call["streamId"]
    await asyncio.to_thread(client.playDTMF, session, None, "12")
    await asyncio.to_thread(client.playDTMF, session, call["connectionId"], "#")
