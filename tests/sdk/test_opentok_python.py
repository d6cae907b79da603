"""Every call of the Python `opentok` SDK, as an application makes it: what works, and what fails in which way."""

import asyncio
from typing import Any

import pytest
from livekit import rtc
from opentok import ArchiveModes, BroadcastStreamModes, Client, MediaModes, Roles
from opentok.exceptions import (
    AuthError,
    CaptioningAlreadyInProgressError,
    ForceDisconnectError,
    GetStreamError,
    NotFoundError,
    OpenTokException,
    RequestError,
    SetStreamClassError,
    SignalingError,
    SipDialError,
)

from tests.e2e.people import Person, ann
from tests.e2e.running import RunningServer
from tests.sdk.conftest import SMALL, MakeMeeting, eventually, routed, two_streams

NOBODY = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"


def test_sessions_are_made_in_every_mode(client: Client, stranger: Client) -> None:
    for wish in (
        {},
        {"media_mode": MediaModes.relayed},
        {"media_mode": MediaModes.routed, "archive_mode": ArchiveModes.always, "archive_name": "all of it"},
        {"media_mode": MediaModes.routed, "e2ee": True},
        {"location": "10.20.30.40"},
    ):
        assert client.create_session(**wish).session_id.startswith("1_MX4")
    with pytest.raises((AuthError, RequestError)):
        stranger.create_session()
    made = client.create_session(media_mode=MediaModes.routed)
    assert made.generate_token(role=Roles.moderator)
    with pytest.raises(OpenTokException):
        made.generate_token(role="nobody")
    with pytest.raises(OpenTokException):
        client.generate_token("nonsense")


async def test_tokens_of_both_forms_open_the_session(client: Client, stranger: Client, meet: MakeMeeting) -> None:
    session = await asyncio.to_thread(routed, client)
    old = client.generate_token(session, use_jwt=False, data="name=Ann", initial_layout_class_list=["focus"])
    new = client.generate_token(session, role=Roles.moderator, data='{"id": 7}')
    meeting = await meet(session, [old, new])
    people = {each.room.local_participant.identity: each.room.local_participant for each in meeting.people}
    assert sorted(each.metadata for each in people.values()) == ["name=Ann", '{"id": 7}']
    streams = await two_streams(client, session)
    assert [stream.layoutClassList for stream in streams] == [["focus"], []]
    assert [stream.videoType for stream in streams] == ["camera", "camera"]
    assert client.get_stream(session, streams[0].id).name == "Ann"
    assert client.get_stream(session, streams[0].id).id == streams[0].id
    client.set_stream_class_lists(session, [{"id": streams[1].id, "layoutClassList": ["full", "focus"]}])
    assert client.get_stream(session, streams[1].id).layoutClassList == ["full", "focus"]
    with pytest.raises(SetStreamClassError):
        client.set_stream_class_lists(session, [{"id": "TR_nobody", "layoutClassList": []}])
    with pytest.raises(GetStreamError, match="invalid stream ID"):
        client.get_stream(session, "TR_nobody")
    with pytest.raises(OpenTokException):
        stranger.list_streams(session)


async def test_roles_limit_what_a_token_allows(client: Client, meet: MakeMeeting) -> None:
    session = await asyncio.to_thread(routed, client)
    meeting = await meet(session, [])
    watcher = await meeting.join(ann(), client.generate_token(session, role=Roles.subscriber), publish=False)
    with pytest.raises(Exception):  # noqa: B017  the client library has no type for it
        await watcher.room.local_participant.publish_track(
            rtc.LocalAudioTrack.create_audio_track("microphone", rtc.AudioSource(48_000, 1)),
            rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE),
        )


async def test_signals_reach_everybody_or_one(client: Client, stranger: Client, meet: MakeMeeting) -> None:
    session = await asyncio.to_thread(routed, client)
    signal = {"type": "greeting", "data": "to all"}
    with pytest.raises((SignalingError, RequestError)):
        await asyncio.to_thread(client.signal, session, signal)  # nobody is there
    meeting = await meet(session, [client.generate_token(session), client.generate_token(session)])
    first, second = meeting.people
    client.signal(session, signal)
    assert [await each.heard("greeting") for each in (first, second)] == ["to all", "to all"]
    client.send_signal(session, {"type": "secret", "data": "to one"}, first.room.local_participant.identity)
    assert await first.heard("secret") == "to one"
    assert all(topic != "secret" for topic, _ in second.messages)
    for wrong in ({"type": "x"}, {"type": "x" * 129, "data": ""}, {"type": "x", "data": "y" * 8193}):
        with pytest.raises((SignalingError, RequestError)):
            client.signal(session, wrong)
    with pytest.raises((SignalingError, RequestError)):
        client.signal(session, signal, NOBODY)
    with pytest.raises((AuthError, RequestError)):
        stranger.signal(session, signal)


def microphone(person: Person) -> Any:
    publications = person.room.local_participant.track_publications.values()
    return next(each for each in publications if each.kind == rtc.TrackKind.KIND_AUDIO)


