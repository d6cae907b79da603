"""What every program of a running server may not do, and what it shows of secrets; and the browser's sandbox."""

import asyncio
import os
import re
import shlex
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from playwright.async_api import async_playwright

from reelroom.composer.decoding import MOST_MEMORY
from reelroom.processes import fence
from reelroom.processes.inside import LEASE_VARIABLE, PAGE_VARIABLE, SECRET_VARIABLE
from reelroom.renders.page import chromium as installed
from reelroom.renders.page import show
from tests.e2e.application import Application
from tests.e2e.people import ann
from tests.e2e.running import RunningServer, free_port, wait_until
from tests.e2e.telephones import baresip
from tests.e2e.test_connectors import Listener, served
from tests.e2e.test_telephones import dial
from tests.meetings import MODEL

PAGE = "<!doctype html><title>A page</title><style>body { background: rgb(40, 170, 60) }</style>"
NOBODY = 65534
# What each program of a server is called by its command line.
PROGRAMS = {
    "engine": "livekit-server",
    "tap": "/tap",
    "live stream": "reelroom.renders.live",
    "film": "reelroom.composer",
    "page": "reelroom.renders.page",
    "browser": "--type=renderer",
}
OF_APPLICATIONS = {
    "broadcast": "reelroom.broadcasts.process",
    "connector": "reelroom.connectors.process",
    "telephone": "reelroom.telephones.process",
    "the program that calls": "dial",
    "the program that is called": "serve",
    "captions": "reelroom.captions.process",
}
# What applications and the host have given, and no other program, nor anybody who lists processes, is to see.
GIVEN = {
    "admin": "given-admin-token",
    "page": "given-page",
    "socket": "given-socket",
    "header": "given-header",
    "password": "given-password",
    "stream": "given-key",
}
SEEN = {  # a child's own token or order, and where programs are
    *(SECRET_VARIABLE, PAGE_VARIABLE, LEASE_VARIABLE, fence.VARIABLE, "REELROOM_TAP_TOKEN"),
    *(f"REELROOM_{name}_BINARY" for name in ("ENGINE", "TAP", "SIP")),
}
SIGNED = re.compile(rb"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.")  # a token


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    settings = {"REELROOM_RENDER_PRIVATE_ADDRESSES": "true"}
    running = RunningServer(tmp_path / "data", settings=settings)
    try:
        yield running.start()
    finally:
        running.close()


