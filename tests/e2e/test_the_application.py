"""An application as it was written for the cloud: an Express server, and a recorder page of its own, end to end."""

import asyncio
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from reelroom.keys import load_keys
from tests.e2e.films import WatchedFilm, watch
from tests.e2e.pages import chromium, open_page
from tests.e2e.running import RunningServer, free_port, wait_until

NODE = Path(__file__).parents[1] / "sdk" / "node"
ANN, BEN = {"colour": "rgb(200,40,40)", "tone": "440"}, {"colour": "rgb(50,70,210)", "tone": "1000"}


@pytest.fixture
def site() -> str:
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture
def server(tmp_path: Path, site: str) -> Iterator[RunningServer]:
    """Its renders may reach this machine."""
    settings = {"REELROOM_RENDER_PRIVATE_ADDRESSES": "true", "REELROOM_ALLOWED_ORIGINS": json.dumps([site])}
    running = RunningServer(tmp_path / "data", settings=settings)
    try:
        yield running.start()
    finally:
        running.close()


@pytest.fixture
def application(server: RunningServer, site: str) -> Iterator[httpx.Client]:
    keys = load_keys(server.data_dir)
    command = ["node", "application.js", keys.api_key, keys.api_secret, server.url, site.rpartition(":")[2]]
    process = subprocess.Popen(command, cwd=NODE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == site
    with httpx.Client(base_url=site, timeout=30, trust_env=False) as client:
        yield client
    process.kill()
    process.wait()


def sees_both(film: WatchedFilm, second: float) -> bool:
    """Whether the picture of that moment is half red, half blue."""
    picture = film.pictures[max(0, int((film.times <= second).sum()) - 1)].reshape(-1, 3).astype(int)
    red, blue = ((abs(picture - colour).max(axis=1) < 45).mean() for colour in ((200, 40, 40), (50, 70, 210)))
    return bool(red > 0.2 and blue > 0.2)


@pytest.mark.slow  # three browsers at once, one of them in the server
async def test_its_recording_has_what_its_recorder_page_shows(
    server: RunningServer, application: httpx.Client, tmp_path: Path
) -> None:
    async with chromium() as first, chromium() as second:
        pages = []
        for browser, who in ((first, ANN), (second, BEN)):
            address = f"{application.base_url}/room?{httpx.QueryParams(who)}"
            pages.append(await open_page(browser, address, permissions=[]))
        for page in pages:
            await page.wait_for_function("window.ready && document.querySelectorAll('video').length === 2")
        await pages[0].evaluate("record()")
        heard: dict[str, Any] = await (await pages[1].wait_for_function("told[0]")).json_value()
        clicked = await (await pages[0].wait_for_function("told[0]")).json_value()
        print(f"from the click to archiveStarted: {clicked['after'] / 1000:.1f} s")  # noqa: T201
        archive_id, rendered = heard["data"].split(":")
        await asyncio.sleep(8)
        stopped = await asyncio.to_thread(application.post, f"/stop/{archive_id}")
        assert stopped.json()["status"] == "stopped", stopped.text

        def available() -> Any:
            (archive,) = application.get("/archives").json()
            assert archive["status"] != "failed", archive
            return archive["status"] == "available" and archive

        archive = await asyncio.to_thread(wait_until, available, "the archive is available", 90)
        assert (archive["id"], archive["sessionId"], archive["name"]) == (archive_id, rendered, "the application's")
        film = watch(await asyncio.to_thread(server.download, archive, tmp_path))
    callbacks = (await asyncio.to_thread(application.get, "/callbacks")).json()
    assert list(dict.fromkeys(callbacks)) == ["started", "stopped"]  # one that is slow to answer is asked again
    assert film.seconds == pytest.approx(8, abs=2)
    seen = [sees_both(film, second) for second in (film.seconds * part for part in (0.4, 0.6, 0.8))]
    assert all(seen), seen
    for tone in (440.0, 1000.0):
        assert film.loudness(tone, film.seconds / 2, film.seconds - 0.6) > 0.05, tone
    assert clicked["after"] < 20_000
    assert "killed" not in server.log() and "ended with status 1" not in server.log()
