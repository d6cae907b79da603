"""A broadcast in a browser: hls.js in Chromium, on a page of another origin, shows and plays it."""

import asyncio
from pathlib import Path
from typing import Any

from opentok import Client, MediaModes
from playwright.async_api import Page

from reelroom.keys import load_keys
from tests.e2e.pages import chromium
from tests.e2e.people import ann
from tests.e2e.running import RunningServer, wait_until

HLS_JS = Path(__file__).parents[2] / "web" / "node_modules" / "hls.js" / "dist" / "hls.min.js"
SMALL: dict[str, Any] = {"width": 320, "height": 180, "fps": 15}
DEADLINE = 30_000  # ms

PLAY = """async url => {
    window.video = Object.assign(document.createElement('video'), { controls: true })
    document.body.append(video)
    window.failures = []
    window.hls = new Hls()
    hls.on(Hls.Events.ERROR, (_, { fatal, details }) => fatal && failures.push(details))
    hls.loadSource(url)
    hls.attachMedia(video)
    const context = new AudioContext()
    window.analyser = new AnalyserNode(context, { fftSize: 8192 })
    context.createMediaElementSource(video).connect(analyser)
    await video.play()
}"""

COLOUR = """() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 160, height: 120 })
    const pen = canvas.getContext('2d')
    pen.drawImage(video, 0, 0, 160, 120)
    return [...pen.getImageData(80, 60, 1, 1).data].slice(0, 3)
}"""

LOUDEST = """() => {
    const levels = new Float32Array(analyser.frequencyBinCount)
    analyser.getFloatFrequencyData(levels)
    const loudest = levels.indexOf(Math.max(...levels))
    return loudest * analyser.context.sampleRate / analyser.fftSize
}"""


async def shows(page: Page, person_colour: tuple[int, int, int], tone: float) -> None:
    near = f"colour => colour.every((part, at) => Math.abs(part - {list(person_colour)}[at]) < 45)"
    await page.wait_for_function(f"() => ({near})(({COLOUR})())", timeout=DEADLINE)
    await page.wait_for_function(f"() => Math.abs(({LOUDEST})() - {tone}) < 15", timeout=DEADLINE)


async def test_hls_js_plays_a_broadcast_until_its_end(server: RunningServer) -> None:
    keys = load_keys(server.data_dir)
    client = Client(keys.api_key, keys.api_secret, api_url=server.url)
    session_id = (await asyncio.to_thread(client.create_session, media_mode=MediaModes.routed)).session_id
    token = {"sessionId": session_id, "token": client.generate_token(session_id), "name": "Ann"}
    answer = (await asyncio.to_thread(server.http.post, "/session/connect", json=token)).json()
    person = ann(**SMALL)
    await person.join(answer["url"], answer["accessToken"])
    person.speak()
    wish = {"outputs": {"hls": {}}, "resolution": "1280x720"}
    broadcast = await asyncio.to_thread(client.start_broadcast, session_id, wish)

    def live() -> bool:
        return bool(client.get_broadcast(broadcast.id).broadcastUrls["hlsStatus"] == "live")

    await asyncio.to_thread(wait_until, live, "the broadcast is live", 60)
    async with chromium() as browser:
        page = await browser.new_page()  # about:blank has an origin of its own
        await page.add_script_tag(path=HLS_JS)
        await page.evaluate(PLAY, broadcast.broadcastUrls["hls"])
        await shows(page, person.colour, person.tone)
        assert await page.evaluate("[video.videoWidth, video.videoHeight]") == [1280, 720]
        began = await page.evaluate("video.currentTime")
        await page.wait_for_function(f"video.currentTime > {began + 5}", timeout=DEADLINE)
        await shows(page, person.colour, person.tone)
        await asyncio.to_thread(client.stop_broadcast, broadcast.id)
        await page.wait_for_function("video.ended", timeout=DEADLINE)
        assert await page.evaluate("failures") == []
    await person.leave()
