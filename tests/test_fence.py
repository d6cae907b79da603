"""A program within a fence, as it is started: what it may open, and what it does not see."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from reelroom.processes import fence
from reelroom.processes.child import LONGEST_MESSAGE, Child, Program
from reelroom.processes.spare import Spare

MODULE = "tests.within_a_fence"

pytestmark = pytest.mark.skipif(fence.version() == 0, reason="this kernel has no Landlock, or does not let")


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data directory with a secret, a take, and a way around by a link."""
    folder = tmp_path / "data"
    (folder / "takes").mkdir(parents=True)
    (folder / "keys.json").write_text("secret")
    (folder / "takes" / "events.jsonl").write_text("event")
    (folder / "takes" / "around").symlink_to(folder / "keys.json")
    (tmp_path / "beside").write_text("beside")
    (tmp_path / "link").symlink_to(folder)
    return folder


async def what_it_may(data_dir: Path, tmp_path: Path, spare: Spare | None, fenced: Path | None) -> dict[str, Any]:
    told: list[dict[str, Any]] = []
    command = [sys.executable, "-m", MODULE, str(data_dir), str(tmp_path), str(os.getpid())]
    program = Program(command, log=tmp_path / "logs" / "it.log", spare=spare, fenced=fenced)
    await asyncio.wait_for(Child("it", lambda: program, most_failures=1, on_message=told.append).run(), 60)
    return told[0]


@pytest.mark.parametrize("spared", [False, True])
async def test_a_program_opens_all_but_the_files_of_the_data_directory(
    spared: bool, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REELROOM_ADMIN_TOKEN", "opensesame")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    spare = Spare(MODULE, LONGEST_MESSAGE, fenced=data_dir) if spared else None
    if spare is not None:
        spare.prepare()
        async with asyncio.timeout(30):
            while not spare.waits:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    (told) = await what_it_may(data_dir, tmp_path, spare, data_dir)
    assert told == {
        "reads": {
            "data/keys.json": False,
            "link/keys.json": False,
            "data/takes/around": False,
            "data/takes/events.jsonl": True,
            "beside": True,
        },
        "writes": {"data/new": False, "data/keys.json": False, "data/takes/film": True},
        "its children read keys": False,
        "reads what the server has": False,
        "signals the server": False,
        "settings": [],
    }
    assert (data_dir / "keys.json").read_text() == "secret"
    if spare is not None:
        await spare.close()


async def test_who_is_not_told_has_no_fence(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    told = await what_it_may(data_dir, tmp_path, None, None)
    assert told["reads"]["data/keys.json"] is told["signals the server"] is True
