"""Web pages as renders: their picture and sound in a session, and what they may not reach."""

import asyncio
import functools
import http.server
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from tests.e2e.application import GREEN_WITH_A_TONE, Application
from tests.e2e.films import WatchedFilm, watch
from tests.e2e.people import ann
from tests.e2e.running import RunningServer, wait_until
from tests.e2e.test_broadcasts import played
from tests.e2e.test_live_stream import Viewer


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "page.html").write_text(GREEN_WITH_A_TONE)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def slow_site() -> Iterator[str]:
    """Takes every request and answers none."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def browsers(render_id: str) -> list[psutil.Process]:
    """The processes of a render's browser."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if any(render_id in part for part in process.info["cmdline"] or ()):
            found.append(process)
    return found


@pytest.fixture
def open_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningServer]:
    """A server whose renders may reach this machine."""
    monkeypatch.setenv("REELROOM_RENDER_PRIVATE_ADDRESSES", "true")
    running = RunningServer(tmp_path / "data")
    try:
        yield running.start()
    finally:
        running.close()


async def test_page_is_seen_and_heard_in_the_session(open_server: RunningServer, site: str) -> None:
    application = Application(open_server)
    session = application.new_session()
    answer = application.render(session, f"{site}/page.html", properties={"name": "A page"})
    assert answer.status_code == 202, answer.text
    render = answer.json()
    assert (render["status"], render["sessionId"], render["name"]) == ("starting", session, "A page")
    started = await asyncio.to_thread(application.settled, render["id"])
    assert started["status"] == "started", started
    streams = application.project("GET", f"/session/{session}/stream").json()["items"]
    assert [(each["id"], each["name"]) for each in streams] == [(started["streamId"], "A page")]

    viewer = Viewer()
    await viewer.watch(*open_server.viewer_token(session))
    deadline = time.monotonic() + 30
    green = (40, 170, 60)
    while not (
        viewer.colours
        and all(abs(a - b) < 45 for a, b in zip(viewer.colours[-1], green, strict=True))
        and max(viewer.loudness[-50:], default=0) > 0.1
    ):
        assert time.monotonic() < deadline, (viewer.colours[-3:], viewer.loudness[-3:])
        await asyncio.sleep(0.1)
    assert viewer.sizes == {(1280, 720)}
    await viewer.leave()
    assert browsers(render["id"])
    assert application.project("DELETE", f"/render/{render['id']}").status_code == 200
    stopped = application.state(render["id"])
    assert (stopped["status"], stopped["reason"]) == ("stopped", "Stop Requested")
    await asyncio.to_thread(wait_until, lambda: not browsers(render["id"]), "the browser is gone", 60)
    assert application.project("GET", "/render").json()["count"] == 1


def green_with_a_tone(film: WatchedFilm, start: float, end: float) -> None:
    """The page alone, all the time: its colour fills the picture, its mark moves, its tone is there.

    A browser that a busy machine lets wait stutters: its mark moves in some of its frames, and its tone is there for
    a second at least.
    """
    seconds = [float(second) for second in np.arange(start, end, 0.1)]
    for second in seconds:
        assert film.shows((40, 170, 60), second), (second, film.colour_at(second))
    heard = np.mean([film.loudness(440, second, second + 0.1) > 0.1 for second in seconds])
    assert heard * (end - start) > 1, f"the tone is in {heard:.0%} of the time"
    bottom = film.pictures[(film.times > start) & (film.times < end), -1].astype(int)
    moves = np.abs(np.diff(bottom, axis=0)).max(axis=(1, 2)) > 8
    assert moves.mean() > 0.1, f"the picture moves in {moves.mean():.0%} of its frames"


