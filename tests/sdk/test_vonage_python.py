"""Every call of the Python `vonage-video` SDK over TLS, as a Vonage application: what works, what fails how."""

import asyncio
from collections.abc import Iterator

import pytest
from pydantic import ValidationError
from vonage import Auth, HttpClientOptions, Vonage
from vonage_http_client.errors import ForbiddenError, HttpRequestError, NotFoundError
from vonage_video import Video
from vonage_video.errors import InvalidBroadcastStateError, VideoError
from vonage_video.models import (
    AddStreamRequest,
    AudioConnectorData,
    AudioConnectorOptions,
    CaptionsData,
    CaptionsOptions,
    ComposedLayout,
    CreateArchiveRequest,
    CreateBroadcastRequest,
    ExperienceComposerOptions,
    InitiateSipRequest,
    ListArchivesFilter,
    ListBroadcastsFilter,
    ListExperienceComposersFilter,
    SessionOptions,
    SignalData,
    StreamLayout,
    StreamLayoutOptions,
    TokenOptions,
)

from tests.e2e.running import RunningServer
from tests.sdk.conftest import MakeMeeting, Secure, eventually, new_key

NOBODY = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"


@pytest.fixture(scope="module")
def host(secure: Secure) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("REQUESTS_CA_BUNDLE", str(secure.authority))
        environment.setenv("NO_PROXY", "localhost")
        yield f"localhost:{secure.wire.port}"


def video_of(host: str, application_id: str, private_key: str) -> Video:
    auth = Auth(application_id=application_id, private_key=private_key)
    return Vonage(auth, HttpClientOptions(video_host=host)).video


@pytest.fixture
def video(host: str, vonage_application: tuple[str, str]) -> Video:
    return video_of(host, *vonage_application)


@pytest.fixture
def stranger(host: str, vonage_application: tuple[str, str]) -> Video:
    return video_of(host, vonage_application[0], new_key()[0])


def token(video: Video, session: str, **options: object) -> str:
    made = video.generate_client_token(TokenOptions(session_id=session, **options))
    return made.decode() if isinstance(made, bytes) else str(made)


async def test_sessions_tokens_and_streams(video: Video, stranger: Video, meet: MakeMeeting) -> None:
    session = video.create_session().session_id
    for options in ({"media_mode": "routed", "archive_mode": "always"}, {"media_mode": "relayed"}, {"e2ee": True}):
        assert video.create_session(SessionOptions(**options)).session_id
    with pytest.raises(ForbiddenError):
        stranger.create_session()
    tokens = [
        token(video, session, role="moderator", connection_data="name=Ann", initial_layout_class_list=["focus"]),
        token(video, session),
    ]
    meeting = await meet(session, tokens)
    assert meeting.people[0].room.local_participant.metadata == "name=Ann"
    streams = await eventually(lambda: len(found := video.list_streams(session)) == 2 and found, "two streams")
    assert streams[0].layout_class_list == ["focus"]
    assert video.get_stream(session, streams[1].id).video_type == "camera"
    with pytest.raises(HttpRequestError, match="408"):
        video.get_stream(session, "TR_nobody")
    change = StreamLayoutOptions(items=[StreamLayout(id=streams[1].id, layout_class_list=["full"])])
    video.change_stream_layout(session, change)
    assert video.get_stream(session, streams[1].id).layout_class_list == ["full"]
    nobody = StreamLayoutOptions(items=[StreamLayout(id=NOBODY, layout_class_list=["full"])])
    with pytest.raises(HttpRequestError):
        video.change_stream_layout(session, nobody)
    with pytest.raises(ForbiddenError):
        stranger.list_streams(session)
    with pytest.raises(ValidationError):
        video.generate_client_token("no options")
    video.send_signal(session, SignalData(type="greeting", data="hello"))
    assert await meeting.people[0].heard("greeting") == "hello"
    identity = meeting.people[0].room.local_participant.identity
    video.send_signal(session, SignalData(type="secret", data="you"), identity)
    assert await meeting.people[0].heard("secret") == "you"
    with pytest.raises(NotFoundError):
        video.send_signal(session, SignalData(type="secret", data="you"), NOBODY)
    video.mute_stream(session, streams[0].id)
    video.mute_all_streams(session, [streams[1].id])
    video.mute_all_streams(session)
    video.disable_mute_all_streams(session)
    with pytest.raises(NotFoundError):
        video.mute_stream(session, "TR_nobody")
    for call in (video.mute_all_streams, video.disable_mute_all_streams):
        with pytest.raises(NotFoundError):
            call("1_nosuchsession")
    video.disconnect_client(session, identity)
    await eventually(lambda: len(video.list_streams(session)) == 1, "Ann is gone")
    with pytest.raises(NotFoundError):
        video.disconnect_client(session, NOBODY)


