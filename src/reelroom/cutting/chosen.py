"""From when to when each file of a take was written for a stream that was chosen."""

from collections.abc import Iterable, Mapping

from reelroom.cutting.plan import Plan
from reelroom.cutting.ranges import Span
from reelroom.takes.events import (
    ConsentChanged,
    Event,
    FileClosed,
    FileOpened,
    ParticipantLeft,
    RoomJoined,
    StreamsChosen,
    TrackPublished,
    TrackUnpublished,
)
from reelroom.takes.stage import Stage

# What may change which files are written, or wanted; all else is most of what a long take has.
_TURNING = (
    ConsentChanged,
    FileClosed,
    FileOpened,
    ParticipantLeft,
    RoomJoined,
    StreamsChosen,
    TrackPublished,
    TrackUnpublished,
)


def chosen_spans(events: Iterable[Event], plan: Plan, end: int) -> Mapping[str, list[Span]]:
    """The spans of each file, by its name in the take, up to `end` (µs), as a film of the same plan has its track.

    Where the plan chooses no streams, a file counts as long as it is written.
    """
    spans: dict[str, list[Span]] = {}
    since: dict[str, int] = {}
    stage = Stage()
    steps = (step.event() for step in plan.streams)
    turning = (event for event in events if isinstance(event, _TURNING))
    for event in sorted((*steps, *turning), key=lambda event: event.at):
        if event.at >= end:
            break
        stage.apply(event)
        wanted = {track.file for track in stage.tracks.values() if track.file and stage.wants(track)}
        for file in [file for file in since if file not in wanted]:
            spans.setdefault(file, []).append((since.pop(file), event.at))
        for file in wanted:
            since.setdefault(file, event.at)
    for file, begin in since.items():
        spans.setdefault(file, []).append((begin, end))
    return spans
