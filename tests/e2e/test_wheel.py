"""The wheel that `make wheel` writes: installed by pip beside no checkout, it serves, and makes a film."""

import asyncio
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.e2e.films import watch
from tests.e2e.people import ann, ben
from tests.e2e.running import RunningServer
from tests.e2e.test_main_job import assert_right_film, converse

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
OLDEST, NEWEST = (3, 11), (3, 14)
UV = shutil.which("uv", path=f"{os.environ['PATH']}:{ROOT}/.build/uv/bin") or "uv"


def run(*command: str | Path, folder: Path = ROOT) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture
def installed(wheel: Path, tmp_path: Path) -> Path:
    """An environment with the wheel, and what it needs from ours: its interpreter."""
    home = tmp_path / "environment"
    run(sys.executable, "-m", "venv", "--without-pip", home)
    python = home / "bin/python"
    run(UV, "pip", "install", "--offline", "--no-deps", "--python", python, wheel)
    (packages,) = home.glob("lib/python*/site-packages")
    (packages / "needed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


@pytest.fixture
def server(installed: Path, tmp_path: Path) -> Iterator[RunningServer]:
    server = RunningServer(tmp_path / "data", python=str(installed)).start()
    yield server
    server.close()


async def test_a_meeting_on_what_pip_installed(server: RunningServer, installed: Path) -> None:
    """All that runs lies in the environment, not in this checkout; the film shows who speaks."""
    assert '<div id="root">' in server.http.get("/").text
    recording = await converse(server, "wheel", [ann(), ben()], turns=2)
    assert_right_film(
        await asyncio.to_thread(watch, server.data_dir / "archives" / f"{recording.archive_id}.mp4"), recording
    )
    assert server.process is not None
    programs = [child.exe() for child in psutil.Process(server.process.pid).children(recursive=True)]
    engines = [program for program in programs if "livekit-server" in program]
    assert engines
    assert all(program.startswith(str(installed.parents[1])) for program in engines), engines


def test_the_licences_of_what_is_linked_come_along(wheel: Path) -> None:
    listed = run(sys.executable, "-m", "zipfile", "-l", wheel)
    assert "reelroom/parts/LICENSES.txt" in listed
    assert "reelroom/parts/bin/livekit-server" in listed


def pythons() -> list[str]:
    """The interpreters of this machine that Reelroom is for, one of each version."""
    found: dict[tuple[int, int], str] = {}
    for minor in range(OLDEST[1], NEWEST[1] + 1):
        name = subprocess.run(
            [UV, "python", "find", "--no-project", f"3.{minor}"], capture_output=True, text=True, check=False
        )
        if name.returncode == 0:
            found[3, minor] = name.stdout.strip()
    return [found[version] for version in sorted(found)]


@pytest.mark.parametrize("base", pythons())
def test_it_serves_on_every_python(wheel: Path, base: str, tmp_path: Path) -> None:
    """With the packages that the registry has for it today, not those that are locked."""
    home = tmp_path / "environment"
    run(UV, "venv", "--python", base, home)
    run(UV, "pip", "install", "--python", home / "bin/python", wheel)
    server = RunningServer(tmp_path / "data", python=str(home / "bin/python"))
    try:
        server.start()
        assert server.http.get("/healthz").status_code == 200
        assert server.open_room("any")["sessionId"]
    finally:
        server.close()
