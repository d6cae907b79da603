"""Who is on screen, and when: the shots that the director decides and the composer draws."""

from dataclasses import asdict, dataclass, replace
from typing import Literal

from reelroom.layouts.names import AnyLayout

Showing = Literal["camera", "screen_share", "everybody", "nobody"]


@dataclass(frozen=True)
class Cut:
    """From `at` (µs of room time) on, `participant`'s `showing` is on screen, because of `reason`.

    Beside a screen share, `inset` is whose face is seen in it, "" for none.
    """

    at: int
    participant: str
    showing: Showing
    reason: str
    inset: str = ""


@dataclass(frozen=True)
class Shot:
    """One unbroken picture: [start, end) in µs of room time. `participant` is "" for nobody or everybody."""

    start: int
    end: int
    participant: str
    showing: Showing
    reason: str
    inset: str = ""
    layout: AnyLayout | None = None  # None before it is laid out


@dataclass(frozen=True)
class Timeline:
    """Shots that tile [start, end) without gap or overlap."""

    start: int
    end: int
    shots: tuple[Shot, ...]

    def to_json(self) -> dict[str, object]:
        """As docs/formats.md has it."""
        shots = [{name: value for name, value in asdict(shot).items() if value is not None} for shot in self.shots]
        return {"version": 1, "start": self.start, "end": self.end, "shots": shots}


def shots_between(cuts: list[Cut], start: int, end: int) -> Timeline:
    """The timeline of [start, end), µs, that these cuts make; a cut before `start` decides its first shot."""
    shots: list[Shot] = []
    for index, cut in enumerate(cuts):
        begin = max(cut.at, start)
        finish = min(cuts[index + 1].at, end) if index + 1 < len(cuts) else end
        if begin < finish:
            shots.append(Shot(begin, finish, cut.participant, cut.showing, cut.reason, cut.inset))
    if start < end and (not shots or shots[0].start > start):
        shots.insert(0, Shot(start, shots[0].start if shots else end, "", "nobody", "nobody_here"))
    return Timeline(start, end, tuple(shots))


def laid_out(timeline: Timeline, layouts: list[tuple[int, AnyLayout]]) -> Timeline:
    """The same shots with their layouts, each of which holds from a moment (µs) on: a change ends a shot, too."""
    steps: list[tuple[int, AnyLayout]] = [(timeline.start, "active-speaker"), *layouts]
    shots: list[Shot] = []
    for shot in timeline.shots:
        for index, (at, layout) in enumerate(steps):
            begin = max(at, shot.start) if index else shot.start
            finish = min([shot.end, *(later for later, _ in steps[index + 1 :])])
            if begin < finish:
                shots.append(replace(shot, start=begin, end=finish, layout=layout))
    return replace(timeline, shots=tuple(shots))
