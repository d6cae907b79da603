"""An application that imports OpenTok's client, written against its published types, on the package in its place."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.async_api import Browser, Page, expect

from reelroom.keys import load_keys
from tests.e2e.films import watch
from tests.e2e.firefox import Firefox, firefox
from tests.e2e.loudspeaker import loudspeaker
from tests.e2e.opentok_application import (
    WEB,
    OpenTokApplication,
    bundle,
    bundle_by_webpack,
    check_types,
    install,
    install_by_its_own_name,
    run,
)
from tests.e2e.pages import chromium
from tests.e2e.running import RunningServer, wait_until
from tests.e2e.test_browser import MOVES

DOCUMENTATION = WEB.parent / "docs" / "opentok.md"
PUBLISHED = WEB / "node_modules/@opentok/client/dist/js/opentok.d.ts"

# One without a display has a canvas in the place of a screen.
NO_SCREEN = """() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 })
    const pen = canvas.getContext('2d')
    setInterval(() => pen.fillRect(Math.random() * 600, 0, 9, 360), 100)
    navigator.mediaDevices.getDisplayMedia = async () => canvas.captureStream(10)
}"""


@pytest.fixture(scope="module")
def application() -> Iterator[OpenTokApplication]:
    running = OpenTokApplication()
    yield running
    running.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, application: OpenTokApplication) -> Iterator[RunningServer]:
    settings = {"REELROOM_ALLOWED_ORIGINS": json.dumps([application.url])}
    running = RunningServer(tmp_path_factory.mktemp("data"), settings=settings)
    try:
        running.start()
        folder = tmp_path_factory.mktemp("app")
        install(folder, f"{running.url}/opentok-compat/opentok-client.tgz")  # as anybody would: from the server
        application.page = bundle(folder)
        yield running
    finally:
        running.close()


@pytest.fixture
def session(server: RunningServer, application: OpenTokApplication) -> str:
    """A new session of the application's; its id."""
    keys = load_keys(server.data_dir)
    application.open(server.url, keys.api_key, keys.api_secret)
    return application.given["sessionId"]


@pytest.fixture
async def browsers() -> AsyncIterator[list[Browser]]:
    async with chromium() as one, chromium() as other:
        yield [one, other]


async def visit(browser: Browser, application: OpenTokApplication, warnings: list[str]) -> Page:
    page = await (await browser.new_context(permissions=["camera", "microphone"])).new_page()
    page.on("pageerror", lambda error: warnings.append(f"error: {error}"))
    page.on("console", lambda said: warnings.append(said.text) if said.type == "warning" else None)
    await page.goto(application.url)
    return page


async def hears(page: Page, what: str, **details: Any) -> dict[str, Any]:
    """The first thing of that kind, with those details, that the application has noted."""
    wish = {"what": what, **details}
    look = "wish => app.log.find(each => Object.entries(wish).every(([name, value]) => each[name] === value))"
    try:
        found = await page.wait_for_function(look, arg=wish, timeout=60_000)
    except Exception as error:
        raise AssertionError(f"{wish} is not among {await page.evaluate('app.log')}") from error
    return dict(await found.json_value())


async def two_in(
    application: OpenTokApplication, browsers: list[Browser], warnings: list[str], roles: tuple[str, str]
) -> tuple[Page, Page, list[dict[str, str]]]:
    ann, ben = [await visit(browser, application, warnings) for browser in browsers]
    own = [await page.evaluate("role => app.start(role)", role) for page, role in zip((ann, ben), roles, strict=True)]
    for page, other in ((ann, 1), (ben, 0)):
        await hears(page, "subscriber.connected", id=own[other]["stream"])
        assert await page.locator("#subscribers video").evaluate(MOVES)
    return ann, ben, own


def test_an_application_for_the_published_types_has_ours(tmp_path: Path) -> None:
    """Bundlers, and Node's own resolution, as a module and not; each with the published types and with ours."""
    install(tmp_path)
    theirs = {"paths": {"@opentok/client": [str(PUBLISHED)]}, "esModuleInterop": True, "skipLibCheck": True}
    check_types(tmp_path, **theirs)
    check_types(tmp_path)
    check_types(tmp_path, module="NodeNext", moduleResolution="NodeNext")
    (tmp_path / "package.json").write_text("{}")  # no longer a module
    check_types(tmp_path, module="NodeNext", moduleResolution="NodeNext", esModuleInterop=True)


