"""People who encrypt end to end: a card that says so, silence, and a report; never what bytes happen to decode to."""

import json
import struct
from pathlib import Path

import av
import numpy as np

from reelroom.composer.compose import Pace, compose
from reelroom.cutting.plan import LayoutChoice, Plan, Planned
from reelroom.takes.folder import Take, extent
from reelroom.takes.sealing import is_sealed

CASE = Path(__file__).parent / "cases" / "take-e2ee"


def trailer(number: int, key: int = 0) -> bytes:
    """That of frame `number`: vector, its length, the index of the key."""
    time = 3_317_990_873 + 3000 * number
    return struct.pack(">III", 7, time, time - number) + bytes([12, key])


class Frames(list[bytes]):
    """A track's frames."""

    def payload(self, index: int) -> bytes:
        return self[index]


def test_what_is_encrypted_is_a_card_and_silence(tmp_path: Path) -> None:
    take, plan = Take.open(CASE), Plan(width=640, height=360).with_layout(0, LayoutChoice(type="bestFit"))
    start, end = extent(take)
    film = tmp_path / "film.mp4"
    report = compose(take, film, Pace(plan.rules.look_ahead, end), start=start, planned=Planned(plan))
    assert len(report.encrypted_files) == 4
    assert len(json.loads(film.with_suffix(".report.json").read_text())["encrypted_files"]) == 4
    pictures, loudest = [], 0.0
    with av.open(str(film)) as container:
        for frame in container.decode(container.streams.video[0], container.streams.audio[0]):
            if isinstance(frame, av.VideoFrame):
                pictures.append(frame.to_ndarray(format="rgb24").astype(int))
            elif isinstance(frame, av.AudioFrame):
                loudest = max(loudest, float(np.abs(frame.to_ndarray()).max()))
    assert loudest < 0.001
    settled = pictures[len(pictures) // 3 :]
    assert max(np.abs(picture - settled[0]).mean() for picture in settled) < 1.5, "a card does not move"
    spread = settled[0].max(axis=2) - settled[0].min(axis=2)
    assert np.median(spread) < 40, "a card's ground has hardly a colour"


def test_frames_that_end_with_one_key_are_encrypted() -> None:
    sealed = Frames(bytes([7, number]) * 20 + trailer(number) for number in range(5))
    assert all(is_sealed(sealed, index, frame) for index, frame in enumerate(sealed))
    rotated = Frames([*sealed[:3], *(bytes(40) + trailer(number, key=1) for number in range(3, 6))])  # another key
    assert all(is_sealed(rotated, index, frame) for index, frame in enumerate(rotated))


def test_frames_of_a_still_picture_are_not_however_they_end() -> None:
    """As a page's were, in H.264: `0c` stood where a vector's length would, in three of them in a row."""
    still = Frames([bytes(34) + bytes.fromhex("47508e04e3bd1de04e3bd1de0c38")] * 3)
    assert not any(is_sealed(still, index, frame) for index, frame in enumerate(still))
    nearly = Frames(bytes(34) + bytes.fromhex(f"47508e04e3bd1de04e3bd{n}de0c38") for n in ("1", "2", "3"))
    assert not any(is_sealed(nearly, index, frame) for index, frame in enumerate(nearly))
    same = Frames([bytes(40) + trailer(1)] * 5)  # a vector of the right kind, but no two frames may have the same
    assert not any(is_sealed(same, index, frame) for index, frame in enumerate(same))


def test_a_frame_that_ends_so_by_chance_is_not() -> None:
    plain = [bytes([number]) * 60 for number in range(20, 28)]
    frames = Frames([*plain[:4], plain[4] + trailer(4), *plain[5:]])
    assert not any(is_sealed(frames, index, frame) for index, frame in enumerate(frames))
    short = Frames([b"\x0c\x00"] * 5)  # a frame of Opus' silence is shorter than any that is encrypted
    assert not any(is_sealed(short, index, frame) for index, frame in enumerate(short))
