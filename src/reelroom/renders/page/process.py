"""`python -m reelroom.renders.page.process`: shows a page in a session until it is told to end.

An application waits for the page, so what takes time goes side by side: while the browser starts and loads,
what publishes is imported (half a second) and joins the session. Where this process has waited for its page, the
browser is open already.
"""

import argparse
import asyncio
import contextlib
import importlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from playwright.async_api import Error, Playwright, async_playwright

from reelroom.clock import now_ms  # the server says what took how long
from reelroom.processes.inside import PAGE_VARIABLE, SECRET_VARIABLE, obey, say, unless_ended
from reelroom.renders.page.show import Browser, CannotShow, PageRequest

if TYPE_CHECKING:
    from reelroom.renders.live import Stream
    from reelroom.renders.page.publishing import Publishing

_LATE = ("reelroom.renders.live", "reelroom.renders.page.publishing")
_runner = asyncio.Runner()  # what waits belongs to the loop that opened it
_open: list[tuple[Playwright, Browser]] = []


def load(profiles: str, *private: str) -> None:
    """Import everything, and open a browser that shows nothing yet, with a new profile in the folder `profiles`."""
    for name in _LATE:
        importlib.import_module(name)
    with contextlib.suppress(Error):  # whoever needs it will say why there is none
        _runner.run(_wait(Path(profiles) / f"waiting-{uuid4()}", private=bool(private)))


def unload() -> None:
    """Close the browser that nobody needed."""
    _runner.run(_close())


async def _wait(profile: Path, *, private: bool) -> None:
    playwright, browser = await _start(PageRequest("", 1280, 720, profile, private=private))
    await browser.wait(playwright)


async def _start(asked: PageRequest) -> tuple[Playwright, Browser]:
    playwright = await async_playwright().start()
    _open.append((playwright, Browser(asked)))
    return _open[-1]


async def _close() -> None:
    while _open:
        playwright, browser = _open.pop()
        await browser.close()
        await playwright.stop()


async def _load(asked: PageRequest) -> Browser:
    """A browser that shows the page. Raises CannotShow."""
    if _open:
        _, browser = _open[-1]
        say(profile=str(browser.asked.profile))
        if await browser.lives():
            await browser.show(asked)
            return browser
    playwright, browser = await _start(asked)
    await browser.open(playwright)
    return browser


async def _show(arguments: argparse.Namespace) -> str:
    """Returns what ended it. However it ends, also by being cancelled, the stream leaves and the browser closes."""
    asked = PageRequest(
        os.environ.pop(PAGE_VARIABLE),
        arguments.width,
        arguments.height,
        arguments.profile,
        private=arguments.private_addresses,
    )
    steps = {"imported": now_ms()}
    joining = asyncio.create_task(_join(arguments, steps))
    try:
        browser = await _load(asked)
        steps["loaded"] = now_ms()
        publishing = await joining
        track, _ = await asyncio.gather(publishing.stream.publish(), browser.capture(publishing.received()))
        say(track=track, steps={**steps, "published": now_ms()})
        return await _pass_on(browser, publishing)
    except CannotShow as error:
        return str(error)
    except Error as error:
        return f"The browser failed: {error.message.splitlines()[0][:200]}"
    finally:
        await _leave(joining)
        await _close()


async def _join(arguments: argparse.Namespace, steps: dict[str, int]) -> "Publishing":
    live, module = [await asyncio.to_thread(importlib.import_module, name) for name in _LATE]
    stream: Stream = live.Stream(arguments.width, arguments.height, arguments.warm_seconds)
    obey(stream.obey)
    try:
        await stream.join(arguments.engine, os.environ.pop(SECRET_VARIABLE))
    except live.rtc.ConnectError as error:
        raise CannotShow(f"The session could not be joined: {error.message}") from None
    steps["joined"] = now_ms()
    publishing: Publishing = module.Publishing(stream)
    return publishing


async def _leave(joining: "asyncio.Task[Publishing]") -> None:
    joining.cancel()
    with contextlib.suppress(asyncio.CancelledError, Exception):  # why it did not join has been said
        await (await joining).stream.room.disconnect()


async def _pass_on(browser: Browser, publishing: "Publishing") -> str:
    """Returns why it is over."""
    stream = publishing.stream
    playing = asyncio.create_task(publishing.play())
    while not publishing.failed.done() and not stream.gone.is_set():
        await browser.watched(stream.watched(), stream.keyframe_wanted())
        await asyncio.sleep(0.1)
    playing.cancel()
    return publishing.failed.result() if publishing.failed.done() else "The connection to the session was lost"


async def _main() -> int:
    parser = argparse.ArgumentParser(prog="reelroom-page", description=__doc__)
    parser.add_argument("--engine", required=True)
    parser.add_argument("--profile", type=Path, required=True)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=720)
    parser.add_argument("--private-addresses", action="store_true")
    parser.add_argument("--warm-seconds", type=float, default=0.0, help="how long to count as watched at first")
    return await unless_ended(_show(parser.parse_args()))


def main() -> int:
    """Show it until the server says otherwise."""
    with _runner:
        return _runner.run(_main())


if __name__ == "__main__":
    sys.exit(main())
