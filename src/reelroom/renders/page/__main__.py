"""`python -m reelroom.renders.page`: shows a page in a session until it is told to end.

An application waits for the page, so what takes time goes side by side: while the browser starts and loads,
what publishes is imported (half a second) and joins the session.
"""

import argparse
import asyncio
import contextlib
import importlib
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.async_api import Error, async_playwright

from reelroom.processes.inside import PAGE_VARIABLE, SECRET_VARIABLE, obey, say, unless_ended
from reelroom.renders.page.show import Browser, CannotShow, PageRequest

if TYPE_CHECKING:
    from reelroom.renders.live import Stream
    from reelroom.renders.page.publishing import Publishing


async def _show(arguments: argparse.Namespace) -> str:
    """Returns what ended it. However it ends, also by being cancelled, the stream leaves and the browser closes."""
    asked = PageRequest(
        os.environ.pop(PAGE_VARIABLE),
        arguments.width,
        arguments.height,
        arguments.profile,
        private=arguments.private_addresses,
    )
    browser, steps = Browser(asked), {"imported": _now()}
    joining = asyncio.create_task(_join(arguments, steps))
    async with async_playwright() as playwright:
        try:
            await browser.open(playwright)
            steps["loaded"] = _now()
            publishing = await joining
            await browser.capture(publishing.received())
            steps["captured"] = _now()
            track = await publishing.stream.publish()
            say(track=track, steps={**steps, "published": _now()})
            return await _pass_on(browser, publishing)
        except CannotShow as error:
            return str(error)
        except Error as error:
            return f"The browser failed: {error.message.splitlines()[0][:200]}"
        finally:
            await _leave(joining)
            await browser.close()


async def _join(arguments: argparse.Namespace, steps: dict[str, int]) -> "Publishing":
    live, module = [
        await asyncio.to_thread(importlib.import_module, f"reelroom.renders.{name}")
        for name in ("live", "page.publishing")
    ]
    stream: Stream = live.Stream(arguments.width, arguments.height, arguments.warm_seconds)
    obey(stream.obey)
    try:
        await stream.join(arguments.engine, os.environ.pop(SECRET_VARIABLE))
    except live.rtc.ConnectError as error:
        raise CannotShow(f"The session could not be joined: {error.message}") from None
    steps["joined"] = _now()
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


def _now() -> int:
    """The time in ms since the epoch, as the store has it: the server says what took how long."""
    return time.time_ns() // 1_000_000


async def _main() -> int:
    parser = argparse.ArgumentParser(prog="reelroom-page", description=__doc__)
    parser.add_argument("--engine", required=True)
    parser.add_argument("--profile", type=Path, required=True)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=720)
    parser.add_argument("--private-addresses", action="store_true")
    parser.add_argument("--warm-seconds", type=float, default=0.0, help="how long to count as watched at first")
    return await unless_ended(_show(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(asyncio.run(_main()))
