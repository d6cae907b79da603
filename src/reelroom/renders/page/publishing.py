"""What a browser shows, passed on into a session: pictures as they are encoded, sound at the rate of the stream."""

import asyncio

import numpy as np
from livekit import rtc

from reelroom.clock import now_us
from reelroom.composer.access_unit import AccessUnit
from reelroom.renders.live import SAMPLE_RATE, Stream
from reelroom.renders.page.show import Received


class Publishing:
    """Passes on what the browser shows, in order."""

    def __init__(self, stream: Stream) -> None:
        self.failed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.stream = stream
        self._zero: int | None = None  # µs between the browser's clock and ours
        self._sounds: asyncio.Queue[tuple[bytes, int]] = asyncio.Queue(maxsize=50)
        self._resamplers: dict[int, rtc.AudioResampler] = {}

    def received(self) -> Received:
        """Where the browser's capture goes."""
        return Received(self._picture, self._sound, self.fail)

    def _picture(self, data: bytes, keyframe: bool, moment: int) -> None:
        if self._zero is None:
            self._zero = now_us() - moment
        self.stream.show(AccessUnit(data, keyframe), self._zero + moment)

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
                await self.stream.sound(planes)
                continue
            for frame in self._resampled(planes, rate):
                samples = np.frombuffer(frame.data, dtype=np.int16).reshape(-1, 2).T
                await self.stream.sound(samples.astype(np.float32) / np.float32(32767))

    def _resampled(
        self, planes: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]", rate: int
    ) -> list[rtc.AudioFrame]:
        resampler = self._resamplers.setdefault(rate, rtc.AudioResampler(rate, SAMPLE_RATE, num_channels=2))
        interleaved = np.ascontiguousarray((np.clip(planes.T, -1, 1) * 32767).astype(np.int16))
        return list(resampler.push(rtc.AudioFrame(interleaved.tobytes(), rate, 2, planes.shape[1])))
