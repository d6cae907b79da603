"""A film that gets captions while somebody watches it: a browser plays it to its end, before and after."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse
from starlette.routing import Route

from reelroom.composer.captioned import captioned
from reelroom.composer.film import Film
from reelroom.composer.text_tracks import Captions, Chapter, Cue, Texts
from tests.e2e.pages import chromium
from tests.test_film import LOOK, shoot

S = 1_000_000
SECONDS = 12
TEXTS = Texts(
    [Chapter(0, SECONDS * S, "Ann: Good morning")], Captions((Cue(S, SECONDS * S, "Ann: Good morning."),), "eng")
)
_PLAY = """async film => {
    film.muted = true;
    film.playbackRate = 8;
    const over = new Promise((done, failed) => {
        film.onended = () => done(film.currentTime);
        film.onerror = () => failed(new Error(film.error.message));
    });
    await film.play();
    return await over;
}"""


@asynccontextmanager
async def _served(film: Path) -> AsyncIterator[str]:
    """A page with a film, at an address."""

    async def page(_request: Request) -> HTMLResponse:
        return HTMLResponse('<!doctype html><video src="/film.mp4" preload="metadata"></video>')

    async def file(_request: Request) -> FileResponse:
        return FileResponse(film, media_type="video/mp4")

    app = Starlette(routes=[Route("/", page), Route("/film.mp4", file)])
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    finally:
        server.should_exit = True
        await task


async def test_who_plays_a_film_that_gets_captions_plays_it_to_its_end(tmp_path: Path) -> None:
    film, beside = tmp_path / "film.mp4", tmp_path / "beside.mp4"
    with Film(film, LOOK) as made:
        shoot(made, range(30 * SECONDS))
    assert film.stat().st_size > 5_000_000, "a browser reads more of it later"
    async with chromium() as browser, _served(film) as address:
        page = await browser.new_page()
        await page.goto(address)
        video = page.locator("video")
        await video.evaluate("film => film.readyState || new Promise(done => film.onloadedmetadata = done)")
        captioned(film, beside, TEXTS)
        shutil.move(beside, film)
        assert await video.evaluate(_PLAY) > SECONDS - 0.2  # by the index of before
        await page.reload()
        assert await video.evaluate(_PLAY) > SECONDS - 0.2  # by the new one
