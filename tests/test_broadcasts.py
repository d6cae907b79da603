"""Broadcasts without an engine: what a start may ask for, what is answered, and who gets which file."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pydantic import ValidationError

from reelroom.api.app import create_app
from reelroom.api.opentok.broadcast_shapes import StartBroadcast
from reelroom.broadcasts.answer import Outputs, broadcast_answer, hls_link
from reelroom.broadcasts.running import Broadcast, Broadcasting, hls_folder, picture_bits, rtmp_url
from reelroom.config import Settings
from reelroom.cutting.plan import LayoutChoice, Plan
from reelroom.projects.projects import Project
from reelroom.roles.everything import Server
from reelroom.store.schema import database_url, migrate
from reelroom.store.values import KeptTake, Session
from tests.takes import TakeMaker

RTMP = {"serverUrl": "rtmp://localhost/live", "streamName": "key"}


def asked(**fields: Any) -> StartBroadcast:
    return StartBroadcast.model_validate({"sessionId": "1_x", "outputs": {"hls": {}}, **fields})


def test_defaults() -> None:
    wish = asked().wish()
    assert (wish.hls, wish.rtmp) == ({"lowLatency": False, "dvr": False}, [])
    assert (wish.resolution, wish.stream_mode, wish.tag, wish.max_duration) == ("640x480", "auto", "", 14_400)
    assert (wish.has_audio, wish.has_video, wish.max_bitrate, wish.layout) == (True, True, None, {"type": "bestFit"})
    custom = {"type": "custom", "stylesheet": "stream {}"}
    assert asked(layout=custom).wish().layout == custom
    only_rtmp = asked(outputs={"rtmp": [RTMP]}).wish()
    assert (only_rtmp.hls, only_rtmp.rtmp) == (None, [RTMP])


@pytest.mark.parametrize(
    "fields",
    [
        {"outputs": {}},
        {"outputs": {"rtmp": []}},
        {"outputs": {"hls": {"dvr": True, "lowLatency": True}}},
        {"outputs": {"rtmp": [RTMP] * 6}},
        {"outputs": {"rtmp": [{**RTMP, "serverUrl": "file:///etc/passwd"}]}},
        {"outputs": {"rtmp": [{**RTMP, "serverUrl": "http://localhost/live"}]}},
        {"outputs": {"rtmp": [{**RTMP, "serverUrl": "rtmp://localhost/live listen=1"}]}},
        {"outputs": {"rtmp": [{**RTMP, "serverUrl": "rtmp://localhost/live\n"}]}},
        {"outputs": {"rtmp": [{**RTMP, "streamName": ""}]}},
        {"outputs": {"rtmp": [{**RTMP, "streamName": "a b"}]}},
        {"outputs": {"rtmp": [{"serverUrl": "rtmp://localhost/live"}]}},
        {"maxDuration": 59},
        {"maxDuration": 36_001},
        {"maxBitrate": 99_999},
        {"maxBitrate": 6_000_001},
        {"resolution": "320x240"},
        {"streamMode": "some"},
        {"layout": {"type": "custom"}},
        {"layout": {"type": "custom", "stylesheet": "stream { colour: red }"}},
        {"layout": {"type": "custom", "stylesheet": "stream {}" + " " * 20_000}},
        {"layout": {"type": "pip", "stylesheet": "stream {}"}},
        {"layout": {"type": "pip", "screenshareType": "pip"}},
        {"hasAudio": False, "hasVideo": False},
        {"sessionId": ""},
    ],
)
def test_what_cannot_be_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        asked(**fields)


def test_pictures_leave_room_for_sound() -> None:
    assert picture_bits("640x480", None) == picture_bits("480x640", 6_000_000) == 1_500_000
    assert picture_bits("1280x720", 1_000_000) == 872_000
    assert picture_bits("1280x720", 100_000) == 50_000


def test_rtmp_addresses() -> None:
    assert rtmp_url(RTMP) == rtmp_url({**RTMP, "serverUrl": "rtmp://localhost/live/"}) == "rtmp://localhost/live/key"


def a_broadcast(**fields: Any) -> Broadcast:
    known: dict[str, Any] = {
        "id": str(uuid4()),
        "session_id": "session",
        "take_id": "take",
        "status": "started",
        "reason": "",
        "resolution": "640x480",
        "stream_mode": "auto",
        "tag": "",
        "has_audio": True,
        "has_video": True,
        "max_duration": 60,
        "max_bitrate": None,
        "hls": {"lowLatency": False, "dvr": True},
        "rtmp": [{"id": "one", **RTMP}],
        "plan": Plan(width=640, height=480).with_layout(0, LayoutChoice(type="pip")).to_json(),
        "created_at": 1,
        "updated_at": 2,
    }
    return Broadcast(**(known | fields))


def test_the_answer_has_opentoks_form() -> None:
    project = Project("123", "name", "secret", "", 1, True, False)
    broadcast = a_broadcast(tag="tag", max_bitrate=500_000, stream_mode="manual")
    answer = broadcast_answer(broadcast, project, Outputs("live", ["offline"]), "http://x/index.m3u8")
    assert answer == {
        "id": broadcast.id,
        "sessionId": "session",
        "projectId": 123,
        "partnerId": 123,
        "createdAt": 1,
        "updatedAt": 2,
        "resolution": "640x480",
        "status": "started",
        "reason": "",
        "hasAudio": True,
        "hasVideo": True,
        "maxDuration": 60,
        "maxBitrate": 500_000,
        "streamMode": "manual",
        "streams": [],
        "layout": {"type": "pip"},
        "multiBroadcastTag": "tag",
        "settings": {"hls": {"lowLatency": False, "dvr": True}},
        "event": "broadcast",
        "broadcastUrls": {
            "hls": "http://x/index.m3u8",
            "hlsStatus": "live",
            "rtmp": [{"id": "one", **RTMP, "status": "offline"}],
        },
    }
    stopped = broadcast_answer(a_broadcast(status="stopped", hls=None), project, None, "")
    assert (stopped["broadcastUrls"], stopped["settings"]) == (None, {})


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """A server whose engine is not running, and a session."""
    await asyncio.to_thread(migrate, database_url(tmp_path))
    server = Server(Settings(data_dir=tmp_path), tmp_path / "engine", tmp_path / "tap")
    take = KeptTake(id="take", session_id="session", created_at=1)
    await server.store.add(Session(id="session", created_at=1), take)
    yield server
    await server.store.close()


async def test_files_are_for_whoever_has_the_address(server: Server, tmp_path: Path) -> None:
    broadcast_id = str(uuid4())
    folder = server.session_broadcasts.hls_folder(broadcast_id)
    folder.mkdir(parents=True)
    (folder / "index.m3u8").write_text("#EXTM3U\n")
    (folder / "000001.ts").write_bytes(b"segment")
    (folder / "secret.txt").write_text("secret")
    (folder.parent / "plan.json").write_text("{}")
    (tmp_path / "page/assets").mkdir(parents=True)
    playlist = hls_link(server.settings, server.keys, broadcast_id).removeprefix(server.settings.base_url)
    beside = playlist.removesuffix("index.m3u8")
    app = create_app(server, tmp_path / "page")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8080") as http:
        answer = await http.get(playlist)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/vnd.apple.mpegurl")
        assert (answer.headers["cache-control"], answer.headers["access-control-allow-origin"]) == ("no-store", "*")
        answer = await http.get(f"{beside}000001.ts")
        assert (answer.content, answer.headers["content-type"]) == (b"segment", "video/mp2t")
        assert answer.headers["access-control-allow-origin"] == "*"
        another = hls_link(server.settings, server.keys, str(uuid4())).split("/")[-2]
        for wrong in (
            f"{beside}000002.ts",
            f"{beside}secret.txt",
            f"{beside}..%2Fplan.json",
            f"{beside}%2e%2e/plan.json",
            f"{beside}../plan.json",
            f"/broadcasts/{broadcast_id}/{'0' * 64}/index.m3u8",
            f"/broadcasts/{broadcast_id}/%C3%A9/index.m3u8",
            f"/broadcasts/{broadcast_id}/{another}/index.m3u8",
            f"/broadcasts/../{broadcast_id}/index.m3u8",
        ):
            assert (await http.get(wrong)).status_code == 404, wrong


async def test_it_ends_when_it_has_lasted_long_enough(tmp_path: Path) -> None:
    maker = TakeMaker(tmp_path / "take")
    maker.write()
    broadcast = a_broadcast(max_duration=4, rtmp=[], resolution="640x480")
    folder = tmp_path / "broadcast"
    running = Broadcasting(broadcast, Settings(data_dir=tmp_path), maker.folder, folder)
    assert await running.run() == ("stopped", "maximum duration exceeded")
    assert running.hls_status in {"ready", "live"}
    assert "#EXT-X-ENDLIST" in (hls_folder(folder) / "index.m3u8").read_text()
    assert running.pid is None
    running.remove()
    assert not folder.exists()


async def test_one_that_cannot_run_says_so(tmp_path: Path) -> None:
    running = Broadcasting(a_broadcast(), Settings(data_dir=tmp_path), tmp_path / "none", tmp_path / "b")
    assert await running.run() == ("failed", "broadcasting failed: broadcast ended with status 1")


async def test_what_ran_when_the_server_died_is_ended(server: Server) -> None:
    broadcast = a_broadcast()
    await server.store.add(broadcast)
    folder = server.session_broadcasts.hls_folder(broadcast.id)
    folder.mkdir(parents=True)
    await server.session_broadcasts.remove_left()
    await server.session_broadcasts.take_up([broadcast], held=())
    ended = await server.store.broadcasts.get(broadcast.id)
    assert ended is not None
    assert await server.session_broadcasts.outputs([ended]) == {}
    assert (ended.status, ended.reason) == ("stopped", "the server was restarted")
    assert not folder.exists()
