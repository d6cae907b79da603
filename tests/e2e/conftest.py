"""Servers for the end-to-end tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.player import build
from tests.e2e.running import RunningServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One server for a module's tests."""
    running = RunningServer(tmp_path_factory.mktemp("data"))
    try:
        yield running.start()
    finally:
        running.close()


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The player that publishes prepared frames."""
    return build(tmp_path_factory.mktemp("player"))


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[RunningServer]:
    """A server of the test's own, to be stopped and started at will."""
    running = RunningServer(tmp_path / "data")
    try:
        yield running.start()
    finally:
        running.close()
