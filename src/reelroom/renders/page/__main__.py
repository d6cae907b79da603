"""`python -m reelroom.renders.page`: shows a page in a session until it is told to end."""

import argparse
import asyncio
import os
import sys
import time
from pathlib import Path

import numpy as np
from livekit import rtc
from playwright.async_api import Error, async_playwright

from reelroom.composer.stream import AccessUnit
from reelroom.processes.inside import SECRET_VARIABLE, obey, say
from reelroom.renders.live import SAMPLE_RATE, Stream, unless_ended
from reelroom.renders.page.show import Browser, CannotShow, PageRequest, Received


class Publishing:
    """Passes on what the browser shows, in order."""

    def __init__(self, stream: Stream) -> None:
        self.failed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._stream = stream
        self._zero: int | None = None  # µs between the browser's clock and ours
        self._sounds: asyncio.Queue[tuple[bytes, int]] = asyncio.Queue(maxsize=50)
        self._resamplers: dict[int, rtc.AudioResampler] = {}

    def received(self) -> Received:
        """Where the browser's capture goes."""
        return Received(self._picture, self._sound, self.fail)

    def _picture(self, data: bytes, keyframe: bool, moment: int) -> None:
        if self._zero is None:
            self._zero = time.time_ns() // 1000 - moment
        self._stream.show(AccessUnit(data, keyframe), self._zero + moment)

    def _sound(self, data: bytes, rate: int) -> None:
        if not self._sounds.full():
            self._sounds.put_nowait((data, rate))

    def fail(self, reason: str) -> None:
        """It is over."""
        if not self.failed.done():
            self.failed.set_result(reason)

    async def play(self) -> None:
        """Pass sound on, for ever."""
        while True:
            data, rate = await self._sounds.get()
            planes = np.frombuffer(data, dtype=np.float32).reshape(2, -1)
            if rate == SAMPLE_RATE:
                await self._stream.sound(planes)
                continue
            for frame in self._resampled(planes, rate):
                samples = np.frombuffer(frame.data, dtype=np.int16).reshape(-1, 2).T
                await self._stream.sound(samples.astype(np.float32) / np.float32(32767))

    def _resampled(
        self, planes: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]", rate: int
    ) -> list[rtc.AudioFrame]:
        resampler = self._resamplers.setdefault(rate, rtc.AudioResampler(rate, SAMPLE_RATE, num_channels=2))
        interleaved = np.ascontiguousarray((np.clip(planes.T, -1, 1) * 32767).astype(np.int16))
        return list(resampler.push(rtc.AudioFrame(interleaved.tobytes(), rate, 2, planes.shape[1])))


async def _show(browser: Browser, stream: Stream, publishing: Publishing, engine: str) -> str:
    """Returns what ended it. However it ends, also by being cancelled, the stream leaves and the browser closes."""
    async with async_playwright() as playwright:
        try:
            await browser.open(playwright)
            say(track=await stream.publish(engine, os.environ[SECRET_VARIABLE]))
            playing = asyncio.create_task(publishing.play())
            while not publishing.failed.done() and not stream.gone.is_set():
                await browser.watched(stream.watched(), stream.keyframe_wanted())
                await asyncio.sleep(0.1)
            playing.cancel()
        except CannotShow as error:
            return str(error)
        except Error as error:
            return f"The browser failed: {error.message.splitlines()[0][:200]}"
        finally:
            await stream.room.disconnect()
            await browser.close()
    return publishing.failed.result() if publishing.failed.done() else "The connection to the session was lost"


async def _main() -> int:
    parser = argparse.ArgumentParser(prog="reelroom-page", description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--engine", required=True)
    parser.add_argument("--profile", type=Path, required=True)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=720)
    parser.add_argument("--private-addresses", action="store_true")
    parser.add_argument("--warm-seconds", type=float, default=0.0, help="how long to count as watched at first")
    arguments = parser.parse_args()
    stream = Stream(arguments.width, arguments.height, arguments.warm_seconds)
    obey(stream.obey)
    publishing = Publishing(stream)
    asked = PageRequest(
        arguments.url, arguments.width, arguments.height, arguments.profile, private=arguments.private_addresses
    )
    return await unless_ended(_show(Browser(asked, publishing.received()), stream, publishing, arguments.engine))


if __name__ == "__main__":
    sys.exit(asyncio.run(_main()))
