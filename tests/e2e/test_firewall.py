"""Somebody whose network lets no UDP through joins over TCP, and is in the film."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.beats import beats_of
from tests.e2e.link import Link, NoNamespaces
from tests.e2e.running import RunningServer, free_port


async def perform(server: RunningServer, link: Link, seconds: float) -> int:
    """Let somebody behind the link flash and beep for so long; returns how their process ended."""
    url, token = await asyncio.to_thread(server.connect, "walled", "Ann")
    url = url.replace("127.0.0.1", link.outside)
    command = link.command(sys.executable, "-m", "tests.e2e.flashing", url, token, "--seconds", str(seconds))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    if not await process.stdout.readline():
        return await process.wait()
    render = await asyncio.to_thread(server.record, "walled")
    await process.communicate()
    await asyncio.to_thread(server.http.get, f"/render/stop/{render['id']}")
    return await process.wait()


async def test_somebody_behind_a_firewall_is_recorded_over_tcp(tmp_path: Path) -> None:
    try:
        with Link(delay=0.02, jitter=0.005, loss=0.0, tcp_only=True) as link:
            settings = {"REELROOM_ENGINE_ADDRESSES": link.outside, "REELROOM_RTC_TCP_PORT": str(free_port())}
            server = RunningServer(tmp_path / "data", settings=settings)
            try:
                await asyncio.to_thread(server.start)
                assert await perform(server, link, 8) == 0
                session = (await asyncio.to_thread(server.open_room, "walled"))["sessionId"]
                archive = await asyncio.to_thread(server.wait_for_archive, session, "available")
                beats = beats_of(await asyncio.to_thread(server.download, archive, tmp_path))
            finally:
                await asyncio.to_thread(server.close)
    except NoNamespaces as why:
        pytest.skip(f"network namespaces are not permitted here ({why})")
    assert len(beats) >= 4
    assert max(abs(beat.apart_ms) for beat in beats) <= 40
