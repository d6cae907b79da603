"""Chromium on the page of a running server: how tests come in, wait, and look for barriers."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Error, Page, async_playwright, expect

from reelroom.renders.page.chromium import chromium as machines_chromium
from tests.e2e.running import RunningServer

INSECURE_HOST = "rooms.example"  # this machine by a name for which browsers want https
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream=device-count=2,fps=5",  # each is encoded three times, without a GPU
    "--use-fake-ui-for-media-stream",
    "--auto-select-desktop-capture-source=Entire screen",
    "--autoplay-policy=no-user-gesture-required",
    f"--host-resolver-rules=MAP {INSECURE_HOST} 127.0.0.1",
]
AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
expect.set_options(timeout=30_000)  # a busy machine is slow; nothing waits longer than it must
_STANDS_STILL = """Promise.all(document.getAnimations()
    .filter(animation => animation.effect.getComputedTiming().endTime !== Infinity)
    .map(animation => animation.finished.catch(() => null))).then(() => null)"""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@asynccontextmanager
async def chromium(*more: str, asks: bool = False) -> AsyncIterator[Browser]:
    """The machine's own Chromium, with cameras and microphones that are not there.

    It gives them to every page, or `asks` first, which nobody answers.
    """
    arguments = [each for each in ARGUMENTS if not (asks and each.startswith("--use-fake-ui"))]
    executable = machines_chromium()
    assert executable, "no Chromium; `make tools` installs one"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=[*arguments, *more])
        try:
            yield browser
        finally:
            await browser.close()


async def open_page(browser: Browser, url: str, *, script: str = "", **context: Any) -> Page:
    """A page of somebody with a browser of their own; an error in the page fails the test.

    `script` runs before the page's own.
    """
    # Drawn at half the size: without a GPU that takes most of the CPU, which a film in the making needs.
    drawn = {"viewport": {"width": 1280, "height": 800}, "device_scale_factor": 0.5}
    settings = {**drawn, "permissions": ["camera", "microphone"], **context}
    page = await (await browser.new_context(**settings)).new_page()
    page.set_default_timeout(30_000)
    page.on("pageerror", _fail)
    if script:
        await page.add_init_script(script)
    await page.goto(url)
    return page


def _fail(error: Error) -> None:
    # Raised in here it closes the browser's connection, and its words are lost.
    print(f"the page failed: {error}", file=sys.stderr)  # noqa: T201
    pytest.fail(f"the page failed: {error}")


async def enter(browser: Browser, server: RunningServer, room: str, name: str, **context: Any) -> Page:
    """Somebody in a room."""
    page = await open_page(browser, f"{server.url}/room/{room}?name={name}", **context)
    await expect(page.get_by_test_id("recording-state")).to_be_attached(timeout=40_000)
    return page


def tile(page: Page, name: str) -> Any:
    return page.locator(f'[data-testid="tile"][data-name="{name}"]')


async def expect_no_barriers(page: Page, where: str) -> None:
    """What axe-core finds against WCAG 2.2 AA fails the test."""
    await page.wait_for_timeout(350)
    await page.evaluate(_STANDS_STILL)  # colours in the middle of a transition are nobody's
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text())
    found = await page.evaluate("tags => axe.run({ runOnly: { type: 'tag', values: tags } })", RULES)
    barriers = [
        f"{each['id']}: {node['target']} {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]
    assert not barriers, f"{where}: " + "\n".join(barriers)