def status(pid: int, line: str) -> str:
    found = re.search(rf"^{line}:\s*(\S+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found, line
    return found[1]


def limits(pid: int) -> dict[str, str]:
    """The soft ones."""
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()[1:]
    return {line[:26].strip(): line[26:].split()[0] for line in lines}


def check_confined(server: RunningServer) -> int:
    """The server and all that it started, as the kernel tells it; returns how many they are."""
    assert server.process is not None
    own = psutil.Process(server.process.pid)
    seen = 0
    for each in [own, *own.children(recursive=True)]:
        try:
            said = (status(each.pid, "NoNewPrivs"), limits(each.pid)["Max core file size"])
        except OSError:  # it has ended
            continue
        assert said == ("1", "0"), each.cmdline()
        seen += 1
    return seen


@pytest.mark.slow
async def test_no_program_of_any_kind_gains_privileges_or_shows_a_secret(tmp_path: Path) -> None:
    """All kinds at once: none has a secret on its command line, and none but its own before it.

    What a program sees of the server's environment has none of the server's own secrets, and none of its settings.
    """
    settings = {
        "REELROOM_RENDER_PRIVATE_ADDRESSES": "true",
        "REELROOM_PRIVATE_DESTINATIONS": "true",
        "REELROOM_ADMIN_TOKEN": GIVEN["admin"],
        "REELROOM_SIP_LISTEN": f"127.0.0.1:{free_port(socket.SOCK_DGRAM)}",
        "REELROOM_SPEECH_MODEL": str(MODEL),
    }
    server = RunningServer(tmp_path / "data", settings=settings)
    try:
        await asyncio.to_thread(server.start)
        application = Application(server)
        url, token = await asyncio.to_thread(server.connect, "shown", "Ann")
        person = await ann(width=160, height=90, fps=5).join(url, token)
        session = server.open_room("shown")["sessionId"]
        with baresip(tmp_path / "telephone", 1500.0) as telephone:
            async with served(Listener(), free_port()) as uri:
                page = f"{server.url}/recordings?token={GIVEN['page']}"
                socket_ = {
                    "uri": f"{uri}?token={GIVEN['socket']}",
                    "headers": {"X-Token": GIVEN["header"]},
                }
                rtmp = [{"serverUrl": f"rtmp://127.0.0.1:{free_port()}/live", "streamName": GIVEN["stream"]}]
                body = {"sessionId": session, "token": application.token(session)}
                auth = {"username": "ann", "password": GIVEN["password"]}

                def begin() -> None:
                    """What people wait for first, while the machine has nothing else to do."""
                    assert dial(application, session, telephone.address, auth=auth).status_code == 200
                    wanted = {"sessionId": session, "accessToken": token, "wanted": True}
                    assert server.http.post("/session/captions", json=wanted).status_code == 200
                    for path, more in (
                        ("/connect", {**body, "websocket": socket_}),
                        ("/broadcast", {"sessionId": session, "outputs": {"hls": {}, "rtmp": rtmp}}),
                    ):
                        answer = application.project("POST", path, json=more)
                        assert answer.status_code in {200, 202}, answer.text
                    assert application.render(application.new_session(), page).status_code in {200, 202}
                    assert server.http.post("/render", json={"roomName": "shown"}).status_code == 200

                await asyncio.to_thread(begin)
                expected = {**PROGRAMS, **OF_APPLICATIONS}

                def all_there() -> bool:
                    return all(server.children(word) for word in expected.values())

                await asyncio.to_thread(wait_until, all_there, f"all of {[*expected]} run")
                assert check_confined(server) > len(expected)
                check_hidden(server, application)
        await person.leave()
    finally:
        server.close()


def check_hidden(server: RunningServer, application: Application) -> None:
    """No secret is on any command line; and none of the server's own, nor a setting, in any environment."""
    assert server.process is not None
    keys = application.keys
    own = [keys.engine_secret, keys.api_secret, keys.link_secret, keys.callback_secret, GIVEN["admin"]]
    for child in psutil.Process(server.process.pid).children(recursive=True):
        try:
            line = Path(f"/proc/{child.pid}/cmdline").read_bytes()
            sees = Path(f"/proc/{child.pid}/environ").read_bytes()
        except OSError:  # it has ended
            continue
        shown = line.replace(b"\0", b" ").decode()
        assert not [what for what, text in GIVEN.items() if text in shown], shown
        assert not SIGNED.search(line), shown
        for secret in own:
            assert secret not in shown and secret.encode() not in sees, shown
        assert sum(text.encode() in sees for text in GIVEN.values()) <= 2, shown  # a WebSocket's address and headers
        names = {each.partition(b"=")[0].decode() for each in sees.split(b"\0")}
        assert not {name for name in names if name.startswith("REELROOM_")} - SEEN, shown


async def test_no_program_gains_privileges_or_leaves_a_core_and_what_decodes_has_a_limit(
    server: RunningServer,
) -> None:
    """A person who is recorded, and a page that is rendered: the server, and all that it started."""
    application = Application(server)
    person = await ann(width=320, height=180, fps=5).join(*await asyncio.to_thread(server.connect, "confined", "Ann"))
    await asyncio.to_thread(server.http.post, "/render", json={"roomName": "confined"})
    render = application.render(application.new_session(), f"{server.url}/recordings").json()
    assert (await asyncio.to_thread(application.settled, render["id"]))["status"] == "started"
    expected = PROGRAMS

    def all_there() -> bool:
        return all(server.children(word) for word in expected.values())

    await asyncio.to_thread(wait_until, all_there, "every program runs")
    assert check_confined(server) > len(expected)
    for name in ("film", "live stream"):
        for each in server.children(expected[name]):
            if "waiting" not in " ".join(each.cmdline()):
                assert limits(each.pid)["Max data size"] == str(MOST_MEMORY), name
    await person.leave()


@pytest.fixture
def as_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The browser runs as an ordinary user, also where the tests run as root; returns a folder of that user's."""
    folder = tmp_path / "nobody"
    (folder / "profile").mkdir(parents=True)
    if os.geteuid() != 0:
        return folder
    for parent in (folder, *folder.parents):
        if parent.stat().st_uid == 0 and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o011)
    for own in (folder, folder / "profile"):
        os.chown(own, NOBODY, NOBODY)
    browser, setpriv = installed.chromium(), shutil.which("setpriv")
    assert browser and setpriv
    wrapper = tmp_path / "chromium"
    as_user = f"{setpriv} --reuid {NOBODY} --regid {NOBODY} --clear-groups --no-new-privs"
    wrapper.write_text(f'#!/bin/sh\nexport HOME={shlex.quote(str(folder))}\nexec {as_user} {browser} "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setattr(show, "chromium", lambda: str(wrapper))
    monkeypatch.setattr(show, "is_sandboxed", lambda: True)
    return folder


async def test_the_browser_of_an_ordinary_user_has_its_sandbox(as_nobody: Path) -> None:
    """The tab's process: under a filter of system calls, in a user namespace of its own, and with no files at all."""
    site = await asyncio.start_server(_answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{site.sockets[0].getsockname()[1]}/"
    browser = show.Browser(show.PageRequest(url, 640, 360, as_nobody / "profile", private=True))
    async with async_playwright() as playwright:
        await browser.open(playwright)
        processes = [each for each in psutil.process_iter(["cmdline"]) if _is_of(each, as_nobody)]
        main = next(each for each in processes if not any("--type=" in part for part in each.info["cmdline"]))
        tabs = [each for each in psutil.Process(main.pid).children(recursive=True) if _is_tab(each)]
        assert tabs
        assert not any("--no-sandbox" in part for part in main.info["cmdline"])
        for tab in tabs:
            assert status(tab.pid, "Seccomp") == "2"
            for kind in ("user", "net"):
                own, outer = (Path(f"/proc/{each.pid}/ns/{kind}").readlink() for each in (tab, main))
                assert own != outer, kind
        await browser.close()
    site.close()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(PAGE)}\r\nConnection: close\r\n\r\n"
    writer.write((head + PAGE).encode())
    await writer.drain()
    writer.close()


def _is_of(process: psutil.Process, folder: Path) -> bool:
    return any(f"--user-data-dir={folder}" in part for part in process.info["cmdline"] or ())


def _is_tab(process: psutil.Process) -> bool:
    try:
        return "--type=renderer" in " ".join(process.cmdline())
    except psutil.Error:
        return False