async def test_archives(video: Video, stranger: Video, meet: MakeMeeting) -> None:
    session = video.create_session().session_id
    with pytest.raises(HttpRequestError):
        video.start_archive(CreateArchiveRequest(session_id=session))
    meeting = await meet(session, [token(video, session)])
    archive = video.start_archive(CreateArchiveRequest(session_id=session, name="vonage", resolution="1280x720"))
    assert (archive.status, archive.resolution, archive.name) == ("started", "1280x720", "vonage")
    with pytest.raises(HttpRequestError):
        video.start_archive(CreateArchiveRequest(session_id=session))
    chosen = video.start_archive(
        CreateArchiveRequest(session_id=session, stream_mode="manual", multi_archive_tag="chosen")
    )
    stream = (await eventually(lambda: video.list_streams(session), "a stream"))[0].id
    video.add_stream_to_archive(chosen.id, AddStreamRequest(stream_id=stream))
    assert video.get_archive(chosen.id).streams[0].stream_id == stream
    video.remove_stream_from_archive(chosen.id, stream)
    with pytest.raises(HttpRequestError):
        video.add_stream_to_archive(archive.id, AddStreamRequest(stream_id=stream))
    with pytest.raises(HttpRequestError):
        video.remove_stream_from_archive(archive.id, stream)
    assert video.change_archive_layout(archive.id, ComposedLayout(type="pip")).id == archive.id
    custom = ComposedLayout(type="custom", stylesheet="stream { float: left; width: 50%; height: 100% }")
    styled = video.start_archive(
        CreateArchiveRequest(session_id=session, layout=custom, multi_archive_tag="custom", name="styled")
    )
    assert (styled.status, styled.name) == ("started", "styled")
    assert video.change_archive_layout(archive.id, custom).id == archive.id
    wrong = ComposedLayout(type="custom", stylesheet="stream { colour: red }")
    with pytest.raises(HttpRequestError, match="the property 'colour' is not supported"):
        video.change_archive_layout(archive.id, wrong)
    video.stop_archive(styled.id)
    await asyncio.to_thread(meeting.server.record_for, session, 1.0)
    assert video.stop_archive(archive.id).status == "stopped"
    video.stop_archive(chosen.id)
    found, count, _ = video.list_archives(ListArchivesFilter(session_id=session))
    assert [each.id for each in found] == [styled.id, chosen.id, archive.id]
    assert count == 3
    await eventually(lambda: video.get_archive(archive.id).status == "available", "the film", 90)
    with pytest.raises((HttpRequestError, VideoError)):
        video.stop_archive(archive.id)
    video.delete_archive(archive.id)
    for call in (video.get_archive, video.stop_archive, video.delete_archive):
        with pytest.raises(NotFoundError):
            call(NOBODY)
    with pytest.raises(ForbiddenError):
        stranger.get_archive(archive.id)
    with pytest.raises(ForbiddenError):
        stranger.list_archives(ListArchivesFilter())


async def test_renders(video: Video, stranger: Video, sdk_server: RunningServer) -> None:
    session = video.create_session().session_id
    await asyncio.to_thread(sdk_server.open_room, "shown-by-vonage")
    url = f"{sdk_server.url}/room/recorder/shown-by-vonage"
    ask = {"session_id": session, "url": url, "max_duration": 60, "properties": {"name": "a room"}}
    with pytest.raises(HttpRequestError):
        video.start_experience_composer(ExperienceComposerOptions(token="T1==nonsense", **ask))
    render = video.start_experience_composer(ExperienceComposerOptions(token=token(video, session), **ask))
    assert (render.status, render.session_id, render.name) == ("starting", session, "a room")
    await eventually(lambda: video.get_experience_composer(render.id).status == "started", "the render", 60)
    assert video.get_experience_composer(render.id).stream_id in [each.id for each in video.list_streams(session)]
    found, _, _ = video.list_experience_composers(ListExperienceComposersFilter(page_size=10))
    assert render.id in [each.id for each in found]
    video.stop_experience_composer(render.id)
    assert video.get_experience_composer(render.id).reason == "Stop Requested"
    with pytest.raises(NotFoundError):
        video.get_experience_composer(NOBODY)
    with pytest.raises(NotFoundError):
        video.stop_experience_composer(NOBODY)
    with pytest.raises(ForbiddenError):
        stranger.list_experience_composers(ListExperienceComposersFilter())


