"""Somebody whose network lets through nothing but TLS comes in by TURN, on port 443, and sees and is seen."""

import asyncio
import os
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from livekit import rtc
from playwright.async_api import async_playwright, expect

from reelroom.renders.page.chromium import chromium
from tests.e2e.link import Link, NoNamespaces
from tests.e2e.pages import ARGUMENTS, enter, tile
from tests.e2e.people import ann
from tests.e2e.running import RunningServer, free_port
from tests.e2e.test_browser import MOVES

DOMAIN = "turn.example.org"


@dataclass
class Forwarded:
    """A port that leads to another."""

    carried: int = 0  # bytes


@asynccontextmanager
async def forwarded(host: str, port: int, to_host: str, to_port: int) -> AsyncIterator[Forwarded]:
    """What a proxy on the way of TCP does."""
    forwarded = Forwarded()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                forwarded.carried += len(data)
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_there, there = await asyncio.open_connection(to_host, to_port)
        await asyncio.gather(carry(reader, there), carry(from_there, writer))

    server = await asyncio.start_server(serve, host, port)
    try:
        yield forwarded
    finally:
        server.close()


def certificate(folder: Path) -> dict[str, str]:
    """One of the domain, as settings."""
    files = {"REELROOM_TURN_CERTIFICATE": str(folder / "cert.pem"), "REELROOM_TURN_KEY": str(folder / "key.pem")}
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={DOMAIN}"]
    command += ["-addext", f"subjectAltName=DNS:{DOMAIN}", "-out", files["REELROOM_TURN_CERTIFICATE"]]
    subprocess.run([*command, "-keyout", files["REELROOM_TURN_KEY"]], check=True, capture_output=True)
    return files


def browser_in(link: Link, folder: Path) -> Path:
    """A program that is Chromium in the namespace."""
    found = chromium()
    assert found, "no Chromium; `make tools` installs one"
    program = folder / "chromium-there"
    program.write_text(f'#!/bin/sh\nexec {" ".join(link.command(found))} "$@"\n')
    program.chmod(0o755)
    return program


@pytest.mark.slow
async def test_somebody_who_sends_and_hears_by_turn_alone_comes_in(tmp_path: Path) -> None:
    """Over UDP; the client is told to use nothing else."""
    turn_port = free_port(socket.SOCK_DGRAM)
    settings = {"REELROOM_MEDIA_ADDRESS": "127.0.0.1", "REELROOM_TURN_UDP_PORT": str(turn_port)}
    server = RunningServer(tmp_path / "data", settings=settings)
    try:
        await asyncio.to_thread(server.start)
        room = rtc.Room()
        only = rtc.RtcConfiguration(ice_transport_type=rtc.IceTransportType.TRANSPORT_RELAY)
        async with asyncio.timeout(60):
            await room.connect(
                *await asyncio.to_thread(server.connect, "relayed", "Ann"), rtc.RoomOptions(rtc_config=only)
            )
            assert room.connection_state == rtc.ConnectionState.CONN_CONNECTED
            await room.disconnect()
    finally:
        await asyncio.to_thread(server.close)


@pytest.mark.slow
async def test_somebody_behind_a_strict_firewall_comes_in_by_turn(tmp_path: Path) -> None:
    try:
        with Link(delay=0.01, jitter=0.0, loss=0.0, tcp_only=True) as link:
            await _meet(link, tmp_path)
    except NoNamespaces as why:
        pytest.skip(f"network namespaces are not permitted here ({why})")


async def _meet(link: Link, folder: Path) -> None:
    port, server = free_port(), RunningServer(folder / "data")
    server.settings = {
        "REELROOM_ENGINE_ADDRESSES": link.outside,
        "REELROOM_ENGINE_URL": f"ws://{link.outside}:{server.engine_port}",
        "REELROOM_MEDIA_ADDRESS": link.outside,
        "REELROOM_TURN_TLS_PORT": str(port),
        "REELROOM_TURN_DOMAIN": DOMAIN,
        **certificate(folder),
    }
    page_at = f"http://{link.outside}:{server.port}"
    arguments = [each for each in ARGUMENTS if not each.startswith("--host-resolver-rules")]
    arguments += [f"--host-resolver-rules=MAP {DOMAIN} {link.outside}", "--ignore-certificate-errors"]
    arguments += [f"--unsafely-treat-insecure-origin-as-secure={page_at}"]
    try:
        await asyncio.to_thread(server.start)
        async with (
            forwarded(link.outside, server.port, "127.0.0.1", server.port),
            forwarded(link.outside, 443, link.outside, port) as relayed,
            async_playwright() as playwright,
        ):
            person = ann(width=320, height=180, fps=10)
            await person.join(*await asyncio.to_thread(server.connect, "strict", person.name))
            browser = await playwright.chromium.launch(
                executable_path=str(browser_in(link, folder)), args=arguments, env=dict(os.environ)
            )
            page = await enter(browser, _At(page_at), "strict", "Ben")  # type: ignore[arg-type]
            video = tile(page, person.name).locator("video")
            await expect(video).to_be_visible(timeout=60_000)
            assert await video.evaluate(MOVES), "what is sent does not come in"
            assert relayed.carried > 20_000
            assert await _sees(person.room), "what is sent does not arrive"
            assert '"connectionType":"turn"' in (server.data_dir / "logs" / "engine.log").read_text()
            await browser.close()
            await person.leave()
    finally:
        await asyncio.to_thread(server.close)


async def _sees(room: rtc.Room) -> bool:
    """Whether somebody's picture comes in, of the others in a room."""
    async with asyncio.timeout(60):
        while True:
            for other in room.remote_participants.values():
                for published in other.track_publications.values():
                    if isinstance(published.track, rtc.RemoteVideoTrack):
                        stream = rtc.VideoStream(published.track)
                        event = await anext(aiter(stream))
                        await stream.aclose()
                        return event.frame.width > 0
            await asyncio.sleep(0.1)


class _At:
    """A server by another address."""

    def __init__(self, url: str) -> None:
        self.url = url
