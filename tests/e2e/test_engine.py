"""The engine is our own at any moment of its start, and replaced when it hangs."""

import asyncio
import json
import os
import signal
import time

import pytest

from reelroom.engine.local import surviving_engines
from tests.e2e.people import ann
from tests.e2e.running import RunningServer, wait_until


def engine_of(server: RunningServer) -> int:
    (engine,) = surviving_engines(server.data_dir)
    return engine


@pytest.mark.slow
async def test_an_engine_that_hangs_is_replaced_and_the_server_answers_meanwhile(own_server: RunningServer) -> None:
    server = own_server
    hung = server.children("livekit-server")[0]
    hung.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    assert (await asyncio.to_thread(server.http.get, "/admin/state")).status_code == 200
    assert time.monotonic() - began < 15
    await asyncio.to_thread(wait_until, lambda: surviving_engines(server.data_dir) != [hung.pid], "another engine")
    await asyncio.to_thread(wait_until, lambda: server.http.get("/readyz").status_code == 200, "it answers")
    person = ann(width=320, height=180, fps=10)
    await person.join(*await asyncio.to_thread(server.connect, "after", person.name))
    await person.leave()


@pytest.mark.slow
def test_engine_and_server_killed_at_once_twenty_times(own_server: RunningServer) -> None:
    """The server has just started its engine again when it is killed, too."""
    server = own_server
    for _ in range(20):
        before = engine_of(server)
        os.kill(before, signal.SIGKILL)
        wait_until(lambda before=before: surviving_engines(server.data_dir) not in ([], [before]), "another", 20)
        server.kill()
        server.start()
        assert len(surviving_engines(server.data_dir)) == 1


@pytest.mark.slow
async def test_an_engine_of_an_earlier_version_goes_on_while_somebody_is_there(own_server: RunningServer) -> None:
    """An upgrade may configure it otherwise: it is replaced once it is empty."""
    server, before = own_server, engine_of(own_server)
    person = ann(width=320, height=180, fps=10)
    await person.join(*await asyncio.to_thread(server.connect, "old", person.name))
    server.kill()
    config = json.loads((server.data_dir / "engine.json").read_bytes())
    (server.data_dir / "engine.json").write_text(json.dumps(config | {"audio": {"update_interval": 500}}))
    await asyncio.to_thread(server.start)
    await asyncio.sleep(4)  # it is looked at each second
    assert engine_of(server) == before
    await person.leave()
    await asyncio.to_thread(
        wait_until, lambda: surviving_engines(server.data_dir) not in ([], [before]), "a new engine"
    )
