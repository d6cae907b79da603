"""Synthetic people: each has a picture of its own colour that moves, and words with a tone of its own."""

import asyncio
import contextlib
import time
from dataclasses import dataclass, field

import numpy as np
from livekit import rtc

from tests.voices import talking

RATE = 48_000
_CHUNK = RATE // 20  # each is a call into the SDK: many people on a busy machine keep up only with few
_AHEAD_MS = 250  # of sound is made before it is due: a busy machine lets a program wait for less than that
_WORDS = 6.0  # s, again and again


@dataclass
class Person:
    """Joins a room and publishes; `speak` and `hush` start and stop words and tone."""

    name: str
    colour: tuple[int, int, int]  # RGB
    tone: float  # Hz
    width: int = 640
    height: int = 360
    fps: int = 15
    codec: "rtc.VideoCodec.ValueType" = rtc.VideoCodec.VP8
    simulcast: bool = False
    passphrase: str = ""  # with which all is encrypted end to end
    room: rtc.Room = field(default_factory=rtc.Room)
    messages: list[tuple[str, str]] = field(default_factory=list)
    speaking: bool = False
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def join(self, url: str, token: str) -> "Person":
        self.room.on("data_received", self._hear)
        await self.room.connect(url, token, self._options())
        self._video = rtc.VideoSource(self.width, self.height)
        self._audio = rtc.AudioSource(RATE, 1, queue_size_ms=_AHEAD_MS)
        await self.room.local_participant.publish_track(
            rtc.LocalVideoTrack.create_video_track("camera", self._video),
            rtc.TrackPublishOptions(
                source=rtc.TrackSource.SOURCE_CAMERA, video_codec=self.codec, simulcast=self.simulcast
            ),
        )
        await self.room.local_participant.publish_track(
            rtc.LocalAudioTrack.create_audio_track("microphone", self._audio),
            rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE, dtx=False),
        )
        self._tasks = [asyncio.create_task(self._film()), asyncio.create_task(self._talk())]
        return self

    def _options(self) -> rtc.RoomOptions:
        if not self.passphrase:
            return rtc.RoomOptions()
        shared = rtc.KeyProviderOptions(shared_key=self.passphrase.encode())
        return rtc.RoomOptions(encryption=rtc.E2EEOptions(key_provider_options=shared))

    def _hear(self, packet: rtc.DataPacket) -> None:
        self.messages.append((packet.topic or "", packet.data.decode()))

    async def _film(self) -> None:
        picture = np.zeros((self.height, self.width, 4), dtype=np.uint8)
        began, count = time.monotonic(), 0
        side = self.height // 8
        while True:
            picture[:] = (*self.colour, 255)
            x = (count * 8) % (self.width - side)
            picture[side : 2 * side, x : x + side] = 255
            frame = rtc.VideoFrame(self.width, self.height, rtc.VideoBufferType.RGBA, picture.tobytes())
            self._video.capture_frame(frame, timestamp_us=int((time.monotonic()) * 1e6))
            count += 1
            await asyncio.sleep(max(0.0, began + count / self.fps - time.monotonic()))

    async def _talk(self) -> None:
        position = spoken = 0
        words = talking(round(self.tone / 220), _WORDS, -20)
        while True:
            moments = np.arange(position, position + _CHUNK) / RATE
            said = words[spoken % len(words) :][:_CHUNK] + 0.4 * np.sin(2 * np.pi * self.tone * moments)
            samples = (np.clip(said, -1, 1) * (32767 if self.speaking else 0)).astype(np.int16)
            await self._audio.capture_frame(rtc.AudioFrame(samples.tobytes(), RATE, 1, _CHUNK))
            position += _CHUNK
            spoken = spoken + _CHUNK if self.speaking else 0  # whoever begins, begins with a word

    def speak(self) -> None:
        self.speaking = True

    def hush(self) -> None:
        self.speaking = False

    async def heard(self, topic: str, seconds: float = 45.0) -> str:
        """The payload of the first message of that topic."""
        async with asyncio.timeout(seconds):
            while True:
                for heard, text in self.messages:
                    if heard == topic:
                        return text
                await asyncio.sleep(0.02)

    async def leave(self) -> None:
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._tasks = []
        await self.room.disconnect()


RED, GREEN, BLUE = (200, 40, 40), (40, 170, 60), (50, 70, 210)


def ann(**changes: object) -> Person:
    return Person("Ann", RED, 440.0, **changes)  # type: ignore[arg-type]


def ben(**changes: object) -> Person:
    return Person("Ben", BLUE, 1000.0, **changes)  # type: ignore[arg-type]
