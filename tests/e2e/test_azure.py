"""A project's bucket of Azure's shape: a film lies there whole, and only there. It takes `azurite` in PATH."""

import asyncio
import base64
import hashlib
import hmac
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

import httpx
import pytest

from reelroom.keys import load_keys
from tests.e2e.application import Application
from tests.e2e.films import watch
from tests.e2e.people import ann
from tests.e2e.running import RunningServer, free_port, wait_until

# Everybody's: Azurite's documentation has them.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("azurite-blob") is None, reason="Azurite is not installed (docs/decisions.md)"),
]


@dataclass(frozen=True)
class Azurite:
    """A storage account at an address of this machine."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/{ACCOUNT}"

    def ask(self, method: str, path: str, **query: str) -> httpx.Response:
        """A request signed with the account's key (Microsoft's "Shared Key"); `path` is below the account's."""
        headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2021-08-06"}
        signed = [method, *[""] * 11, *(f"{name}:{value}" for name, value in headers.items())]
        signed += [f"/{ACCOUNT}/{ACCOUNT}/{path}", *(f"{name}:{value}" for name, value in sorted(query.items()))]
        digest = hmac.digest(base64.b64decode(KEY), "\n".join(signed).encode(), hashlib.sha256)
        headers["Authorization"] = f"SharedKey {ACCOUNT}:{base64.b64encode(digest).decode()}"
        return httpx.request(method, f"{self.url}/{path}", params=query, headers=headers, trust_env=False)


@pytest.fixture
def azurite(tmp_path: Path) -> Iterator[Azurite]:
    running = Azurite(free_port())
    command = ["azurite-blob", "--blobHost", "127.0.0.1", "--blobPort", str(running.port), "--location"]
    command += [str(tmp_path / "azurite"), "--silent", "--skipApiVersionCheck", "--disableTelemetry"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: _made(running), "Azurite has a container")
            yield running
        finally:
            process.kill()


def _made(azurite: Azurite) -> bool:
    try:
        answer = azurite.ask("PUT", "films", restype="container")
    except httpx.TransportError:
        return False
    assert answer.status_code == 201, answer.text
    return True


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    running = RunningServer(tmp_path / "data", settings={"REELROOM_PRIVATE_DESTINATIONS": "true"})
    try:
        yield running.start()
    finally:
        running.close()


async def test_a_film_is_uploaded_to_azure_whole(server: RunningServer, azurite: Azurite, tmp_path: Path) -> None:
    application = Application(server)
    config = {"accountName": ACCOUNT, "accountKey": KEY, "container": "films", "domain": azurite.url}
    storage = application.project("PUT", "/archive/storage", json={"type": "Azure", "config": config})
    assert storage.status_code == 200, storage.text
    session = (await asyncio.to_thread(server.open_room, "to azure"))["sessionId"]
    person = await ann(width=320, height=180, fps=10).join(
        *await asyncio.to_thread(server.connect, "to azure", "Ann")
    )
    person.speak()
    archive = await asyncio.to_thread(application.archive, session)
    await asyncio.sleep(4)  # of what is recorded
    application.project("POST", f"/archive/{archive['id']}/stop")

    def uploaded() -> bool:
        now = application.project("GET", f"/archive/{archive['id']}").json()
        assert now["status"] != "failed", now["reason"]
        return bool(now["status"] == "uploaded" and now["url"] is None)

    await asyncio.to_thread(wait_until, uploaded, "the film is uploaded", 90)
    there = azurite.ask("GET", f"films/{load_keys(server.data_dir).api_key}/{archive['id']}/archive.mp4")
    assert (there.status_code, there.headers["content-type"]) == (200, "video/mp4")
    (tmp_path / "film.mp4").write_bytes(there.content)
    film = watch(tmp_path / "film.mp4")
    assert film.shows(person.colour, film.seconds / 2)
    assert film.loudness(person.tone, film.seconds / 2, film.seconds - 0.5) > 0.05
    assert not list((server.data_dir / "archives").glob(f"{archive['id']}.mp4")), "it lies there alone"
    await person.leave()
