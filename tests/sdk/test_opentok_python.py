"""Every call of the Python `opentok` SDK, as an application makes it: what works, and what fails in which way."""

import asyncio
import io
import json
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from livekit import rtc
from opentok import ArchiveModes, BroadcastStreamModes, Client, MediaModes, OutputModes, Roles, StreamModes
from opentok.exceptions import (
    ArchiveError,
    ArchiveStreamModeError,
    AuthError,
    ForceDisconnectError,
    GetStreamError,
    NotFoundError,
    OpenTokException,
    RequestError,
    SetStreamClassError,
    SignalingError,
    SipDialError,
)

from tests.e2e.films import watch
from tests.e2e.people import BLUE, RED, Person, ann
from tests.e2e.running import RunningServer
from tests.sdk.conftest import SMALL, MakeMeeting, eventually
from tests.sdk.wire import Wire
from tests.test_composer import is_colour, picture_at

NOBODY = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"


@pytest.fixture
def client(wire: Wire, key_and_secret: tuple[str, str]) -> Client:
    return Client(*key_and_secret, api_url=wire.url)


@pytest.fixture
def stranger(wire: Wire, key_and_secret: tuple[str, str]) -> Client:
    return Client(key_and_secret[0], "another-secret-" * 3, api_url=wire.url)


def routed(client: Client) -> str:
    return str(client.create_session(media_mode=MediaModes.routed).session_id)


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


async def two_streams(client: Client, session: str) -> list[Any]:
    """The streams of a session, once there are two."""
    found: list[Any] = await eventually(
        lambda: (streams := client.list_streams(session)).count == 2 and streams.items, "two streams"
    )
    return found


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
    with pytest.raises((GetStreamError, RequestError)):
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


async def test_archives_from_start_to_delete(client: Client, stranger: Client, meet: MakeMeeting) -> None:
    session = await asyncio.to_thread(routed, client)
    with pytest.raises(RequestError, match="Nobody"):
        client.start_archive(session)
    meeting = await meet(session, [client.generate_token(session)])
    meeting.people[0].speak()
    archive = await asyncio.to_thread(client.start_archive, session, name="one", resolution="1280x720")
    assert (archive.status, archive.name, archive.resolution, archive.size) == ("started", "one", "1280x720", 0)
    assert (archive.session_id, str(archive.partner_id), archive.url) == (session, client.api_key, None)
    with pytest.raises(ArchiveError, match="already"):
        client.start_archive(session)
    second = await asyncio.to_thread(client.start_archive, session, multi_archive_tag="second", has_audio=False)
    assert not second.has_audio
    client.set_archive_layout(archive.id, "pip")
    with pytest.raises((RequestError, OpenTokException)):
        client.set_archive_layout(archive.id, "nonsense")
    with pytest.raises((ArchiveError, RequestError)):
        client.delete_archive(archive.id)
    for change in (client.add_archive_stream, client.remove_archive_stream):
        with pytest.raises((ArchiveStreamModeError, RequestError)):
            change(archive.id, "TR_x")
    with pytest.raises((ArchiveError, RequestError)):
        second.delete()
    await asyncio.to_thread(meeting.server.record_for, session, 1.0)
    assert client.stop_archive(archive.id).status == "stopped"
    assert client.get_archive(second.id).status == "started"
    second.stop()
    listed = client.get_archives(session_id=session)
    assert [each.id for each in listed] == [second.id, archive.id]
    assert client.list_archives(offset=1, count=1, session_id=session).count == 2
    done = await eventually(
        lambda: (found := client.get_archive(archive.id)).status == "available" and found, "the film", 90
    )
    assert done.url.startswith(meeting.server.url)
    assert done.duration >= 1
    assert len(meeting.server.http.get(done.url).content) == done.size
    await eventually(lambda: client.get_archive(second.id).status == "available", "the second film", 90)
    client.delete_archive(archive.id)
    assert [each.id for each in client.list_archives(session_id=session)] == [second.id]
    assert meeting.server.http.get(done.url).status_code == 404
    with pytest.raises((ArchiveError, RequestError)):
        second.stop()
    second.delete()
    assert client.list_archives(session_id=session).count == 0
    for each in (stranger.list_archives, stranger.get_archives):
        with pytest.raises(AuthError):
            each(session_id=session)
    for call in (client.get_archive, client.stop_archive, client.delete_archive):
        with pytest.raises(NotFoundError):
            call(NOBODY)
        with pytest.raises(AuthError):
            getattr(stranger, call.__name__)(archive.id)


