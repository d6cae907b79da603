"""A broadcast as a child process of the server: a take that grows, cut, encoded once, sent to every output."""

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from reelroom.broadcasts.dialling import Dialling
from reelroom.clock import now_us
from reelroom.composer.compose import SLACK
from reelroom.composer.decoding import decoding_after
from reelroom.composer.film_format import FPS
from reelroom.composer.outputs import HlsSink, Output, RtmpSink
from reelroom.composer.scene import Scene
from reelroom.composer.units import BroadcastEncoder, BroadcastLook, Unit
from reelroom.composer.voice import sample_at
from reelroom.cutting.plan import Look, Plan, Planned
from reelroom.processes.crashes import CRASHED
from reelroom.processes.inside import SECRET_VARIABLE, confine, obey, say
from reelroom.takes.folder import Take

_MICROSECONDS = 1_000_000
_STEP = _MICROSECONDS // FPS
_ENDING_SECONDS = 3.0


def follow(
    scene: Scene,
    look: BroadcastLook,
    outputs: Sequence[Output],
    over: threading.Event,
    *,
    start: int,
    behind: int,
    keyframe_every: int,
) -> None:
    """Show what happens from `start` (µs of room time) on, `behind` µs later, until it is over.

    When this machine is too slow, pictures are left out, so that the distance from the room stays; sound never is.
    A keyframe comes every `keyframe_every` pictures.
    """
    encoder = BroadcastEncoder(look)
    number = heard = next_keyframe = 0
    while not over.is_set():
        moment = start + number * _MICROSECONDS // FPS
        late = now_us() - behind - moment
        if late < 0:
            over.wait(-late / _MICROSECONDS)
        elif late > 2 * _STEP:
            number += late // _STEP
            moment = start + number * _MICROSECONDS // FPS
        scene.advance(moment)
        units: list[Unit] = []
        if look.has_video:
            keyframe = number >= next_keyframe
            if keyframe:
                next_keyframe = (number // keyframe_every + 1) * keyframe_every
            units += encoder.picture(scene.picture(moment), number, keyframe=keyframe)
        if look.has_audio:
            until = sample_at((number + 1) * _MICROSECONDS // FPS)
            units += encoder.sound(scene.sound(heard, until - heard))
            heard = until
        for unit in units:
            for output in outputs:
                output.put(unit)
        number += 1


def _outputs(arguments: argparse.Namespace, look: BroadcastLook, urls: Sequence[str]) -> list[Output]:
    def telling(name: str) -> Callable[[str], None]:
        return lambda status: say(output=name, status=status)

    outputs = []
    find = Dialling(private=arguments.private_addresses)
    if arguments.hls:
        open_hls = partial(HlsSink, look, arguments.hls, arguments.segment, keep_all=arguments.dvr)
        outputs.append(Output("hls", open_hls, telling("hls")))
    for number, url in enumerate(urls):
        outputs.append(Output(str(number), partial(RtmpSink, look, url, find), telling(str(number))))
    return outputs


def main() -> int:
    """Messages are `{"output", "status"}`: of `hls`, or of an RTMP address by its number.

    An order is `{"plan": {…}}`: how it is shown from now on; with `"end"`, it is over. The RTMP
    addresses come as a JSON list in the environment, since they hold keys.
    """
    parser = argparse.ArgumentParser(prog="reelroom-broadcast", description=__doc__)
    parser.add_argument("--take", type=Path, required=True)
    parser.add_argument("--plan", type=Path, required=True, help="size, rules and layouts (docs/formats.md)")
    parser.add_argument("--bits-per-second", type=int, required=True, help="the most that pictures take")
    parser.add_argument("--hls", type=Path, default=None, help="the folder for a playlist and its segments")
    parser.add_argument("--segment", type=int, default=2, help="length of a segment, s")
    parser.add_argument("--dvr", action="store_true", help="keep all segments")
    parser.add_argument("--private-addresses", action="store_true", help="RTMP servers may be in private networks")
    parser.add_argument("--note", type=Path, required=True, help="what is being decoded; in the take's films/")
    parser.add_argument(CRASHED, action="store_true", help="the last attempt did")
    arguments = parser.parse_args()
    confine()
    urls: list[str] = json.loads(os.environ.pop(SECRET_VARIABLE, "[]"))
    planned = Planned(Plan.model_validate_json(arguments.plan.read_bytes()))
    over = threading.Event()

    def follow_order(order: dict[str, Any]) -> None:
        look = Look.model_validate(order)
        planned.plan = look.plan
        if look.end is not None:
            over.set()

    obey(follow_order)
    decoding = decoding_after(arguments.note, crashed=arguments.crashed)
    start = now_us()
    plan = planned.plan
    bits = arguments.bits_per_second
    look = BroadcastLook(plan.width, plan.height, bits, has_audio=plan.has_audio, has_video=plan.has_video)
    outputs = _outputs(arguments, look, urls)
    for output in outputs:
        output.start()
    follow(
        Scene(Take.open(arguments.take), planned, start, decoding),
        look,
        outputs,
        over,
        start=start,
        behind=plan.rules.look_ahead + SLACK,
        keyframe_every=arguments.segment * FPS,
    )
    for output in outputs:
        output.end()
    deadline = time.monotonic() + _ENDING_SECONDS
    for output in outputs:
        output.join(max(0.0, deadline - time.monotonic()))
    return 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)  # an output that stalls is not waited for
