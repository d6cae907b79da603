"""A server for all SDKs, sessions with people in them, and notes of what was seen."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import opentok
import pytest
import trustme
import vonage_video
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from opentok import Client, MediaModes

from reelroom.keys import load_keys
from tests.e2e.people import Person, ann, ben
from tests.e2e.running import RunningServer
from tests.e2e.telephones import sipp
from tests.meetings import MODEL
from tests.sdk.proofs import PYTHON_OPENTOK, PYTHON_VONAGE, Proofs
from tests.sdk.wire import Wire

SMALL: dict[str, Any] = {"width": 320, "height": 180, "fps": 10}


@pytest.fixture(scope="session")
def sdk_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Its audio connectors may reach this machine, and it has a model for captions."""
    settings = {"REELROOM_PRIVATE_DESTINATIONS": "true", "REELROOM_SPEECH_MODEL": str(MODEL)}
    running = RunningServer(tmp_path_factory.mktemp("sdk"), settings=settings)
    try:
        yield running.start()
    finally:
        running.close()


@pytest.fixture(scope="session")
def proofs() -> Iterator[Proofs]:
    """What was seen of all SDKs; those of Python are watched from here on."""
    proofs = Proofs()
    with pytest.MonkeyPatch.context() as patch:
        proofs.watch(PYTHON_OPENTOK, opentok.Client, patch)
        for owner in (opentok.Archive, opentok.Session):
            proofs.watch(PYTHON_OPENTOK, owner, patch, f"{owner.__name__}.")
        proofs.watch(PYTHON_VONAGE, vonage_video.Video, patch)
        yield proofs


@pytest.fixture(scope="session")
def wire(sdk_server: RunningServer, proofs: Proofs) -> Iterator[Wire]:
    """The way to the server, for SDKs that take any address."""
    wire = Wire(sdk_server.url, proofs.exchanges).start()
    yield wire
    wire.close()


@dataclass(frozen=True)
class Secure:
    """The same over TLS; `authority` is the file of who vouches for it."""

    wire: Wire
    authority: Path


@pytest.fixture(scope="session")
def secure(sdk_server: RunningServer, proofs: Proofs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secure]:
    authority = trustme.CA()
    bundle = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(bundle)
    wire = Wire(sdk_server.url, proofs.exchanges, authority.issue_cert("localhost")).start()
    yield Secure(wire, bundle)
    wire.close()


def new_key() -> tuple[str, str]:
    """A private key, and its public one."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


@pytest.fixture(scope="session")
def vonage_application(sdk_server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """An application's id and private key; the command line makes it beside the running server."""
    private, public = new_key()
    file = tmp_path_factory.mktemp("key") / "public.pem"
    file.write_text(public)
    command = [sys.executable, "-m", "reelroom", "project", "create", "vonage", "--public-key", str(file)]
    made = subprocess.run(
        [*command, "--data-dir", str(sdk_server.data_dir)], capture_output=True, text=True, check=True
    ).stdout
    return made.splitlines()[0].partition(": ")[2].strip(), private


@pytest.fixture
async def websocket(unused_tcp_port: int) -> AsyncIterator[str]:
    """The address of a WebSocket that listens."""

    async def listen(request: web.Request) -> web.WebSocketResponse:
        here = web.WebSocketResponse()
        await here.prepare(request)
        async for _ in here:
            pass
        return here

    app = web.Application()
    app.router.add_get("/", listen)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", unused_tcp_port).start()
    yield f"ws://127.0.0.1:{unused_tcp_port}/"
    await runner.cleanup()


@pytest.fixture
def telephone(tmp_path: Path) -> Iterator[str]:
    """The SIP address of a telephone that takes calls."""
    with sipp(tmp_path) as port:
        yield f"sip:peer@127.0.0.1:{port}"


@dataclass
class Meeting:
    """People in a session, who came with tokens that an SDK made."""

    server: RunningServer
    session_id: str
    people: list[Person] = field(default_factory=list)

    async def join(self, person: Person, token: str, *, publish: bool = True) -> Person:
        answer = await asyncio.to_thread(
            self.server.http.post,
            "/session/connect",
            json={"sessionId": self.session_id, "token": token, "name": person.name},
        )
        assert answer.status_code == 200, answer.text
        access = answer.json()["url"], answer.json()["accessToken"]
        if publish:
            await person.join(*access)
        else:
            person.room.on("data_received", person._hear)
            await person.room.connect(*access)
        self.people.append(person)
        return person


MakeMeeting = Callable[[str, list[str]], Awaitable[Meeting]]


@pytest.fixture
async def meet(sdk_server: RunningServer) -> AsyncIterator[MakeMeeting]:
    """Brings one or two people into a session, each with a token."""
    meetings: list[Meeting] = []

    async def bring(session_id: str, tokens: list[str]) -> Meeting:
        meeting = Meeting(sdk_server, session_id)
        meetings.append(meeting)
        for person, token in zip([ann(**SMALL), ben(**SMALL)], tokens, strict=False):
            await meeting.join(person, token)
        return meeting

    yield bring
    for meeting in meetings:
        for person in meeting.people:
            await person.leave()


@pytest.fixture
def key_and_secret(sdk_server: RunningServer) -> tuple[str, str]:
    keys = load_keys(sdk_server.data_dir)
    return keys.api_key, keys.api_secret


async def eventually(condition: Callable[[], Any], what: str, seconds: float = 60.0) -> Any:
    """The first true value of a blocking call."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not (value := await asyncio.to_thread(condition)):
        assert asyncio.get_running_loop().time() < deadline, f"{what}: did not happen within {seconds:.0f} s"
        await asyncio.sleep(0.1)
    return value


@pytest.fixture
def client(wire: Wire, key_and_secret: tuple[str, str]) -> Client:
    """The Python `opentok` SDK, as an application has it."""
    return Client(*key_and_secret, api_url=wire.url)


@pytest.fixture
def stranger(wire: Wire, key_and_secret: tuple[str, str]) -> Client:
    """The same, with a secret that is not the project's."""
    return Client(key_and_secret[0], "another-secret-" * 3, api_url=wire.url)


def routed(client: Client) -> str:
    """A new session whose media pass the server."""
    return str(client.create_session(media_mode=MediaModes.routed).session_id)


async def two_streams(client: Client, session: str) -> list[Any]:
    """The streams of a session, once there are two."""
    found: list[Any] = await eventually(
        lambda: (streams := client.list_streams(session)).count == 2 and streams.items, "two streams"
    )
    return found
