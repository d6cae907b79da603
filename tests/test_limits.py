"""What ends a recording that nobody ends."""

import json
from pathlib import Path
from typing import Any

import pytest

from reelroom.archives.limits import ENDED, IDLE, TOO_LONG, Idleness, is_paused, why_to_stop
from reelroom.config import Settings
from reelroom.files.space import can_record
from reelroom.takes.folder import EventLog

S = 1_000_000
SETTINGS = Settings(longest_seconds=100, idle_seconds=30, empty_seconds=10)
JOINED = {"event": "participant_joined", "participant": "ann"}
LEFT = {"event": "participant_left", "participant": "ann"}
PUBLISHED = {"event": "track_published", "participant": "ann", "track": "T", "kind": "video", "source": "camera"}
UNPUBLISHED = {"event": "track_unpublished", "participant": "ann", "track": "T"}


@pytest.mark.parametrize(
    ("events", "now", "expected"),
    [
        ([], 9, ""),
        ([], 10, ENDED),  # nobody ever came
        ([(1, JOINED)], 29, ""),
        ([(1, JOINED)], 30, IDLE),  # somebody is there, and publishes nothing
        ([(1, JOINED), (2, PUBLISHED)], 99, ""),
        ([(1, JOINED), (2, PUBLISHED)], 100, TOO_LONG),
        ([(1, JOINED), (2, PUBLISHED), (40, UNPUBLISHED)], 69, ""),
        ([(1, JOINED), (2, PUBLISHED), (40, UNPUBLISHED)], 70, IDLE),
        ([(1, JOINED), (2, PUBLISHED), (40, UNPUBLISHED), (60, PUBLISHED)], 90, ""),
        ([(1, JOINED), (2, PUBLISHED), (40, UNPUBLISHED), (40, LEFT)], 49, ""),
        ([(1, JOINED), (2, PUBLISHED), (40, UNPUBLISHED), (40, LEFT)], 50, ENDED),
        ([(1, JOINED), (2, PUBLISHED), (40, LEFT), (45, JOINED), (46, PUBLISHED)], 60, ""),
        ([(-50, JOINED), (-40, LEFT)], 9, ""),  # the time counts from the archive's start
        ([(-50, JOINED), (-40, LEFT)], 10, ENDED),
        # The tap comes back, and who is there is named again; who is not has left.
        ([(1, JOINED), (2, PUBLISHED), (50, {"event": "room_joined", "session": "s"})], 60, ""),
        ([(1, JOINED), (2, PUBLISHED), (50, {"event": "room_joined", "session": "s"})], 70, ENDED),
    ],
)
@pytest.mark.parametrize("every", [1, 5])
def test_when_a_recording_ends(
    tmp_path: Path, events: list[tuple[int, dict[str, Any]]], now: int, expected: str, every: int
) -> None:
    path, start = tmp_path / "events.jsonl", 1000 * S
    log, idleness = EventLog(path), Idleness(start)
    for second in [*range(-60, now, every), now]:  # it is looked at again and again
        lines = [json.dumps({"at": start + at * S, **event}) for at, event in events if at <= second]
        path.write_text("".join(line + "\n" for line in lines))
        idleness.follow(log, start + second * S)
    assert why_to_stop(SETTINGS, start, idleness, start + now * S) == expected


@pytest.mark.parametrize(
    ("nobody_publishes", "expected"), [(None, False), (11 * S, False), (10 * S, True), (1 * S, True)]
)
def test_when_an_archive_is_paused(nobody_publishes: int | None, expected: bool) -> None:
    idleness = Idleness(S)
    idleness.nobody_publishes = nobody_publishes
    assert is_paused(idleness, 15 * S) == expected


def test_a_recording_needs_space(tmp_path: Path) -> None:
    assert can_record(tmp_path, 0) == ""
    assert can_record(tmp_path, 10**12).startswith("The disk is nearly full: ")