@pytest.mark.parametrize("package", ["@opentok/client", "@vonage/client-sdk-video"])
def test_the_package_is_required_and_imported_by_name_and_whole(tmp_path: Path, package: str) -> None:
    """Under either name; what is taken out of it works detached."""
    install(tmp_path, name=package)
    check_types(tmp_path)
    names = ["initSession", "initPublisher", "getDevices", "getUserMedia"]
    both = f"for (const name of {json.dumps(names)}) if (all[name] !== OT[name] || !OT[name]) throw name; "
    spread = "const { initSession } = { ...OT }; if (initSession('key', '1_MX4').sessionId !== '1_MX4') throw 1"
    (tmp_path / "a.mjs").write_text(
        f"import OT, * as all from '{package}'; globalThis.location = {{}}; {both}{spread}"
    )
    (tmp_path / "a.cjs").write_text(
        f"const all = require('{package}'), OT = all.default; globalThis.location = {{}}; {both}{spread}"
    )
    for name in ("a.mjs", "a.cjs"):
        run("node", name, folder=tmp_path)


def test_vite_finds_the_package_by_the_alias_of_the_documentation(tmp_path: Path) -> None:
    install_by_its_own_name(tmp_path)
    with pytest.raises(AssertionError, match="@opentok/client"):
        bundle(tmp_path)
    block = DOCUMENTATION.read_text().partition("alias it. Vite:\n\n")[2].partition("\n\n")[0]
    (tmp_path / "vite.config.mjs").write_text(block)
    (script,) = (bundle(tmp_path) / "assets").glob("*.js")
    assert "OT_AUTHENTICATION_ERROR" in script.read_text(), "the client is in the page's script"


@pytest.mark.slow
def test_webpack_finds_the_package_by_the_alias_of_the_documentation(tmp_path: Path) -> None:
    install_by_its_own_name(tmp_path)
    with pytest.raises(AssertionError, match="@opentok/client"):
        bundle_by_webpack(tmp_path)
    block = DOCUMENTATION.read_text().partition("\nwebpack:\n\n")[2].partition("\n\n")[0]
    assert "module.exports" in block
    (tmp_path / "webpack.config.cjs").write_text(block)
    script = (bundle_by_webpack(tmp_path) / "main.js").read_text()
    assert "OT_AUTHENTICATION_ERROR" in script, "the client is in the page's script"


def expect_to_fare_well(stats: dict[str, Any]) -> None:
    """Sound and pictures are sent and received, and the statistics of both say so."""
    assert stats["sent"]["video"]["bytesSent"] > 10_000
    assert stats["sent"]["audio"]["packetsSent"] > 10
    assert stats["sent"]["video"]["layers"]
    assert stats["received"]["video"]["codec"] == "VP8"
    assert stats["received"]["video"]["width"] > 0
    assert stats["received"]["audio"]["bytesReceived"] > 1000


