"""Somebody who records with the Python SDK, in a process of its own: subscribes, takes frames, counts them.

It does nothing with a frame: encoding or writing it would come on top.
"""

import argparse
import asyncio
import os

from livekit import rtc

from bench.camera import TOKEN_VARIABLE
from reelroom.processes.inside import obey, say


class Viewer:
    """Counts the frames of every video track in the room."""

    def __init__(self) -> None:
        self.frames = 0
        self.size = (0, 0)
        self.room = rtc.Room()
        self._tasks: set[asyncio.Task[None]] = set()

    async def watch(self, url: str, token: str) -> None:
        """Join and count for as long as the process lives."""
        self.room.on("track_subscribed", self._subscribed)
        await self.room.connect(url, token)
        await asyncio.Event().wait()

    def _subscribed(self, track: rtc.Track, *_: object) -> None:
        if track.kind == rtc.TrackKind.KIND_VIDEO:
            self._tasks.add(asyncio.create_task(self._count(track)))

    async def _count(self, track: rtc.Track) -> None:
        async for event in rtc.VideoStream(track):
            self.frames += 1
            self.size = (event.frame.width, event.frame.height)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    url = parser.parse_args().url
    viewer = Viewer()
    obey(lambda order: say(number=order["number"], frames=viewer.frames, size=viewer.size))
    await viewer.watch(url, os.environ[TOKEN_VARIABLE])


if __name__ == "__main__":
    asyncio.run(main())
