"""SIGUSR1 drains a server at whatever moment it comes, and never kills it."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from reelroom.api import serving
from reelroom.config import Settings
from tests.e2e.running import free_port


@pytest.fixture(autouse=True)
def harmless() -> Iterator[None]:
    """Where it is nobody's, the signal would end all tests."""
    before = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGUSR1, before)


def told() -> None:
    os.kill(os.getpid(), signal.SIGUSR1)


class Told:
    """A server that is told to drain while it does `moment`; `refusals` times the database does not answer."""

    def __init__(self, data_dir: Path, moment: str, refusals: int = 0) -> None:
        self.settings = Settings(data_dir=data_dir, port=free_port())
        self.done: list[str] = []
        self._moment = moment
        self._refusals = refusals

    async def _do(self, moment: str) -> None:
        if moment == self._moment:
            told()
            await asyncio.sleep(0)
        self.done.append(moment)

    async def start(self) -> None:
        await self._do("start")

    async def drain(self) -> None:
        if self._refusals:
            self._refusals -= 1
            raise ConnectionError
        await self._do("drain")

    async def leave(self) -> None:
        await self._do("leave")


async def served(server: Any, on_ready: Any = lambda: None) -> list[str]:
    async with asyncio.timeout(30):
        await serving._serve(FastAPI(), server, on_ready)
    done: list[str] = server.done
    return done


async def test_told_while_it_starts_it_drains_once_it_runs(tmp_path: Path) -> None:
    assert await served(Told(tmp_path, "start")) == ["start", "drain", "leave"]


async def test_told_again_while_it_drains_or_leaves_it_goes_on_with_that(tmp_path: Path) -> None:
    for moment in ("drain", "leave"):
        assert await served(Told(tmp_path, moment), told) == ["start", "drain", "leave"]


async def test_it_ends_also_where_the_database_did_not_answer_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "_AGAIN", 0.01)
    assert await served(Told(tmp_path, "", refusals=3), told) == ["start", "drain", "leave"]


async def test_before_it_serves_and_after_the_signal_is_nobodys(tmp_path: Path) -> None:
    signal.signal(signal.SIGUSR1, signal.SIG_DFL)
    serving.ignore_draining()
    told()
    assert await served(Told(tmp_path, "start")) == ["start", "drain", "leave"]
    told()
    assert signal.getsignal(signal.SIGUSR1) == signal.SIG_IGN