async def test_broadcasts(video: Video, stranger: Video, meet: MakeMeeting) -> None:
    session = video.create_session(SessionOptions(media_mode="routed")).session_id
    await meet(session, [token(video, session)])
    wish = CreateBroadcastRequest(
        session_id=session,
        outputs={
            "hls": {"dvr": True},
            "rtmp": [{"id": "a", "server_url": "rtmp://localhost:9/x", "stream_name": "y"}],
        },
        stream_mode="manual",
        layout=ComposedLayout(type="bestFit", screenshare_type="pip"),
        max_duration=60,
        resolution="640x480",
        multi_broadcast_tag="one",
        max_bitrate=500_000,
    )
    broadcast = await asyncio.to_thread(video.start_broadcast, wish)
    assert (broadcast.status, broadcast.session_id, broadcast.max_duration) == ("started", session, 60)
    assert (broadcast.multi_broadcast_tag, broadcast.max_bitrate, broadcast.stream_mode) == ("one", 500_000, "manual")
    assert broadcast.settings.hls.dvr
    assert [(each.id, each.status) for each in broadcast.broadcast_urls.rtmp] == [("a", "connecting")]
    with pytest.raises(InvalidBroadcastStateError):
        video.start_broadcast(wish)
    stream = (await eventually(lambda: video.list_streams(session), "a stream"))[0].id
    video.add_stream_to_broadcast(broadcast.id, AddStreamRequest(stream_id=stream))
    assert video.get_broadcast(broadcast.id).streams[0].stream_id == stream
    video.remove_stream_from_broadcast(broadcast.id, stream)
    assert video.change_broadcast_layout(broadcast.id, ComposedLayout(type="pip")).id == broadcast.id
    custom = ComposedLayout(type="custom", stylesheet="stream { float: left; width: 50%; height: 100% }")
    assert video.change_broadcast_layout(broadcast.id, custom).id == broadcast.id
    found, count, _ = video.list_broadcasts(ListBroadcastsFilter(session_id=session))
    assert ([each.id for each in found], count) == ([broadcast.id], 1)
    assert video.stop_broadcast(broadcast.id).status == "stopped"
    with pytest.raises(HttpRequestError):
        video.stop_broadcast(broadcast.id)
    for call in (
        video.get_broadcast,
        video.stop_broadcast,
        lambda id: video.add_stream_to_broadcast(id, AddStreamRequest(stream_id=stream)),
        lambda id: video.remove_stream_from_broadcast(id, stream),
        lambda id: video.change_broadcast_layout(id, custom),
    ):
        with pytest.raises(NotFoundError):
            call(NOBODY)
    with pytest.raises(ForbiddenError):
        stranger.list_broadcasts(ListBroadcastsFilter())


async def test_sound_goes_to_a_websocket(video: Video, websocket: str) -> None:
    session = video.create_session(SessionOptions(media_mode="routed")).session_id

    def connect(uri: str) -> AudioConnectorData:
        transport = {"transport": "json", "encoding": "base64", "audio_field": "sound"}
        where = {"uri": uri, "headers": {"call": "7"}, "audio_rate": 16_000, "audio_transport": transport}
        options = AudioConnectorOptions(session_id=session, token=token(video, session), websocket=where)
        return video.start_audio_connector(options)

    connector = await asyncio.to_thread(connect, websocket)
    video.disconnect_client(session, connector.connection_id)
    with pytest.raises(HttpRequestError, match="a ws or wss address"):
        connect("https://example.org/")


def test_captions_are_started_once_and_stopped_once(video: Video) -> None:
    session = video.create_session(SessionOptions(media_mode="routed")).session_id
    moderator = token(video, session, role="moderator")
    asked = CaptionsOptions(session_id=session, token=moderator, language_code="en-US", max_duration=1800)
    captions = video.start_captions(asked)
    with pytest.raises(HttpRequestError, match="started already"):
        video.start_captions(asked)
    video.stop_captions(captions)
    for ended in (captions, CaptionsData(captions_id=NOBODY)):
        with pytest.raises(NotFoundError):
            video.stop_captions(ended)


async def test_a_telephone_is_called_where_somebody_is(video: Video, meet: MakeMeeting, telephone: str) -> None:
    session = video.create_session(SessionOptions(media_mode="routed")).session_id
    opens = token(video, session)
    asked = InitiateSipRequest(session_id=session, token=opens, sip={"uri": telephone})
    for call in (
        lambda: video.initiate_sip_call(asked),
        lambda: video.play_dtmf(session, "12"),
        lambda: video.play_dtmf(session, "12", NOBODY),
    ):
        with pytest.raises(NotFoundError):
            call()
    await meet(session, [opens])
    call = await asyncio.to_thread(video.initiate_sip_call, asked)
    await asyncio.to_thread(video.play_dtmf, session, "12")
    await asyncio.to_thread(video.play_dtmf, session, "#", call.connection_id)
