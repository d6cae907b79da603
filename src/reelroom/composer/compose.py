"""From a take to a film: behind a room that is still talking, or from what lies on disk."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from reelroom.composer.extras import write_stills, write_texts, write_timeline
from reelroom.composer.film import FPS, Film
from reelroom.composer.reading import SAMPLE_RATE
from reelroom.composer.scene import Scene
from reelroom.composer.stills import Stills
from reelroom.plan import Plan, Planned
from reelroom.take import EventLog, Take, TakeError
from reelroom.turns import chapters, turns_between

# What the tap may need to bring a packet to the disk: its reorder buffer, and a moment.
SLACK = 250_000
_MICROSECONDS = 1_000_000


class Pace:
    """How far the room has come: lets a composer wait until a moment is on disk, or until it is told the end.

    `end` is in µs of room time; it may be given from another thread at any time.
    """

    def __init__(self, look_ahead: int, end: int | None, now: Callable[[], int] | None = None) -> None:
        self._behind = look_ahead + SLACK
        self._end = end
        self._told = threading.Event()
        self._now = now or (lambda: time.time_ns() // 1000)
        if end is not None:
            self._told.set()

    @property
    def end(self) -> int | None:
        return self._end

    def finish(self, end: int) -> None:
        """The film ends at `end`."""
        self._end = end if self._end is None else min(end, self._end)
        self._told.set()

    def behind_us(self, moment: int) -> int:
        """How long ago `moment` was."""
        return self._now() - moment

    def wait_for(self, moment: int) -> bool:
        """Wait until `moment` can be cut; False when it lies at or after the end."""
        while self._end is None:
            missing = moment + self._behind - self._now()
            if missing <= 0:
                return True
            self._told.wait(missing / _MICROSECONDS)
        if moment >= self._end:
            return False
        missing = min(moment + self._behind, self._end + SLACK) - self._now()
        if missing > 0:
            time.sleep(missing / _MICROSECONDS)
        return True


@dataclass(frozen=True)
class Report:
    """What was composed; times in µs of room time, `most_behind` in µs."""

    start: int
    end: int
    pictures: int
    shots: int
    most_behind: int
    damaged_video: int
    damaged_audio: int
    missing_files: list[str] = field(default_factory=list)


def compose(
    take: Take,
    output: Path,
    pace: Pace,
    *,
    start: int,
    planned: Planned | None = None,
    progress: Callable[[int, int], None] = lambda moment, behind: None,
    extras: bool = True,
) -> Report:
    """Cut [start, pace.end) of `take` into the MP4 `output`, with its timeline beside it as `.timeline.json`.

    The size and the rules of `planned` are those it has at the start; its layouts may change while it is cut.
    With `extras`, the other files of docs/formats.md lie there, too. The film gets its name last.

    `progress` is called about once a second of film with the moment reached and how far (µs) it lies behind.
    """
    planned = planned or Planned(Plan())
    size, rules = planned.plan.size, planned.plan.rules
    scene = Scene(take, planned, start)
    stills = Stills(size.width, size.height)
    most_behind = 0
    with Film(output, size.width, size.height) as film:
        while pace.wait_for(moment := start + film.pictures * _MICROSECONDS // FPS):
            scene.advance(moment, pace.end)
            planes = scene.picture(moment)
            film.picture(planes)
            if extras:
                stills.see(moment - start, planes, scene.pictured())
            due = film.pictures * SAMPLE_RATE // FPS
            film.sound(scene.sound(film.samples, due - film.samples))
            if film.pictures % FPS == 0:
                behind = pace.behind_us(moment)
                most_behind = max(most_behind, behind)
                progress(moment, behind)
        if film.pictures == 0:
            raise TakeError("nothing to compose: the recording ended before it began")
        end = start + film.pictures * _MICROSECONDS // FPS
        timeline = scene.timeline(end)
        turns = turns_between(EventLog(take.events_path).poll(), start, end, rules.speaker_delay)
        floor = chapters(turns, start, end)
        film.chapters((turn.start - start, turn.end - start, turn.name) for turn in floor)
        write_timeline(output, timeline, turns, scene.names())
        if extras:
            write_texts(output, turns, floor, start)
            write_stills(output, stills, end - start)
    damage = scene.damage()
    scene.close()
    return Report(
        start,
        end,
        film.pictures,
        len(timeline.shots),
        most_behind,
        damage["video"],
        damage["audio"],
        scene.missing_files,
    )
