"""Telephones that call in: with the PIN they come into the room, are heard and recorded; without it nowhere."""

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.e2e.application import Application
from tests.e2e.films import watch
from tests.e2e.running import RunningServer, free_port
from tests.e2e.telephones import Baresip, baresip, sipp_calls
from tests.e2e.test_telephones import TONE, join, until

PROVIDERS_NUMBER = "+15550100"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """It takes calls."""
    settings = {
        "REELROOM_SIP_LISTEN": f"127.0.0.1:{free_port(socket.SOCK_DGRAM)}",
        "REELROOM_SIP_NUMBER": PROVIDERS_NUMBER,
    }
    running = RunningServer(tmp_path_factory.mktemp("calling-in") / "data", settings=settings)
    try:
        yield running.start()
    finally:
        running.close()


def connections(application: Application, session: str) -> set[str]:
    found = application.project("GET", f"/session/{session}/connection").json()["items"]
    return {each["connectionId"] for each in found}


def calls(telephone: Baresip, uri: str) -> None:
    telephone.order("dial", uri)


@pytest.mark.slow
async def test_a_telephone_calls_in_is_heard_hears_and_is_recorded_until_it_hangs_up(
    server: RunningServer, tmp_path: Path
) -> None:
    application = Application(server)
    session, person = await join(server, "called into")
    number = server.http.post("/telephones/called into").json()
    assert number["telephoneNumber"] == PROVIDERS_NUMBER
    assert server.http.get("/telephones/called into").json() == number
    others = connections(application, session)
    with baresip(tmp_path / "telephone", TONE) as telephone:
        calls(telephone, number["uri"])
        await until(lambda: telephone.heard().any(), "it is asked for the PIN")
        telephone.press("123456#")
        assert connections(application, session) == others, "a wrong PIN lets nobody in"
        telephone.press(number["pin"])
        came = await until(lambda: connections(application, session) - others, "it is in the session", 30)
        (connection,) = came

        def named() -> bool:
            streams = application.project("GET", f"/session/{session}/stream").json()["items"]
            return "peer" in {each["name"] for each in streams}

        await until(named, "it is a stream like any other", 20)
        archive = await asyncio.to_thread(application.archive, session, resolution="640x480")
        await until(lambda: telephone.loudness(person.tone) > 1000, "what she says arrives")
        await asyncio.sleep(3)  # of what is recorded
        assert application.project("POST", f"/archive/{archive['id']}/stop").status_code == 200
        telephone.order("hangup")
        await until(lambda: connection not in connections(application, session), "it is gone", 20)
    film = watch(await asyncio.to_thread(application.film, archive["id"], tmp_path))
    assert film.loudness(TONE, film.seconds - 2, film.seconds) > 0.02, "the telephone is in the film"
    metrics = server.http.get("/metrics").text
    assert 'reelroom_telephone_callers_total{result="let in"} 1.0' in metrics
    assert 'reelroom_telephone_callers_total{result="wrong"} 1.0' in metrics
    await person.leave()


@pytest.mark.slow
async def test_a_provider_brings_a_call_that_is_asked_for_the_rooms_number_and_is_made_to_leave(
    server: RunningServer, tmp_path: Path
) -> None:
    application = Application(server)
    session, person = await join(server, "by a provider")
    number = server.http.post("/telephones/by a provider").json()
    others = connections(application, session)
    address = number["uri"].partition("@")[2]
    with baresip(tmp_path / "telephone", TONE) as telephone:
        calls(telephone, f"sip:{PROVIDERS_NUMBER}@{address};transport=tcp")
        await until(lambda: telephone.heard().any(), "it is asked for the number")
        telephone.press(number["number"] + number["pin"])
        (connection,) = await until(lambda: connections(application, session) - others, "it is in the session", 30)
        assert application.project("DELETE", f"/session/{session}/connection/{connection}").status_code == 204
        await until(lambda: "session closed" in telephone.log, "it is hung up", 20)
    await person.leave()


@pytest.mark.slow
@pytest.mark.parametrize("encrypts", ["srtp-mand", "srtp"])
async def test_a_telephone_that_offers_keys_calls_in_encrypted(
    server: RunningServer, tmp_path: Path, encrypts: str
) -> None:
    """As one that demands it (RTP/SAVP), and as one that would do without (RTP/AVP with keys)."""
    application = Application(server)
    room = f"called into with {encrypts}"
    session, person = await join(server, room)
    number = server.http.post(f"/telephones/{room}").json()
    others = connections(application, session)
    with baresip(tmp_path / "telephone", TONE, encrypts=encrypts) as telephone:
        calls(telephone, number["uri"])
        await until(lambda: np.abs(telephone.heard()).max(initial=0) > 1000, "it is asked for the PIN")
        telephone.press(number["pin"])
        await until(lambda: connections(application, session) - others, "it is in the session", 30)
        await until(lambda: telephone.loudness(person.tone) > 1000, "what she says arrives")
        archive = await asyncio.to_thread(application.archive, session, resolution="640x480")
        await asyncio.sleep(3)  # of what is recorded
        application.project("POST", f"/archive/{archive['id']}/stop")
        telephone.order("hangup")
        assert "srtp" in telephone.log.lower(), telephone.log
    film = watch(await asyncio.to_thread(application.film, archive["id"], tmp_path))
    assert film.loudness(TONE, film.seconds - 2, film.seconds) > 0.02, "the telephone is in the film"
    await person.leave()


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="SIPp presses keys by a raw socket")
async def test_sipp_calls_in_with_the_pin(server: RunningServer, tmp_path: Path) -> None:
    application = Application(server)
    session, person = await join(server, "called by SIPp")
    number = server.http.post("/telephones/called by SIPp").json()
    others = connections(application, session)
    address = number["uri"].partition("@")[2]
    telephone = sipp_calls(tmp_path, address, number["number"], number["pin"], 20_000)
    try:
        (connection,) = await until(lambda: connections(application, session) - others, "it is in the session", 30)
        assert await asyncio.to_thread(telephone.wait, 40) == 0, (tmp_path / "sipp.log").read_text()
        await until(lambda: connection not in connections(application, session), "it is gone", 20)
    finally:
        telephone.kill()
        telephone.wait()
    await person.leave()


