"""The engine: calls that end in time whatever it does, and which one of an earlier server is kept."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from reelroom.config import Settings
from reelroom.engine import livekit
from reelroom.engine.livekit import Engine, EngineError
from reelroom.engine.local import _serves_as_well, engine_config
from reelroom.keys import load_keys


@pytest.fixture
async def hung(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Engine]:
    """An engine that takes calls and answers none."""
    monkeypatch.setattr(livekit, "_CALL_SECONDS", 0.3)
    hold: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _reader, writer: hold.append(writer), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    engine = Engine(Settings(data_dir=tmp_path, engine_port=port), load_keys(tmp_path))
    engine.open()
    yield engine
    await engine.close()
    for writer in hold:
        writer.close()
    server.close()


async def test_an_engine_that_hangs_costs_no_more_than_the_deadline(hung: Engine) -> None:
    began = time.monotonic()
    assert not await hung.answers()
    assert not await hung.is_empty()
    assert await hung.open_rooms() == []
    for call in (hung.participants("r"), hung.describe("r", {}), hung.send("r", "t", "x"), hung.mute("r", "p", "t")):
        with pytest.raises(EngineError):
            await call
    assert time.monotonic() - began < 10


def config(tmp_path: Path, **changes: Any) -> dict[str, Any]:
    return engine_config(Settings(data_dir=tmp_path, **changes), load_keys(tmp_path))


def test_an_engine_of_the_same_configuration_is_kept(tmp_path: Path) -> None:
    assert _serves_as_well(config(tmp_path), config(tmp_path))


@pytest.mark.parametrize("name", ["room", "audio", "logging"])
def test_a_version_that_sets_it_otherwise_ends_no_meeting(tmp_path: Path, name: str) -> None:
    assert _serves_as_well(config(tmp_path) | {name: {"something": "else"}}, config(tmp_path))


@pytest.mark.parametrize(
    "changes",
    [{"engine_port": 1}, {"rtc_port": 1}, {"rtc_tcp_port": 1}, {"port": 1}, {"engine_addresses": "127.0.0.2"}],
)
def test_an_engine_that_would_be_reached_otherwise_is_not_kept(tmp_path: Path, changes: dict[str, Any]) -> None:
    assert not _serves_as_well(config(tmp_path), config(tmp_path, **changes))


def test_an_engine_with_other_keys_is_not_kept(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    assert not _serves_as_well(config(tmp_path / "other"), config(tmp_path))


@pytest.mark.parametrize("before", [None, [], "nonsense", {}])
def test_an_engine_nobody_knows_how_it_was_started_is_not_kept(tmp_path: Path, before: object) -> None:
    assert not _serves_as_well(before, config(tmp_path))