async def test_muting_one_all_and_newcomers(client: Client, meet: MakeMeeting) -> None:
    session = await asyncio.to_thread(routed, client)
    meeting = await meet(session, [client.generate_token(session), client.generate_token(session)])
    streams = await two_streams(client, session)
    first, second = meeting.people
    client.mute_stream(session, streams[0].id)
    await eventually(lambda: microphone(first).muted, "Ann is muted")
    assert not microphone(second).muted
    client.mute_all(session, [streams[1].id])
    newcomer = await meeting.join(ann(**SMALL), client.generate_token(session))
    await eventually(lambda: microphone(newcomer).muted, "the newcomer is muted")
    assert not microphone(second).muted
    client.mute_all(session, [])
    await eventually(lambda: microphone(second).muted, "Ben is muted")
    client.disable_force_mute(session)
    latecomer = await meeting.join(ann(**SMALL), client.generate_token(session))
    await asyncio.sleep(1)
    assert not microphone(latecomer).muted
    with pytest.raises(OpenTokException):  # the SDK has one for all
        client.mute_stream(session, "TR_nobody")
    for call in (
        lambda: client.mute_all("1_nosuchsession", []),
        lambda: client.disable_force_mute("1_nosuchsession"),
    ):
        with pytest.raises(OpenTokException):
            call()


async def test_force_disconnect(client: Client, meet: MakeMeeting) -> None:
    session = await asyncio.to_thread(routed, client)
    meeting = await meet(session, [client.generate_token(session)])
    left = asyncio.Event()
    meeting.people[0].room.on("disconnected", lambda *_: left.set())
    await asyncio.to_thread(client.force_disconnect, session, meeting.people[0].room.local_participant.identity)
    await asyncio.wait_for(left.wait(), 10)
    with pytest.raises((ForceDisconnectError, NotFoundError)):
        client.force_disconnect(session, NOBODY)


async def test_broadcasts(client: Client, meet: MakeMeeting) -> None:
    session = await asyncio.to_thread(routed, client)
    hls = {"outputs": {"hls": {}}}
    with pytest.raises(OpenTokException):
        client.start_broadcast(session, hls)
    await meet(session, [client.generate_token(session)])
    broadcast = await asyncio.to_thread(client.start_broadcast, session, hls, BroadcastStreamModes.manual)
    stream = (await eventually(lambda: client.list_streams(session).items, "a stream"))[0].id
    client.add_broadcast_stream(broadcast.id, stream)
    assert client.get_broadcast(broadcast.id).streams[0]["streamId"] == stream
    client.remove_broadcast_stream(broadcast.id, stream)
    client.set_broadcast_layout(broadcast.id, "pip")
    assert client.stop_broadcast(broadcast.id).status == "stopped"
    for call in (
        lambda: client.get_broadcast(NOBODY),
        lambda: client.stop_broadcast(NOBODY),
        lambda: client.add_broadcast_stream(NOBODY, stream),
        lambda: client.remove_broadcast_stream(NOBODY, stream),
        lambda: client.set_broadcast_layout(NOBODY, "pip"),
    ):
        with pytest.raises(OpenTokException):
            call()


def test_renders(client: Client, stranger: Client, sdk_server: RunningServer) -> None:
    session = routed(client)
    sdk_server.open_room("shown-by-python")
    url = f"{sdk_server.url}/room/recorder/shown-by-python"
    with pytest.raises(RequestError):
        client.start_render(session, "T1==nonsense", url)
    render = client.start_render(session, client.generate_token(session), url, properties={"name": "a room"})
    assert (render.status, render.sessionId) == ("starting", session)
    assert client.get_render(render.id).resolution == "1280x720"
    assert render.id in [each.id for each in client.list_renders().items]
    client.stop_render(render.id)
    assert client.get_render(render.id).status == "stopped"
    for call in (client.get_render, client.stop_render):
        with pytest.raises(NotFoundError):
            call(NOBODY)
    with pytest.raises(AuthError):
        stranger.list_renders()


async def test_sound_goes_to_a_websocket(client: Client, websocket: str) -> None:
    session = await asyncio.to_thread(routed, client)
    token = client.generate_token(session)
    options = {"uri": websocket, "headers": {"call": "7"}, "audio_transport": {"transport": "json"}}
    connector = await asyncio.to_thread(client.connect_audio_to_websocket, session, token, options)
    client.force_disconnect(session, connector.connectionId)
    with pytest.raises(RequestError, match="a ws or wss address"):
        client.connect_audio_to_websocket(session, token, {"uri": "https://example.org/"})
    with pytest.raises(OpenTokException):
        client.connect_audio_to_websocket(session, token, {})


def test_captions_are_started_once_and_stopped_once(client: Client) -> None:
    session = routed(client)
    moderator = client.generate_token(session, role=Roles.moderator)
    captions = client.start_captions(session, moderator, language_code="en-GB", partial_captions=False)
    with pytest.raises(CaptioningAlreadyInProgressError):
        client.start_captions(session, moderator)
    with pytest.raises(RequestError):
        client.start_captions(session, client.generate_token(session))
    client.stop_captions(captions.captions_id)
    for ended in (captions.captions_id, NOBODY):
        with pytest.raises(NotFoundError):
            client.stop_captions(ended)


async def test_a_telephone_is_called_where_somebody_is(client: Client, meet: MakeMeeting, telephone: str) -> None:
    session = await asyncio.to_thread(routed, client)
    token = client.generate_token(session)
    with pytest.raises(SipDialError):
        client.dial(session, token, telephone)
    with pytest.raises(OpenTokException):  # the SDK makes one of whatever it is that it was refused for
        client.play_dtmf(session, None, "12")
    await meet(session, [token])
    options = {"from": "14155550101@example.com", "headers": {"X-Call": "7"}, "secure": False}
    call = await asyncio.to_thread(client.dial, session, token, telephone, options)
    await asyncio.to_thread(client.play_dtmf, session, None, "12")
    await asyncio.to_thread(client.play_dtmf, session, call.connectionId, "#")