@pytest.mark.parametrize("pauses", [(), pytest.param((20,), marks=pytest.mark.slow)])
async def test_an_archive_alone_in_a_rendered_session_has_the_page(
    pauses: tuple[float, ...], open_server: RunningServer, site: str, tmp_path: Path
) -> None:
    """Nobody but the archive is in the session: not when it begins, nor after a pause (s) with nothing at all."""
    application = Application(open_server)
    session = application.new_session()
    render = application.render(session, f"{site}/page.html").json()
    assert (await asyncio.to_thread(application.settled, render["id"]))["status"] == "started"

    archives = []
    for pause in (0.0, *pauses):
        await asyncio.sleep(pause)  # nobody is there any more: the stream rests
        archives.append(application.archive(session))
        await asyncio.sleep(6)
        application.project("POST", f"/archive/{archives[-1]['id']}/stop")
    assert application.project("DELETE", f"/render/{render['id']}").status_code == 200

    for archive in archives:
        film = watch(await asyncio.to_thread(application.film, archive["id"], tmp_path))
        assert film.seconds == pytest.approx(6, abs=1.5)
        # A browser that rests begins when it is watched; on a busy machine it takes its time, and is up to a second
        # behind: what it showed last is under way when all is stopped.
        began = next(float(time) for time in film.times if film.shows((40, 170, 60), float(time)))
        assert began < 3, f"the page is there from second {began:.1f} on"
        green_with_a_tone(film, began + 0.2, film.seconds - 1.6)
    await asyncio.to_thread(wait_until, lambda: not browsers(render["id"]), "the browser is gone", 60)
    assert "killed" not in open_server.log() and "ended with status 1" not in open_server.log()


@pytest.mark.slow
async def test_a_browser_that_waited_shows_the_next_page(
    open_server: RunningServer, site: str, tmp_path: Path
) -> None:
    """In its own size, and leaves nothing behind."""
    application = Application(open_server)
    first = application.render(application.new_session(), f"{site}/page.html").json()
    assert (await asyncio.to_thread(application.settled, first["id"]))["status"] == "started"
    assert application.project("DELETE", f"/render/{first['id']}").status_code == 200

    def waits() -> psutil.Process | None:
        found = open_server.children("reelroom.processes.waiting")
        pages = [each for each in found if "reelroom.renders.page.process" in each.cmdline()]
        return pages[0] if pages and len(pages[0].children(recursive=True)) > 4 else None

    program = await asyncio.to_thread(wait_until, waits, "a browser waits", 60)
    session = application.new_session()
    render = application.render(session, f"{site}/page.html", resolution="1920x1080").json()
    assert (await asyncio.to_thread(application.settled, render["id"]))["status"] == "started"
    assert not browsers(render["id"]), "it is the one that waited"
    archive = application.archive(session)
    await asyncio.sleep(5)
    application.project("POST", f"/archive/{archive['id']}/stop")
    assert application.project("DELETE", f"/render/{render['id']}").status_code == 200
    film = watch(await asyncio.to_thread(application.film, archive["id"], tmp_path))
    began = next(float(time) for time in film.times if film.shows((40, 170, 60), float(time)))
    green_with_a_tone(film, began + 0.2, film.seconds - 1.6)
    await asyncio.to_thread(wait_until, lambda: not program.is_running(), "the program has ended", 60)
    left = {each.name for each in (open_server.data_dir / "pages").iterdir()}
    assert not {each for each in left if not each.startswith("waiting-")} and len(left) <= 1


@pytest.mark.slow
async def test_a_broadcast_alone_in_a_rendered_session_has_the_page(
    open_server: RunningServer, site: str, tmp_path: Path
) -> None:
    application = Application(open_server)
    session = application.new_session()
    render = application.render(session, f"{site}/page.html").json()
    assert (await asyncio.to_thread(application.settled, render["id"]))["status"] == "started"
    wish = {"sessionId": session, "outputs": {"hls": {}}, "resolution": "1280x720"}
    broadcast = application.project("POST", "/broadcast", json=wish).json()
    playlist = broadcast["broadcastUrls"]["hls"]

    def lists_three() -> bool:
        answer = open_server.http.get(playlist)
        return answer.status_code == 200 and answer.text.count("#EXTINF") >= 3

    await asyncio.to_thread(wait_until, lists_three, "three segments")
    film = await asyncio.to_thread(played, open_server, playlist, tmp_path, 2)
    assert (film.width, film.height) == (1280, 720)
    green_with_a_tone(film, 0.5, film.seconds - 0.3)
    assert application.project("POST", f"/broadcast/{broadcast['id']}/stop").json()["status"] == "stopped"
    assert application.project("DELETE", f"/render/{render['id']}").status_code == 200


