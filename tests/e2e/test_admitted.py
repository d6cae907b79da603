"""The engine admits what a take can hold, and who wants another codec publishes one of those."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from livekit import rtc

from reelroom.cli.binaries import engine_binary
from reelroom.config import Settings
from reelroom.engine.livekit import Engine, Grant
from reelroom.engine.local import engine_config
from reelroom.files.durable import write_durably
from reelroom.keys import load_keys
from tests.e2e.people import ann
from tests.e2e.running import free_port

pytestmark = pytest.mark.slow

PUBLISHED = {
    rtc.VideoCodec.VP8: "video/VP8",
    rtc.VideoCodec.H264: "video/H264",
    rtc.VideoCodec.VP9: "video/VP9",
    rtc.VideoCodec.AV1: "video/AV1",
    rtc.VideoCodec.H265: "video/VP8",  # which no take holds
}


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[tuple[str, Engine]]:
    """An engine as a server configures it, and its address."""
    keys, port = load_keys(tmp_path), free_port()
    settings = Settings(data_dir=tmp_path, engine_port=port, rtc_port=free_port(socket.SOCK_DGRAM))
    config = tmp_path / "engine.json"
    write_durably(config, json.dumps(engine_config(settings, keys)))
    binary = engine_binary()
    assert binary is not None
    engine = Engine(settings, keys)
    running = await asyncio.create_subprocess_exec(str(binary), "--config", str(config))
    try:
        engine.open()
        async with asyncio.timeout(60):
            while not await engine.answers():  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        yield f"ws://127.0.0.1:{port}", engine
    finally:
        await engine.close()
        running.kill()
        await running.wait()


async def test_whatever_codec_is_wanted_one_that_a_take_holds_is_published(engine: tuple[str, Engine]) -> None:
    url, access = engine

    def token(who: str) -> str:
        return access.access_token(
            "room", who, who, Grant(publish=True, subscribe=True), lifetime=timedelta(minutes=9)
        )

    viewer, seen, all_seen = rtc.Room(), dict[str, str](), asyncio.Event()

    def subscribed(track: rtc.Track, publication: rtc.RemoteTrackPublication, who: rtc.RemoteParticipant) -> None:
        if track.kind == rtc.TrackKind.KIND_VIDEO:
            seen[who.identity] = publication.mime_type
            if len(seen) == len(PUBLISHED):
                all_seen.set()

    viewer.on("track_subscribed", subscribed)
    await viewer.connect(url, token("viewer"))
    people = [
        await ann(codec=codec, width=320, height=180, fps=10).join(url, token(str(codec))) for codec in PUBLISHED
    ]
    async with asyncio.timeout(60):
        await all_seen.wait()
    for person in people:
        await person.leave()
    await viewer.disconnect()
    assert seen == {str(codec): mime for codec, mime in PUBLISHED.items()}
