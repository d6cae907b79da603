"""A client that opens all connections there can be, and says half a word on each, stops nobody else."""

import socket
from pathlib import Path

import pytest

from tests.e2e.running import RunningServer

FEW_DESCRIPTORS = ["sh", "-c", 'ulimit -n 1024; exec "$@"', "sh"]


@pytest.mark.slow
def test_half_requests_leave_the_api_answering(tmp_path: Path) -> None:
    server = RunningServer(tmp_path / "data", under=FEW_DESCRIPTORS)
    idle = []
    try:
        server.start()
        before = len(server.log())
        for _ in range(1100):
            idle.append(socket.create_connection(("127.0.0.1", server.port), timeout=20))
            idle[-1].sendall(b"GET / HT")
        for number in range(10):
            assert server.open_room(f"room-{number}")["sessionId"]
        assert len(server.log()) - before < 10_000
    finally:
        for each in idle:
            each.close()
        server.close()
