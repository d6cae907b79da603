"""A take being cut as a stream: the director's pictures and the mixed sound, published into a session."""

import argparse
import asyncio
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from livekit import rtc

from reelroom.clock import now_us
from reelroom.processes.crashes import CRASHED
from reelroom.processes.inside import SECRET_VARIABLE, confine, obey, say, unless_ended

if TYPE_CHECKING:
    from reelroom.composer.access_unit import AccessUnit
    from reelroom.composer.reading import Samples

SAMPLE_RATE = 48_000


class Stream:
    """A pre-encoded video track and an audio track in a LiveKit room.

    For `warm_seconds` from its publication it counts as watched: the engine offers a track only once something of
    it has arrived, and whoever is told that a render has started comes at once, to a stream that is under way.
    """

    def __init__(self, width: int, height: int, warm_seconds: float = 0.0) -> None:
        self.width, self.height = width, height
        self.room = rtc.Room()
        self.gone = asyncio.Event()
        self._warm_seconds = warm_seconds
        self._warm_until = 0.0
        self._watched = False
        self._video = rtc.EncodedVideoSource(width, height)
        self._audio = rtc.AudioSource(SAMPLE_RATE, 2, queue_size_ms=400)

    async def join(self, url: str, token: str) -> None:
        """Connect to the session, with nothing to be seen yet."""
        # A new process is a surer way back into the room than a resumed connection, and a quicker one.
        self.room.on("reconnecting", lambda *_: self.gone.set())
        self.room.on("disconnected", lambda *_: self.gone.set())
        await self.room.connect(url, token, rtc.RoomOptions(auto_subscribe=False))

    async def publish(self) -> str:
        """Returns the id of the video track, which the stream goes by."""
        video = rtc.LocalVideoTrack.create_video_track("render", self._video)
        audio = rtc.LocalAudioTrack.create_audio_track("render", self._audio)
        me = self.room.local_participant
        publication = await me.publish_track(
            video,
            rtc.TrackPublishOptions(
                source=rtc.TrackSource.SOURCE_CAMERA,
                simulcast=False,
                video_codec=rtc.VideoCodec.H264,
                video_encoder=rtc.VideoEncoderBackend.ENCODER_BACKEND_PRE_ENCODED,
            ),
        )
        # Not at the same time: the negotiation for the sound may then offer the picture as VP8, before its codec is
        # set, and H.264 that is called VP8 nobody can decode.
        await me.publish_track(audio, rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE))
        self._warm_until = time.monotonic() + self._warm_seconds
        return publication.sid

    def obey(self, order: dict[str, Any]) -> None:
        """Take an order of the server's: `{"watched": bool}`, whether anybody receives the stream, taps included."""
        if "watched" in order:
            self._watched = bool(order["watched"])

    def watched(self) -> bool:
        """Whether anybody receives it, or may in a moment."""
        return self._watched or time.monotonic() < self._warm_until

    def keyframe_wanted(self) -> bool:
        """Whether a viewer asked for a keyframe since the last call."""
        return self._video.take_feedback().keyframe_requested

    def show(self, unit: "AccessUnit", moment: int) -> None:
        """Send one picture; `moment` in µs."""
        self._video.capture_frame(
            rtc.EncodedVideoFrame(
                data=unit.data,
                width=self.width,
                height=self.height,
                codec=rtc.VideoCodec.H264,
                frame_type=(
                    rtc.EncodedFrameType.ENCODED_FRAME_KEY
                    if unit.keyframe
                    else rtc.EncodedFrameType.ENCODED_FRAME_DELTA
                ),
                timestamp_us=moment,
            )
        )

    async def sound(self, samples: "Samples") -> None:
        """Send sound, shape (2, n) at 48 kHz."""
        interleaved = (np.clip(samples.T, -1, 1) * 32767).astype(np.int16)
        count = samples.shape[1]
        frame = rtc.AudioFrame(np.ascontiguousarray(interleaved).tobytes(), SAMPLE_RATE, 2, count)
        await self._audio.capture_frame(frame)


def load() -> None:
    """Load all that a stream needs, also the media library's threads: for a process that has time to."""
    from reelroom.renders import following  # noqa: F401, PLC0415

    rtc.EncodedVideoSource(16, 16)


async def _show(stream: Stream, arguments: argparse.Namespace) -> str:
    start = now_us()
    try:
        await stream.join(arguments.url, os.environ[SECRET_VARIABLE])
        say(track=await stream.publish())
        # Only now, unless it waited: the application waits for the stream, and nobody can be watching it yet.
        from reelroom.cutting.plan import LayoutChoice  # noqa: PLC0415
        from reelroom.renders.following import follow  # noqa: PLC0415

        layout = LayoutChoice(type=arguments.layout) if arguments.layout else LayoutChoice()
        note, crashed = arguments.note, arguments.crashed
        await follow(arguments.take, stream, start, layout, note, crashed=crashed, loudness=arguments.loudness)
    finally:
        await stream.room.disconnect()
    return ""  # the connection was lost: the server starts it anew


async def _main() -> int:
    parser = argparse.ArgumentParser(prog="reelroom-live", description=__doc__)
    parser.add_argument("--take", type=Path, required=True)
    parser.add_argument("--url", required=True)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=720)
    parser.add_argument("--layout", default="", help="another than the default one")
    parser.add_argument("--loudness", type=float, required=True, help="LUFS")
    parser.add_argument("--warm-seconds", type=float, default=0.0, help="how long to count as watched at first")
    parser.add_argument("--note", type=Path, required=True, help="what is being decoded; in the take's films/")
    parser.add_argument(CRASHED, action="store_true", help="the last attempt did")
    arguments = parser.parse_args()
    confine()
    stream = Stream(arguments.width, arguments.height, arguments.warm_seconds)
    obey(stream.obey)
    return await unless_ended(_show(stream, arguments))


def main() -> int:
    """Show it until the server says otherwise."""
    return asyncio.run(_main())


if __name__ == "__main__":
    sys.exit(main())
