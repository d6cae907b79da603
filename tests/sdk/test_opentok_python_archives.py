"""Every call of the Python `opentok` SDK about archives, and what is in the films."""

import asyncio
import io
import json
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from opentok import Client, OutputModes, StreamModes
from opentok.exceptions import (
    ArchiveError,
    ArchiveStreamModeError,
    AuthError,
    NotFoundError,
    OpenTokException,
    RequestError,
)

from tests.e2e.films import watch
from tests.e2e.people import BLUE, RED, ann
from tests.sdk.conftest import SMALL, MakeMeeting, eventually, routed, two_streams
from tests.test_composer import is_colour, picture_at

NOBODY = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"


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
        assert film.loudness(heard, begin + 0.7, begin + 2.2) > 0.05
        assert film.loudness(unheard, begin + 0.7, begin + 2.2) < 0.04
    assert not film.shows(RED, added[0] - 0.1) and film.loudness(440, 0, added[0] - 0.1) < 0.02
    await asyncio.to_thread(client.stop_archive, sound.id)
    done = await eventually(
        lambda: (now := client.get_archive(sound.id)).status == "available" and now, "the sound", 30
    )
    (tmp_path / "sound.mp4").write_bytes(meeting.server.http.get(done.url).content)
    heard_alone = watch(tmp_path / "sound.mp4")
    assert heard_alone.codecs == ("aac",) and heard_alone.loudness(440, 2, 4) > 0.05


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