async def test_an_archive_is_paused_while_nobody_publishes(client: Client, meet: MakeMeeting) -> None:
    session = await asyncio.to_thread(routed, client)
    meeting = await meet(session, [client.generate_token(session)])
    archive = await asyncio.to_thread(client.start_archive, session)
    await asyncio.to_thread(meeting.server.record_for, session, 0)
    await meeting.people[0].leave()
    await eventually(lambda: client.get_archive(archive.id).status == "paused", "nobody publishes", 60)
    await meeting.join(ann(**SMALL), client.generate_token(session))
    await eventually(lambda: client.get_archive(archive.id).status == "started", "somebody publishes again", 60)
    assert client.stop_archive(archive.id).status == "stopped"


async def test_archives_whose_streams_are_chosen(client: Client, meet: MakeMeeting) -> None:
    session = await asyncio.to_thread(routed, client)
    await meet(session, [client.generate_token(session)])
    archive = await asyncio.to_thread(client.start_archive, session, stream_mode=StreamModes.manual)
    stream = (await eventually(lambda: client.list_streams(session).items, "a stream"))[0]
    client.add_archive_stream(archive.id, stream.id, has_audio=True, has_video=False)
    assert client.get_archive(archive.id).streams == [{"streamId": stream.id, "hasAudio": True, "hasVideo": False}]
    client.remove_archive_stream(archive.id, stream.id)
    assert client.get_archive(archive.id).streams == []
    with pytest.raises((NotFoundError, RequestError)):
        client.add_archive_stream(archive.id, "TR_nobody")
    with pytest.raises(RequestError):
        client.add_archive_stream(archive.id, stream.id, has_audio=False, has_video=False)
    assert client.get_archive(archive.id).streams == []
    client.stop_archive(archive.id)


async def test_a_film_has_the_streams_that_were_chosen_while_they_were(
    client: Client, meet: MakeMeeting, tmp_path: Path
) -> None:
    session = await asyncio.to_thread(routed, client)
    meeting = await meet(session, [client.generate_token(session), client.generate_token(session)])
    for person in meeting.people:
        person.speak()
    found = await two_streams(client, session)
    red, blue = (next(each.id for each in found if each.name == name) for name in ("Ann", "Ben"))
    archive = await asyncio.to_thread(client.start_archive, session, stream_mode=StreamModes.manual)
    sound = await asyncio.to_thread(client.start_archive, session, multi_archive_tag="sound", has_video=False)
    await asyncio.to_thread(meeting.server.record_for, session, 0)
    ours = {each["id"]: each for each in meeting.server.archives(session)}
    own = ours[archive.id]
    assert (own["hasVideo"], ours[sound.id]["hasVideo"]) == (True, False)
    began = own["createdAt"] / 1000  # the SDK's is in whole seconds
    added = []
    for stream in (red, blue):
        added.append(time.time() - began)
        await asyncio.to_thread(client.add_archive_stream, archive.id, stream)
        await asyncio.to_thread(meeting.server.record_for, session, 2.5)
        await asyncio.to_thread(client.remove_archive_stream, archive.id, stream)
        if stream == red:  # a composer that comes in the middle knows what was chosen before
            for each in (archive, sound):
                (composer,) = meeting.server.children(f"{each.id}.mp4")
                composer.kill()
    await asyncio.to_thread(client.stop_archive, archive.id)
    done = await eventually(
        lambda: (now := client.get_archive(archive.id)).status == "available" and now, "the film", 90
    )
    (tmp_path / "film.mp4").write_bytes(meeting.server.http.get(done.url).content)
    film = watch(tmp_path / "film.mp4")
    for begin, seen, unseen, heard, unheard in ((added[0], RED, BLUE, 440, 1000), (added[1], BLUE, RED, 1000, 440)):
        assert film.shows(seen, begin + 1.5) and not film.shows(unseen, begin + 1.5)
        assert film.loudness(heard, begin + 0.7, begin + 2.2) > 0.06
        assert film.loudness(unheard, begin + 0.7, begin + 2.2) < 0.04
    assert not film.shows(RED, added[0] - 0.1) and film.loudness(440, 0, added[0] - 0.1) < 0.02
    await asyncio.to_thread(client.stop_archive, sound.id)
    done = await eventually(
        lambda: (now := client.get_archive(sound.id)).status == "available" and now, "the sound", 30
    )
    (tmp_path / "sound.mp4").write_bytes(meeting.server.http.get(done.url).content)
    heard_alone = watch(tmp_path / "sound.mp4")
    assert heard_alone.codecs == ("aac",) and heard_alone.loudness(440, 2, 4) > 0.08


