"""Drawn people for pictures of the page: faces that speak, a screen that is shared, and a camera for the browser."""

import asyncio
import functools
import time
import wave
from pathlib import Path

from livekit import rtc
from PIL import Image, ImageDraw

from tests.e2e.people import Person

_SMOOTH = 2  # drawn so many times larger and scaled down
SLIDE = (1280, 720)
_MOUTHS = (2, 7, 12, 7)

Colour = tuple[int, int, int]


def portrait(width: int, height: int, wall: Colour, hair: Colour, skin: Colour, mouth: int) -> Image.Image:
    """Somebody before a wall; `mouth` is how far it is open, in pixels."""
    image = Image.new("RGB", (width * _SMOOTH, height * _SMOOTH), wall)
    draw = ImageDraw.Draw(image)
    middle, unit = width * _SMOOTH / 2, height * _SMOOTH / 100

    def oval(x: float, y: float, wide: float, tall: float, fill: Colour) -> None:
        at = (middle + x * unit, y * unit)
        draw.ellipse((at[0] - wide * unit, at[1] - tall * unit, at[0] + wide * unit, at[1] + tall * unit), fill=fill)

    shade = tuple(part * 9 // 10 for part in skin)
    oval(0, 47, 26, 34, hair)
    oval(0, 118, 46, 42, (44, 52, 68))
    draw.rectangle((middle - 8 * unit, 66 * unit, middle + 8 * unit, 84 * unit), fill=shade)
    oval(0, 50, 20, 27, skin)
    draw.pieslice((middle - 23 * unit, 17 * unit, middle + 23 * unit, 63 * unit), 192, 348, fill=hair)
    for side in (-1, 1):
        oval(side * 8, 51, 1.7, 2.1, (44, 36, 36))
    oval(0, 66, 6, 0.9 + mouth / 3, (156, 70, 66))
    return image.resize((width, height), Image.Resampling.LANCZOS)


class Portrait(Person):
    """A drawn person whose mouth moves while speaking."""

    hair: Colour = (60, 44, 36)
    skin: Colour = (232, 190, 160)

    @classmethod
    def named(cls, name: str, wall: Colour, hair: Colour, skin: Colour) -> "Portrait":
        person = cls(name, wall, 300 + len(name) * 10, width=640, height=360, fps=8)
        person.hair, person.skin = hair, skin
        return person

    @functools.cached_property
    def faces(self) -> list[bytes]:
        draw = functools.partial(portrait, self.width, self.height, self.colour, self.hair, self.skin)
        return [draw(mouth).convert("RGBA").tobytes() for mouth in _MOUTHS]

    async def _film(self) -> None:
        await self._show(self._video, (self.width, self.height), self.faces)

    async def _show(self, source: rtc.VideoSource, size: tuple[int, int], pictures: list[bytes]) -> None:
        began, count = time.monotonic(), 0
        while True:
            picture = pictures[count // 2 % len(pictures) if self.speaking else 0]
            frame = rtc.VideoFrame(*size, rtc.VideoBufferType.RGBA, picture)
            source.capture_frame(frame, timestamp_us=int(time.monotonic() * 1e6))
            count += 1
            await asyncio.sleep(max(0.0, began + count / self.fps - time.monotonic()))

    async def share(self) -> None:
        """Share a screen, until `unshare`."""
        screen = rtc.VideoSource(*SLIDE, is_screencast=True)
        track = rtc.LocalVideoTrack.create_video_track("screen", screen)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_SCREENSHARE, simulcast=False)
        self._shared = await self.room.local_participant.publish_track(track, options)
        self._sharing = asyncio.create_task(self._show(screen, SLIDE, [slide().convert("RGBA").tobytes()]))
        self._tasks.append(self._sharing)

    async def unshare(self) -> None:
        self._sharing.cancel()
        await self.room.local_participant.unpublish_track(self._shared.sid)


def slide() -> Image.Image:
    """A page of a talk: bars and lines."""
    image = Image.new("RGB", SLIDE, (250, 250, 252))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((90, 80, 640, 120), 8, fill=(38, 50, 72))
    for number, length in enumerate((520, 460, 500, 380)):
        draw.rounded_rectangle((90, 200 + number * 56, 90 + length, 218 + number * 56), 6, fill=(170, 178, 192))
    for number, tall in enumerate((150, 230, 190, 300, 360)):
        x = 740 + number * 92
        draw.rounded_rectangle((x, 600 - tall, x + 60, 600), 6, fill=(86, 126, 214) if number < 4 else (74, 190, 140))
    draw.rectangle((720, 604, 1210, 607), fill=(120, 130, 146))
    return image


def camera_file(folder: Path) -> Path:
    """What Chromium takes for a camera's picture: a calm face, as Y4M (4:2:0)."""
    picture = portrait(640, 360, (112, 98, 150), (34, 30, 34), (198, 146, 112), _MOUTHS[0]).convert("YCbCr")
    luma, blue, red = picture.split()
    half = (320, 180)
    planes = luma.tobytes() + blue.resize(half).tobytes() + red.resize(half).tobytes()
    path = folder / "camera.y4m"
    path.write_bytes(b"YUV4MPEG2 W640 H360 F8:1 Ip A1:1 C420jpeg\n" + (b"FRAME\n" + planes) * 8)
    return path


def silence_file(folder: Path) -> Path:
    """What Chromium takes for a microphone's sound: nothing."""
    path = folder / "silence.wav"
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(48_000)
        sound.writeframes(bytes(2 * 48_000))
    return path
