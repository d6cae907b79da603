"""A render's stream: whoever watches the rendered session sees and hears the cut room."""

import asyncio
import time
from types import SimpleNamespace

import numpy as np
import pytest
from livekit import rtc

from reelroom.renders.live import Stream
from tests.e2e.people import Person, ann, ben
from tests.e2e.running import RunningServer

SMALL = {"width": 320, "height": 180, "fps": 10}


class Viewer:
    """Subscribes to a session and keeps the colours seen and the loudness heard."""

    def __init__(self) -> None:
        self.room = rtc.Room()
        self.colours: list[tuple[int, ...]] = []
        self.sides: list[tuple[tuple[int, ...], tuple[int, ...]]] = []  # in the middle of the left and the right half
        self.sizes: set[tuple[int, int]] = set()
        self.loudness: list[float] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def watch(self, url: str, token: str) -> None:
        self.room.on("track_subscribed", self._subscribed)
        await self.room.connect(url, token)

    def _subscribed(self, track: rtc.Track, *_: object) -> None:
        take_in = self._see if track.kind == rtc.TrackKind.KIND_VIDEO else self._hear
        self._tasks.append(asyncio.create_task(take_in(track)))

    async def _see(self, track: rtc.Track) -> None:
        async for event in rtc.VideoStream(track, format=rtc.VideoBufferType.RGB24):
            frame = event.frame
            self.sizes.add((frame.width, frame.height))
            picture = np.frombuffer(frame.data, dtype=np.uint8).reshape(frame.height, frame.width, 3)
            self.colours.append(self._around(picture, 2, 4))
            self.sides.append((self._around(picture, 1, 4), self._around(picture, 3, 4)))

    @staticmethod
    def _around(picture: np.ndarray, part: int, parts: int) -> tuple[int, ...]:
        """The mean colour around that part of the width, half way down."""
        height, width = picture.shape[:2]
        x = width * part // parts
        area = picture[height * 3 // 8 : height * 5 // 8, x - width // 8 : x + width // 8]
        return tuple(int(value) for value in area.reshape(-1, 3).mean(axis=0))

    async def _hear(self, track: rtc.Track) -> None:
        async for event in rtc.AudioStream(track):
            samples = np.frombuffer(event.frame.data, dtype=np.int16)
            self.loudness.append(float(np.abs(samples).max()) / 32768)

    async def sees_both(self, left: Person, right: Person, seconds: float = 45.0) -> None:
        """Waits until the newest picture has them side by side."""
        deadline = time.monotonic() + seconds
        while not (self.sides and self._is(self.sides[-1][0], left) and self._is(self.sides[-1][1], right)):
            assert time.monotonic() < deadline, f"they are not side by side: {self.sides[-3:]}"
            await asyncio.sleep(0.05)

    async def sees(self, person: Person, seconds: float = 45.0) -> None:
        """Waits until the newest picture is the person's."""
        deadline = time.monotonic() + seconds
        while not (self.colours and self._is(self.colours[-1], person)):
            assert time.monotonic() < deadline, f"{person.name} is not on screen: {self.colours[-3:]}"
            await asyncio.sleep(0.05)

    @staticmethod
    def _is(colour: tuple[int, ...], person: Person) -> bool:
        return all(abs(seen - wanted) < 45 for seen, wanted in zip(colour, person.colour, strict=True))

    async def leave(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self.room.disconnect()


def cpu_seconds(server: RunningServer) -> float:
    """Of the stream that runs; another process waits for the next render, and has no take's log."""
    streams = server.children("reelroom.renders.live")
    (process,) = (each for each in streams if any(file.path.endswith("live.log") for file in each.open_files()))
    times = process.cpu_times()
    return times.user + times.system


async def test_the_sound_is_published_when_the_picture_has_been() -> None:
    """At the same time, the picture was now and then offered as VP8: H.264 that is called so cannot be decoded."""
    steps: list[tuple[str, int]] = []

    class Me:
        async def publish_track(self, _: rtc.Track, options: rtc.TrackPublishOptions) -> SimpleNamespace:
            steps.append(("begins", options.source))
            await asyncio.sleep(0)
            steps.append(("done", options.source))
            return SimpleNamespace(sid=f"TR_{options.source}")

    stream = Stream(320, 180)
    stream.room = SimpleNamespace(local_participant=Me())
    camera, microphone = rtc.TrackSource.SOURCE_CAMERA, rtc.TrackSource.SOURCE_MICROPHONE
    assert await stream.publish() == f"TR_{camera}"
    assert steps == [(what, source) for source in (camera, microphone) for what in ("begins", "done")]


async def test_rendered_session_carries_the_cut_room_and_only_while_watched(own_server: RunningServer) -> None:
    people = [ann(**SMALL), ben(**SMALL)]
    for person in people:
        await person.join(*await asyncio.to_thread(own_server.connect, "watched", person.name))
    people[0].speak()
    render = await asyncio.to_thread(own_server.record, "watched")
    archive_id, rendered = (await people[0].heard("archiveStarted")).split(":")

    # Nobody watches: once it has loaded all it needs, the stream costs next to nothing.
    idle = []
    while not idle or (idle[-1] >= 0.3 and len(idle) < 10):
        before = cpu_seconds(own_server)
        await asyncio.sleep(3)
        idle.append(cpu_seconds(own_server) - before)
    assert idle[-1] < 0.3, f"s of CPU in 3 s, again and again, with nobody watching: {idle}"

    token = own_server.viewer_token(rendered)
    viewer = Viewer()
    await viewer.watch(*token)
    await viewer.sees(people[0])
    assert viewer.sizes == {(1280, 720)}
    people[0].hush()
    people[1].speak()
    await viewer.sees(people[1])
    assert max(viewer.loudness[-100:]) > 0.1
    latecomer = Viewer()  # gets a keyframe of its own
    await latecomer.watch(*own_server.viewer_token(rendered))
    await latecomer.sees(people[1], seconds=8)
    await viewer.leave()
    await latecomer.leave()
    answer = await asyncio.to_thread(own_server.http.get, f"/render/stop/{render['id']}")
    assert answer.status_code == 200
    archive = await asyncio.to_thread(own_server.wait_for_archive, rendered, "available", 90)
    assert (archive["id"], archive["reason"]) == (archive_id, "session ended")
    for person in people:
        await person.leave()


@pytest.mark.slow
async def test_the_stream_has_the_layout_of_the_film(own_server: RunningServer) -> None:
    people = [ann(**SMALL), ben(**SMALL)]
    for person in people:
        await person.join(*await asyncio.to_thread(own_server.connect, "side-by-side", person.name))
    await asyncio.to_thread(own_server.record, "side-by-side", layout="bestFit")
    archive_id, rendered = (await people[0].heard("archiveStarted")).split(":")
    viewer = Viewer()
    await viewer.watch(*own_server.viewer_token(rendered))
    await viewer.sees_both(*people)
    await viewer.leave()
    await asyncio.to_thread(own_server.http.get, f"/archive/stop/{archive_id}")
    for person in people:
        await person.leave()
