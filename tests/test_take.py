"""A take's folder, and its events as they grow."""

import json
import os
from pathlib import Path

import pytest

from reelroom.files.durable import write_durably
from reelroom.takes.events import ParticipantLeft
from reelroom.takes.folder import EventLog, Take, TakeError, TakeInfo

INFO = TakeInfo(id="a-take", session_id="1_MX4x", room_name="Bürgersaal", created_at=1_764_000_000_000)


def line(at: int) -> bytes:
    return json.dumps({"at": at, "event": "participant_left", "participant": "ann"}).encode() + b"\n"


def times(log: EventLog) -> list[int]:
    events = log.poll()
    assert all(isinstance(event, ParticipantLeft) for event in events)
    return [event.at for event in events]


def test_a_take_is_opened_as_it_was_made(tmp_path: Path) -> None:
    made = Take.create(tmp_path / "takes/a-take", INFO)
    assert Take.open(made.folder) == made
    assert made.info == INFO
    assert (made.folder / "tracks").is_dir()


def test_take_json_is_as_documented(tmp_path: Path) -> None:
    Take.create(tmp_path / "take", INFO)
    assert json.loads((tmp_path / "take/take.json").read_text()) == {
        "id": "a-take",
        "sessionId": "1_MX4x",
        "roomName": "Bürgersaal",
        "createdAt": 1_764_000_000_000,
    }


def test_a_folder_without_take_json_is_not_a_take(tmp_path: Path) -> None:
    with pytest.raises(TakeError, match=r"it has no take\.json"):
        Take.open(tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"id": "x"}', "\0" * 100])
def test_a_broken_take_json_is_said_to_be_unreadable(tmp_path: Path, content: str) -> None:
    (tmp_path / "take.json").write_text(content)
    with pytest.raises(TakeError, match="not a readable take"):
        Take.open(tmp_path)


def test_a_file_is_not_a_take(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TakeError):
        Take.open(tmp_path / "file")


def test_events_are_given_once_each(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    assert log.poll() == []
    path.write_bytes(line(1) + line(2))
    assert times(log) == [1, 2]
    assert log.poll() == []
    with path.open("ab") as file:
        file.write(line(3))
    assert times(log) == [3]


def test_a_log_that_grows_byte_by_byte(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    log, seen = EventLog(path), []
    with path.open("ab", buffering=0) as file:
        for byte in line(1) + b"torn by a crash\n" + line(2):
            file.write(bytes([byte]))
            seen += times(log)
    assert seen == [1, 2]


def test_writing_durably_replaces_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_durably(path, "first")
    os.link(path, tmp_path / "old")
    write_durably(path, b"second")
    assert path.read_bytes() == b"second"
    assert (tmp_path / "old").read_bytes() == b"first", "the old file was written into"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "old"]
