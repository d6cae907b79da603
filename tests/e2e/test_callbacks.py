"""Callbacks to applications: in order, signed, again until they are taken, also by the next server."""

import asyncio
import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from reelroom.keys import load_keys
from reelroom.opentok.signing import callback_is_valid
from reelroom.projects.delivery import pause_after
from tests.e2e.application import Application
from tests.e2e.people import ann
from tests.e2e.running import RunningServer, free_port, wait_until

SMALL: dict[str, Any] = {"width": 320, "height": 180, "fps": 10}


class Listener:
    """An application that keeps what it was told; it refuses the first `refusing` calls of each kind of event."""

    def __init__(self, port: int, secret: str, refusing: int = 0) -> None:
        self.told: list[dict[str, Any]] = []
        self.unsigned = 0
        self.refusals: dict[str, int] = {}
        listener = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                fact = json.loads(body)
                if not callback_is_valid(secret, self.headers["Authorization"], body):
                    listener.unsigned += 1
                kind = f"{fact.get('event')}/{fact.get('status')}"
                listener.refusals[kind] = listener.refusals.get(kind, 0) + 1
                refused = listener.refusals[kind] <= refusing
                if not refused:
                    listener.told.append(fact)
                self.send_response(503 if refused else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/told"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def events(self, *names: str) -> list[dict[str, Any]]:
        return [each for each in self.told if each.get("event") in names]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def listener(own_server: RunningServer) -> Iterator[Listener]:
    one = Listener(0, load_keys(own_server.data_dir).callback_secret, refusing=1)
    yield one
    one.close()


@pytest.mark.slow
def test_pauses_grow_to_a_quarter_of_an_hour() -> None:
    pauses = [pause_after(attempts) for attempts in range(1, 40)]
    assert pauses[:4] == [0.2, 0.4, 0.8, 1.6]
    assert max(pauses) == 900.0


async def test_application_is_told_what_happens_in_order(own_server: RunningServer, listener: Listener) -> None:
    application = Application(own_server)
    for group, event in (
        ("connection", "created"),
        ("connection", "destroyed"),
        ("stream", "created"),
        ("stream", "destroyed"),
        ("archive", "status"),
    ):
        body = {"group": group, "event": event, "url": listener.url}
        assert application.project("POST", "/callback", json=body).status_code == 200
    session = application.new_session()
    answer = own_server.http.post(
        "/session/connect", json={"sessionId": session, "token": application.token(session), "name": "Ann"}
    ).json()
    person = ann(**SMALL)
    await person.join(answer["url"], answer["accessToken"])
    identity = person.room.local_participant.identity
    await asyncio.to_thread(wait_until, lambda: listener.events("streamCreated"), "the stream is told of")
    archive = application.project("POST", "/archive", json={"sessionId": session}).json()
    await asyncio.to_thread(own_server.record_for, session, 1.0)
    application.project("POST", f"/archive/{archive['id']}/stop")
    await person.leave()
    await asyncio.to_thread(
        wait_until,
        lambda: (
            listener.events("connectionDestroyed") and listener.events("archive")[-1:][0]["status"] == "available"
        ),
        "the end is told of",
        30,
    )
    visit = listener.events("connectionCreated", "connectionDestroyed", "streamCreated", "streamDestroyed")
    assert [each["event"] for each in visit] == [
        "connectionCreated",
        "streamCreated",
        "streamDestroyed",
        "connectionDestroyed",
    ]
    assert {each["sessionId"] for each in visit} == {session}
    assert visit[0]["connection"]["id"] == visit[1]["stream"]["connection"]["id"] == identity
    assert visit[1]["stream"]["videoType"] == "camera"
    assert visit[3]["reason"] == "clientDisconnected"
    statuses = [each["status"] for each in listener.events("archive")]
    assert statuses == ["started", "stopped", "available"]
    assert listener.unsigned == 0
    listed = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "reelroom", "callbacks", "list", "--data-dir", str(own_server.data_dir)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COLUMNS": "300"},
    )
    assert listed.stdout.count("delivered") >= 7


def test_callback_waits_for_the_next_server(own_server: RunningServer) -> None:
    application = Application(own_server)
    port = free_port()
    body = {"group": "render", "event": "status", "url": f"http://127.0.0.1:{port}/told"}
    assert application.project("POST", "/callback", json=body).status_code == 200
    own_server.open_room("waiting")
    render = application.render(application.new_session(), f"{own_server.url}/room/recorder/waiting").json()
    assert application.settled(render["id"])["status"] == "started"
    own_server.stop()  # nobody has listened until now
    listener = Listener(port, load_keys(own_server.data_dir).callback_secret)
    own_server.start()
    wait_until(lambda: len(listener.told) >= 2, "both are told of", 60)
    assert [each["status"] for each in listener.told] == ["started", "stopped"]
    listener.close()
