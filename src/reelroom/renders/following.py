"""A take that is being recorded, shown as a live stream a moment behind the room."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from reelroom.clock import now_us
from reelroom.composer.compose import SLACK
from reelroom.composer.decoding import decoding_after
from reelroom.composer.film_format import FPS
from reelroom.composer.reading import SAMPLE_RATE
from reelroom.composer.scene import Scene
from reelroom.composer.stream import StreamEncoder
from reelroom.composer.voice import sample_at
from reelroom.cutting.plan import LayoutChoice, Plan, Planned
from reelroom.takes.folder import Take

if TYPE_CHECKING:
    from reelroom.renders.live import Stream

_MICROSECONDS = 1_000_000
_STEP = _MICROSECONDS // FPS


async def follow(
    folder: Path,
    stream: "Stream",
    start: int,
    layout: LayoutChoice,
    note: Path,
    *,
    crashed: bool,
    loudness: float,
) -> None:
    """Show the take in `folder` from `start` (µs of room time) for as long as the stream is connected.

    `loudness` is in LUFS.

    While nobody watches, nothing is decoded or encoded. When this machine is too slow, moments are left out:
    the stream stays at its distance from the room.
    """
    plan = Plan(width=stream.width, height=stream.height, loudness=loudness).with_layout(0, layout)
    scene = Scene(Take.open(folder), Planned(plan), start, decoding_after(note, crashed=crashed))
    behind = plan.rules.look_ahead + SLACK
    while not stream.gone.is_set():
        if not stream.watched():
            await asyncio.sleep(0.1)
            continue
        encoder = StreamEncoder(stream.width, stream.height)
        moment = max(start, now_us() - behind)
        heard = sample_at(moment - start)
        first = True
        while stream.watched() and not stream.gone.is_set():
            late = now_us() - behind - moment
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
