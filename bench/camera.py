"""Somebody with a camera, in a process of its own: publishes one 720p30 VP8 track whose whole picture moves."""

import argparse
import asyncio
import os
import time

import numpy as np
from livekit import rtc
from numpy.typing import NDArray

from reelroom.processes.inside import obey, say

TOKEN_VARIABLE = "BENCH_TOKEN"
WIDTH, HEIGHT, FPS = 1280, 720, 30
_BITRATE = 1_700_000  # LiveKit's own preset for 720p
_MARGIN = 256  # how far the view wanders


def landscape(seed: int = 7) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """The planes of a picture larger than the view: soft hills of light with some grain, as a camera sees."""
    chance = np.random.default_rng(seed)
    height, width = HEIGHT + _MARGIN, WIDTH + _MARGIN
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    light = np.full((height, width), 120, dtype=np.float32)
    for wave in (900, 400, 180, 80, 40, 20):
        angle, phase = chance.uniform(0, np.pi), chance.uniform(0, 2 * np.pi)
        light += np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / wave + phase) * wave**0.5 * 1.2
    light += chance.normal(0, 3, light.shape)
    blue = 128 + 30 * np.sin(x[::2, ::2] / 211)
    red = 128 + 30 * np.cos(y[::2, ::2] / 173)
    return (np.clip(light, 16, 235).astype(np.uint8), blue.astype(np.uint8), red.astype(np.uint8))


def view(planes: tuple[NDArray[np.uint8], ...], count: int, coarse: int = 1) -> bytes:
    """Picture `count` of the camera as it wanders over the landscape, yuv420p; `coarse` divides its sides."""
    half = _MARGIN // 4
    left = int(half + (half - 1) * np.sin(count / 23))
    top = int(half + (half - 1) * np.cos(count / 31))
    luma = planes[0][2 * top : 2 * top + HEIGHT, 2 * left : 2 * left + WIDTH]
    colours = (plane[top : top + HEIGHT // 2, left : left + WIDTH // 2] for plane in planes[1:])
    return b"".join(np.ascontiguousarray(plane[::coarse, ::coarse]).tobytes() for plane in (luma, *colours))


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    url = parser.parse_args().url
    obey(lambda order: None)  # ends with the bench
    room = rtc.Room()
    await room.connect(url, os.environ[TOKEN_VARIABLE], rtc.RoomOptions(auto_subscribe=False))
    source = rtc.VideoSource(WIDTH, HEIGHT)
    await room.local_participant.publish_track(
        rtc.LocalVideoTrack.create_video_track("camera", source),
        rtc.TrackPublishOptions(
            source=rtc.TrackSource.SOURCE_CAMERA,
            video_codec=rtc.VideoCodec.VP8,
            video_encoding=rtc.VideoEncoding(max_bitrate=_BITRATE, max_framerate=FPS),
            simulcast=False,
            degradation_preference=rtc.DegradationPreference.MAINTAIN_FRAMERATE_AND_RESOLUTION,
        ),
    )
    say(publishing=True)
    planes = landscape()
    began, count = time.monotonic(), 0
    while True:
        frame = rtc.VideoFrame(WIDTH, HEIGHT, rtc.VideoBufferType.I420, view(planes, count))
        source.capture_frame(frame, timestamp_us=time.monotonic_ns() // 1000)
        count += 1
        await asyncio.sleep(max(0.0, began + count / FPS - time.monotonic()))


if __name__ == "__main__":
    asyncio.run(main())
