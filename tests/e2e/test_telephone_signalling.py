"""The program that speaks SIP, with real telephones at its other end: TLS, encrypted sound, digest, and patience."""

import asyncio
import hashlib
import ipaddress
import json
import os
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from reelroom.cli.binaries import sip_binary
from reelroom.telephones import prompts
from reelroom.telephones.address import read_address
from reelroom.telephones.tones import frames
from reelroom.telephones.wire import RATE, Wire
from tests.e2e.running import free_port, wait_until
from tests.e2e.telephone_scenarios import ASKING, BEHIND_PROXY, RINGING
from tests.e2e.telephones import PROXY, baresip, sipp, sipp_calls_by_proxy

TONE = 1500.0  # Hz


class Line:
    """One call that the program makes: what it says, and the sound that it hears.

    It may send packets where `places` says that hosts are; without them, nowhere.
    """

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.places: dict[str, str] | None = {}
        self.heard = bytearray()
        self.events: list[dict[str, Any]] = []

    async def until(self, event: str) -> dict[str, Any]:
        """The next thing of that kind that it says."""
        async with asyncio.timeout(30):
            while (said := await self.wire.receive()) is not None:
                if isinstance(said, bytes):
                    self.heard += said
                    continue
                self.events.append(said)
                if said["event"] == "may":
                    self.wire.order(allow=self.places is not None, addresses=self.places)
                if said["event"] == event:
                    return said
        raise AssertionError(f"it ended before {event}: {self.events}")

    async def listens(self, seconds: float) -> None:
        """For so long."""
        more = len(self.heard) + int(seconds * 2 * RATE)
        async with asyncio.timeout(30):
            while len(self.heard) < more:
                said = await self.wire.receive()
                assert said is not None
                self.heard += said if isinstance(said, bytes) else b""

    def loudness(self, tone: float) -> float:
        sound = np.frombuffer(bytes(self.heard), "<i2")[-RATE // 2 :]
        return float(abs(np.mean(sound * np.exp(-2j * np.pi * tone * np.arange(len(sound)) / RATE))))


@asynccontextmanager
async def calling(uri: str, *, trusts: Path | None = None, **more: Any) -> AsyncIterator[Line]:
    """The program calls somebody; what is wrong with `more` is told as in a call of the server's."""
    address = read_address(uri)
    ours, theirs = socket.socketpair()
    with theirs:
        program = await asyncio.create_subprocess_exec(
            str(sip_binary()),
            "dial",
            str(theirs.fileno()),
            pass_fds=[theirs.fileno()],
            env={**os.environ, **({"SSL_CERT_FILE": str(trusts)} if trusts else {})},
        )
    wire = Wire(*await asyncio.open_connection(sock=ours))
    where = {"uri": uri, "destination": f"{address.host}:{address.port}", "transport": address.transport}
    wire.order(dial={**where, "headers": {}, "seconds": 20, **more})
    try:
        yield Line(wire)
    finally:
        await wire.close()
        await asyncio.wait_for(program.wait(), 15)


def certificate(folder: Path) -> Path:
    """One for 127.0.0.1, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
    path = folder / "certificate.pem"
    path.write_bytes(key.private_bytes(pem, form, serialization.NoEncryption()) + made.public_bytes(pem))
    return path


async def test_a_call_over_tls_with_encrypted_sound_is_heard_both_ways(tmp_path: Path) -> None:
    mine = certificate(tmp_path)
    with baresip(tmp_path / "telephone", TONE, certificate=mine) as telephone:
        uri = f"sip:peer@127.0.0.1:{telephone.port + 1};transport=tls"
        async with calling(uri, trusts=mine, secure=True) as line:
            assert (await line.until("answered"))["digits"]
            await line.listens(1)
            assert line.loudness(TONE) > 1000
            for frame in list(frames("5" * 20)):
                line.wire.play(frame)
                await asyncio.sleep(0.02)
            await asyncio.to_thread(wait_until, lambda: telephone.heard().any(), "it hears the tones", 20)
            line.wire.order(hangup=True)
            await line.until("ended")
        assert "srtp" in telephone.log.lower()


@pytest.mark.slow
async def test_a_telephone_whose_certificate_nobody_knows_is_not_called(tmp_path: Path) -> None:
    with baresip(tmp_path / "telephone", TONE, certificate=certificate(tmp_path)) as telephone:
        async with calling(f"sips:peer@127.0.0.1:{telephone.port + 1}") as line:
            ended = await line.until("ended")
    assert "certificate" in ended["reason"]
    assert "incoming call" not in telephone.log.lower()


def md5(*parts: str) -> str:
    return hashlib.md5(":".join(parts).encode()).hexdigest()


@pytest.mark.slow
async def test_who_asks_who_is_calling_is_told(tmp_path: Path) -> None:
    with sipp(tmp_path, scenario=ASKING) as port:
        async with calling(f"sip:1234@127.0.0.1:{port}", username="ann", password="secret") as line:
            assert (await line.until("ended"))["code"] == 486
    (said,) = re.findall(r"^Proxy-Authorization: Digest (.*?)\r?$", (tmp_path / "messages").read_text(), re.MULTILINE)
    told = {name: value.strip('"') for name, value in re.findall(r'(\w+)=("[^"]*"|[^,]*)', said)}
    ours = md5("ann", "tests", "secret"), told["nonce"], told["nc"], told["cnonce"], told["qop"]
    assert told["username"] == "ann" and told["nonce"] == "47ebe028cda119c3"
    assert told["response"] == md5(*ours, md5("INVITE", told["uri"])), "RFC 7616, 3.4.1"
    assert "secret" not in said


@pytest.mark.slow
async def test_it_rings_for_so_long_and_then_they_are_told_that_it_is_over(tmp_path: Path) -> None:
    """Also where they are called by a name, which was looked up before."""
    with sipp(tmp_path, scenario=RINGING) as port:
        async with calling(f"sip:1234@{PROXY}:{port}", destination=f"127.0.0.1:{port}", seconds=2) as line:
            await line.until("ringing")
            ended = await line.until("ended")
        assert ended["reason"] == "nobody answered"
        messages = tmp_path / "messages"
        await asyncio.to_thread(wait_until, lambda: "CANCEL" in messages.read_text(), "it is told", 10)


def requests(folder: Path) -> list[str]:
    """Those that SIPp has heard, each once, in order."""
    heard = re.findall(r"message received[^\n]*\n\n(\w+) sip:", (folder / "messages").read_text())
    return list(dict.fromkeys(heard))


async def test_what_goes_by_a_proxy_goes_where_the_server_has_found_its_name(tmp_path: Path) -> None:
    with sipp(tmp_path, scenario=BEHIND_PROXY) as port:
        async with calling(f"sip:1234@127.0.0.1:{port}") as line:
            line.places = {PROXY: "127.0.0.1"}
            await line.until("answered")
            assert line.events[-2] == {"event": "may", "hosts": [PROXY, "127.0.0.1"]}
            line.wire.order(hangup=True)
            await line.until("ended")
        assert requests(tmp_path) == ["INVITE", "ACK", "BYE"]


async def test_a_proxy_that_may_not_be_reached_hears_nothing_and_whoever_named_it_that_it_is_over(
    tmp_path: Path,
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as proxy:
        proxy.bind(("127.0.0.2", 0))
        proxy.setblocking(False)
        host, number = proxy.getsockname()
        with sipp(tmp_path, scenario=BEHIND_PROXY, proxy=f"{host}:{number}") as port:
            async with calling(f"sip:1234@127.0.0.1:{port}") as line:
                line.places = None
                assert "where it may not" in (await line.until("ended"))["reason"]
            assert requests(tmp_path) == ["INVITE", "ACK", "BYE"]
        with pytest.raises(BlockingIOError):
            proxy.recv(1)


@pytest.mark.parametrize("last", ["a word of the server", "the end of the server"])
async def test_who_calls_in_by_a_proxy_is_hung_up_where_the_server_has_found_its_name(
    last: str, tmp_path: Path
) -> None:
    """Their own address nobody can reach: what is said to them goes by the route of the call, or nowhere."""
    address = f"127.0.0.1:{free_port(socket.SOCK_DGRAM)}"
    program = await asyncio.create_subprocess_exec(
        *(str(sip_binary()), "serve", "--listen", address, "--prompts", str(prompts.FOLDER)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert program.stdin and program.stdout
    async with asyncio.timeout(60):
        assert json.loads(await program.stdout.readline()) == {"event": "listening"}
        telephone = sipp_calls_by_proxy(tmp_path, address, "100", PROXY)
        try:
            call = json.loads(await program.stdout.readline())
            assert call["hosts"] == [PROXY, "127.0.0.1"]
            answer = {"call": call["call"], "answer": True, "addresses": {PROXY: "127.0.0.1"}}
            program.stdin.write(json.dumps(answer).encode() + b"\n")
            messages = tmp_path / "messages"
            await asyncio.to_thread(wait_until, lambda: "\nACK sip:" in messages.read_text(), "it is answered", 20)
            if last == "a word of the server":
                goodbye = {"call": call["call"], "play": "goodbye", "hangup": True}
                program.stdin.write(json.dumps(goodbye).encode() + b"\n")
                while json.loads(await program.stdout.readline())["event"] != "gone":
                    program.stdin.write(b"\n")
            else:
                program.stdin.close()
                await program.wait()
            assert await asyncio.to_thread(telephone.wait, 10) == 0, (tmp_path / "sipp.log").read_text()
        finally:
            telephone.kill()
            telephone.wait()
            program.stdin.close()
            await program.wait()
    (bye,) = set(re.findall(r"^BYE [^\0]*?\r?\n\r?\n", messages.read_text(), re.MULTILINE))
    assert bye.startswith("BYE sip:sipp@192.0.2.1 ")
    assert f"\nRoute: <sip:{PROXY}:" in bye


@pytest.mark.slow
async def test_nobody_is_there(tmp_path: Path) -> None:
    async with calling(f"sip:1234@127.0.0.1:{free_port(socket.SOCK_DGRAM)};transport=tcp") as line:
        assert (await line.until("ended"))["reason"] == "nothing answers there"
