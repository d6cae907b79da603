"""Somebody whose network lets no UDP through joins over TCP, and is in the film."""

import asyncio
from pathlib import Path

import pytest

from tests.beats import beats_of
from tests.e2e.link import Link, NoNamespaces
from tests.e2e.running import RunningServer, free_port
from tests.e2e.test_sync import Performer


@pytest.mark.slow
async def test_somebody_behind_a_firewall_is_recorded_over_tcp(tmp_path: Path) -> None:
    try:
        with Link(delay=0.02, jitter=0.005, loss=0.0, tcp_only=True) as link:
            settings = {"REELROOM_ENGINE_ADDRESSES": link.outside, "REELROOM_RTC_TCP_PORT": str(free_port())}
            server = RunningServer(tmp_path / "data", settings=settings)
            try:
                await asyncio.to_thread(server.start)
                performer = Performer(server, link, "walled")
                await performer.start("--seconds", "8")
                render = await asyncio.to_thread(server.record, "walled")
                await performer.finish()
                await asyncio.to_thread(server.http.get, f"/render/stop/{render['id']}")
                archive = await asyncio.to_thread(server.wait_for_archive, render["sessionId"], "available")
                beats = beats_of(await asyncio.to_thread(server.download, archive, tmp_path))
            finally:
                await asyncio.to_thread(server.close)
    except NoNamespaces as why:
        pytest.skip(f"network namespaces are not permitted here ({why})")
    assert len(beats) >= 4
    assert max(abs(beat.apart_ms) for beat in beats) <= 40
