"""The proxies of docs/operating.md before a real server: what is reached through them, and whose calls count."""

import asyncio
import os
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import httpx
import psutil
import pytest
from opentok import Client, MediaModes
from playwright.async_api import expect

from reelroom.keys import load_keys
from tests.e2e.pages import chromium, enter, tile
from tests.e2e.people import ann
from tests.e2e.running import RunningServer, free_port, wait_until

Proxy = Callable[[Path, RunningServer, int, Path], AbstractContextManager[None]]
DOCS = Path(__file__).parents[2] / "docs"
ROOMS, MEDIA = "rooms.example.org", "media.example.org"
BURST = 61  # calls at once
LIMITED = {"REELROOM_CALLS_PER_MINUTE": str(2 * (BURST - 1)), "REELROOM_TRUSTED_PROXIES": "127.0.0.1"}


@pytest.fixture(scope="module")
def port() -> int:
    """Where the proxies listen, one after the other."""
    return free_port()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `cert.pem`, for both names, and `key.pem`."""
    folder = tmp_path_factory.mktemp("certificate")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={ROOMS}"]
    command += ["-addext", f"subjectAltName=DNS:{ROOMS},DNS:{MEDIA}"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run([*command, *files], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[RunningServer]:
    settings = {"REELROOM_PUBLIC_URL": f"https://{ROOMS}:{port}", "REELROOM_ENGINE_URL": f"wss://{MEDIA}:{port}"}
    running = RunningServer(tmp_path_factory.mktemp("data"), settings=settings | LIMITED)
    try:
        yield running.start()
    finally:
        running.close()


@contextmanager
def nginx(folder: Path, server: RunningServer, port: int, certificate: Path) -> Iterator[None]:
    site = _site("nginx.conf", server).replace("listen 443", f"listen {port}")
    for name, file in (("fullchain.pem", "cert.pem"), ("privkey.pem", "key.pem")):
        site = site.replace(f"/etc/letsencrypt/live/{ROOMS}/{name}", str(certificate / file))
    temporary = "".join(
        f"{each}_temp_path {folder}/{each};" for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "site.conf").write_text(site)
    (folder / "nginx.conf").write_text(
        f"{user} daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}} "
        f"http {{ access_log off; {temporary} include {folder}/site.conf; }}"
    )
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "Debian's nginx is needed: `make tools`"
    with _running([program, "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")], folder, port):
        yield


@contextmanager
def caddy(folder: Path, server: RunningServer, port: int, certificate: Path) -> Iterator[None]:
    site = _site("Caddyfile", server)
    for name in (ROOMS, MEDIA):  # no authority gives a certificate for these
        own = f"{name}:{port} {{\n\ttls {certificate}/cert.pem {certificate}/key.pem"
        site = site.replace(f"{name} {{", own)
    (folder / "Caddyfile").write_text(f"{{\n\tadmin off\n\tauto_https off\n}}\n{site}")
    program = shutil.which("caddy")
    assert program, "Debian's caddy is needed: `make tools`"
    with _running([program, "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")], folder, port):
        yield


def _site(file: str, server: RunningServer) -> str:
    text = (DOCS / file).read_text()
    return text.replace("127.0.0.1:8080", f"127.0.0.1:{server.port}").replace(
        "127.0.0.1:7880", f"127.0.0.1:{server.engine_port}"
    )


@contextmanager
def _running(command: list[str], folder: Path, port: int) -> Iterator[None]:
    home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / "proxy.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **home})
    try:
        wait_until(lambda: _listens(process, port), f"{command[0]} listens", 20)
        yield
    finally:
        process.terminate()
        process.wait(10)


def _listens(process: subprocess.Popen[bytes], port: int) -> bool:
    assert process.poll() is None, "the proxy ended"
    own = [process.pid, *(child.pid for child in psutil.Process(process.pid).children())]
    listening = [each for each in psutil.net_connections("tcp") if each.status == psutil.CONN_LISTEN]
    return any(each.laddr and each.laddr.port == port and each.pid in own for each in listening)


def _elsewhere() -> str | None:
    """An address of this machine that is not loopback: who calls it comes from there."""
    addresses = [each for some in psutil.net_if_addrs().values() for each in some if each.family.name == "AF_INET"]
    return next((each.address for each in addresses if not each.address.startswith("127.")), None)


@pytest.mark.parametrize("proxy", [nginx, caddy])
def test_who_still_sends_hears_through_a_proxy_why_it_is_refused(
    proxy: Proxy, server: RunningServer, port: int, certificate: Path, tmp_path: Path
) -> None:
    """Again and again: the answer comes while the body is under way, at another moment each time."""
    json = {"content-type": "application/json"}
    with proxy(tmp_path, server, port, certificate):
        for number in range(20):
            with _through(certificate, port) as client:
                body = b"x" * ((1 << 20) + 1 + 7_919 * number)
                refused = client.post("/session/connect", content=body, headers=json)
                assert (refused.status_code, "at most" in refused.json()["message"]) == (413, True), number


@pytest.mark.parametrize("proxy", [nginx, caddy])
@pytest.mark.slow
async def test_all_of_it_works_behind_a_proxy(
    proxy: Proxy, server: RunningServer, port: int, certificate: Path, tmp_path: Path
) -> None:
    with proxy(tmp_path, server, port, certificate):
        room = f"behind-{tmp_path.name}"
        film = await _a_meeting(server, port, room)
        await asyncio.to_thread(_a_film_and_its_tracks, certificate, port, film)
        await asyncio.to_thread(_who_calls, certificate, port)
        await _a_broadcast(server, certificate, port)


async def _a_meeting(server: RunningServer, port: int, room: str) -> str:
    """A browser meets somebody; both are recorded. Returns the film's address."""
    person = ann(width=320, height=180, fps=10)
    _, token = await asyncio.to_thread(server.connect, room, person.name)
    await person.join(f"ws://127.0.0.1:{server.engine_port}", token)
    person.speak()
    async with chromium(f"--host-resolver-rules=MAP *.example.org 127.0.0.1:{port}") as browser:
        page = await enter(browser, _At(f"https://{ROOMS}:{port}"), room, "Ben", ignore_https_errors=True)  # type: ignore[arg-type]
        await expect(tile(page, person.name).locator("video")).to_be_visible(timeout=40_000)
        render = await asyncio.to_thread(server.record, room)
        await asyncio.to_thread(server.record_for, server.open_room(room)["sessionId"], 2)
        await asyncio.to_thread(server.http.get, f"/render/stop/{render['id']}")
        archive = await asyncio.to_thread(server.wait_for_archive, render["sessionId"], "available")
    await person.leave()
    assert archive["url"].startswith(f"https://{ROOMS}:{port}/films/")
    return str(archive["url"])


