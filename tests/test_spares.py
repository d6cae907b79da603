"""A browser waits for the next page where pages are shown, and nowhere else."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from reelroom.config import Settings
from reelroom.errors import Overloaded
from reelroom.recorder.holding import SessionTakes
from reelroom.renders import spares as module
from reelroom.renders.spares import Spares
from reelroom.store.database import now_ms
from reelroom.store.store import Store
from tests.test_process import until


class Machine:
    """What a server knows: when (ms) it showed a page last, and whether it has room for another."""

    def __init__(self, last_page: int, full: bool = False) -> None:
        self.last_page = last_page
        self.full = full
        self.asked = 0
        self.renders = SimpleNamespace(page_since=self._page_since)

    async def _page_since(self, at: int) -> bool:
        return self.last_page >= at

    async def admit(self, *, shows_page: bool, begins: bool) -> None:
        assert shows_page and not begins, "looking is no recording"
        self.asked += 1
        if self.full:
            raise Overloaded("no room")


@pytest.fixture
async def browsers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """Makes the spares of a server of such a machine; a browser is a program that does nothing."""
    (tmp_path / "nothing.py").write_text("import sys\ndef load(*_): pass\nmain = sys.exit\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(module, "PAGE", "nothing")
    monkeypatch.setattr(module, "LIVE", "nothing")
    made: list[Spares] = []

    def make(machine: Machine, **settings: Any) -> Spares:
        asked = Settings(data_dir=tmp_path / "data", **settings)
        made.append(Spares(asked, cast(Store, machine), cast(SessionTakes, machine)))
        return made[-1]

    yield make
    for each in made:
        await each.close()


async def test_it_waits_where_a_page_was_shown_within_a_week(browsers: Any, tmp_path: Path) -> None:
    left = tmp_path / "data" / "pages" / "of a browser that was killed"
    left.mkdir(parents=True)
    spares = browsers(Machine(now_ms() - 6 * 24 * 3600 * 1000))
    spares.prepare()
    await until(lambda: spares.page.waits and spares.room.waits)
    assert not left.exists()


@pytest.mark.parametrize(
    ("machine", "settings"),
    [
        (Machine(now_ms() - 8 * 24 * 3600 * 1000), {}),
        (Machine(now_ms(), full=True), {}),
        (Machine(now_ms()), {"spare_browser": False}),
    ],
    ids=["no page for a week", "no room for one", "not wanted"],
)
async def test_it_does_not_wait(browsers: Any, machine: Machine, settings: dict[str, Any]) -> None:
    spares = browsers(machine, **settings)
    spares.prepare()
    await until(lambda: spares.room.waits)
    if not machine.full:
        assert machine.asked == 0
    else:
        await until(lambda: machine.asked == 1)
    assert not spares.page.waits


async def test_the_next_one_lets_a_page_begin_first(browsers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PAUSE", 0.3)
    machine = Machine(0)
    spares = browsers(machine)
    spares.prepare()
    await until(lambda: spares.room.waits)
    machine.last_page, began = now_ms(), time.monotonic()
    spares.page_begins()
    await until(lambda: spares.page.waits)
    assert time.monotonic() - began >= 0.3
