"""The speech of a take: who spoke when, as its film has it, and each participant's sound."""

from typing import Self

import numpy as np

from reelroom.composer.decoding import Decoding
from reelroom.composer.reading import SAMPLE_RATE, Samples
from reelroom.composer.scene import Scene
from reelroom.composer.tracks import Tracks
from reelroom.composer.words import RATE, Mono
from reelroom.cutting.plan import Plan, Planned
from reelroom.cutting.ranges import Span
from reelroom.cutting.turns import Turn
from reelroom.takes.events import FileOpened
from reelroom.takes.folder import EventLog, Take

_STEP = 1_000_000  # µs of a take that are looked at in one go
_REDUCTION = SAMPLE_RATE // RATE
_BLOCK = RATE // 20  # samples whose loudness is compared where a long turn is divided


def turns_of(take: Take, plan: Plan, start: int, end: int) -> tuple[Turn, ...]:
    """Who speaks when in the film of [start, end), µs: the turns that its cuts and chapters go by.

    A voice that is heard in somebody else's microphone, too, is its owner's turn alone.
    """
    heard = plan.model_copy(update={"has_audio": True, "has_video": False})
    scene = Scene(take, Planned(heard), start)
    try:
        for moment in range(start, end, _STEP):
            scene.advance(moment, end)
        scene.advance(end, end)
        return scene.turns(end)
    finally:
        scene.close()


class Voices:
    """Each participant's microphones, at 16 kHz, in room time; a context manager. Asked in order of time for each."""

    def __init__(self, take: Take, start: int, decoding: Decoding | None = None) -> None:
        self._start = start
        self._tracks = Tracks(take.folder, start, decoding=decoding)
        self._of: dict[str, set[str]] = {}
        events = EventLog(take.events_path).poll()
        for event in events:
            self._tracks.foresee(event)
        for event in events:
            if isinstance(event, FileOpened):
                if event.kind == "video" or event.source == "screen_share_audio":
                    continue
                self._of.setdefault(event.participant, set()).add(event.track)
            self._tracks.feed(event)

    def sound(self, participant: str, span: Span) -> Mono:
        """What their microphones sent during a span, µs of room time."""
        first, last = (round((at - self._start) * RATE / 1_000_000) * _REDUCTION for at in span)
        return _mono(self._tracks.sound(first, last - first, self._of.get(participant, set()), last))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._tracks.close()


def _mono(samples: Samples) -> Mono:
    whole = samples[:, : samples.shape[1] // _REDUCTION * _REDUCTION]
    mono: Mono = whole.mean(axis=0).reshape(-1, _REDUCTION).mean(axis=1).astype(np.float32)
    return mono


def quietest(sound: Mono) -> int:
    """The middle of the quietest moment of a sound, as a number of samples."""
    blocks = sound[: len(sound) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    power = np.convolve(np.square(blocks).mean(axis=1), np.ones(3) / 3, mode="same")
    return int(power.argmin()) * _BLOCK + _BLOCK // 2