class _At:
    """A server by another address."""

    def __init__(self, url: str) -> None:
        self.url = url


def _through(certificate: Path, port: int, address: str = "127.0.0.1", name: str = ROOMS) -> httpx.Client:
    """Who calls the proxy at that address, by that name."""
    context = ssl.create_default_context(cafile=str(certificate / "cert.pem"))

    def to_proxy(request: httpx.Request) -> None:
        request.headers["host"] = f"{name}:{port}"
        request.extensions["sni_hostname"] = name

    hooks = {"request": [to_proxy]}
    return httpx.Client(
        base_url=f"https://{address}:{port}", verify=context, trust_env=False, timeout=30, event_hooks=hooks
    )


def _a_film_and_its_tracks(certificate: Path, port: int, url: str) -> None:
    film = f"{urlsplit(url).path}?{urlsplit(url).query}"
    with _through(certificate, port) as client:
        whole = client.get(film)
        assert (whole.status_code, whole.content[4:8]) == (200, b"ftyp")
        part = client.get(film, headers={"Range": "bytes=100-199"})
        assert (part.status_code, part.content) == (206, whole.content[100:200])


def _who_calls(certificate: Path, port: int) -> None:
    """Calls are counted by the address that the proxy sees, whatever the caller says of itself."""
    if (elsewhere := _elsewhere()) is not None:
        with _through(certificate, port, elsewhere) as client:
            said = [{"X-Forwarded-For": f"203.0.113.{number}"} for number in range(BURST + 20)]
            answers = {client.get("/session/counted", headers=each).status_code for each in said}
            assert answers == {200, 429}
    with _through(certificate, port) as client:
        assert client.get("/session/counted").status_code == 200
        assert client.get("/metrics").status_code == 403  # the proxy is on this machine, and its callers are not


async def _a_broadcast(server: RunningServer, certificate: Path, port: int) -> None:
    """The engine's WebSocket, as a client opens it, and a playlist."""
    keys = load_keys(server.data_dir)
    client = Client(keys.api_key, keys.api_secret, api_url=server.url)
    session_id = (await asyncio.to_thread(client.create_session, media_mode=MediaModes.routed)).session_id
    token = {"sessionId": session_id, "token": client.generate_token(session_id), "name": "Ann"}
    answer = (await asyncio.to_thread(server.http.post, "/session/connect", json=token)).json()
    assert answer["url"] == f"wss://{MEDIA}:{port}"
    context = ssl.create_default_context(cafile=str(certificate / "cert.pem"))
    socket = f"https://127.0.0.1:{port}/rtc?access_token={answer['accessToken']}&protocol=15"
    named = {"Host": f"{MEDIA}:{port}"}
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(socket, ssl=context, server_hostname=MEDIA, headers=named) as signalling,
    ):
        assert (await signalling.receive(20)).type is aiohttp.WSMsgType.BINARY  # it has joined
        broadcast = await asyncio.to_thread(client.start_broadcast, session_id, {"outputs": {"hls": {}}})
        address = urlsplit(broadcast.broadcastUrls["hls"])
        with _through(certificate, port) as browser:
            await asyncio.to_thread(
                wait_until, lambda: "#EXTINF" in browser.get(address.path).text, "there is something to play"
            )
        await asyncio.to_thread(client.stop_broadcast, broadcast.id)
