"""Recordings of a microphone that gave nothing for 5 s while its clock stood: five seconds of silence, in sync."""

from pathlib import Path

import av
import numpy as np
import pytest

from reelroom.composer.compose import Pace, compose
from reelroom.cutting.plan import Plan, Planned
from reelroom.takes.folder import Take, extent
from tests.beats import RATE

CASES = Path(__file__).parent / "cases"


def flashes_and_beeps(film: Path) -> tuple[list[float], list[float]]:
    """When the picture grows light, and when a sound sets in, in s of the film."""
    light, times, sounds = [], [], []
    with av.open(str(film)) as container:
        for frame in container.decode(container.streams.video[0], container.streams.audio[0]):
            if isinstance(frame, av.VideoFrame):
                times.append(float(frame.pts * frame.time_base))
                light.append(float(frame.to_ndarray(format="gray").mean()))
            elif isinstance(frame, av.AudioFrame):
                sounds.append(frame.to_ndarray()[0])
    middle = (max(light) + min(light)) / 2
    flashes = [times[at] for at in range(1, len(light)) if light[at] > middle >= light[at - 1]]
    sound = np.abs(np.concatenate(sounds))
    steps = sound[: len(sound) // 480 * 480].reshape(-1, 480).max(axis=1)
    loud = steps > steps.max() * 0.3
    onsets = np.flatnonzero(loud[1:] & ~loud[:-1]) + 1
    beeps: list[float] = []
    for onset in onsets * 480 / RATE:
        if not beeps or onset - beeps[-1] > 0.5:
            beeps.append(float(onset))
    return flashes, beeps


# The microphone's first quarter of a second came late; the gap, and the film's end, in s.
@pytest.mark.parametrize(
    ("case", "gap", "beats"), [("take-micgap", (3.5, 9.1), 10), ("take-micgap40", (3.2, 8.8), 33)]
)
def test_five_seconds_are_silent_and_the_rest_is_in_sync(
    tmp_path: Path, case: str, gap: tuple[float, float], beats: int
) -> None:
    take, plan = Take.open(CASES / case), Plan(width=320, height=180)
    start, end = extent(take)
    compose(take, tmp_path / "film.mp4", Pace(plan.rules.look_ahead, end), start=start, planned=Planned(plan))
    flashes, beeps = flashes_and_beeps(tmp_path / "film.mp4")
    assert not [beep for beep in beeps if gap[0] < beep < gap[1]]
    heard = [beep for beep in beeps if beep > 1]
    assert len(heard) >= beats
    assert max(min(abs(beep - flash) for flash in flashes) for beep in heard) <= 0.045
    due = [flash for flash in flashes if flash > 1 and not gap[0] < flash < gap[1]]
    assert max(min(abs(beep - flash) for beep in beeps) for flash in due) <= 0.045
