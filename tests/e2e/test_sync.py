"""Sound and picture of a film, measured at each beep, of somebody behind a bad line who is muted and comes again."""

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.beats import Beat, beats_of
from tests.e2e.link import Link, NoNamespaces
from tests.e2e.running import RunningServer

ROOM = "flashes"
SMALL = ("--size", "640", "360")  # two layers of one size
LARGE = ("--size", "960", "540")  # a smaller one, too


@pytest.fixture
def link() -> Iterator[Link]:
    try:
        with Link() as link:
            yield link
    except NoNamespaces as why:
        pytest.skip(f"network namespaces are not permitted here ({why})")


@pytest.fixture
def server(tmp_path: Path, link: Link) -> Iterator[RunningServer]:
    running = RunningServer(tmp_path / "data", settings={"REELROOM_ENGINE_ADDRESSES": link.outside})
    try:
        yield running.start()
    finally:
        running.close()


class Performer:
    """`tests.e2e.flashing` in the namespace."""

    def __init__(self, server: RunningServer, link: Link, room: str = ROOM) -> None:
        self._server = server
        self._link = link
        self._room = room

    async def start(self, *options: str) -> None:
        url, token = await asyncio.to_thread(self._server.connect, self._room, "Ann")
        url = url.replace("127.0.0.1", self._link.outside)
        command = self._link.command(sys.executable, "-m", "tests.e2e.flashing", url, token, *options)
        self._process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        assert "joined" in await self._line()

    async def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        assert line, "the performer ended"
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def finish(self) -> None:
        assert "left" in await self._line()
        assert await self._process.wait() == 0


async def record(
    server: RunningServer, link: Link, folder: Path, stays: list[tuple[float, tuple[str, ...]]], squeezed: float
) -> tuple[Path, Path]:
    """The film and the take of somebody who is there once or more; in the middle of each stay the line is narrow."""
    render: dict[str, Any] | None = None
    for seconds, options in stays:
        performer = Performer(server, link)
        await performer.start("--seconds", str(seconds), "--simulcast", *options)
        if render is None:
            render = await asyncio.to_thread(server.record, ROOM)
        await asyncio.sleep(seconds * 0.55)
        link.rate = 250_000
        await asyncio.sleep(squeezed)
        link.rate = None
        await performer.finish()
    assert render is not None
    await asyncio.to_thread(server.http.get, f"/render/stop/{render['id']}")
    archive = await asyncio.to_thread(server.wait_for_archive, render["sessionId"], "available", 400)
    film = await asyncio.to_thread(server.download, archive, folder)
    (take,) = (server.data_dir / "takes").iterdir()
    return film, take


def layers_of(take: Path) -> set[int]:
    """The widths of picture that the take holds; the engine's blank pictures left out."""
    lines = [json.loads(line) for line in (take / "events.jsonl").read_text().splitlines()]
    return {line["width"] for line in lines if line["event"] == "keyframe_written" and line["width"] > 16}


def told(beats: list[Beat]) -> str:
    return " ".join(f"{beat.seen:.2f}:{beat.apart_ms:+.0f}" for beat in beats)


def assert_in_sync(beats: list[Beat], at_least: int) -> None:
    print(told(beats))  # noqa: T201
    assert len(beats) >= at_least, told(beats)
    assert max(abs(beat.apart_ms) for beat in beats) <= 40, told(beats)


@pytest.mark.slow
async def test_sound_and_picture_are_together_through_loss_mute_rejoin_and_layers(
    server: RunningServer, link: Link, tmp_path: Path
) -> None:
    stays: list[tuple[float, tuple[str, ...]]] = [(18, (*SMALL, "--muted", "5.5", "7.5")), (7, SMALL)]
    film, _ = await record(server, link, tmp_path, stays, squeezed=3)
    assert link.lost > 20
    assert_in_sync(beats_of(film), at_least=10)


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_sound_and_picture_stay_together_for_minutes(server: RunningServer, link: Link, tmp_path: Path) -> None:
    stays: list[tuple[float, tuple[str, ...]]] = [
        (80, (*LARGE, "--muted", "20.5", "30.5")),
        (60, (*SMALL, "--muted", "10.5", "12.5", "--dtx")),
        (40, (*SMALL, "--stereo")),
    ]
    film, take = await record(server, link, tmp_path, stays, squeezed=12)
    assert len(layers_of(take)) > 1, "the engine switched layers"
    assert_in_sync(beats_of(film), at_least=80)
