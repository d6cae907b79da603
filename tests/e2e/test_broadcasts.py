"""Broadcasts: what a player gets by HLS, and what a real RTMP server gets, with OpenTok's own SDK in control."""

import asyncio
import re
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import pytest
from opentok import BroadcastStreamModes, Client, MediaModes, Stream
from opentok.exceptions import BroadcastError, RequestError

from reelroom.keys import load_keys
from tests.e2e.films import WatchedFilm, watch
from tests.e2e.people import Person, ann, ben
from tests.e2e.rtmp import RtmpServer
from tests.e2e.running import RunningServer, free_port, wait_until

SMALL: dict[str, Any] = {"width": 320, "height": 180, "fps": 15}
HLS: dict[str, Any] = {"outputs": {"hls": {}}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Its broadcasts may go to RTMP servers on this machine."""
    running = RunningServer(tmp_path_factory.mktemp("data"), settings={"REELROOM_PRIVATE_DESTINATIONS": "true"})
    try:
        yield running.start()
    finally:
        running.close()


@pytest.fixture
def client(server: RunningServer) -> Client:
    return client_of(server)


def client_of(server: RunningServer) -> Client:
    keys = load_keys(server.data_dir)
    return Client(keys.api_key, keys.api_secret, api_url=server.url)


@pytest.fixture
def rtmp(tmp_path: Path) -> Iterator[RtmpServer]:
    running = RtmpServer(tmp_path / "rtmp")
    try:
        yield running.start()
    finally:
        running.stop()


@pytest.fixture
async def people() -> AsyncIterator[list[Person]]:
    """Whoever a test brings in; they leave at its end."""
    here: list[Person] = []
    yield here
    for person in here:
        await person.leave()


async def meeting(server: RunningServer, client: Client, person: Person) -> str:
    """A session in which the person speaks."""
    session_id = str((await asyncio.to_thread(client.create_session, media_mode=MediaModes.routed)).session_id)
    await come_in(server, client, session_id, person)
    person.speak()
    return session_id


async def come_in(server: RunningServer, client: Client, session_id: str, person: Person) -> None:
    token = {"sessionId": session_id, "token": client.generate_token(session_id), "name": person.name}
    answer = (await asyncio.to_thread(server.http.post, "/session/connect", json=token)).json()
    await person.join(answer["url"], answer["accessToken"])


async def until(condition: Callable[[], Any], what: str, seconds: float = 60.0) -> Any:
    return await asyncio.to_thread(wait_until, condition, what, seconds)


def urls(client: Client, broadcast_id: str) -> dict[str, Any]:
    broadcast = client.get_broadcast(broadcast_id)
    assert broadcast.status == "started", broadcast.json()
    return dict(broadcast.broadcastUrls)


def rtmp_statuses(client: Client, broadcast_id: str) -> dict[str, str]:
    return {each["id"]: each["status"] for each in urls(client, broadcast_id)["rtmp"]}


def segments(server: RunningServer, playlist: str) -> list[str]:
    answer = server.http.get(playlist)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vnd.apple.mpegurl"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == "*"
    return [line for line in answer.text.splitlines() if line and not line.startswith("#")]


def played(server: RunningServer, playlist: str, folder: Path, last: int) -> WatchedFilm:
    """The last segments of a playlist, decoded; times from their beginning."""
    path = folder / f"{time.monotonic_ns()}.ts"
    with path.open("wb") as file:
        for name in segments(server, playlist)[-last:]:
            answer = server.http.get(playlist.replace("index.m3u8", name))
            assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp2t")
            file.write(answer.content)
    return from_its_start(path)


def from_its_start(path: Path) -> WatchedFilm:
    """Decoded, with times from the first picture on: neither segments nor streams begin at 0."""
    film = watch(path)
    return replace(film, times=film.times - film.times[0])


def assert_shows(film: WatchedFilm, person: Person, second: float) -> None:
    """From `second` of the film on, for a second."""
    assert film.shows(person.colour, second + 0.5), film.colour_at(second + 0.5)
    assert film.loudness(person.tone, second, second + 1.0) > 0.05


@pytest.mark.slow
async def test_hls_is_played_while_the_session_goes_on(
    server: RunningServer, client: Client, people: list[Person], tmp_path: Path
) -> None:
    people.append(ann(**SMALL))
    session_id = await meeting(server, client, people[0])
    broadcast = await asyncio.to_thread(client.start_broadcast, session_id, {**HLS, "resolution": "1280x720"})
    assert (broadcast.status, broadcast.resolution, broadcast.sessionId) == ("started", "1280x720", session_id)
    assert (broadcast.projectId, broadcast.maxDuration) == (int(client.api_key), 14_400)
    playlist = broadcast.broadcastUrls["hls"]
    await until(lambda: urls(client, broadcast.id)["hlsStatus"] == "live", "the broadcast is live")
    await until(lambda: len(segments(server, playlist)) >= 3, "three segments")
    film = await asyncio.to_thread(played, server, playlist, tmp_path, 2)
    assert (film.width, film.height, film.codecs) == (1280, 720, ("h264", "aac"))
    assert film.seconds == pytest.approx(4, abs=0.2)
    assert_shows(film, people[0], 2.5)
    # Somebody else comes in and speaks: in the layout pip, whoever came first is the full picture.
    await asyncio.to_thread(client.set_broadcast_layout, broadcast.id, "pip")
    people.append(ben(**SMALL))
    await come_in(server, client, session_id, people[1])
    people[0].hush()
    people[1].speak()

    def hears_ben() -> bool:
        return played(server, playlist, tmp_path, 1).loudness(people[1].tone, 0.5, 1.5) > 0.05

    await until(hears_ben, "Ben is heard")
    await until(lambda: segments(server, playlist)[0] != "000000.ts", "the oldest segment has left the list", 60)
    assert len(segments(server, playlist)) == 6
    assert "#EXT-X-TARGETDURATION:2" in server.http.get(playlist).text
    assert re.fullmatch(rf"{server.url}/broadcasts/{broadcast.id}/[0-9a-f]{{64}}/index\.m3u8", playlist)
    stopped = await asyncio.to_thread(client.stop_broadcast, broadcast.id)
    assert (stopped.status, stopped.broadcastUrls) == ("stopped", None)
    with pytest.raises(BroadcastError):
        client.stop_broadcast(broadcast.id)
    await until(lambda: "#EXT-X-ENDLIST" in server.http.get(playlist).text, "players learn of the end")
    await until(lambda: not server.children("reelroom.broadcasts.process"), "its process has ended")
    await until(lambda: not server.taps(), "its tap has ended")
    await until(lambda: server.http.get(playlist).status_code == 404, "its files are gone", 60)
    assert not (server.data_dir / "broadcasts" / broadcast.id).exists()


@pytest.mark.slow
async def test_rtmp_servers_get_it_and_one_that_fails_holds_up_nobody(
    server: RunningServer, client: Client, people: list[Person], rtmp: RtmpServer, tmp_path: Path
) -> None:
    people.append(ben(**SMALL))
    session_id = await meeting(server, client, people[0])
    with socket.create_server(("127.0.0.1", 0)) as silent:  # connections are made, and nobody answers
        targets = [
            {"id": "nginx", "serverUrl": rtmp.url, "streamName": "town"},
            {"id": "nobody", "serverUrl": f"rtmp://127.0.0.1:{free_port()}/live", "streamName": "key"},
            {"id": "silent", "serverUrl": f"rtmp://127.0.0.1:{silent.getsockname()[1]}/live", "streamName": "key"},
        ]
        wish = {"outputs": {"hls": {"lowLatency": True}, "rtmp": targets}, "maxBitrate": 1_000_000}
        broadcast = await asyncio.to_thread(client.start_broadcast, session_id, wish)
        assert [each["serverUrl"] for each in broadcast.broadcastUrls["rtmp"]] == [
            each["serverUrl"] for each in targets
        ]
        await until(lambda: rtmp_statuses(client, broadcast.id)["nginx"] == "live", "nginx takes the stream")
        await until(lambda: rtmp_statuses(client, broadcast.id)["nobody"] == "error", "nobody is there")
        await until(lambda: rtmp_statuses(client, broadcast.id)["silent"] == "error", "the silent one is given up")
        playlist = urls(client, broadcast.id)["hls"]
        assert urls(client, broadcast.id)["hlsStatus"] == "live"
        film = await asyncio.to_thread(played, server, playlist, tmp_path, 3)
        assert film.seconds == pytest.approx(3, abs=0.2)  # lowLatency: a second each
        assert_shows(film, people[0], 1.0)
        assert rtmp_statuses(client, broadcast.id)["nginx"] == "live"

        before = await asyncio.to_thread(from_its_start, rtmp.recording("town"))
        assert (before.width, before.height, before.codecs) == (640, 480, ("h264", "aac"))
        assert_shows(before, people[0], 3.0)
        rtmp.stop()
        await until(lambda: rtmp_statuses(client, broadcast.id)["nginx"] == "offline", "nginx is gone")
        rtmp.recording("town").unlink()
        rtmp.start()
        await until(lambda: rtmp_statuses(client, broadcast.id)["nginx"] == "live", "nginx is back", 60)
        again = rtmp.recording("town")
        await until(lambda: again.exists() and again.stat().st_size > 100_000, "it has some seconds of it", 60)
        await asyncio.to_thread(client.stop_broadcast, broadcast.id)
        await until(lambda: not server.children("reelroom.composer.rtmp"), "its connections have ended")
    after = await asyncio.to_thread(from_its_start, rtmp.recording("town"))
    assert_shows(after, people[0], 0.5)
    logged = server.log() + (server.data_dir / "logs/broadcasts.log").read_text()
    assert "Connection refused" in logged
    assert "/live/" not in logged  # the names of streams are keys


async def test_only_one_without_a_tag_and_it_shares_the_take(
    server: RunningServer, client: Client, people: list[Person]
) -> None:
    relayed = await asyncio.to_thread(client.create_session)
    with pytest.raises(BroadcastError):
        client.start_broadcast(relayed.session_id, HLS)
    empty = await asyncio.to_thread(client.create_session, media_mode=MediaModes.routed)
    with pytest.raises(BroadcastError):
        client.start_broadcast(empty.session_id, HLS)
    with pytest.raises(RequestError):
        client.start_broadcast("1_nosuchsession", HLS)
    people.append(ann(**SMALL))
    session_id = await meeting(server, client, people[0])
    archive = await asyncio.to_thread(client.start_archive, session_id)
    first = await asyncio.to_thread(client.start_broadcast, session_id, HLS)
    with pytest.raises(BroadcastError, match="already"):
        client.start_broadcast(session_id, HLS)
    second = await asyncio.to_thread(client.start_broadcast, session_id, {**HLS, "multiBroadcastTag": "second"})
    assert len(server.taps()) == 1
    client.stop_archive(archive.id)
    client.stop_broadcast(first.id)
    await until(lambda: len(server.children("reelroom.broadcasts.process")) == 1, "one is left")
    await until(lambda: urls(client, second.id)["hlsStatus"] == "live", "the second is live")
    assert len(server.taps()) == 1
    client.stop_broadcast(second.id)
    await until(lambda: not server.taps(), "the tap has ended")


@pytest.mark.slow
async def test_it_has_the_streams_that_are_chosen_and_only_what_was_asked_for(
    server: RunningServer, client: Client, people: list[Person], tmp_path: Path
) -> None:
    people += [ann(**SMALL), ben(**SMALL)]
    session_id = await meeting(server, client, people[0])
    await come_in(server, client, session_id, people[1])
    people[1].speak()

    def published() -> list[Stream]:
        return [each for each in client.list_streams(session_id) if each.name == "Ben"]

    (chosen,) = await until(published, "Ben's stream is listed")
    manual = await asyncio.to_thread(client.start_broadcast, session_id, HLS, BroadcastStreamModes.manual)
    heard = {**HLS, "multiBroadcastTag": "heard", "hasVideo": False}
    seen = {**HLS, "multiBroadcastTag": "seen", "hasAudio": False}
    sound = await asyncio.to_thread(client.start_broadcast, session_id, heard)
    picture = await asyncio.to_thread(client.start_broadcast, session_id, seen)
    assert (sound.hasVideo, picture.hasAudio) == (False, False)
    for each in (manual, sound, picture):
        await until(lambda each=each: urls(client, each.id)["hlsStatus"] == "live", "the broadcast is live", 60)
    playlists = [urls(client, each.id)["hls"] for each in (manual, sound, picture)]

    def newest(playlist: str) -> WatchedFilm:
        return played(server, playlist, tmp_path, 1)

    nobody = await asyncio.to_thread(newest, playlists[0])
    assert not nobody.shows(people[0].colour, 0.5)
    assert not nobody.shows(people[1].colour, 0.5)
    assert nobody.loudness(people[1].tone, 0.5, 1.5) < 0.05
    await asyncio.to_thread(client.add_broadcast_stream, manual.id, chosen.id)

    def is_ben_alone() -> bool:
        film = newest(playlists[0])
        return film.shows(people[1].colour, 0.5) and film.loudness(people[1].tone, 0.5, 1.5) > 0.05

    await until(is_ben_alone, "Ben alone is shown")
    assert (await asyncio.to_thread(newest, playlists[0])).loudness(people[0].tone, 0.5, 1.5) < 0.05
    await asyncio.to_thread(client.remove_broadcast_stream, manual.id, chosen.id)
    await until(lambda: not newest(playlists[0]).shows(people[1].colour, 0.5), "Ben is not shown any more")

    for playlist, kinds in zip(playlists[1:], ({"audio"}, {"video"}), strict=True):
        segment = tmp_path / "one.ts"
        name = segments(server, playlist)[-1]
        segment.write_bytes(server.http.get(playlist.replace("index.m3u8", name)).content)
        with av.open(str(segment)) as container:
            assert {stream.type for stream in container.streams} == kinds
            assert sum(1 for _ in container.decode()) > 40  # 2 s of it
    for each in (manual, sound, picture):
        await asyncio.to_thread(client.stop_broadcast, each.id)
    await until(lambda: not server.taps(), "the tap has ended")


@pytest.mark.slow
async def test_what_ran_when_the_server_died_is_over(own_server: RunningServer, people: list[Person]) -> None:
    client = client_of(own_server)
    people += [ann(**SMALL), ben(**SMALL)]
    session_id = await meeting(own_server, client, people[0])
    broadcast = await asyncio.to_thread(client.start_broadcast, session_id, HLS)
    await until(lambda: urls(client, broadcast.id)["hlsStatus"] == "live", "the broadcast is live")
    (child,) = own_server.children("reelroom.broadcasts.process")
    child.kill()
    await until(lambda: child not in own_server.children("reelroom.broadcasts.process"), "it was killed")
    (again,) = await until(lambda: own_server.children("reelroom.broadcasts.process"), "it comes back")
    playlist = urls(client, broadcast.id)["hls"]
    await until(lambda: "DISCONTINUITY" in own_server.http.get(playlist).text, "the playlist goes on")
    archived = await meeting(own_server, client, people[1])
    beside = await asyncio.to_thread(client.start_broadcast, archived, HLS)
    archive = await asyncio.to_thread(client.start_archive, archived)
    await asyncio.to_thread(own_server.record_for, archived, 1.0)
    assert len(own_server.taps()) == 2
    own_server.kill()
    await until(lambda: not again.is_running(), "it ends with the server")
    await asyncio.to_thread(own_server.start)
    for each in (broadcast, beside):
        ended = client.get_broadcast(each.id)
        assert (ended.status, ended.broadcastUrls) == ("stopped", None)
    assert own_server.http.get(playlist).status_code == 404
    # A take that only a broadcast held is over, one that an archive holds goes on.
    assert client.get_archive(archive.id).status == "started"
    assert len(own_server.taps()) == 1
    client.stop_archive(archive.id)
    await until(lambda: not own_server.taps(), "no tap goes on")
    await until(lambda: client.get_archive(archive.id).status == "available", "the film", 90)
