"""Somebody with a camera in a browser, in a process of its own: Chromium publishes 640x360 as the room's page does.

A browser's retransmissions and probes have a stream of their own (RTX), unlike those of LiveKit's native SDKs.
"""

import argparse
import asyncio
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from tests.e2e.pages import chromium

from bench.camera import FPS, HEIGHT, TOKEN_VARIABLE, WIDTH, landscape, view
from reelroom.processes.inside import obey, say

_COARSE = 2
_SECONDS = 8  # of film, again and again
_SDK = (
    Path(__file__).resolve().parents[1] / "web" / "node_modules" / "livekit-client" / "dist" / "livekit-client.umd.js"
)
_PAGE = "http://localhost/camera"  # answered by the browser's driver; a page of this machine may use a camera
_PUBLISH = """async ([url, token]) => {
  const { Room, Track } = LivekitClient;
  window.room = new Room({ dynacast: true });
  await room.connect(url, token, { autoSubscribe: false });
  const media = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 360, frameRate: 30 } });
  window.publication = await room.localParticipant.publishTrack(media.getVideoTracks()[0],
    { source: Track.Source.Camera, simulcast: false, videoCodec: "vp8" });
}"""
_COUNT = """async () => {
  const count = { asked: 0, keyframes: 0, pictures: 0, bytes: 0, resent: 0 };
  for (const sent of (await publication.track.sender.getStats()).values()) {
    if (sent.type !== "outbound-rtp") continue;
    count.asked += (sent.pliCount ?? 0) + (sent.firCount ?? 0);
    count.keyframes += sent.keyFramesEncoded ?? 0;
    count.pictures = Math.max(count.pictures, sent.framesEncoded ?? 0);
    count.bytes += sent.bytesSent;
    count.resent += sent.retransmittedPacketsSent ?? 0;
  }
  return count;
}"""


def write_pictures(path: Path) -> None:
    """What the camera sees, as Chromium's file of a fake camera: JPEGs, one after the other."""
    planes = landscape()
    with av.open(str(path), "w", format="mjpeg") as container:
        stream = container.add_stream("mjpeg", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH // _COARSE, HEIGHT // _COARSE, "yuvj420p"
        for count in range(_SECONDS * FPS):
            rows = HEIGHT // _COARSE * 3 // 2
            pixels = np.frombuffer(view(planes, count, _COARSE), dtype=np.uint8).reshape(rows, WIDTH // _COARSE)
            frame = av.VideoFrame.from_ndarray(pixels, format="yuv420p").reformat(format="yuvj420p")
            frame.pts, frame.time_base = count, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--pictures", type=Path, required=True)
    given = parser.parse_args()
    loop, orders = asyncio.get_running_loop(), asyncio.Queue[dict[str, Any]]()
    obey(lambda order: loop.call_soon_threadsafe(orders.put_nowait, order))  # ends with the bench
    own_network = "--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebRTC"
    async with chromium(f"--use-file-for-fake-video-capture={given.pictures}", own_network) as browser:
        page = await browser.new_page()
        await page.route(_PAGE, lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
        await page.goto(_PAGE)
        await page.add_script_tag(path=_SDK)
        await page.evaluate(_PUBLISH, [given.url, os.environ[TOKEN_VARIABLE]])
        say(publishing=True)
        while True:
            order = await orders.get()
            say(number=order["number"], **await page.evaluate(_COUNT))


if __name__ == "__main__":
    asyncio.run(main())