async def test_a_film_is_laid_out_by_a_stylesheet(client: Client, meet: MakeMeeting, tmp_path: Path) -> None:
    session = await asyncio.to_thread(routed, client)
    meeting = await meet(
        session, [client.generate_token(session, initial_layout_class_list=["top"]), client.generate_token(session)]
    )
    sheet = "stream { position: absolute; width: 100%; height: 50%; bottom: 0 } .top { top: 0; width: 50% }"
    with pytest.raises(RequestError, match="stylesheet, line 1: the property 'colour' is not supported"):
        client.start_archive(session, layout={"type": "custom", "stylesheet": "stream { colour: red }"})
    with pytest.raises(RequestError, match="a custom layout needs a stylesheet"):
        client.start_archive(session, layout={"type": "custom"})
    archive = await asyncio.to_thread(client.start_archive, session, layout={"type": "custom", "stylesheet": sheet})
    began = time.time()
    await asyncio.to_thread(meeting.server.record_for, session, 2.0)
    with pytest.raises((RequestError, OpenTokException)):
        client.set_archive_layout(archive.id, "custom", "stream > video { width: 100% }")
    await asyncio.to_thread(meeting.server.record_for, session, 0.5)
    changed = time.time() - began
    client.set_archive_layout(archive.id, "custom", "stream { float: right; width: 50%; height: 100% }")
    await asyncio.to_thread(meeting.server.record_for, session, 2.0)
    await asyncio.to_thread(client.stop_archive, archive.id)
    done = await eventually(
        lambda: (now := client.get_archive(archive.id)).status == "available" and now, "the film", 90
    )
    (tmp_path / "film.mp4").write_bytes(meeting.server.http.get(done.url).content)
    before, after = (picture_at(tmp_path / "film.mp4", second) for second in (changed - 0.2, changed + 1.5))
    assert is_colour(before[40:200, 20:300], RED) and is_colour(before[20:220, 340:620], (0, 0, 0))
    assert is_colour(before[260:420, 140:500], BLUE)
    assert is_colour(after[180:300, 340:620], RED) and is_colour(after[180:300, 20:300], BLUE)


async def test_an_individual_archive_has_the_tracks_that_were_asked_for(client: Client, meet: MakeMeeting) -> None:
    session = await asyncio.to_thread(routed, client)
    meeting = await meet(session, [client.generate_token(session), client.generate_token(session)])
    for person in meeting.people:
        person.speak()
    found = await two_streams(client, session)
    red = next(each.id for each in found if each.name == "Ann")
    ask: dict[str, Any] = {"output_mode": OutputModes.individual}
    archives = [
        await asyncio.to_thread(client.start_archive, session, stream_mode=StreamModes.manual, **ask),
        await asyncio.to_thread(client.start_archive, session, multi_archive_tag="sound", has_video=False, **ask),
        await asyncio.to_thread(client.start_archive, session, multi_archive_tag="picture", has_audio=False, **ask),
    ]
    await asyncio.to_thread(meeting.server.record_for, session, 0)
    await asyncio.to_thread(client.add_archive_stream, archives[0].id, red)
    await asyncio.to_thread(meeting.server.record_for, session, 1.0)
    kept = []
    for archive in archives:
        await asyncio.to_thread(client.stop_archive, archive.id)
        done = await eventually(
            lambda wanted=archive.id: (now := client.get_archive(wanted)).status == "available" and now,
            "the tracks",
            90,
        )
        with zipfile.ZipFile(io.BytesIO(meeting.server.http.get(done.url).content)) as packed:
            files = json.loads(packed.read(f"{archive.id}.json"))["files"]
            assert len(packed.namelist()) == len(files) + 1
        kept.append({(each["connectionData"], each["videoType"]) for each in files})
    assert kept == [
        {("Ann", "camera"), ("Ann", None)},
        {("Ann", None), ("Ben", None)},
        {("Ann", "camera"), ("Ben", "camera")},
    ]


def test_archives_that_cannot_be(client: Client, stranger: Client) -> None:
    relayed = client.create_session().session_id
    with pytest.raises(ArchiveError, match="relayed"):
        client.start_archive(relayed)
    with pytest.raises(NotFoundError):
        client.start_archive("1_nosuchsession")
    with pytest.raises(RequestError, match="audio or video"):
        client.start_archive(relayed, has_audio=False, has_video=False)
    with pytest.raises((RequestError, OpenTokException)):
        client.start_archive(relayed, output_mode=OutputModes.individual, resolution="640x480")
    with pytest.raises(AuthError):
        stranger.start_archive(relayed)


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


def test_what_is_not_there_yet_says_so(client: Client) -> None:
    session = routed(client)
    token = client.generate_token(session)
    for call in (
        lambda: client.start_captions(session, token),
        lambda: client.stop_captions(NOBODY),
    ):
        with pytest.raises(RequestError):
            call()


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
