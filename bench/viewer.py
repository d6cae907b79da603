"""Somebody who watches with the Python SDK, in a process of its own: subscribes, takes frames, counts them.

It does nothing with a frame: encoding or writing it would come on top.
"""

import argparse
import asyncio
import os
import time
from typing import Any

from livekit import rtc

from bench.camera import TOKEN_VARIABLE
from reelroom.processes.inside import obey, say

_GAP = 0.15  # s without a picture, at 30 a second, from which on it is noted


class Viewer:
    """Counts the frames of every video track in the room, and notes where none came for a while."""

    def __init__(self) -> None:
        self.frames = 0
        self.size = (0, 0)
        self.gaps: list[float] = []  # s
        self.first: float | None = None  # s after the viewer began, when the first picture came
        self.room = rtc.Room()
        self._began = time.monotonic()
        self._tracks: list[rtc.Track] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def watch(self, url: str, token: str) -> None:
        """Join and count for as long as the process lives."""
        self.room.on("track_subscribed", self._subscribed)
        await self.room.connect(url, token)
        loop, orders = asyncio.get_running_loop(), asyncio.Queue[dict[str, Any]]()
        obey(lambda order: loop.call_soon_threadsafe(orders.put_nowait, order))
        while True:
            order = await orders.get()
            say(number=order["number"], **await self._report())

    async def _report(self) -> dict[str, Any]:
        lost = 0
        for track in self._tracks:
            for each in await track.get_stats():
                if each.WhichOneof("stats") == "inbound_rtp":
                    lost += each.inbound_rtp.received.packets_lost
        return {
            "frames": self.frames,
            "size": self.size,
            "gaps": self.gaps,
            "first": self.first,
            "lost": lost,
        }

    def _subscribed(self, track: rtc.Track, *_: object) -> None:
        if track.kind == rtc.TrackKind.KIND_VIDEO:
            self._tracks.append(track)
            self._tasks.add(asyncio.create_task(self._count(track)))

    async def _count(self, track: rtc.Track) -> None:
        last = None
        async for event in rtc.VideoStream(track):
            now = time.monotonic()
            if self.first is None:
                self.first = now - self._began
            if last is not None and now - last > _GAP:
                self.gaps.append(now - last)
            last = now
            self.frames += 1
            self.size = (event.frame.width, event.frame.height)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    url = parser.parse_args().url
    await Viewer().watch(url, os.environ[TOKEN_VARIABLE])


if __name__ == "__main__":
    asyncio.run(main())
