"""A browser that shows one page, and the capture of its tab."""

import asyncio
import base64
import contextlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Error, Frame, Page, Playwright, Route

from reelroom.egress import Egress, NotReachable, addresses
from reelroom.renders.page.chromium import chromium, is_sandboxed

FPS = 30
_NOBODY = "https://browser.reelroom.invalid"
# The browser speaks to nobody but the page. Chromium heeds only the last list of features: here is the whole one.
# What it asks all the same (who is signed in? is there an update?) it asks a host that is none, as its proxy knows.
_QUIET = [
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-pings"),
    *("--disable-domain-reliability", "--disable-client-side-phishing-detection", "--disable-default-apps"),
    *(f"--{service}={_NOBODY}" for service in ("gaia-url", "google-base-url", "google-apis-url")),
    *(f"--component-updater=url-source={_NOBODY}/", "--disable-extensions"),
    *("--no-first-run", "--no-default-browser-check", "--metrics-recording-only", "--disable-breakpad"),
    "--disable-features=DnsOverHttps,OptimizationHints,OptimizationGuideModelDownloading,Translate,MediaRouter,"
    "AutofillServerCommunication,CertificateTransparencyComponentUpdater,InterestFeedContentSuggestions,"
    "DialMediaRouteProvider,LensOverlay,NetworkTimeServiceQuerying,SafeBrowsingRealTimeUrlLookupEnabled",
]
_HOST = "https://capture.reelroom.invalid/"
_TAB = "reelroom is capturing this tab"
_LOAD_SECONDS = 30
_SETTLE_SECONDS = 10
_ANSWER_SECONDS = 2.0


class CannotShow(Exception):
    """The page cannot be shown; the message says why."""


@dataclass(frozen=True)
class PageRequest:
    """What to show; `private`: the page may reach this machine and private networks."""

    url: str
    width: int
    height: int
    profile: Path
    private: bool = False


@dataclass
class Received:
    """Where pictures (H.264, whether a keyframe, µs), sound (planar float32, Hz) and failures go."""

    picture: Callable[[bytes, bool, int], None]
    sound: Callable[[bytes, int], None]
    failure: Callable[[str], None]