@pytest.mark.slow
async def test_an_archive_alone_in_a_session_has_the_room_that_is_rendered_into_it(
    open_server: RunningServer, tmp_path: Path
) -> None:
    """A room's recorder page through the API: cut without a browser, and as present as any other page."""
    application = Application(open_server)
    person = await ann(width=320, height=180, fps=10).join(
        *await asyncio.to_thread(open_server.connect, "shown elsewhere", "Ann")
    )
    person.speak()
    session = application.new_session()
    render = application.render(session, f"{open_server.url}/room/recorder/shown%20elsewhere").json()
    assert (await asyncio.to_thread(application.settled, render["id"]))["status"] == "started"
    archive = application.archive(session)
    await asyncio.sleep(8)
    application.project("POST", f"/archive/{archive['id']}/stop")
    application.project("DELETE", f"/render/{render['id']}")
    film = watch(await asyncio.to_thread(application.film, archive["id"], tmp_path))
    assert film.shows(person.colour, film.seconds / 2), film.colour_at(film.seconds / 2)
    assert film.loudness(person.tone, film.seconds / 2, film.seconds - 0.6) > 0.05
    await person.leave()


def test_a_render_that_is_stopped_while_it_starts_ends_at_once(open_server: RunningServer, slow_site: str) -> None:
    application = Application(open_server)
    render = application.render(application.new_session(), f"{slow_site}/a-page-that-never-comes").json()
    wait_until(lambda: browsers(render["id"]), "the browser runs")
    began = time.monotonic()
    assert application.project("DELETE", f"/render/{render['id']}").status_code == 200
    wait_until(lambda: not open_server.children("reelroom.renders.page"), "the program ended", 20)
    wait_until(lambda: not browsers(render["id"]), "the browser is gone", 20)
    assert time.monotonic() - began < 15
    stopped = application.state(render["id"])
    assert (stopped["status"], stopped["reason"]) == ("stopped", "Stop Requested")
    wait_until(lambda: '"how"' in open_server.log(), "the log says how it ended")
    assert "killed" not in open_server.log() and "with status 1" not in open_server.log(), open_server.log()[-2000:]


@pytest.mark.slow
def test_browser_goes_when_its_program_is_killed(open_server: RunningServer, site: str) -> None:
    application = Application(open_server)
    render = application.render(application.new_session(), f"{site}/page.html").json()
    assert application.settled(render["id"])["status"] == "started"
    (program,) = open_server.children("reelroom.renders.page")
    program.kill()
    wait_until(lambda: not browsers(render["id"]), "the browser is gone", 60)
    failed = wait_until(lambda: (found := application.state(render["id"]))["status"] == "failed" and found, "failed")
    assert failed["reason"]


def test_pages_that_do_not_load_fail_with_a_reason(open_server: RunningServer, site: str) -> None:
    application = Application(open_server)
    for url in (f"{site}/no-such-page.html", "http://127.0.0.1:9/nobody-there", "http://no.such.host.invalid/"):
        render = application.render(application.new_session(), url).json()
        settled = application.settled(render["id"])
        assert settled["status"] == "failed", url
        assert settled["reason"].startswith("Could not load URL"), settled


def test_pages_of_this_machine_are_out_of_reach_by_default(own_server: RunningServer, site: str) -> None:
    application = Application(own_server)
    session = application.new_session()
    for url in (f"{site}/page.html", site.replace("127.0.0.1", "localhost") + "/", "http://169.254.169.254/latest/"):
        render = application.render(session, url).json()
        settled = application.settled(render["id"])
        assert (settled["status"], "Could not load URL" in settled["reason"]) == ("failed", True), settled
    for url in ("file:///etc/passwd-and-more", "javascript:alert(1)//", "about:blank#and-more"):
        answer = application.render(session, url)
        assert answer.status_code == 400, url
    refused = application.project(
        "POST",
        "/render",
        json={"sessionId": session, "token": application.token(session, "subscriber"), "url": f"{site}/page.html"},
    )
    assert refused.status_code == 400
    assert "token" in refused.json()["message"]