async def test_two_people_do_all_that_the_application_can(
    server: RunningServer,
    application: OpenTokApplication,
    session: str,
    browsers: list[Browser],
    tmp_path: Path,
) -> None:
    warnings: list[str] = []
    ann, ben, own = await two_in(application, browsers, warnings, ("publisher", "publisher"))

    # Chat
    await ann.evaluate("app.chat('hello')")
    await hears(ben, "chat", data="hello", **{"from": own[0]["connection"]})

    # How loud, and how it fares
    for page in (ann, ben):
        await page.wait_for_function("app.loudest.publisher > 0.05 && app.loudest.subscriber > 0.05", timeout=60_000)
        await page.wait_for_function(
            "app.stats().then(({ received }) => received.video.frameRate > 0)", timeout=30_000
        )
    stats = await ann.evaluate("app.stats()")
    expect_to_fare_well(stats)
    assert await ann.evaluate("app.report()") > 5
    assert await ann.evaluate("app.media()") == ["audio"]

    # Recording, from the first click to the film
    await ann.locator("#record").click()
    archive = await hears(ben, "archiveStarted", name="of the app")
    await expect(ann.locator("#stop")).to_be_visible()
    await expect(ann.locator("#publisher .OT_archiving")).to_be_visible()
    await ann.screenshot(path=tmp_path / "recording.png")
    await asyncio.to_thread(server.record_for, session, 3.0)
    await ben.locator("#stop").click()
    await hears(ann, "archiveStopped", id=archive["id"])
    await expect(ann.locator("#film")).to_be_visible()
    assert await ann.locator("#film").get_attribute("href") == f"/archive/{archive['id']}"
    url = await asyncio.to_thread(wait_until, lambda: application.film(archive["id"]), "the film is there", 90)
    film = tmp_path / "film.mp4"
    film.write_bytes((await asyncio.to_thread(server.http.get, url)).content)
    watched = await asyncio.to_thread(watch, film)
    assert watched.seconds > 2
    assert np.abs(np.diff(watched.pictures.astype(int), axis=0)).max() > 30  # what the cameras show moves
    assert np.abs(watched.sound).max() > 0.02  # and beeps

    # Devices, and what is done to their pictures
    before = await ann.evaluate("cameras.value")
    await ann.locator("#cycle").click()
    cycled = await hears(ann, "cycled")
    assert cycled["id"] != before
    await ann.locator("#cameras").select_option(before)
    assert (await hears(ann, "camera"))["id"] == before
    assert await ben.locator("#subscribers video").evaluate(MOVES)
    assert await ann.evaluate("app.retune()") == {"tuned": True, "back": True}
    speakers = await ann.evaluate("app.loudspeakers()")
    assert speakers["active"] == (speakers.get("first") or None)
    sharp = await ann.evaluate("app.sharpness()")
    await ann.locator("#blur").click()
    assert (await hears(ann, "blurred"))["filter"] == "backgroundBlur"
    await ann.wait_for_function("sharp => app.sharpness() < sharp * 0.6", arg=sharp, timeout=60_000)
    assert await ben.locator("#subscribers video").evaluate(MOVES)

    # A smaller and slower picture for who wants no more; none from who sends none
    await ben.evaluate("(app.small(), app.slow())")
    await ben.wait_for_function("document.querySelector('#subscribers video').videoWidth <= 320", timeout=60_000)
    await ann.evaluate("app.video(false)")
    await hears(ben, "videoDisabled", reason="publishVideo")
    await expect(ben.locator("#subscribers .OT_audio-only .OT_video-poster")).to_be_visible()
    await ben.screenshot(path=tmp_path / "no-picture.png")
    await ann.evaluate("app.video(true)")
    await hears(ben, "videoEnabled", reason="publishVideo")

    # A canvas in the place of the camera, and a screen
    drawn = await ann.evaluate("app.draw()")
    await hears(ben, "streamDestroyed", id=own[0]["stream"])
    await hears(ben, "subscriber.connected", id=drawn)
    await ann.evaluate(NO_SCREEN)
    shared = await ann.evaluate("app.share()")
    assert shared["supported"] is True
    await hears(ben, "subscriber.connected", id=shared["id"])

    # What is not there says so once; what is refused is told to OT as well; connections were not asked for
    assert await ann.evaluate("app.refused()") == "OT_UNABLE_TO_FORCE_DISCONNECT"
    await hears(ann, "exception", title="OT_UNABLE_TO_FORCE_DISCONNECT", code=1520)
    assert not await ann.evaluate("app.log.some(({ what }) => what === 'connectionCreated')")
    assert len([each for each in warnings if "Subscriber.setCaptionsTranslationLanguage" in each]) == len(browsers)
    assert not [each for each in warnings if each.startswith("error:")]


@pytest.mark.slow
async def test_a_moderator_mutes_all_and_ends_a_stream(
    server: RunningServer, application: OpenTokApplication, session: str, browsers: list[Browser]
) -> None:
    warnings: list[str] = []
    ann, ben, own = await two_in(application, browsers, warnings, ("moderator", "publisher"))
    await ann.evaluate("app.muteAll()")
    await hears(ben, "publisher.muteForced")
    await hears(ben, "muteForced", active=True)
    await expect(ben.get_by_role("button", name="Unmute microphone")).to_be_visible()
    await ann.evaluate("id => app.end(id)", own[1]["stream"])
    await hears(ben, "publisher.streamDestroyed", reason="forceUnpublished")
    await hears(ann, "streamDestroyed", id=own[1]["stream"])
    await ann.evaluate("app.mutesNobody()")
    await hears(ben, "muteForced", active=False)
    # Nobody has lost the right to publish again.
    again = await ben.evaluate("app.start('publisher')")
    await hears(ann, "subscriber.connected", id=again["stream"])
    assert not [each for each in warnings if each.startswith("error:")]