@dataclass
class Browser:
    """A browser of one page's own: its own profile, its own way out to the network."""

    asked: PageRequest
    received: Received = field(init=False)  # from the capture on
    host: Page = field(init=False)
    page: Page = field(init=False)
    egress: Egress = field(init=False)

    async def open(self, playwright: Playwright) -> None:
        """Load the page. Raises CannotShow."""
        await _check(self.asked)
        await self._launch(playwright)
        await asyncio.gather(self._open_host(), self._load())

    async def wait(self, playwright: Playwright) -> None:
        """Open all that a page takes, before there is one."""
        await self._launch(playwright)
        await self._open_host()

    async def show(self, asked: PageRequest) -> None:
        """Load the page, after `wait`. Raises CannotShow."""
        await _check(asked)
        self.asked = replace(asked, profile=self.asked.profile)
        await self.page.set_viewport_size({"width": asked.width, "height": asked.height})
        await self._load()

    async def lives(self) -> bool:
        """Whether the browser can be used, after it has waited for who knows how long."""
        with contextlib.suppress(Error, TimeoutError):
            await asyncio.wait_for(asyncio.gather(self.host.evaluate("0"), self.page.evaluate("0")), _ANSWER_SECONDS)
            return True
        return False

    async def _launch(self, playwright: Playwright) -> None:
        self.egress = Egress(private=self.asked.private)
        arguments = [
            f"--auto-select-tab-capture-source-by-title={_TAB}",
            "--autoplay-policy=no-user-gesture-required",
            *_QUIET,
        ]
        if not self.asked.private:  # WebRTC would reach out without the proxy
            arguments.append("--force-webrtc-ip-handling-policy=disable_non_proxied_udp")
        context = await playwright.chromium.launch_persistent_context(
            self.asked.profile,
            executable_path=chromium(),  # None: the one that Playwright brought
            args=arguments,
            ignore_default_args=["--mute-audio", "--hide-scrollbars"],
            chromium_sandbox=is_sandboxed(),
            proxy={"server": await self.egress.start()},
            viewport={"width": self.asked.width, "height": self.asked.height},
            service_workers="block",
            accept_downloads=False,
        )
        self.host = context.pages[0]
        self.page = await context.new_page()
        context.on("page", lambda page: asyncio.ensure_future(_close(page)))

    async def capture(self, received: Received) -> None:
        """Capture the page's tab from now on, wherever it goes. Raises CannotShow."""
        self.received = received
        self.page.on("crash", lambda _: self.received.failure("The page crashed"))
        self.page.on("close", lambda _: self.received.failure("The page closed itself"))
        await self._capture()
        self.page.on("framenavigated", self._navigated)

    async def _open_host(self) -> None:
        script = files("reelroom.renders.page").joinpath("capture.js").read_text()

        async def answer(route: Route) -> None:
            await route.fulfill(body="<!doctype html><title>capture</title>", content_type="text/html")

        await self.host.route(f"{_HOST}**", answer)
        await self.host.expose_function("onPicture", self._picture)
        await self.host.expose_function("onSound", self._sound)
        await self.host.expose_function("onFailure", self._failure)
        await self.host.expose_function("onEnded", lambda: self.received.failure("The page cannot be captured"))
        await self.host.goto(_HOST)
        await self.host.add_script_tag(content=script)

    def _picture(self, encoded: str, keyframe: bool, moment: float) -> None:
        self.received.picture(base64.b64decode(encoded), keyframe, int(moment))

    def _sound(self, encoded: str, rate: float) -> None:
        self.received.sound(base64.b64decode(encoded), int(rate))

    def _failure(self, reason: str) -> None:
        self.received.failure(reason)

    async def _load(self) -> None:
        try:
            answer = await self.page.goto(self.asked.url, wait_until="domcontentloaded", timeout=_LOAD_SECONDS * 1000)
        except Error as error:
            raise CannotShow(f"Could not load URL: {error.message.splitlines()[0][:200]}") from None
        if answer is not None and answer.status >= 400:
            raise CannotShow(f"Could not load URL: status {answer.status}")
        with contextlib.suppress(Error):
            await self.page.wait_for_load_state("load", timeout=_SETTLE_SECONDS * 1000)

    async def _capture(self) -> None:
        """Chromium chooses the tab by its title, which the page's has for this moment."""
        await self.page.bring_to_front()
        try:
            before = await self.page.evaluate(
                "title => { const before = document.title; document.title = title; return before; }", _TAB
            )
            await self.host.evaluate(
                "([width, height, fps, bitrate, codec]) => capture(width, height, fps, bitrate, codec)",
                [self.asked.width, self.asked.height, FPS, *_encoding(self.asked)],
            )
            await self.page.evaluate("title => { document.title = title; }", before)
        except Error as error:
            raise CannotShow(f"The page cannot be captured: {error.message.splitlines()[0][:200]}") from None

    def _navigated(self, frame: Frame) -> None:
        """A page that goes elsewhere may come in another process, whose tab must be captured anew."""
        if frame.parent_frame is None:
            asyncio.ensure_future(self._again())  # noqa: RUF006  ends in a second, or with the program

    async def _again(self) -> None:
        with contextlib.suppress(Error):
            await self.page.wait_for_load_state("domcontentloaded", timeout=_SETTLE_SECONDS * 1000)
        try:
            await self._capture()
        except CannotShow as error:
            self.received.failure(str(error))

    async def watched(self, watched: bool, keyframe: bool) -> None:
        """Whether anybody watches: else nothing is encoded; and whether somebody needs a keyframe."""
        await self.host.evaluate("([watched, keyframe]) => setState(watched, keyframe)", [watched, keyframe])

    async def close(self) -> None:
        """End the browser and remove its profile."""
        with contextlib.suppress(Error, AttributeError):
            await self.page.context.close()
        with contextlib.suppress(AttributeError):
            self.egress.stop()
        await asyncio.to_thread(shutil.rmtree, self.asked.profile, ignore_errors=True)


async def _close(page: Page) -> None:
    with contextlib.suppress(Error):
        await page.close()


async def _check(asked: PageRequest) -> None:
    parts = urlsplit(asked.url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise CannotShow("Could not load URL: it is not an http or https address")
    try:
        await addresses(parts.hostname, parts.port or 443, private=asked.private)
    except NotReachable as error:
        raise CannotShow(f"Could not load URL: {error}") from None


def _encoding(asked: PageRequest) -> tuple[int, str]:
    """Bit rate and codec string: Constrained Baseline, of the level that the size needs."""
    if asked.width * asked.height > 1280 * 720:
        return 5_000_000, "avc1.42E028"
    return 2_500_000, "avc1.42E01F"
