"""The lines of events.jsonl: every event as documented, and all that readers must pass over."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelroom.takes.events import (
    Event,
    ParticipantLeft,
    Speaker,
    SpeakersChanged,
    TrackPublished,
    parse_line,
    parse_lines,
)

FILE = "tracks/1-TR_a-1.mkv"
# One line of each event, with every field that docs/formats.md names.
LINES: dict[str, dict[str, Any]] = {
    "take_opened": {"run": 2, "take": "a-take", "version": 1},
    "room_joined": {"session": "1_MX4x"},
    "room_left": {"reason": "the engine is gone"},
    "take_closed": {"reason": "asked"},
    "time_passed": {},
    "participant_joined": {"participant": "ann", "name": "Ann Ödön", "data": "user=7"},
    "participant_renamed": {"participant": "ann", "name": "Anna"},
    "consent_changed": {"participant": "ann", "consent": "declined"},
    "participant_left": {"participant": "ann"},
    "speakers_changed": {"speakers": [{"participant": "ann", "level": 0.5}, {"participant": "bob", "level": 0.25}]},
    "data_received": {"participant": "", "topic": "chat", "text": "line\nbreak \u2028 and \u0000"},
    "data_dropped": {"participant": "ann", "messages": 120, "bytes": 70_000},
    "track_published": {
        "participant": "ann",
        "track": "TR_a",
        "kind": "video",
        "source": "camera",
        "muted": True,
        "encrypted": True,
    },
    "track_muted": {"participant": "ann", "track": "TR_a"},
    "track_unmuted": {"participant": "ann", "track": "TR_a"},
    "track_unpublished": {"participant": "ann", "track": "TR_a"},
    "track_not_recorded": {
        "participant": "ann",
        "track": "TR_a",
        "kind": "audio",
        "reason": "codec",
        "detail": "audio/PCMU",
    },
    "file_opened": {
        "file": FILE,
        "participant": "ann",
        "track": "TR_a",
        "kind": "audio",
        "source": "microphone",
        "codec": "opus",
        "clock_rate": 48_000,
        "channels": 2,
        "first_rtp": 4_294_967_295,
        "encrypted": False,
    },
    "packet_timed": {"file": FILE, "ticks": 1 << 40, "arrived": 1_764_000_000_000_000},
    "arrivals_stepped": {
        "file": FILE,
        "ticks": 96_000,
        "before": 95_040,
        "arrived": 1_764_000_005_000_000,
        "by": 2_980_000,
    },
    "sender_reported": {"file": FILE, "ticks": -960, "ntp": 1_764_000_000_000_000},
    "keyframe_written": {"file": FILE, "ticks": 90_000, "offset": 1 << 33, "width": 1280, "height": 720},
    "packets_lost": {"file": FILE, "ticks": 90_000, "count": 3},
    "speech_heard": {"participant": "ann", "began": 1_764_000_000_000_000},
    "speech_faded": {"participant": "ann", "ended": 1_764_000_000_000_000},
    "streams_chosen": {"streams": None},
    "file_closed": {"file": FILE, "ticks": 90_000, "frames": 30, "reason": "unsubscribed"},
}
GOOD = b'{"at": 1, "event": "participant_left", "participant": "ann"}'
LEFT = ParticipantLeft(at=1, participant="ann")


def test_every_kind_of_event_is_here() -> None:
    assert set(LINES) == {kind.model_fields["event"].default for kind in get_args(Event)}


def test_every_kind_of_event_is_documented() -> None:
    formats = (Path(__file__).parents[1] / "docs/formats.md").read_text()
    assert [name for name in LINES if f"`{name}`" not in formats] == []


@pytest.mark.parametrize("name", LINES)
def test_an_event_comes_back_as_it_was_written(name: str) -> None:
    written = {"at": 1_764_000_000_123_456, "event": name, **LINES[name]}
    event = parse_line(json.dumps(written))
    assert event is not None
    assert json.loads(event.model_dump_json()) == written
    assert parse_line(event.model_dump_json()) == event


@pytest.mark.parametrize("name", LINES)
def test_an_event_without_its_time_is_none(name: str) -> None:
    assert parse_line(json.dumps({"event": name, **LINES[name]})) is None


@pytest.mark.parametrize("name", LINES)
def test_unknown_fields_are_ignored(name: str) -> None:
    written = {"at": 1, "event": name, **LINES[name]}
    assert parse_line(json.dumps({**written, "mood": {"of": ["a", "later", "version"]}})) == parse_line(
        json.dumps(written)
    )


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"   ",
        b"null",
        b"[]",
        b"17",
        b"not json",
        GOOD[:-1],
        GOOD[30:],
        GOOD + GOOD,
        b"\xff\xfe" + GOOD,
        b"\0" * 64,
        b'{"event": "participant_left", "participant": "ann"}',
        b'{"at": 1, "participant": "ann"}',
        b'{"at": 1, "event": "participant_levitated", "participant": "ann"}',
        b'{"at": 1, "event": "participant_left"}',
        b'{"at": "soon", "event": "participant_left", "participant": "ann"}',
        b'{"at": 1, "event": "track_published", "participant": "a", "track": "t", "kind": "smell"}',
    ],
)
def test_torn_foreign_and_unknown_lines_are_skipped(line: bytes) -> None:
    assert parse_line(line) is None
    assert parse_lines(line + b"\n" + GOOD + b"\n") == [LEFT]


def test_the_end_without_a_newline_was_torn_off() -> None:
    assert parse_lines(GOOD + b"\n" + GOOD) == [LEFT]
    assert parse_lines(GOOD) == []


def test_a_line_torn_by_a_crash_spoils_only_itself() -> None:
    assert parse_lines(GOOD + b"\n" + GOOD[:20] + b"\n" + GOOD + b"\n") == [LEFT, LEFT]


def test_what_a_short_line_leaves_out_has_a_default() -> None:
    assert parse_line(b'{"at": 1, "event": "speakers_changed"}') == SpeakersChanged(at=1, speakers=())
    published = parse_line(
        b'{"at": 1, "event": "track_published", "participant": "a", "track": "t", "kind": "audio"}'
    )
    assert isinstance(published, TrackPublished)
    assert (published.source, published.muted) == ("unknown", False)


def test_speakers_keep_their_order() -> None:
    event = parse_line(json.dumps({"at": 1, "event": "speakers_changed", **LINES["speakers_changed"]}))
    assert event == SpeakersChanged(
        at=1, speakers=(Speaker(participant="ann", level=0.5), Speaker(participant="bob", level=0.25))
    )


@given(st.binary(max_size=200))
def test_no_bytes_whatever_break_the_reader(data: bytes) -> None:
    assert parse_lines(data + b"\n" + GOOD + b"\n")[-1] == LEFT