async def fox_hears(fox: Firefox, what: str, **details: Any) -> dict[str, Any]:
    """As `hears`, in Firefox."""
    wish = {"what": what, **details}
    look = f"app.log.find(each => Object.entries({json.dumps(wish)}).every(([name, value]) => each[name] === value))"
    try:
        return dict(await fox.wait_for(look))
    except AssertionError as error:
        raise AssertionError(f"{wish} is not among {await fox.evaluate('app.log')}") from error


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_firefox_does_all_that_the_application_can(
    server: RunningServer, application: OpenTokApplication, session: str, tmp_path: Path
) -> None:
    warnings: list[str] = []
    async with loudspeaker() as variables, firefox(tmp_path / "firefox", variables) as fox, chromium() as browser:
        await fox.goto(application.url)
        await fox.evaluate("addEventListener('error', ({ message }) => app.log.push({ what: 'error', message }))")
        theirs = await fox.evaluate("app.start('publisher')")
        page = await visit(browser, application, warnings)
        own = await page.evaluate("app.start('publisher')")
        await hears(page, "subscriber.connected", id=theirs["stream"])
        await fox_hears(fox, "subscriber.connected", id=own["stream"])
        fox_moves = f"({MOVES})(document.querySelector('#subscribers video'))"
        assert await page.locator("#subscribers video").evaluate(MOVES)
        assert await fox.evaluate(fox_moves)

        # Chat
        await page.evaluate("app.chat('to the fox')")
        await fox_hears(fox, "chat", data="to the fox", **{"from": own["connection"]})
        await fox.evaluate("app.chat('from the fox')")
        await hears(page, "chat", data="from the fox", **{"from": theirs["connection"]})

        # How loud, and how it fares
        loud = "app.loudest.publisher > 0.05 && app.loudest.subscriber > 0.05"
        await fox.wait_for(loud)
        await page.wait_for_function(loud, timeout=60_000)
        stats = await fox.wait_for("app.stats().then(all => all.received.video.frameRate > 0 && all)")
        expect_to_fare_well(stats)
        assert await fox.evaluate("app.report()") > 5
        assert await fox.evaluate("app.media()") == ["audio"]

        # Recording, from the first click to the film
        await fox.evaluate("document.querySelector('#record').click()")
        archive = await hears(page, "archiveStarted", name="of the app")
        await fox.wait_for("!document.querySelector('#stop').hidden")
        await fox.wait_for("document.querySelector('#publisher .OT_archiving').offsetWidth > 0")
        await asyncio.to_thread(server.record_for, session, 3.0)
        await fox.evaluate("document.querySelector('#stop').click()")
        await hears(page, "archiveStopped", id=archive["id"])
        await fox.wait_for(f"document.querySelector('#film').href.endsWith('/archive/{archive['id']}')")
        url = await asyncio.to_thread(wait_until, lambda: application.film(archive["id"]), "the film is there", 200)
        film = tmp_path / "film.mp4"
        film.write_bytes((await asyncio.to_thread(server.http.get, url)).content)
        watched = await asyncio.to_thread(watch, film)
        assert watched.seconds > 2
        assert np.abs(np.diff(watched.pictures.astype(int), axis=0)).max() > 30
        assert np.abs(watched.sound).max() > 0.02

        # Devices; their pictures have no filters here, which the page is told
        before = await fox.evaluate("cameras.value")
        assert before
        await fox.evaluate("document.querySelector('#cycle').click()")
        cycled = await fox_hears(fox, "cycled")
        await fox.evaluate(f"(cameras.value = {json.dumps(before)}, cameras.onchange())")
        await fox_hears(fox, "camera", id=before)
        assert cycled["id"] in await fox.evaluate("[...cameras.options].map(({ value }) => value)")
        assert await page.locator("#subscribers video").evaluate(MOVES)
        assert await fox.evaluate("document.querySelector('#blur').hidden")

        # A smaller picture for who wants no more; none from who sends none
        await fox.evaluate("app.small()")
        await fox.wait_for("document.querySelector('#subscribers video').videoWidth <= 320")
        await fox.evaluate("app.video(false)")
        await hears(page, "videoDisabled", reason="publishVideo")
        await fox.evaluate("app.video(true)")
        await hears(page, "videoEnabled", reason="publishVideo")
        await page.evaluate("app.video(false)")
        await fox_hears(fox, "videoDisabled", reason="publishVideo")
        await fox.wait_for("document.querySelector('#subscribers .OT_audio-only .OT_video-poster').offsetWidth > 0")

        # A canvas in the place of the camera, and a screen
        drawn = await fox.evaluate("app.draw()")
        await hears(page, "streamDestroyed", id=theirs["stream"])
        await hears(page, "subscriber.connected", id=drawn)
        await fox.evaluate(f"({NO_SCREEN})()")
        shared = await fox.evaluate("app.share()")
        assert shared["supported"] is True
        await hears(page, "subscriber.connected", id=shared["id"])

        assert await fox.evaluate("app.refused()") == "OT_UNABLE_TO_FORCE_DISCONNECT"
        await fox_hears(fox, "exception", title="OT_UNABLE_TO_FORCE_DISCONNECT", code=1520)
        assert not await fox.evaluate("app.log.filter(({ what }) => what === 'error')")
    assert not [each for each in warnings if each.startswith("error:")]
