"""A take being cut as a stream: the director's pictures and the mixed sound, published into a session."""

import argparse
import asyncio
import os
import sys
import time
from pathlib import Path

import numpy as np
from livekit import rtc

from reelroom.child import obey, say
from reelroom.composer.compose import SLACK
from reelroom.composer.film import FPS
from reelroom.composer.reading import SAMPLE_RATE, Samples
from reelroom.composer.scene import Scene
from reelroom.composer.sound import sample_at
from reelroom.composer.stream import AccessUnit, StreamEncoder
from reelroom.layout import Size
from reelroom.plan import Plan, Planned
from reelroom.take import Take

TOKEN_VARIABLE = "REELROOM_LIVE_TOKEN"
_MICROSECONDS = 1_000_000
_STEP = _MICROSECONDS // FPS


class Stream:
    """A pre-encoded video track and an audio track in a LiveKit room."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.room = rtc.Room()
        self.gone = asyncio.Event()
        self._video = rtc.EncodedVideoSource(size.width, size.height)
        self._audio = rtc.AudioSource(SAMPLE_RATE, 2, queue_size_ms=400)

    async def publish(self, url: str, token: str) -> str:
        """Join and publish; returns the stream's id, which is the video track's."""
        # A new process is a surer way back into the room than a resumed connection, and a quicker one.
        self.room.on("reconnecting", lambda *_: self.gone.set())
        self.room.on("disconnected", lambda *_: self.gone.set())
        await self.room.connect(url, token, rtc.RoomOptions(auto_subscribe=False))
        video = rtc.LocalVideoTrack.create_video_track("render", self._video)
        audio = rtc.LocalAudioTrack.create_audio_track("render", self._audio)
        publication = await self.room.local_participant.publish_track(
            video,
            rtc.TrackPublishOptions(
                source=rtc.TrackSource.SOURCE_CAMERA,
                simulcast=False,
                video_codec=rtc.VideoCodec.H264,
                video_encoder=rtc.VideoEncoderBackend.ENCODER_BACKEND_PRE_ENCODED,
            ),
        )
        await self.room.local_participant.publish_track(
            audio, rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        )
        return publication.sid

    def watched(self) -> bool:
        """Whether anybody is there to see it."""
        return bool(self.room.remote_participants)

    def keyframe_wanted(self) -> bool:
        """Whether a viewer asked for a keyframe since the last call."""
        return self._video.take_feedback().keyframe_requested

    def show(self, unit: AccessUnit, moment: int) -> None:
        """Send one picture; `moment` in µs."""
        self._video.capture_frame(
            rtc.EncodedVideoFrame(
                data=unit.data,
                width=self.size.width,
                height=self.size.height,
                codec=rtc.VideoCodec.H264,
                frame_type=(
                    rtc.EncodedFrameType.ENCODED_FRAME_KEY
                    if unit.keyframe
                    else rtc.EncodedFrameType.ENCODED_FRAME_DELTA
                ),
                timestamp_us=moment,
            )
        )

    async def sound(self, samples: Samples) -> None:
        """Send sound, shape (2, n) at 48 kHz."""
        interleaved = (np.clip(samples.T, -1, 1) * 32767).astype(np.int16)
        count = samples.shape[1]
        frame = rtc.AudioFrame(np.ascontiguousarray(interleaved).tobytes(), SAMPLE_RATE, 2, count)
        await self._audio.capture_frame(frame)


async def follow(take: Take, stream: Stream, plan: Plan, start: int) -> None:
    """Show `take` from `start` (µs of room time) for as long as the stream is connected.

    While nobody watches, nothing is decoded or encoded. When this machine is too slow, moments are left out:
    the stream stays at its distance from the room.
    """
    scene = Scene(take, Planned(plan), start)
    behind = plan.rules.look_ahead + SLACK
    while not stream.gone.is_set():
        if not stream.watched():
            await asyncio.sleep(0.1)
            continue
        encoder = StreamEncoder(stream.size.width, stream.size.height)
        moment = max(start, time.time_ns() // 1000 - behind)
        heard = sample_at(moment - start)
        first = True
        while stream.watched() and not stream.gone.is_set():
            late = time.time_ns() // 1000 - behind - moment
            if late < 0:
                await asyncio.sleep(-late / _MICROSECONDS)
            elif late > 2 * _STEP:
                moment += late // _STEP * _STEP
            scene.advance(moment)
            unit = encoder.encode(scene.picture(moment), keyframe=stream.keyframe_wanted() or first)
            if unit is not None:
                stream.show(unit, moment)
                first = False
            until = sample_at(moment + _STEP - start)
            if until - heard > SAMPLE_RATE:  # moments were left out: leave out their sound, too
                heard = until - SAMPLE_RATE // FPS
            await stream.sound(scene.sound(heard, until - heard))
            heard = until
            moment += _STEP
    scene.close()


async def _main() -> int:
    parser = argparse.ArgumentParser(prog="reelroom-live", description=__doc__)
    parser.add_argument("--take", type=Path, required=True)
    parser.add_argument("--url", required=True)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=720)
    arguments = parser.parse_args()
    obey(lambda order: None)
    plan = Plan(width=arguments.width, height=arguments.height)
    stream = Stream(plan.size)
    stream_id = await stream.publish(arguments.url, os.environ[TOKEN_VARIABLE])
    say(streamId=stream_id)
    await follow(Take.open(arguments.take), stream, plan, time.time_ns() // 1000)
    return 1  # the connection was lost: the server starts it anew


if __name__ == "__main__":
    sys.exit(asyncio.run(_main()))
