"""What is done to one's own picture and sound before others get them, in Chromium."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.async_api import Page, expect

from tests.e2e.pages import chromium, enter, expect_no_barriers, open_page, tile
from tests.e2e.running import RunningServer
from tests.voices import noise, talking

pytestmark = [pytest.mark.asyncio, pytest.mark.slow]  # filters take a core, and a browser of their own each
WAIT = 60_000
RATE = 48_000
PAGE = Path(__file__).parents[2] / "web" / "dist"
SKY = (255, 0, 200)  # of a picture that no camera shows
COLOUR = """video => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 16, height: 9 });
    const context = canvas.getContext("2d");
    context.drawImage(video, 0, 0, 16, 9);
    const { data } = context.getImageData(0, 0, 16, 9);
    return [0, 1, 2].map(n => data.filter((_, at) => at % 4 === n).reduce((sum, each) => sum + each, 0) / 144);
}"""
# As fast as it goes, and the same on a busy machine: what comes out of the page's own filter, of 16-bit samples.
FILTERED = """async ([filter, samples]) => {
    const { Denoise } = await import(filter);
    const context = new OfflineAudioContext(1, samples.length, 48000);
    const node = await Denoise.node(context);
    const buffer = context.createBuffer(1, samples.length, 48000);
    buffer.copyToChannel(Float32Array.from(samples, each => each / 32768), 0);
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(node).connect(context.destination);
    source.start();
    const heard = (await context.startRendering()).getChannelData(0);
    return Array.from(heard, each => Math.round(32768 * each));
}"""
LEVEL = """async () => {
    const audio = [...document.querySelectorAll("audio")].find(each => each.srcObject?.getAudioTracks().length);
    const context = new AudioContext();
    const analyser = new AnalyserNode(context, { fftSize: 4096 });
    context.createMediaStreamSource(audio.srcObject).connect(analyser);
    const samples = new Float32Array(4096);
    for (let level = 0; level < 0.003; await new Promise(resolve => setTimeout(resolve, 40))) {
        analyser.getFloatTimeDomainData(samples);
        level = Math.sqrt(samples.reduce((all, each) => all + each * each, 0) / samples.length);
    }
    await context.close();
}"""
LOADED = "() => performance.getEntriesByType('resource').some(({ name }) => name.includes('rnnoise'))"


async def settings(page: Page) -> None:
    await page.get_by_test_id("more").click()
    await page.get_by_test_id("settings").click()


async def test_background_is_a_picture_of_ones_own(server: RunningServer, tmp_path: Path) -> None:
    """Chromium's own camera shows nobody: all of its picture is background."""
    picture = tmp_path / "sky.png"
    Image.new("RGB", (320, 180), SKY).save(picture)
    async with chromium() as browser:
        ann = await enter(browser, server, "behind", "Ann")
        ben = await enter(browser, server, "behind", "Ben")
        video = tile(ben, "Ann").locator("video")
        await expect(video).to_be_visible(timeout=WAIT)
        await settings(ann)
        await ann.get_by_test_id("background-picture").set_input_files(picture)
        await expect(ann.get_by_test_id("background")).to_have_value("own")
        await expect_no_barriers(ann, "settings with a background")
        seen = [0.0, 0.0, 0.0]
        async with asyncio.timeout(60):
            while max(abs(got - wanted) for got, wanted in zip(seen, SKY, strict=True)) > 60:
                await asyncio.sleep(0.2)
                seen = await video.evaluate(COLOUR)


async def test_noise_goes_and_voices_stay(server: RunningServer) -> None:
    sounds = {"words": talking(1, 6.0, -20), "fan": noise(6.0, -35, brown=0.9), "hiss": noise(6.0, -35)}
    [filter_file] = PAGE.glob("assets/Denoise-*.js")
    async with chromium() as browser:
        page = await open_page(browser, server.url)
        levels = {}
        for name, sound in sounds.items():
            samples = np.clip(32767 * sound, -32768, 32767).astype(int)
            heard = await page.evaluate(FILTERED, [f"/assets/{filter_file.name}", samples.tolist()])
            levels[name] = np.std(heard[RATE:]) / np.std(samples[RATE:])
    assert levels["fan"] < 0.1, levels
    assert levels["hiss"] < 0.6, levels
    assert 0.8 < levels["words"] < 1.2, levels


async def test_filter_of_sound_is_turned_on_and_off_in_the_call(server: RunningServer) -> None:
    async with chromium() as browser:
        ann = await enter(browser, server, "quiet", "Ann")
        ben = await enter(browser, server, "quiet", "Ben")
        await ben.get_by_test_id("mic").click()
        await ben.wait_for_function("() => document.querySelector('audio')?.srcObject?.getAudioTracks().length > 0")
        await settings(ann)
        await ann.get_by_test_id("denoise").check()
        await ann.wait_for_function(LOADED, timeout=WAIT)
        await ben.evaluate(LEVEL)  # beeps of Chromium's microphone are no noise
        await ann.get_by_test_id("denoise").uncheck()
        await ben.evaluate(LEVEL)
        await expect(ann.get_by_test_id("toast")).to_have_count(0)
        # Whoever comes back has it on where it was on, and without asking.
        await ann.get_by_test_id("denoise").check()
        await ann.reload()
        await ann.wait_for_function(LOADED, timeout=WAIT)
        await expect(ann.get_by_test_id("toast")).to_have_count(0)
