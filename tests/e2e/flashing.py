"""Somebody whose picture flashes white while their microphone beeps, once a second: a process of its own.

A moment's picture and sound carry one capture time: the sound by the count of its samples, the picture by its
timestamp, both counted from the same beginning. So they are simultaneous however late a busy machine hands them on.
"""

import argparse
import asyncio
import json
import sys
import time
from dataclasses import dataclass

import numpy as np
from livekit import rtc

from tests.beats import LASTS, write_number

RATE = 48_000
STEP = RATE // 100
BEEP = 2000.0  # Hz; far from what a codec adds at the edges
_TOO_LATE = 0.015  # s


@dataclass
class Flasher:
    """Publishes a camera and a microphone; each second begins with `LASTS` s of light and of sound."""

    width: int
    height: int
    fps: int
    codec: int
    simulcast: bool
    stereo: bool = False
    dtx: bool = False

    async def join(self, url: str, token: str) -> None:
        self.room = rtc.Room()
        await self.room.connect(url, token)
        self._video = rtc.VideoSource(self.width, self.height)
        self._audio = rtc.AudioSource(RATE, 2 if self.stereo else 1, queue_size_ms=0)
        self._camera = rtc.LocalVideoTrack.create_video_track("camera", self._video)
        self._microphone = rtc.LocalAudioTrack.create_audio_track("microphone", self._audio)
        publish = self.room.local_participant.publish_track
        await publish(
            self._camera,
            rtc.TrackPublishOptions(
                source=rtc.TrackSource.SOURCE_CAMERA, video_codec=self.codec, simulcast=self.simulcast
            ),
        )
        microphone = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE, dtx=self.dtx)
        await publish(self._microphone, microphone)

    async def perform(self, seconds: float, muted: tuple[float, float] | None) -> None:
        """Flash and beep for so long; both tracks are muted in between, from second to second."""
        began, silenced = time.monotonic(), False
        pictures = 0
        for step in range(round(seconds * 100)):
            at = step / 100
            ahead = began + at - time.monotonic()
            if ahead > 0:
                await asyncio.sleep(ahead)
            if muted is not None and silenced != (muted[0] <= at < muted[1]):
                silenced = not silenced
                for track in (self._camera, self._microphone):
                    track.mute() if silenced else track.unmute()
            if pictures <= at * self.fps:
                if ahead > -_TOO_LATE:  # a camera would leave it out, too, and libwebrtc would bend its time
                    self._show(pictures / self.fps, began)
                pictures += 1
            await self._sound(step)

    def _show(self, at: float, began: float) -> None:
        picture = np.empty((self.height, self.width, 4), dtype=np.uint8)
        picture[:] = 235 if (at + 1e-6) % 1 < LASTS else 30
        write_number(picture, round(at * self.fps) % self.fps)
        frame = rtc.VideoFrame(self.width, self.height, rtc.VideoBufferType.RGBA, picture.tobytes())
        self._video.capture_frame(frame, timestamp_us=round((began + at) * 1e6))

    async def _sound(self, step: int) -> None:
        moments = np.arange(step * STEP, (step + 1) * STEP)
        wave = 0.5 * np.sin(2 * np.pi * BEEP * moments / RATE) * (moments % RATE < LASTS * RATE)
        samples = (wave * 32767).astype(np.int16)
        channels = 2 if self.stereo else 1
        samples = np.repeat(samples, channels)
        await self._audio.capture_frame(rtc.AudioFrame(samples.tobytes(), RATE, channels, STEP))

    async def leave(self) -> None:
        await self.room.disconnect()


async def main() -> int:
    """Says `{"joined"}` and `{"left"}`, with the time in s since the epoch, on a line each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("token")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--muted", type=float, nargs=2, default=None)
    parser.add_argument("--size", type=int, nargs=2, default=(320, 180))
    parser.add_argument("--fps", type=int, default=30)
    parser.add_argument("--codec", default="VP8")
    parser.add_argument("--simulcast", action="store_true")
    parser.add_argument("--stereo", action="store_true")
    parser.add_argument("--dtx", action="store_true")
    given = parser.parse_args()
    codec = rtc.VideoCodec.Value(given.codec)
    flasher = Flasher(*given.size, given.fps, codec, given.simulcast, given.stereo, given.dtx)
    async with asyncio.timeout(40):
        await flasher.join(given.url, given.token)
    print(json.dumps({"joined": time.time()}), flush=True)  # noqa: T201
    await flasher.perform(given.seconds, tuple(given.muted) if given.muted else None)
    await flasher.leave()
    print(json.dumps({"left": time.time()}), flush=True)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
