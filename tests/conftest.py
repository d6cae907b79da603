"""What holds for all tests."""

import os
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from reelroom.store.schema import database_url, migrate
from tests.postgres import Cluster, cluster

settings.register_profile("calm", deadline=None)  # a busy machine is slow, which is no fault of what is tested
settings.load_profile("calm")

_status: int = 0


@pytest.fixture(autouse=True)
def ordinary() -> Iterator[None]:
    """No test leaves this process with another claim to the CPU or another umask: what it starts would have it."""
    mask = os.umask(0o022)
    os.umask(mask)
    yield
    os.umask(mask)
    assert os.sched_getscheduler(0) == os.SCHED_OTHER, "some library made this thread a real-time one"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL of our own."""
    with cluster() as running:
        yield running


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A migrated database, made once."""
    folder = tmp_path_factory.mktemp("database")
    migrate(database_url(folder))
    with sqlite3.connect(folder / "reelroom.db") as connection:
        return connection.serialize()


@pytest.fixture(scope="session")
def empty_on_postgres(postgres: Cluster) -> str:
    """The same on PostgreSQL."""
    name = postgres.database()
    migrate(database_url(Path(), postgres.url(name)))
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path, empty_database: bytes) -> str:
    """A new database, migrated."""
    if request.param == "sqlite":
        (tmp_path / "reelroom.db").write_bytes(empty_database)
        return database_url(tmp_path)
    postgres: Cluster = request.getfixturevalue("postgres")
    return database_url(tmp_path, postgres.url(postgres.database(request.getfixturevalue("empty_on_postgres"))))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    global _status  # noqa: PLW0603
    _status = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """LiveKit's native threads may abort the interpreter while it shuts down, when all tests have passed."""
    if "livekit.rtc" in sys.modules:
        config.get_terminal_writer().flush()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(_status)