async def test_who_guesses_is_hung_up_and_nobody_dials_what_is_no_number(
    server: RunningServer, tmp_path: Path
) -> None:
    application = Application(server)
    session, person = await join(server, "guessed at")
    number = server.http.post("/telephones/guessed at").json()
    others = connections(application, session)
    with baresip(tmp_path / "telephone", TONE) as telephone:
        calls(telephone, number["uri"])
        await until(lambda: telephone.heard().any(), "it is asked for the PIN")
        for _ in range(3):
            telephone.press("123456")
        await until(lambda: "session closed" in telephone.log, "it is hung up", 20)
        calls(telephone, "sip:100@" + number["uri"].partition("@")[2])
        await until(lambda: "404" in telephone.log, "it is refused", 20)
        assert server.http.delete("/telephones/guessed at").status_code == 204
        before = telephone.log.count("404")
        calls(telephone, number["uri"])
        await until(lambda: telephone.log.count("404") > before, "a number that was removed leads nowhere", 20)
    assert connections(application, session) == others
    await person.leave()


async def test_a_call_by_a_proxy_that_may_not_be_reached_is_refused_and_the_proxy_hears_nothing(
    server: RunningServer,
) -> None:
    server.open_room("by a proxy elsewhere")
    number: dict[str, Any] = server.http.post("/telephones/by a proxy elsewhere").json()
    address = number["uri"].partition("@")[2]
    host, _, port = address.partition(":")
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as proxy,
    ):
        caller.bind(("127.0.0.1", 0))
        caller.settimeout(20)
        proxy.bind(("127.0.0.2", 0))
        proxy.setblocking(False)
        own = caller.getsockname()[1]
        body = f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {own} RTP/AVP 0\r\n"
        route = f"Record-Route: <sip:127.0.0.2:{proxy.getsockname()[1]};lr>"
        caller.sendto(invite(number["number"], address, own, body, route), (host, int(port)))

        def answered() -> str:
            while (status := caller.recv(4096).decode().split(" ", 2)[1]).startswith("1"):
                pass
            return status

        assert await asyncio.to_thread(answered) == "403"
        with pytest.raises(BlockingIOError):
            proxy.recv(1)


async def test_nonsense_ends_no_call(server: RunningServer, tmp_path: Path) -> None:
    """What cannot be read, from somebody else, while a call is on."""
    application = Application(server)
    session, person = await join(server, "unharmed")
    number: dict[str, Any] = server.http.post("/telephones/unharmed").json()
    others = connections(application, session)
    address = number["uri"].partition("@")[2]
    host, _, port = address.partition(":")
    with baresip(tmp_path / "telephone", TONE) as telephone:
        calls(telephone, number["uri"])
        await until(lambda: telephone.heard().any(), "it is asked for the PIN")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.1", 0))
            for body in (
                "v=0\r\nc=\r\n",
                "v=0\r\nc=IN IP4\r\nm=\r\n",
                "\x00\xff",
                "m=audio x RTP/AVP y\r\nc=x y z\r\n",
            ):
                other.sendto(invite(number["number"], address, other.getsockname()[1], body), (host, int(port)))
            other.sendto(b"INVITE nonsense\r\n\r\n", (host, int(port)))
        telephone.press(number["pin"])
        await until(lambda: connections(application, session) - others, "it is in the session", 30)
        telephone.order("hangup")
    await person.leave()


def invite(user: str, address: str, port: int, body: str, *more: str) -> bytes:
    """A call from a port of this machine, with `more` lines of headers."""
    head = [
        f"INVITE sip:{user}@{address} SIP/2.0",
        f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{abs(hash(body))}",
        "From: <sip:x@127.0.0.1>;tag=1",
        f"To: <sip:{user}@{address}>",
        f"Call-ID: {abs(hash(body))}",
        "CSeq: 1 INVITE",
        *more,
        f"Contact: <sip:x@127.0.0.1:{port}>",
        "Content-Type: application/sdp",
        f"Content-Length: {len(body.encode())}",
    ]
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode()
